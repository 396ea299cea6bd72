//! `/probe?target=…&module=…`: one run of a module against a target that the request names, as blackbox_exporter does.
//!
//! Whoever reaches it can make this host send requests, also to what only this host can reach. It is off unless
//! `probe_endpoint: true` switches it on.

use std::fmt::Write;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use seamark_kit::exposition::{self, CommonLabels, Exposition, Format};
use tokio::sync::Semaphore;

use super::module::{Module, Modules};
use super::report::Report;
use crate::app::App;
use crate::scrape;

/// At once, whoever asks: a scrape has some, a crowd gets no more.
const MOST_AT_ONCE: usize = 32;

/// The module of a request that names none, as blackbox_exporter has it.
const DEFAULT_MODULE: &str = "http_2xx";

static RUNNING: Semaphore = Semaphore::const_new(MOST_AT_ONCE);

/// The route.
pub fn router() -> Router<App> {
    Router::new().route("/probe", get(probe))
}

async fn probe(State(app): State<App>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    let Some(modules) = app.probe_modules() else {
        let text = "The probe endpoint is off; `probe_endpoint: true` in exporter.yml switches it on.\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let Some(target) = value("target").filter(|target| !target.is_empty()) else {
        return (StatusCode::BAD_REQUEST, "The parameter `target` is missing.\n").into_response();
    };
    let name = value("module").filter(|module| !module.is_empty()).unwrap_or(DEFAULT_MODULE);
    let Some(module) = modules.get(name) else {
        return (StatusCode::BAD_REQUEST, unknown(name, &modules)).into_response();
    };
    let Ok(_permit) = RUNNING.try_acquire() else {
        let text = format!("{MOST_AT_ONCE} probes are running already; try again.\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let asked = headers.get("x-prometheus-scrape-timeout-seconds").and_then(|value| value.to_str().ok());
    let report = run(module, target, value("hostname"), time_for(module, asked)).await;
    let mut families = Exposition::default();
    report.tell(&CommonLabels::default(), &mut families);
    if value("debug") == Some("true") { debug_page(&report, &families) } else { exposition::answer(families, &headers) }
}

async fn run(module: &Module, target: &str, hostname: Option<&str>, within: Duration) -> Report {
    let Some(target) = module.check.target(target) else {
        // No refusal: Prometheus would show the exporter as down, not the target as wrong.
        let mut report = Report::new(within);
        let why = "the target is none for this module: expected a URL for HTTP, a host and a port for the others";
        report.finish(Some(super::report::failure(why)));
        return report;
    };
    let target = match hostname.filter(|hostname| !hostname.is_empty()) {
        Some(hostname) => target.asked_as(hostname),
        None => target,
    };
    module.check.run(&target, within).await
}

/// What Prometheus waits, less half a second for sending, and no more than the module allows.
fn time_for(module: &Module, asked: Option<&str>) -> Duration {
    match (asked, module.timeout) {
        (Some(_), timeout) => scrape::deadline(asked).min(timeout.unwrap_or(Duration::MAX)),
        (None, Some(timeout)) => timeout,
        (None, None) => scrape::deadline(None),
    }
}

fn unknown(name: &str, modules: &Modules) -> String {
    let known: Vec<_> = modules.keys().map(String::as_str).collect();
    let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("There is no module `{shown}`; there are {}.\n", known.join(", "))
}

fn debug_page(report: &Report, families: &Exposition) -> Response {
    let mut page = "What the probe did, and after how many seconds:\n".to_owned();
    for line in report.lines() {
        let _ = writeln!(page, "{line}");
    }
    page.push_str("\nWhat Prometheus would have been told:\n");
    match exposition::encode(families, Format::Classic) {
        Ok(text) => page.push_str(&text),
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
    page.into_response()
}

#[cfg(test)]
mod tests {
    use super::super::Check;
    use super::*;

    #[test]
    fn a_probe_is_done_before_prometheus_gives_up_and_within_the_time_of_its_module() {
        let module = |timeout| Module { check: Check::Tcp(Box::default()), timeout };
        let two = Some(Duration::from_secs(2));
        let cases = [
            (None, None, 9500),
            (None, Some("5"), 4500),
            (two, None, 2000),
            (two, Some("5"), 2000),
            (two, Some("1.5"), 1000),
        ];
        for (timeout, asked, milliseconds) in cases {
            assert_eq!(time_for(&module(timeout), asked), Duration::from_millis(milliseconds), "{timeout:?} {asked:?}");
        }
    }
}

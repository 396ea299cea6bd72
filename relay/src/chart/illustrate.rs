//! What is drawn for a message before it is sent: a report's charts, and the chart of an alert's own expression.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{OptionFuture, join};
use jiff::Timestamp;

use super::expression::{Expression, about, agrees};
use super::numbers::Numbers;
use super::{Theme, of_report, picture};
use crate::alert::{Alert, AlertGroup, Status};
use crate::compose::{Voice, alert_name};
use crate::deliver::Illustrator;
use crate::ingest;
use crate::message::Attachment;
use crate::report::{Chart, ChartKind, Line, Panel, Report, Window, on_the_grid};
use crate::store::{Claim, MessageKind};

/// How far back an alert's chart reaches.
const LOOK_BACK: Duration = Duration::from_hours(6);
/// So many points: one in 90 seconds.
const POINTS: u32 = 240;
/// Series of an alert that are drawn.
const SERIES: usize = 4;

/// When a channel's alerts get a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charts {
    /// Never.
    #[default]
    Off,
    /// When they fire.
    OnAlert,
}

impl Charts {
    /// The values of the configuration key `charts`.
    pub const CHOICES: &'static [(&'static str, Self)] = &[("off", Self::Off), ("on_alert", Self::OnAlert)];
}

/// Who draws for a channel. `numbers`: where those of an alert come from.
pub fn illustrator(voice: Voice, theme: Theme, charts: Charts, numbers: Option<Numbers>) -> Illustrator {
    let numbers = numbers.filter(|_| charts == Charts::OnAlert);
    Illustrator::new(move |claim, _| {
        let voice = voice.clone();
        match claim.kind {
            MessageKind::Report => {
                drawn(Report::from_json(&claim.body).ok(), move |report| of_report(&voice, report, theme))
            }
            MessageKind::Alert => {
                let (numbers, alert) = (numbers.clone(), fires(claim));
                async move {
                    let Some((numbers, alert)) = numbers.zip(alert) else { return Vec::new() };
                    let chart = of_alert(&numbers, &alert, Timestamp::now()).await;
                    let title = title(&voice, &alert);
                    drawn(chart, move |chart| picture(&voice, std::slice::from_ref(chart), &title, chart.window, theme))
                        .await
                }
                .boxed()
            }
            _ => async { Vec::new() }.boxed(),
        }
    })
}

/// Draws on a thread of its own: it takes longer than other work may be held up.
fn drawn<T: Send + 'static>(
    what: Option<T>,
    draw: impl Fn(&T) -> Option<Attachment> + Send + 'static,
) -> futures_util::future::BoxFuture<'static, Vec<Attachment>> {
    async move {
        let Some(what) = what else { return Vec::new() };
        let drawn = tokio::task::spawn_blocking(move || draw(&what)).await;
        drawn.ok().flatten().into_iter().collect()
    }
    .boxed()
}

/// The worst alert that fires and says by which expression.
fn fires(claim: &Claim) -> Option<Alert> {
    let AlertGroup { alerts, .. } = ingest::parse(&claim.body).ok()?;
    let firing = alerts.into_iter().filter(|alert| alert.status == Status::Firing && Expression::of(alert).is_some());
    firing.max_by_key(|alert| (alert.severity(), alert.starts_at))
}

/// `Disk usage · web-1 /data`; the rule's own name where the fonts lack a letter.
fn title(voice: &Voice, alert: &Alert) -> String {
    let name = alert_name(voice, alert.name()).filter(|name| voice.fonts.have_all(name));
    let name = name.unwrap_or_else(|| alert.name().to_owned());
    let label = |name: &&str| alert.labels.get(*name).filter(|value| !value.is_empty()).cloned();
    let place: Vec<String> = ["instance", "name", "mountpoint", "device"].iter().filter_map(label).collect();
    if place.is_empty() { name } else { format!("{name} · {}", place.join(" ")) }
}

/// `None` where Prometheus does not answer in time, or knows nothing of it.
async fn of_alert(numbers: &Numbers, alert: &Alert, now: Timestamp) -> Option<Chart> {
    let Expression { expr, threshold, limit } = Expression::of(alert)?;
    let window = Window { from: now.checked_sub(LOOK_BACK).ok()?, to: now };
    let step = LOOK_BACK / POINTS;
    let limit =
        OptionFuture::from(limit.filter(|_| threshold.is_none()).map(async |limit| numbers.now(&limit, now).await));
    let (found, limits) = join(numbers.range(&expr, window.from, window.to, step), limit).await;
    let found = found?;
    let of_alert = limits.flatten().into_iter().flatten().find(|sample| agrees(&alert.labels, &sample.labels));
    let threshold = threshold.or(of_alert.map(|sample| sample.value).filter(|value| value.is_finite()));
    let count = usize::try_from(POINTS).unwrap_or(0) + 1;
    let panel = |series: crate::prometheus::Series| {
        let own = series.labels.iter().filter(|(name, value)| {
            !["__name__", "instance", "job"].contains(&name.as_str()) && alert.labels.get(*name) != Some(value)
        });
        let own: Vec<&str> = own.map(|(_, value)| value.as_str()).collect();
        let title = if own.is_empty() { expr.clone() } else { own.join(" ") };
        let points = on_the_grid(&series, window, step, count);
        Panel { title, lines: vec![Line { name: String::new(), points }] }
    };
    let panels: Vec<Panel> = about(&alert.labels, found, SERIES).into_iter().map(panel).collect();
    let chart = Chart { kind: ChartKind::Expression, window, step: step.as_secs_f64(), threshold, panels, left_out: 0 };
    (!chart.panels.is_empty()).then_some(chart)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::post;
    use seamark_kit::config::{self, Source};
    use seamark_kit::upstream::{self, Service, Tls};
    use serde_json::json;

    use super::*;
    use crate::prometheus::Prometheus;

    #[tokio::test]
    async fn the_threshold_of_a_rule_is_the_series_that_it_compares_with() {
        let now = Timestamp::now();
        let seconds = now.as_second();
        let line = json!({"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"instance": "web-1"}, "values": [[seconds, "0.97"]]}]}});
        let threshold = |instance: &str, severity: &str, value: &str| {
            json!({"metric": {"__name__": "seamark:threshold", "instance": instance, "severity": severity},
                   "value": [seconds, value]})
        };
        let thresholds = json!({"status": "success", "data": {"resultType": "vector", "result": [
            threshold("db-1", "critical", "0.7"), threshold("web-1", "warning", "0.8"),
            threshold("web-1", "critical", "0.9")]}});
        let instant = async move |body: String| {
            assert!(body.contains("query=seamark%3Athreshold%7Bcheck%3D%22host_cpu%22%7D"), "{body}");
            axum::Json(thresholds)
        };
        let router = Router::new()
            .route("/api/v1/query_range", post(async move || axum::Json(line)))
            .route("/api/v1/query", post(instant));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let text = format!("prometheus: 'http://{}'", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let read =
            |root: &mut config::Section| upstream::read(&mut root.section_or_value("prometheus"), Service::PROMETHEUS);
        let target = config::read(&Source::new("relay.yml", text), read).unwrap().unwrap();
        let prometheus = Prometheus::new(target, &upstream::client(&Tls::default()).unwrap()).unwrap();
        let expr = "node_cpu > on (job, instance) group_left () seamark:threshold{check=\"host_cpu\"}";
        let body = json!({"version": "4", "groupKey": "g", "status": "firing", "receiver": "r", "alerts": [{
            "status": "firing", "labels": {"alertname": "HighCpu", "instance": "web-1", "severity": "critical"},
            "annotations": {"chart": expr}, "startsAt": "2026-11-21T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": "c0ffee0000000001"}]});
        let alert = ingest::parse(body.to_string().as_bytes()).unwrap().alerts.remove(0);
        let chart = of_alert(&Numbers::of(prometheus), &alert, now).await.unwrap();
        assert_eq!((chart.threshold, chart.panels.len()), (Some(0.9), 1));
        assert_eq!(chart.panels[0].title, "node_cpu");
    }
}

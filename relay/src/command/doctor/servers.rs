//! Prometheus and the Alertmanagers: do they answer, and let us in?

use reqwest::Method;
use seamark_kit::upstream;

use super::{Finding, State, TIMEOUT, network};
use crate::api::{ApiError, Problem, Server};
use crate::config::Config;

/// Asks each of them for something that takes nothing.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if config.prometheus.is_none() {
        let says = "none is configured: reports, the panel, the bot and charts have no numbers; set `prometheus`";
        findings.push(Finding::new(State::Note, "Prometheus", says));
    }
    if config.alertmanagers.is_empty() {
        let says = "none is configured: nothing can be silenced from the chat; set `alertmanagers`";
        findings.push(Finding::new(State::Note, "Alertmanager", says));
    }
    let targets = config.prometheus.iter().map(|target| (target, "/api/v1/query?query=1"));
    let targets = targets.chain(config.alertmanagers.iter().map(|target| (target, "/api/v2/status")));
    for (target, path) in targets {
        let what = format!("{} {}", target.service.name, target.name);
        let server =
            upstream::client(&upstream::Tls::default()).and_then(|shared| Server::new(target.clone(), &shared));
        let answer = match &server {
            Ok(server) => ask(server, path).await,
            Err(problem) => Err(problem.clone()),
        };
        findings.push(match answer {
            Ok(()) => Finding::new(State::Good, what, "answers, and lets us in"),
            Err(problem) => Finding::new(State::Wrong, what, problem),
        });
    }
    findings
}

async fn ask(server: &Server, path: &str) -> Result<(), String> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut url = server.at(path);
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    let answer = server.json::<serde_json::Value>(Method::GET, url, TIMEOUT, |request| request).await;
    answer.map(drop).map_err(|ApiError { problem, .. }| match problem {
        Problem::Away(reason) if reason.starts_with("HTTP") => format!("{reason}; look at its log"),
        Problem::Away(reason) => network::explain(&reason),
        Problem::Refused(reason) if reason.starts_with("HTTP 401") || reason.starts_with("HTTP 403") => {
            format!("it does not let us in ({reason}): is `bearer_token` or `basic_auth` right?")
        }
        Problem::Refused(reason) => format!("it refuses: {reason}; is the URL right?"),
        Problem::Odd(reason) => format!("it answers something else than JSON ({reason}); is the URL right?"),
    })
}

//! Asks an Alertmanager, once, which of our crashes it holds for firing: the process that told them may be gone, and
//! unless somebody refreshes them they end by themselves, which people read as a recovery.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use seamark_kit::upstream::cause;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use tokio::sync::Notify;
use tracing::{debug, info, warn};

use super::alert::{Detail, EventAlert, ExitNote, Kind, Origin};
use super::post::Poster;
use crate::docker::container::{COMPOSE_PROJECT, COMPOSE_SERVICE, Identity};
use crate::docker::exit::ExitReason;

/// The longest answer that is read: thousands of alerts, far more than one host has.
const LONGEST_ANSWER: usize = 4 << 20;

/// What was found, until the watcher of Docker takes it.
#[derive(Debug, Default)]
pub struct Found {
    alerts: Mutex<Vec<EventAlert>>,
    filled: Notify,
}

impl Found {
    fn add(&self, alerts: Vec<EventAlert>) {
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner).extend(alerts);
        self.filled.notify_one();
    }

    /// Waits until there is something.
    pub async fn take(&self) -> Vec<EventAlert> {
        loop {
            let found = std::mem::take(&mut *self.alerts.lock().unwrap_or_else(PoisonError::into_inner));
            if !found.is_empty() {
                return found;
            }
            self.filled.notified().await;
        }
    }
}

/// How far the question to one Alertmanager has come; it outlives a reload.
#[derive(Debug, Default)]
pub struct Question {
    answered: AtomicBool,
    /// That it failed was said.
    told: AtomicBool,
}

/// One alert of `GET /api/v2/alerts`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "time")]
    starts_at: Timestamp,
    #[serde(deserialize_with = "time")]
    ends_at: Timestamp,
}

fn time<'a, D: Deserializer<'a>>(from: D) -> Result<Timestamp, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

impl Poster {
    /// Asks unless there was an answer already; after a failure the next probe asks again.
    pub(super) async fn ask_once(&self) {
        let question = &self.outbox.question;
        if question.answered.load(Ordering::Relaxed) {
            return;
        }
        let name = &self.name;
        match self.ask().await {
            Ok(alerts) => {
                question.answered.store(true, Ordering::Relaxed);
                if !alerts.is_empty() {
                    info!("Alertmanager `{name}` holds {} crashes from before the start for firing", alerts.len());
                    self.found.add(alerts);
                }
            }
            Err(why) if question.told.swap(true, Ordering::Relaxed) => {
                debug!("Alertmanager `{name}` still does not say which crashes it holds for firing: {why}");
            }
            Err(why) => warn!(
                "Alertmanager `{name}` takes alerts but does not say which crashes it holds for firing; those from \
                 before the start may end early there, asking again: {why}"
            ),
        }
    }

    async fn ask(&self) -> Result<Vec<EventAlert>, String> {
        let request = self.connection.request(|client| client.get(question(self.url(), &self.origin))).await;
        let failed = |error: reqwest::Error| cause(&error.without_url());
        let mut answer = request.send().await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(format!("HTTP {}", answer.status()));
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&part);
            if body.len() > LONGEST_ANSWER {
                return Err(format!("the answer is longer than {} MiB", LONGEST_ANSWER >> 20));
            }
        }
        read(&body, &self.origin)
    }
}

/// Silenced and inhibited ones are asked for as well: Alertmanager leaves them out only when told to.
fn question(mut url: Url, origin: &Origin) -> Url {
    let of_ours = [("alertname", Kind::Crashed.alert_name()), ("seamark_kind", "event")];
    url.query_pairs_mut().append_pair("active", "true").extend_pairs(
        of_ours.into_iter().chain(origin.labels()).map(|(name, value)| ("filter", format!("{name}={}", quote(value)))),
    );
    url
}

/// As matchers are written.
fn quote(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{value}\"")
}

/// What is not ours to the last label is left alone: told again it would be another alert.
fn read(body: &[u8], origin: &Origin) -> Result<Vec<EventAlert>, String> {
    let answers: Vec<Answer> =
        serde_json::from_slice(body).map_err(|error| format!("expected a list of alerts: {error}"))?;
    Ok(answers.into_iter().filter_map(|answer| answer.alert(origin)).collect())
}

impl Answer {
    fn alert(&self, origin: &Origin) -> Option<EventAlert> {
        let label = |name: &str| self.labels.get(name).cloned().unwrap_or_default();
        let note = |name: &str| self.annotations.get(name).map(String::as_str);
        let compose = [(COMPOSE_PROJECT, label("compose_project")), (COMPOSE_SERVICE, label("compose_service"))];
        let alert = EventAlert {
            kind: Kind::Crashed,
            container: Identity {
                id: label("id").strip_prefix("/docker/")?.to_owned(),
                name: label("name"),
                image: label("image"),
                image_id: String::new(),
                labels: compose.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            },
            exit: Some(ExitNote {
                code: note("exit_code")?.parse().ok()?,
                reason: ExitReason::ALL.into_iter().find(|reason| Some(reason.as_str()) == note("reason"))?,
                restart_policy: note("restart_policy").unwrap_or_default().to_owned(),
                uptime: note("uptime").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs),
            }),
            // Told again without its last lines they would be gone.
            detail: Detail { log: note("log").unwrap_or_default().to_owned(), ..Detail::default() },
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            resolved: false,
        };
        (alert.to_json(origin).get("labels") == serde_json::to_value(&self.labels).ok().as_ref()).then_some(alert)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::http::{HeaderMap, StatusCode};
    use reqwest::Url;
    use seamark_kit::secret::Secret;
    use seamark_kit::upstream::{Connection, Credentials, Service, Target, Tls, client};
    use serde_json::json;

    use super::{Poster, question, read};
    use crate::alertmanager::alert::Origin;

    fn origin() -> Origin {
        let labels = [("job", "dock \"1\""), ("site", "north"), ("name", "no"), ("instance", "")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Origin { instance: "web-1".to_owned(), labels }
    }

    #[test]
    fn our_own_crashes_are_asked_for_by_every_label_that_they_have_in_common() {
        let asked = question(Url::parse("http://am/api/v2/alerts").unwrap(), &origin());
        let pairs: Vec<_> = asked.query_pairs().map(|(key, value)| format!("{key} {value}")).collect();
        let expected = [
            "active true",
            "filter alertname=\"ContainerCrashed\"",
            "filter seamark_kind=\"event\"",
            "filter job=\"dock \\\"1\\\"\"",
            "filter site=\"north\"",
        ];
        assert_eq!(pairs, expected);
        assert!(asked.as_str().contains("filter=seamark_kind%3D%22event%22"), "{asked}");
    }

    #[test]
    fn what_was_told_is_read_back_whole_and_what_is_not_ours_is_left_alone() {
        let ours = json!({
            "labels": {"alertname": "ContainerCrashed", "seamark_kind": "event", "severity": "critical",
                "job": "dock \"1\"", "site": "north", "id": "/docker/ab", "name": "web", "image": "busybox",
                "compose_service": "web"},
            "annotations": {"summary": "Container web on web-1 crashed",
                "description": "web was killed for using too much memory after 61 min (exit code 137) and is down.",
                "container": "web", "host": "web-1", "exit_code": "137", "reason": "oom", "restart_policy": "always",
                "uptime": "3660", "log": "a\nb"},
            "startsAt": "2023-11-14T22:13:20.123Z", "endsAt": "2023-11-14T22:23:20Z",
        });
        let mut others = [ours.clone(), ours.clone(), ours.clone()];
        others[0]["labels"]["team"] = json!("a");
        others[1]["labels"]["id"] = json!("ab");
        others[2]["annotations"]["reason"] = json!("boredom");
        let mut all = vec![ours.clone()];
        all.extend(others);
        let found = read(json!(all).to_string().as_bytes(), &origin()).unwrap();
        assert_eq!(found.iter().map(|alert| alert.to_json(&origin())).collect::<Vec<_>>(), [ours]);
    }

    #[tokio::test]
    async fn it_is_asked_until_it_has_answered_once_and_with_our_credentials() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let answer = move |headers: HeaderMap| async move {
            assert_eq!(headers.get("authorization").unwrap(), "Bearer hush");
            match count.fetch_add(1, Ordering::Relaxed) {
                0 => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
                1 => (StatusCode::OK, "[]".to_owned() + &" ".repeat(super::LONGEST_ANSWER)),
                _ => (StatusCode::OK, "[]".to_owned()),
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/am/", listener.local_addr().unwrap())).unwrap();
        let router = axum::Router::new().route("/am/api/v2/alerts", axum::routing::get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let target = Target {
            service: Service::ALERTMANAGER,
            name: "am".to_owned(),
            url: url.clone(),
            credentials: Some(Credentials::Bearer(Secret::new("hush"))),
            secret_file: None,
            tls: Tls::default(),
        };
        let poster = Poster {
            name: "am".to_owned(),
            url: url.clone(),
            connection: Connection::new(target, &client(&Tls::default()).unwrap()).unwrap(),
            origin: origin(),
            outbox: Arc::default(),
            found: Arc::default(),
        };
        assert_eq!(poster.ask().await, Err("HTTP 503 Service Unavailable".to_owned()));
        assert_eq!(poster.ask().await, Err("the answer is longer than 4 MiB".to_owned()));
        asked.store(0, Ordering::Relaxed);
        for (probe, asked_until_then) in [1, 2, 3, 3].into_iter().enumerate() {
            poster.ask_once().await;
            assert_eq!(asked.load(Ordering::Relaxed), asked_until_then, "probe {probe}");
        }
    }

    #[test]
    fn an_odd_answer_is_an_error_and_not_an_empty_one() {
        for odd in ["{}", "", "<html>", r#"[{"labels": {}}]"#, r#"[{"labels": {}, "startsAt": "x", "endsAt": "y"}]"#] {
            let error = read(odd.as_bytes(), &origin()).unwrap_err();
            assert!(error.starts_with("expected a list of alerts"), "{odd}: {error}");
        }
        assert_eq!(read(b"[]", &origin()), Ok(Vec::new()));
    }
}

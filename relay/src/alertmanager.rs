//! What the relay asks and tells Alertmanager by its API v2.
//!
//! Several in the configuration are one cluster, as they are for Prometheus: alerts go to each of them, silences to one,
//! which tells the others.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, Url};
use seamark_kit::upstream::Target;
use serde::{Deserialize, Serialize};

use crate::alert::Labels;
use crate::api::{ApiError, Server};

const DEADLINE: Duration = Duration::from_secs(5);

/// An alert as it is posted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostedAlert {
    /// What it is about; `alertname` is among them.
    pub labels: Labels,
    /// What is to be said about it.
    pub annotations: Labels,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ends by itself, unless it is posted again.
    pub ends_at: Timestamp,
    /// Where one reads more.
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    pub generator_url: Option<String>,
}

/// An alert that Alertmanager holds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldAlert {
    /// Alertmanager's hash over the labels.
    pub fingerprint: String,
    /// What it is about.
    pub labels: Labels,
    /// What is to be said about it.
    #[serde(default)]
    pub annotations: Labels,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ends unless somebody says it again.
    pub ends_at: Timestamp,
    /// What becomes of it.
    pub status: HeldStatus,
    /// To whom it goes.
    #[serde(default)]
    pub receivers: Vec<Receiver>,
}

/// What becomes of an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeldStatus {
    /// `unprocessed`, `active` or `suppressed`.
    pub state: String,
    /// Ids of silences.
    pub silenced_by: Vec<String>,
    /// Fingerprints of alerts that make it needless.
    pub inhibited_by: Vec<String>,
    /// Names of time intervals (Alertmanager 0.28 and later).
    pub muted_by: Vec<String>,
}

impl HeldStatus {
    /// Whether people do not hear of it.
    pub fn is_kept_back(&self) -> bool {
        !(self.silenced_by.is_empty() && self.inhibited_by.is_empty() && self.muted_by.is_empty())
    }
}

/// A receiver of Alertmanager's file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Receiver {
    /// Its name.
    pub name: String,
}

/// One condition of a silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// What it holds.
    pub value: String,
    /// Whether `value` is a regular expression.
    pub is_regex: bool,
    /// `=` rather than `!=`.
    #[serde(default = "yes")]
    pub is_equal: bool,
}

impl Matcher {
    /// `name="value"`.
    pub fn equal(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned(), is_regex: false, is_equal: true }
    }
}

fn yes() -> bool {
    true
}

/// A silence to be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSilence {
    /// All have to hold.
    pub matchers: Vec<Matcher>,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Who wanted it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// A silence that Alertmanager holds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// Its id.
    pub id: String,
    /// All have to hold.
    pub matchers: Vec<Matcher>,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Who wanted it.
    #[serde(default)]
    pub created_by: String,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// Whether it is over.
    pub status: SilenceStatus,
}

/// Whether a silence is over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SilenceStatus {
    /// `active`, `pending` or `expired`.
    pub state: String,
}

/// What those who answered hold, and why the others did not answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Each alert once.
    pub alerts: Vec<HeldAlert>,
    /// One for each that did not answer.
    pub errors: Vec<ApiError>,
    /// How many answered.
    pub answered: usize,
}

/// All Alertmanagers; a clone is another handle to them.
#[derive(Debug, Clone, Default)]
pub struct Alertmanagers(Vec<Server>);

impl Alertmanagers {
    /// `shared` serves all that have no TLS settings of their own.
    ///
    /// # Errors
    ///
    /// When the TLS of one cannot be set up.
    pub fn new(targets: Vec<Target>, shared: &reqwest::Client) -> Result<Self, String> {
        targets.into_iter().map(|target| Server::new(target, shared)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether none is configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are configured.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Posts alerts to each of them, and returns who did not take them and why.
    pub async fn post(&self, alerts: &[PostedAlert]) -> Vec<ApiError> {
        let mut errors = Vec::new();
        for (server, answer) in self.each(|server| post(server, alerts)).await {
            if let Err(error) = answer {
                tracing::debug!(%error, server = server.name(), "alerts were not taken");
                errors.push(error);
            }
        }
        errors
    }

    /// The alerts that fire, silenced ones and others that are kept back included. `filters` are matchers such as
    /// `alertname="HostDown"`; all have to hold.
    pub async fn alerts(&self, filters: &[String]) -> Held {
        let mut held = Held { alerts: Vec::new(), errors: Vec::new(), answered: 0 };
        let mut alerts: BTreeMap<String, HeldAlert> = BTreeMap::new();
        for (_, answer) in self.each(|server| list(server, filters)).await {
            match answer {
                Ok(list) => {
                    held.answered += 1;
                    for alert in list {
                        merge(&mut alerts, alert);
                    }
                }
                Err(error) => held.errors.push(error),
            }
        }
        held.alerts = alerts.into_values().collect();
        held
    }

    /// The silences that the first to answer knows, those that are over included.
    ///
    /// # Errors
    ///
    /// Why the last one asked did not answer; `None` where none is configured.
    pub async fn silences(&self) -> Result<Vec<Silence>, Option<ApiError>> {
        self.first(async |server| server.json(Method::GET, server.at("/api/v2/silences"), DEADLINE, |r| r).await).await
    }

    /// Makes a silence and returns its id.
    ///
    /// # Errors
    ///
    /// As [`silences`](Self::silences).
    pub async fn silence(&self, silence: &NewSilence) -> Result<String, Option<ApiError>> {
        #[derive(Deserialize)]
        struct Made {
            #[serde(rename = "silenceID")]
            id: String,
        }
        let make = async |server: &Server| {
            let url = server.at("/api/v2/silences");
            server.json::<Made>(Method::POST, url, DEADLINE, |request| request.json(silence)).await
        };
        self.first(make).await.map(|made| made.id)
    }

    /// Ends a silence.
    ///
    /// # Errors
    ///
    /// As [`silences`](Self::silences).
    pub async fn expire(&self, id: &str) -> Result<(), Option<ApiError>> {
        let end = async |server: &Server| {
            let mut url = server.at("/api/v2/silence");
            if let Ok(mut path) = url.path_segments_mut() {
                path.push(id);
            }
            server.call(Method::DELETE, url, DEADLINE, |request| request).await.map(drop)
        };
        self.first(end).await
    }

    async fn first<T>(&self, ask: impl AsyncFn(&Server) -> Result<T, ApiError>) -> Result<T, Option<ApiError>> {
        let mut last = None;
        for server in &self.0 {
            match ask(server).await {
                Ok(answer) => return Ok(answer),
                Err(error) => last = Some(error),
            }
        }
        Err(last)
    }

    /// All at once: one that does not answer holds up nobody.
    async fn each<'a, T, F: Future<Output = Result<T, ApiError>>>(
        &'a self,
        ask: impl Fn(&'a Server) -> F,
    ) -> Vec<(&'a Server, Result<T, ApiError>)> {
        let answers = futures_util::future::join_all(self.0.iter().map(ask)).await;
        self.0.iter().zip(answers).collect()
    }
}

async fn post(server: &Server, alerts: &[PostedAlert]) -> Result<(), ApiError> {
    let url = server.at("/api/v2/alerts");
    server.call(Method::POST, url, DEADLINE, |request| request.json(alerts)).await.map(drop)
}

async fn list(server: &Server, filters: &[String]) -> Result<Vec<HeldAlert>, ApiError> {
    let mut url: Url = server.at("/api/v2/alerts");
    url.query_pairs_mut().extend_pairs(filters.iter().map(|filter| ("filter", filter)));
    server.json(Method::GET, url, DEADLINE, |request| request).await
}

/// Silences spread within a moment: one that is kept back anywhere is kept back.
fn merge(alerts: &mut BTreeMap<String, HeldAlert>, alert: HeldAlert) {
    match alerts.entry(alert.fingerprint.clone()) {
        std::collections::btree_map::Entry::Occupied(mut known) => {
            if alert.status.is_kept_back() && !known.get().status.is_kept_back() {
                known.insert(alert);
            }
        }
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(alert);
        }
    }
}

/// `name="value"`, as filters are written.
pub fn filter(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::extract::{Path, RawQuery};
    use axum::http::StatusCode;
    use axum::routing::{delete, get};
    use seamark_kit::config::{self, Source};
    use seamark_kit::upstream::{self, Service, Tls};
    use serde_json::{Value, json};

    use super::*;

    async fn serve(router: Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/am")
    }

    fn all(urls: &[&str]) -> Alertmanagers {
        let text = format!("alertmanagers: {}", json!(urls));
        let read = |root: &mut config::Section| {
            let items = root.items("alertmanagers");
            items.into_iter().filter_map(|mut item| upstream::read(&mut item, Service::ALERTMANAGER)).collect()
        };
        let targets = config::read(&Source::new("relay.yml", text), read).unwrap();
        Alertmanagers::new(targets, &upstream::client(&Tls::default()).unwrap()).unwrap()
    }

    fn held(fingerprint: &str, silenced_by: &[&str]) -> Value {
        let status = json!({"state": "active", "silencedBy": silenced_by, "inhibitedBy": [], "mutedBy": []});
        json!({
            "fingerprint": fingerprint, "labels": {"alertname": "A"}, "annotations": {}, "status": status,
            "startsAt": "2026-11-21T10:00:00Z", "endsAt": "2026-11-21T10:05:00Z", "receivers": [{"name": "seamark"}],
        })
    }

    #[tokio::test]
    async fn what_several_hold_is_one_list_and_who_is_away_is_named() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&asked);
        let answer = async move |RawQuery(query): RawQuery| {
            note.lock().unwrap().push(query);
            axum::Json(json!([held("a", &[]), held("b", &[])]))
        };
        let one = serve(Router::new().route("/am/api/v2/alerts", get(answer))).await;
        let other = get(async || axum::Json(json!([held("a", &["s1"])])));
        let other = serve(Router::new().route("/am/api/v2/alerts", other)).await;
        let away = "http://127.0.0.1:9";
        let held = all(&[&one, &other, away]).alerts(&[filter("alertname", "a\"b")]).await;
        let kept: Vec<_> = held.alerts.iter().map(|a| (a.fingerprint.as_str(), a.status.is_kept_back())).collect();
        assert_eq!((kept, held.answered), (vec![("a", true), ("b", false)], 2));
        assert_eq!(held.errors[0].to_string(), "Alertmanager `127.0.0.1:9`: Connection refused (os error 111)");
        assert_eq!(*asked.lock().unwrap(), [Some("filter=alertname%3D%22a%5C%22b%22".to_owned())]);
    }

    #[tokio::test]
    async fn a_silence_is_made_once_at_the_first_that_answers_and_ended_by_its_id() {
        let made = async |axum::Json(silence): axum::Json<Value>| {
            assert_eq!(silence["matchers"][0], json!({"name": "a", "value": "b", "isRegex": false, "isEqual": true}));
            assert_eq!(silence["startsAt"], "2026-11-21T10:00:00Z");
            axum::Json(json!({"silenceID": "s1"}))
        };
        let end = async |Path(id): Path<String>| if id == "s/1" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        let router = Router::new()
            .route("/am/api/v2/silences", axum::routing::post(made))
            .route("/am/api/v2/silence/{id}", delete(end));
        let both = all(&["http://127.0.0.1:9", &serve(router).await]);
        let starts_at: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let silence = NewSilence {
            matchers: vec![Matcher::equal("a", "b")],
            starts_at,
            ends_at: starts_at + Duration::from_secs(3600),
            created_by: "ann".to_owned(),
            comment: String::new(),
        };
        assert_eq!(both.silence(&silence).await, Ok("s1".to_owned()));
        assert_eq!(both.expire("s/1").await, Ok(()));
        let refused = both.expire("s2").await.unwrap_err().unwrap().problem;
        assert_eq!(refused.to_string(), "it refuses: HTTP 404 Not Found");
        assert_eq!(Alertmanagers::default().silences().await, Err(None));
    }
}

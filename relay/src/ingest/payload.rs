//! The fields of the webhook, read one by one so that an error can name each.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{IngestError, KeyHash};
use crate::alert::{Alert, AlertGroup, Labels, Status};

/// The version of the webhook that this file was written against.
const VERSION: &str = "4";

/// How much of an unexpected value an error repeats, in characters.
const EXCERPT: usize = 60;

/// The whole notification.
pub(super) fn alert_group(json: &Value) -> Result<AlertGroup, IngestError> {
    let Value::Object(object) = json else {
        return Err(unexpected("", "an Alertmanager notification (a JSON object)", json));
    };
    // A later version is welcome while it still reads like this one; if it does not, its number explains why.
    read_group(&At { path: String::new(), object }).map_err(|mut err| {
        if let Some(version) = object.get("version").filter(|version| **version != VERSION) {
            err.problem = format!("{} (the webhook's version is {version}; this relay knows \"4\")", err.problem);
        }
        err
    })
}

fn read_group(at: &At<'_>) -> Result<AlertGroup, IngestError> {
    Ok(AlertGroup {
        status: at.status()?,
        receiver: unquote(at.text("receiver")?),
        group_key: at.text("groupKey")?.to_owned(),
        alerts: alerts(at)?,
        group_labels: at.labels("groupLabels")?,
        common_labels: at.labels("commonLabels")?,
        common_annotations: at.labels("commonAnnotations")?,
        external_url: at.optional_text("externalURL")?,
        truncated_alerts: at.count("truncatedAlerts")?,
        notification_reason: at.optional_text("notification_reason")?,
    })
}

fn alerts(at: &At<'_>) -> Result<Vec<Alert>, IngestError> {
    const EXPECTED: &str = "a list of at least one alert";
    match at.present("alerts", EXPECTED)? {
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().map(|(index, value)| alert(format!("alerts[{index}]"), value)).collect()
        }
        other => Err(unexpected("alerts", EXPECTED, other)),
    }
}

fn alert(path: String, value: &Value) -> Result<Alert, IngestError> {
    let Value::Object(object) = value else { return Err(unexpected(&path, "an alert (a JSON object)", value)) };
    let at = At { path, object };
    let status = at.status()?;
    at.present("labels", LABELS)?;
    let labels = at.labels("labels")?;
    Ok(Alert {
        status,
        annotations: at.labels("annotations")?,
        starts_at: at.time("startsAt")?,
        ends_at: at.end(status)?,
        generator_url: at.optional_text("generatorURL")?,
        fingerprint: at.optional_text("fingerprint")?.unwrap_or_else(|| own_fingerprint(&labels)),
        labels,
    })
}

/// For senders that give none, such as a test by hand: identifies the alert by its labels just as well.
fn own_fingerprint(labels: &Labels) -> String {
    let mut hash = KeyHash::default();
    labels.iter().for_each(|(name, value)| hash.strings(&[name, value]));
    hash.finish().chars().take(16).collect()
}

/// Undoes Go's `regexp.QuoteMeta`, through which Alertmanager puts a receiver's name: `ops\.chat` is `ops.chat`.
pub(super) fn unquote(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let quoted = (character == '\\').then(|| characters.next_if(|next| r"\.+*?()|[]{}^$".contains(*next)));
        plain.push(quoted.flatten().unwrap_or(character));
    }
    plain
}

const LABELS: &str = "a mapping from names to strings";

/// A JSON object and where it stands.
struct At<'a> {
    path: String,
    object: &'a Map<String, Value>,
}

impl<'a> At<'a> {
    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value, unless it is missing or `null`.
    fn optional(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    fn present(&self, key: &str, expected: &str) -> Result<&'a Value, IngestError> {
        self.object
            .get(key)
            .ok_or_else(|| IngestError { path: self.path(key), problem: format!("missing; expected {expected}") })
    }

    fn text(&self, key: &str) -> Result<&'a str, IngestError> {
        let value = self.present(key, "a string")?;
        value.as_str().ok_or_else(|| unexpected(&self.path(key), "a string", value))
    }

    /// A string; `None` where it is missing, `null` or empty.
    fn optional_text(&self, key: &str) -> Result<Option<String>, IngestError> {
        let Some(value) = self.optional(key) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| unexpected(&self.path(key), "a string", value))?;
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    fn count(&self, key: &str) -> Result<u64, IngestError> {
        let Some(value) = self.optional(key) else { return Ok(0) };
        value.as_u64().ok_or_else(|| unexpected(&self.path(key), "a whole number, 0 or more", value))
    }

    fn status(&self) -> Result<Status, IngestError> {
        const EXPECTED: &str = "`firing` or `resolved`";
        match self.present("status", EXPECTED)? {
            Value::String(status) if status == "firing" => Ok(Status::Firing),
            Value::String(status) if status == "resolved" => Ok(Status::Resolved),
            other => Err(unexpected(&self.path("status"), EXPECTED, other)),
        }
    }

    /// Empty where it is missing or `null`.
    fn labels(&self, key: &str) -> Result<Labels, IngestError> {
        let Some(value) = self.optional(key) else { return Ok(Labels::new()) };
        let Value::Object(object) = value else { return Err(unexpected(&self.path(key), LABELS, value)) };
        object
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name.clone(), text.clone())),
                other => Err(unexpected(&format!("{}.{name}", self.path(key)), "a string", other)),
            })
            .collect()
    }

    fn time(&self, key: &str) -> Result<Timestamp, IngestError> {
        const EXPECTED: &str = "an RFC 3339 time";
        let value = self.present(key, EXPECTED)?;
        let time = value.as_str().and_then(|text| text.parse().ok());
        time.ok_or_else(|| unexpected(&self.path(key), EXPECTED, value))
    }

    /// `None` while the alert fires: there Alertmanager writes Go's zero time, in the year 1.
    fn end(&self, status: Status) -> Result<Option<Timestamp>, IngestError> {
        if self.optional("endsAt").is_none() {
            return Ok(None);
        }
        Ok(end(status, self.time("endsAt")?))
    }
}

/// When an alert ended, if it has.
pub(super) fn end(status: Status, ends_at: Timestamp) -> Option<Timestamp> {
    Some(ends_at).filter(|ends_at| status == Status::Resolved && *ends_at > GO_ZERO)
}

/// The first second after Go's zero time, 0001-01-01T00:00:00Z.
const GO_ZERO: Timestamp = Timestamp::constant(-62_135_596_799, 0);

fn unexpected(path: &str, expected: &str, found: &Value) -> IngestError {
    let found = match found {
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        scalar => excerpt(&scalar.to_string()),
    };
    IngestError { path: path.to_owned(), problem: format!("expected {expected}, found {found}") }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// As Alertmanager 0.33 writes it.
    fn webhook() -> Value {
        json!({
            "receiver": r"ops\.discord", "status": "firing", "version": "4", "truncatedAlerts": 2,
            "groupKey": "{}/{seamark_kind=\"event\"}:{alertname=\"ContainerCrashed\"}",
            "notification_reason": "first notification", "routeLabels": {"team": "a"},
            "groupLabels": {"alertname": "ContainerCrashed"}, "commonLabels": {"alertname": "ContainerCrashed"},
            "commonAnnotations": {}, "externalURL": "http://localhost:9093",
            "alerts": [{
                "status": "firing", "labels": {"alertname": "ContainerCrashed", "name": "shop \"api\" \\ 店"},
                "annotations": {"exit_code": "3"}, "startsAt": "2026-11-21T18:00:00.5+08:00",
                "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "c0ffee0000000001"
            }]
        })
    }

    fn error_of(edit: impl FnOnce(&mut Value)) -> String {
        let mut json = webhook();
        edit(&mut json);
        alert_group(&json).unwrap_err().to_string()
    }

    #[test]
    fn a_notification_as_alertmanager_writes_it_is_read_whole() {
        let group = alert_group(&webhook()).unwrap();
        let expected = AlertGroup {
            group_key: "{}/{seamark_kind=\"event\"}:{alertname=\"ContainerCrashed\"}".to_owned(),
            receiver: "ops.discord".to_owned(),
            status: Status::Firing,
            group_labels: labels(&[("alertname", "ContainerCrashed")]),
            common_labels: labels(&[("alertname", "ContainerCrashed")]),
            common_annotations: Labels::new(),
            external_url: Some("http://localhost:9093".to_owned()),
            truncated_alerts: 2,
            notification_reason: Some("first notification".to_owned()),
            alerts: vec![Alert {
                status: Status::Firing,
                labels: labels(&[("alertname", "ContainerCrashed"), ("name", "shop \"api\" \\ 店")]),
                annotations: labels(&[("exit_code", "3")]),
                starts_at: "2026-11-21T10:00:00.5Z".parse().unwrap(),
                ends_at: None,
                generator_url: None,
                fingerprint: "c0ffee0000000001".to_owned(),
            }],
        };
        assert_eq!(group, expected);
    }

    #[test]
    fn the_end_of_a_resolved_alert_is_kept() {
        let mut json = webhook();
        json["alerts"][0]["status"] = json!("resolved");
        json["alerts"][0]["endsAt"] = json!("2026-11-21T10:05:00Z");
        let ends_at = alert_group(&json).unwrap().alerts[0].ends_at;
        assert_eq!(ends_at, Some("2026-11-21T10:05:00Z".parse().unwrap()));
    }

    #[test]
    fn an_error_names_the_field_and_what_it_holds() {
        type Edit = fn(&mut Value);
        let cases: [(&str, Edit); 10] = [
            ("receiver: missing; expected a string", |json| drop(json.as_object_mut().unwrap().remove("receiver"))),
            ("groupKey: expected a string, found null", |json| json["groupKey"] = json!(null)),
            ("status: expected `firing` or `resolved`, found \"on\"", |json| json["status"] = json!("on")),
            ("alerts: expected a list of at least one alert, found an empty list", |json| json["alerts"] = json!([])),
            ("alerts[0]: expected an alert (a JSON object), found 7", |json| json["alerts"] = json!([7])),
            ("alerts[0].startsAt: expected an RFC 3339 time, found \"x\"", |json| {
                json["alerts"][0]["startsAt"] = json!("x");
            }),
            ("alerts[0].labels.name: expected a string, found 1", |json| {
                json["alerts"][0]["labels"]["name"] = json!(1)
            }),
            ("alerts[0].annotations: expected a mapping from names to strings, found a list", |json| {
                json["alerts"][0]["annotations"] = json!([1]);
            }),
            ("truncatedAlerts: expected a whole number, 0 or more, found -1", |json| {
                json["truncatedAlerts"] = json!(-1)
            }),
            (
                "alerts[0].endsAt: expected an RFC 3339 time, found true (the webhook's version is \"5\"; this relay knows \"4\")",
                |json| {
                    json["version"] = json!("5");
                    json["alerts"][0]["endsAt"] = json!(true);
                },
            ),
        ];
        for (expected, edit) in cases {
            assert_eq!(error_of(edit), expected);
        }
    }

    #[test]
    fn a_long_value_is_cut_in_the_error() {
        let error = error_of(|json| json["status"] = json!("字".repeat(1000)));
        assert_eq!(error, format!("status: expected `firing` or `resolved`, found \"{}…", "字".repeat(59)));
    }

    #[test]
    fn a_later_version_that_reads_like_this_one_is_accepted() {
        let mut json = webhook();
        json["version"] = json!("5");
        assert_eq!(alert_group(&json).unwrap().alerts.len(), 1);
    }

    #[test]
    fn what_is_no_mapping_is_no_notification() {
        let error = alert_group(&json!("hello")).unwrap_err().to_string();
        assert_eq!(error, "expected an Alertmanager notification (a JSON object), found \"hello\"");
    }

    #[test]
    fn a_quoted_receiver_gets_its_own_name_back() {
        for (quoted, plain) in
            [(r"ops\.discord", "ops.discord"), (r"a\\b\(c\)", r"a\b(c)"), (r"trailing\", r"trailing\")]
        {
            assert_eq!(unquote(quoted), plain);
        }
    }
}

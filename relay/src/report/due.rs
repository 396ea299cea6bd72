//! The alert that says that a report is due, as it is posted to Alertmanager and as it comes back.

use std::time::Duration;

use jiff::Timestamp;

use crate::alert::{Alert, Labels};
use crate::alertmanager::{PostedAlert, filter};

/// Its `alertname`.
pub const ALERTNAME: &str = "SeamarkReportDue";

/// For how long Alertmanager believes it without hearing it again: longer than a restart of the relay takes.
const LIFE: Duration = Duration::from_mins(5);

/// Says that the report is due, or, from `ends_at` on, that it is so no more.
pub fn alert(report: &str, due_at: Timestamp, ends_at: Timestamp) -> PostedAlert {
    let due = due_at.as_second().to_string();
    let labels = [
        ("alertname", ALERTNAME),
        ("report", report),
        ("due_at", &due),
        ("seamark_kind", "report"),
        ("severity", "none"),
    ];
    let labels = labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let summary = format!("The report {report} was due at {due_at}");
    let annotations = Labels::from([("summary".to_owned(), summary)]);
    PostedAlert { labels, annotations, starts_at: due_at, ends_at, generator_url: None }
}

/// Says that it is due, for a while.
pub fn alive(report: &str, due_at: Timestamp, now: Timestamp) -> PostedAlert {
    alert(report, due_at, now + LIFE)
}

/// Finds it among what Alertmanager holds.
pub fn filters(report: &str, due_at: Timestamp) -> Vec<String> {
    let due = due_at.as_second().to_string();
    vec![filter("alertname", ALERTNAME), filter("report", report), filter("due_at", &due)]
}

/// Which report an alert speaks of, and when that was due: in seconds since 1970, which a rule can write as well.
///
/// # Errors
///
/// Which label is missing or wrong.
pub fn read(alert: &Alert) -> Result<(String, Timestamp), String> {
    let label = |name: &str| {
        let value = alert.labels.get(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| format!("the alert `{}` has no label `{name}`", alert.name()))
    };
    let (report, due) = (label("report")?, label("due_at")?);
    let due_at = due.parse::<i64>().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let due_at = due_at.or_else(|| due.parse().ok());
    let due_at = due_at.ok_or_else(|| format!("`due_at`: expected seconds since 1970, found `{due}`"))?;
    Ok((report.clone(), due_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Status;

    fn back(labels: Labels) -> Alert {
        Alert {
            status: Status::Firing,
            labels,
            annotations: Labels::new(),
            starts_at: Timestamp::UNIX_EPOCH,
            ends_at: None,
            generator_url: None,
            fingerprint: String::new(),
        }
    }

    #[test]
    fn what_is_posted_is_understood_when_it_comes_back() {
        let due_at = Timestamp::from_second(1_800_000_000).unwrap();
        let posted = alive("daily", due_at, due_at);
        assert_eq!((posted.ends_at, posted.starts_at), (due_at + LIFE, due_at));
        assert_eq!(read(&back(posted.labels.clone())), Ok(("daily".to_owned(), due_at)));
        let mut other = posted.labels.clone();
        other.insert("due_at".to_owned(), "2027-01-15T08:00:00Z".to_owned());
        assert_eq!(read(&back(other.clone())), Ok(("daily".to_owned(), due_at)));
        other.insert("due_at".to_owned(), "soon".to_owned());
        assert_eq!(read(&back(other.clone())).unwrap_err(), "`due_at`: expected seconds since 1970, found `soon`");
        other.remove("report");
        assert_eq!(read(&back(other)).unwrap_err(), "the alert `SeamarkReportDue` has no label `report`");
    }
}

//! What a container's health checks said last.
//!
//! Source: `State.Health` of `GET /containers/ID/json`. Docker writes it before it sends `health_status`, so that an
//! inspection asked for by the event tells of the check behind it.

use serde_json::Value;

use crate::redact;

/// Characters of its output that are kept: what fits into a chat beside the rest. Docker keeps 4096 bytes.
const LONGEST_OUTPUT: usize = 500;

/// The last check of a container's health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastCheck {
    /// How many checks in a row have failed.
    pub failing_streak: u64,
    /// With what the check ended; -1 is one that was cut short. `None` before the first one.
    pub exit_code: Option<i64>,
    /// What it wrote: redacted and cut.
    pub output: String,
}

impl LastCheck {
    /// Reads it from an inspection; `None` for a container without checks. Fields that are missing cost themselves.
    pub fn read(inspection: &Value) -> Option<Self> {
        let health = inspection.pointer("/State/Health").filter(|health| health.is_object())?;
        let last = health.get("Log").and_then(Value::as_array).and_then(|log| log.last());
        let output = last.and_then(|last| last.get("Output")?.as_str()).unwrap_or_default();
        Some(Self {
            failing_streak: health.get("FailingStreak").and_then(Value::as_u64).unwrap_or_default(),
            exit_code: last.and_then(|last| last.get("ExitCode")?.as_i64()),
            output: redact::beginning(output, LONGEST_OUTPUT),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::LastCheck;

    #[test]
    fn the_last_of_the_checks_is_read_and_its_output_is_fit_to_be_shown() {
        let output = format!("\x1b[31mtoken=hunter2\x1b[0m{}", "店".repeat(600));
        let health = json!({"Status": "unhealthy", "FailingStreak": 3, "Log": [
            {"ExitCode": 0, "Output": "fine"}, {"ExitCode": 7, "Output": output}]});
        let read = LastCheck::read(&json!({"State": {"Health": health}})).unwrap();
        assert_eq!((read.failing_streak, read.exit_code, read.output.chars().count()), (3, Some(7), 16));
        let health = json!({"FailingStreak": 1, "Log": [{"ExitCode": -1, "Output": "店 ".repeat(600)}]});
        let read = LastCheck::read(&json!({"State": {"Health": health}})).unwrap();
        assert_eq!((read.exit_code, read.output.chars().count()), (Some(-1), 500));
    }

    #[test]
    fn no_check_is_none_and_odd_fields_cost_only_themselves() {
        assert_eq!(LastCheck::read(&json!({"State": {"Health": null}})), None);
        assert_eq!(LastCheck::read(&json!({})), None);
        let odd = json!({"State": {"Health": {"FailingStreak": "many", "Log": null}}});
        assert_eq!(LastCheck::read(&odd), Some(LastCheck::default()));
        let odd = json!({"State": {"Health": {"FailingStreak": 2, "Log": [{"Output": 7}]}}});
        assert_eq!(LastCheck::read(&odd), Some(LastCheck { failing_streak: 2, ..LastCheck::default() }));
    }
}

//! The families of what systemd answers.

use std::collections::BTreeMap;

use seamark_kit::exposition::Exposition;

use super::bus::{Bus, Unit};

/// States of a unit; the others that systemd has (`reloading`, `refreshing`, `maintenance`) show as none of these.
const STATES: [&str; 5] = ["active", "activating", "deactivating", "inactive", "failed"];

/// What systemd gives in place of a number that there is none of.
const NO_NUMBER: u64 = u64::MAX;

/// Returns the version, too.
pub(super) async fn systemd_version(bus: &Bus, out: &mut Exposition) -> zbus::Result<Option<f64>> {
    let text: Option<String> = bus.manager_property("Version").await?;
    let Some((text, version)) = text.as_deref().and_then(|text| Some((text, version(text)?))) else { return Ok(None) };
    out.gauge("node_systemd_version", "Version of systemd.").push(&[("version", text)], version);
    Ok(Some(version))
}

/// The first number of at least three digits: 252.39 of `252.39-1~deb12u1`, 219 of `systemd 219`.
pub(super) fn version(text: &str) -> Option<f64> {
    let is_digit = |character: char| character.is_ascii_digit();
    let number = text.split(|character| !is_digit(character)).find(|digits| digits.len() >= 3)?;
    let (_, rest) = text.split_once(number)?;
    let minor = rest.strip_prefix('.').and_then(|rest| rest.split(|character| !is_digit(character)).next());
    format!("{number}.{}", minor.unwrap_or_default()).parse().ok()
}

pub(super) async fn virtualization(bus: &Bus, out: &mut Exposition) -> zbus::Result<()> {
    let kind: Option<String> = bus.manager_property("Virtualization").await?;
    let kind = match kind.as_deref() {
        None => "unknown",
        Some("") => "none",
        Some(kind) => kind,
    };
    out.gauge("node_systemd_virtualization_info", "What the host is virtualized by, as systemd found; always 1.")
        .push(&[("virtualization_type", kind)], true);
    Ok(())
}

pub(super) fn summary(units: &[Unit], out: &mut Exposition) {
    let mut counts: BTreeMap<&str, u64> = STATES.iter().map(|state| (*state, 0)).collect();
    for unit in units {
        *counts.entry(&unit.active_state).or_default() += 1;
    }
    let family = out.gauge("node_systemd_units", "Units in each state, those that are not told one by one included.");
    for (state, count) in counts {
        family.push(&[("state", state)], count);
    }
}

pub(super) async fn system_running(bus: &Bus, out: &mut Exposition) -> zbus::Result<()> {
    if let Some(state) = bus.manager_property::<String>("SystemState").await? {
        out.gauge("node_systemd_system_running", "Whether the host is up and no unit has failed.")
            .set(state == "running");
    }
    Ok(())
}

/// What systemd says of one unit; `None` is not asked, or not answered.
pub(super) struct Details<'a> {
    unit: &'a Unit,
    pub(super) kind: Option<String>,
    pub(super) restarts: Option<u32>,
    pub(super) tasks: Option<u64>,
    pub(super) tasks_limit: Option<u64>,
    pub(super) active_since_usec: Option<u64>,
    pub(super) last_trigger_usec: Option<u64>,
    pub(super) accepted: Option<u32>,
    pub(super) connections: Option<u32>,
    pub(super) refused: Option<u32>,
}

impl<'a> Details<'a> {
    pub(super) fn new(unit: &'a Unit) -> Self {
        Self {
            unit,
            kind: None,
            restarts: None,
            tasks: None,
            tasks_limit: None,
            active_since_usec: None,
            last_trigger_usec: None,
            accepted: None,
            connections: None,
            refused: None,
        }
    }

    pub(super) fn tell(&self, out: &mut Exposition) {
        let name = self.unit.name.as_str();
        let kind = self.kind.as_deref().unwrap_or_default();
        let states = out.gauge("node_systemd_unit_state", "Whether each unit is in that state.");
        for state in STATES {
            states.push(&[("name", name), ("state", state), ("type", kind)], state == self.unit.active_state);
        }
        let labels = [("name", name)];
        if let Some(restarts) = self.restarts {
            out.counter("node_systemd_service_restart_total", "Times that systemd has restarted each service.")
                .push(&labels, restarts);
        }
        if let Some(tasks) = self.tasks.filter(|tasks| *tasks != NO_NUMBER) {
            out.gauge("node_systemd_unit_tasks_current", "Tasks of each service.").push(&labels, tasks);
        }
        if let Some(limit) = self.tasks_limit.filter(|limit| *limit != NO_NUMBER) {
            out.gauge("node_systemd_unit_tasks_max", "Tasks that each service may have.").push(&labels, limit);
        }
        if let Some(since) = self.active_since_usec {
            out.gauge(
                "node_systemd_unit_start_time_seconds",
                "Since when each unit is active, in seconds since 1970; 0 if it is not.",
            )
            .push(&labels, seconds(since));
        }
        if let Some(last) = self.last_trigger_usec {
            out.gauge(
                "node_systemd_timer_last_trigger_seconds",
                "When each timer last ran out, in seconds since 1970; 0 if never.",
            )
            .push(&labels, seconds(last));
        }
        self.tell_socket(&labels, out);
    }

    fn tell_socket(&self, labels: &[(&'static str, &str)], out: &mut Exposition) {
        if let Some(accepted) = self.accepted {
            out.counter("node_systemd_socket_accepted_connections_total", "Connections that each socket has accepted.")
                .push(labels, accepted);
        }
        if let Some(connections) = self.connections {
            out.gauge("node_systemd_socket_current_connections", "Connections that each socket has now.")
                .push(labels, connections);
        }
        if let Some(refused) = self.refused {
            // A gauge in node_exporter.
            out.gauge("node_systemd_socket_refused_connections_total", "Connections that each socket has refused.")
                .push(labels, refused);
        }
    }
}

fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_first_number_of_three_digits() {
        let versions = ["252.39-1~deb12u1", "systemd 219", "v258-rc1", "257.", "44", "", "12.345"];
        let expected = [Some(252.39), Some(219.0), Some(258.0), Some(257.0), None, None, Some(345.0)];
        assert_eq!(versions.map(version), expected);
    }
}

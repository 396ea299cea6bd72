//! How containers ended and why they could not be started: counts by name and reason, and the last end of each.
//!
//! Source: memory, kept by [`crate::docker`].

use std::sync::Arc;

use seamark_kit::exposition::{Exposition, Value};

use super::{CollectError, Collector, Registration};
use crate::docker::inventory::{Inventory, Known};

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_exits",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(ContainerExits { inventory: Arc::clone(&inputs.inventory) }),
};

struct ContainerExits {
    inventory: Arc<Inventory>,
}

impl Collector for ContainerExits {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        self.inventory.read(|known| {
            counts(known, out);
            failed_starts(known, out);
            last_exits(known, out);
        });
        Ok(())
    }
}

fn counts(known: &Known, out: &mut Exposition) {
    let help = "How often containers of this name ended, by reason; kept for a day after the last one is gone.";
    let family = out.counter("seamark_container_exits_total", help);
    for (name, counts) in known.exits() {
        for (reason, count) in counts.by_reason() {
            family.push(&[("name", name), ("reason", reason.as_str())], count);
        }
    }
}

fn failed_starts(known: &Known, out: &mut Exposition) {
    let help = "How often a container of this name could not be started, by reason; kept as the ends are.";
    let family = out.counter("seamark_container_start_failures_total", help);
    for (name, counts) in known.exits() {
        for (reason, count) in counts.failed_starts() {
            family.push(&[("name", name), ("reason", reason.as_str())], count);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "exit codes are small")]
fn last_exits(known: &Known, out: &mut Exposition) {
    let ended = || known.lives().filter_map(|life| Some((life, life.last_exit.as_ref()?)));
    let codes = out.gauge("seamark_container_last_exit_code", "The exit code of a container's last end.");
    for (life, exit) in ended() {
        let code = u64::try_from(exit.code).map_or(Value::Float(exit.code as f64), Value::Integer);
        codes.push_with(&life.labels.described, &[("reason", exit.reason.as_str())], code);
    }
    let help = "When a container last ended, in seconds since 1970.";
    let times = out.gauge("seamark_container_last_exit_timestamp_seconds", help);
    for (life, exit) in ended() {
        let reason = [("reason", exit.reason.as_str())];
        times.push_with(&life.labels.described, &reason, exit.at.as_duration().as_secs_f64());
    }
    let help = "How long the last run of a container took that has ended.";
    let runs = out.gauge("seamark_container_last_run_duration_seconds", help);
    for (life, uptime) in ended().filter_map(|(life, exit)| Some((life, exit.uptime?))) {
        runs.push_with(&life.labels.named, &[], uptime.as_secs_f64());
    }
}

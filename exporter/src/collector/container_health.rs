//! What the health checks of running containers found: how often in a row they failed, and how long the last one took.
//!
//! Source: memory, kept by [`crate::docker`]; looked at after each check, at most every 30 s. What a check printed is in
//! no metric.

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::container::{Check, HealthCheck};
use crate::docker::inventory::{Inventory, Known};
use crate::docker::life::Life;

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_health",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(ContainerHealth { inventory: Arc::clone(&inputs.inventory) }),
};

struct ContainerHealth {
    inventory: Arc<Inventory>,
}

impl Collector for ContainerHealth {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        self.inventory.read(|known| tell(known, out));
        Ok(())
    }
}

fn tell(known: &Known, out: &mut Exposition) {
    let help = "How many health checks of a container have failed in a row.";
    let family = out.gauge("seamark_container_health_failing_streak", help);
    for (life, _) in checked(known) {
        family.push_with(&life.labels.named, &[], life.checks.failing_streak);
    }
    let mut of_check = |name: &'static str, help: &'static str, value: fn(&HealthCheck) -> f64| {
        let family = out.gauge(name, help);
        for (life, check) in checked(known) {
            family.push_with(&life.labels.named, &[], value(&check));
        }
    };
    let help = "How long a health check of a container may take.";
    of_check("seamark_container_health_check_timeout_seconds", help, |check| check.timeout.as_secs_f64());
    let help = "The time from one health check of a container to the next.";
    of_check("seamark_container_health_check_interval_seconds", help, |check| check.interval.as_secs_f64());
    let mut of_last = |name: &'static str, help: &'static str, value: fn(&Check) -> f64| {
        let family = out.gauge(name, help);
        for (life, _) in checked(known) {
            if let Some(last) = &life.checks.last {
                family.push_with(&life.labels.named, &[], value(last));
            }
        }
    };
    let help = "How long the last health check of a container took.";
    of_last("seamark_container_health_check_duration_seconds", help, |last| last.duration.as_secs_f64());
    let help = "When the last health check of a container ended, in seconds since 1970.";
    of_last("seamark_container_health_last_check_timestamp_seconds", help, |last| last.at.as_duration().as_secs_f64());
}

/// Those that run: Docker keeps the last answers of a container that has ended.
fn checked(known: &Known) -> impl Iterator<Item = (&Life, HealthCheck)> {
    known.lives().filter(|life| life.state.has_process()).filter_map(|life| Some((life, life.setup.health_check?)))
}

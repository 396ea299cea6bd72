//! Since when containers are there, whether they are healthy, and how often something in them was killed for want of
//! memory.
//!
//! Source: memory, kept by [`crate::docker`]; kills are also counted by the cgroups. Names as cAdvisor has them.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use seamark_kit::exposition::{CommonLabels, Exposition, Family, Value};

use super::{CollectError, Collector, Registration};
use crate::docker::container::Health;
use crate::docker::inventory::{Inventory, Known};
use crate::docker::life::Life;
use crate::docker::running::{Running, labels};

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_lifetime",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(ContainerLifetime { inventory: Arc::clone(&inputs.inventory) }),
};

struct ContainerLifetime {
    inventory: Arc<Inventory>,
}

impl Collector for ContainerLifetime {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let running = self.inventory.running();
        times(&running, out);
        self.inventory.read(|known| {
            health(known, &running, out);
            kills(known, &running, out);
        });
        Ok(())
    }
}

fn times(running: &[Arc<Running>], out: &mut Exposition) {
    let started = |container: &Running| container.started_at;
    let made = |container: &Running| container.created_at;
    let help = "When a container was started, in seconds since 1970.";
    time(running, started, out.gauge("container_start_time_seconds", help));
    let help = "When a container was made, in seconds since 1970.";
    time(running, made, out.gauge("container_creation_time_seconds", help));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let family = out.gauge("container_last_seen", "When a container was last seen to run, in seconds since 1970.");
    for container in running {
        family.push_with(&container.labels, &[], now);
    }
}

fn time(running: &[Arc<Running>], of: fn(&Running) -> Option<Timestamp>, family: &mut Family) {
    for container in running {
        if let Some(seconds) = of(container).and_then(|time| u64::try_from(time.as_second()).ok()) {
            family.push_with(&container.labels, &[], seconds);
        }
    }
}

fn health(known: &Known, running: &[Arc<Running>], out: &mut Exposition) {
    let help = "Whether a container is healthy: 1 if so, 0 if not or not yet, -1 without a health check.";
    let family = out.gauge("container_health_state", help);
    with_labels(known, running, |life, is_running, labels| {
        // Docker keeps the last answer of a container that has ended: no news of anything.
        if is_running {
            let value = match life.health {
                Health::Healthy => Value::Integer(1),
                Health::Starting | Health::Unhealthy => Value::Integer(0),
                Health::None => Value::Float(-1.0),
            };
            family.push_with(labels, &[], value);
        }
    });
}

/// Of stopped ones, too: most that run out of memory are ended by it.
fn kills(known: &Known, running: &[Arc<Running>], out: &mut Exposition) {
    let help = "How often something in a container was killed for want of memory.";
    let family = out.counter("container_oom_events_total", help);
    with_labels(known, running, |life, _, labels| {
        family.push_with(labels, &[], life.oom_kills.total());
    });
}

/// Every container, whether it runs, and its labels.
fn with_labels(known: &Known, running: &[Arc<Running>], mut tell: impl FnMut(&Life, bool, &CommonLabels)) {
    let mut running = running.iter().peekable();
    for life in known.lives() {
        // Both are in the order of their ids.
        while running.next_if(|container| container.id < life.identity.id).is_some() {}
        match running.next_if(|container| container.id == life.identity.id) {
            Some(container) => tell(life, true, &container.labels),
            None => tell(life, false, &labels(&life.identity, &known.shown_labels)),
        }
    }
}

//! Every container, stopped ones included: who it is, its state, its health, its restarts, its times, its image.
//!
//! Source: memory, kept by [`crate::docker`]. While Docker is away the last known answers stay; `seamark_docker_up`
//! says so.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::container::{COMPOSE_PROJECT, COMPOSE_SERVICE, Health, State};
use crate::docker::images::is_outdated;
use crate::docker::inventory::{Inventory, Known};
use crate::docker::life::Life;
use crate::docker::running::shown_labels;

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_state",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(ContainerState { inventory: Arc::clone(&inputs.inventory) }),
};

/// These have labels of their own.
const COMPOSE: [&str; 2] = [COMPOSE_PROJECT, COMPOSE_SERVICE];

struct ContainerState {
    inventory: Arc<Inventory>,
}

impl Collector for ContainerState {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        self.inventory.read(|known| {
            info(known, out);
            states(known, out);
            healths(known, out);
            restarts(known, out);
            times(known, out);
            images(known, out);
        });
        Ok(())
    }
}

fn info(known: &Known, out: &mut Exposition) {
    let family = out.gauge("seamark_container_info", "A container that exists, running or not; always 1.");
    let more: Vec<_> = known.shown_labels.iter().filter(|label| !COMPOSE.contains(&label.as_str())).cloned().collect();
    for life in known.lives() {
        let id = life.identity.path();
        let fixed = [
            ("id", id.as_str()),
            ("name", &life.identity.name),
            ("image", &life.identity.image),
            ("image_id", &life.identity.image_id),
            ("restart_policy", &life.setup.restart_policy.name),
            ("compose_project", life.identity.label(COMPOSE_PROJECT)),
            ("compose_service", life.identity.label(COMPOSE_SERVICE)),
        ];
        let more = shown_labels(&life.identity, &more);
        let fixed = fixed.into_iter().map(|(name, value)| (Cow::Borrowed(name), value));
        family.push_named(fixed.chain(more.iter().map(|(name, value)| (name.clone(), value.as_str()))), true);
    }
}

fn states(known: &Known, out: &mut Exposition) {
    let help = "The state of a container: 1 for the one it is in, 0 for the others.";
    let family = out.gauge("seamark_container_state", help);
    for life in known.lives() {
        for state in State::ALL {
            family.push_with(&life.labels.described, &[("state", state.as_str())], state == life.state);
        }
    }
}

fn healths(known: &Known, out: &mut Exposition) {
    let help = "What the health checks of a running container say: 1 for the one that holds, 0 for the others.";
    let family = out.gauge("seamark_container_health_status", help);
    // Docker keeps the last answer of a container that has ended: no news of anything.
    for life in known.lives().filter(|life| life.state.has_process()) {
        for health in Health::ALL {
            family.push_with(&life.labels.described, &[("status", health.as_str())], health == life.health);
        }
    }
}

fn restarts(known: &Known, out: &mut Exposition) {
    let help = "How often a container's restart policy has started it again.";
    let family = out.counter("seamark_container_restarts_total", help);
    for life in known.lives() {
        family.push_with(&life.labels.named, &[], life.restarts_total);
    }
}

/// When it ended is in `seamark_container_last_exit_timestamp_seconds`.
fn times(known: &Known, out: &mut Exposition) {
    let mut tell = |name: &'static str, help: &'static str, time: fn(&Life) -> Option<Timestamp>| {
        let family = out.gauge(name, help);
        for (life, time) in known.lives().filter_map(|life| Some((life, time(life)?))) {
            family.push_with(&life.labels.named, &[], time.as_duration().as_secs_f64());
        }
    };
    let help = "When a container was made, in seconds since 1970.";
    tell("seamark_container_created_timestamp_seconds", help, |life| life.setup.created_at);
    let help = "When a container was last started, in seconds since 1970, whether it still runs or not.";
    tell("seamark_container_started_timestamp_seconds", help, Life::last_started_at);
}

fn images(known: &Known, out: &mut Exposition) {
    let help = "Whether the name of a container's image means another image by now: pulled, but the container was not \
                made anew.";
    let family = out.gauge("seamark_container_image_outdated", help);
    for life in known.lives() {
        if let Some(outdated) = is_outdated(&life.identity.image, &life.identity.image_id, &known.images) {
            family.push_with(&life.labels.named, &[], outdated);
        }
    }
}

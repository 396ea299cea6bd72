//! The services of Compose projects: how many of their containers are in which state.
//!
//! Source: memory, kept by [`crate::docker`]. One-off containers (`docker compose run`) are not the service's.

use std::collections::BTreeMap;
use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::container::{COMPOSE_PROJECT, COMPOSE_SERVICE, State};
use crate::docker::inventory::{Inventory, Known};

pub(super) const COLLECTOR: Registration = Registration {
    name: "compose",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(Compose { inventory: Arc::clone(&inputs.inventory) }),
};

struct Compose {
    inventory: Arc<Inventory>,
}

impl Collector for Compose {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        self.inventory.read(|known| tell(known, out));
        Ok(())
    }
}

fn tell(known: &Known, out: &mut Exposition) {
    let mut services: BTreeMap<(&str, &str), [u64; State::ALL.len()]> = BTreeMap::new();
    for life in known.lives() {
        let service = (life.identity.label(COMPOSE_PROJECT), life.identity.label(COMPOSE_SERVICE));
        if service.1.is_empty() || life.identity.is_one_off() {
            continue;
        }
        let counts = services.entry(service).or_default();
        for (count, state) in counts.iter_mut().zip(State::ALL) {
            *count += u64::from(state == life.state);
        }
    }
    let help = "How many containers of a Compose service are in this state.";
    let family = out.gauge("seamark_compose_service_containers", help);
    for ((project, service), counts) in services {
        for (state, count) in State::ALL.into_iter().zip(counts) {
            let labels = [("compose_project", project), ("compose_service", service), ("state", state.as_str())];
            family.push(&labels, count);
        }
    }
}

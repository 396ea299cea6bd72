//! The containers of the watch list, whether they are there or not.
//!
//! Source: the key `docker.watch`, and memory, kept by [`crate::docker`].

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::expected;
use crate::docker::inventory::{Inventory, Known};

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_expected",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(ContainerExpected { inventory: Arc::clone(&inputs.inventory) }),
};

struct ContainerExpected {
    inventory: Arc<Inventory>,
}

impl Collector for ContainerExpected {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        self.inventory.read(|known| tell(known, out));
        Ok(())
    }
}

fn tell(known: &Known, out: &mut Exposition) {
    let help = "A container that the watch list expects; its value is 1, and it may be missing. An entry that covers no \
                container stands for itself.";
    let family = out.gauge("seamark_container_expected", help);
    // Before Docker has said what there is, everything would be missing.
    if !known.is_listed() {
        return;
    }
    let containers: Vec<_> = known.lives().map(|life| &life.identity).collect();
    let names = expected::names(&known.expected, &containers);
    for (name, check_health) in names {
        let check_health = if check_health { "true" } else { "false" };
        family.push(&[("name", &name), ("expect", "running"), ("check_health", check_health)], true);
    }
}

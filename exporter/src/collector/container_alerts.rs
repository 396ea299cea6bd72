//! Of which containers alerts are wanted: `events.include`, `events.exclude`, the label `seamark.alerts=off`, and no
//! throw-away containers.
//!
//! Source: memory, kept by [`crate::docker`]. Rules over metrics leave out what the pushed alerts leave out.

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::inventory::Inventory;

pub(super) const COLLECTOR: Registration = Registration {
    name: "container_alerts",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(ContainerAlerts { inventory: Arc::clone(&inputs.inventory) }),
};

struct ContainerAlerts {
    inventory: Arc<Inventory>,
}

impl Collector for ContainerAlerts {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let help = "Whether alerts about a container are wanted, by the keys of `events` and its own label.";
        let family = out.gauge("seamark_container_alerts_enabled", help);
        self.inventory.read(|known| {
            for life in known.lives() {
                family.push_with(&life.labels.named, &[], known.rules.cover(&life.identity, &life.setup));
            }
        });
        Ok(())
    }
}

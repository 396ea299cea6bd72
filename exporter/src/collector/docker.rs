//! Whether Docker answers and tells of events.
//!
//! Source: memory, kept by [`crate::docker`]; a scrape never asks Docker.

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::inventory::Inventory;

pub(super) const COLLECTOR: Registration = Registration {
    name: "docker",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(Docker { inventory: Arc::clone(&inputs.inventory) }),
};

struct Docker {
    inventory: Arc<Inventory>,
}

impl Collector for Docker {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let (up, events, errors) = self.inventory.read(|known| (known.up, known.events_connected, known.decode_errors));
        out.gauge("seamark_docker_up", "Whether Docker answers.").set(up);
        out.gauge("seamark_docker_events_connected", "Whether Docker's event stream is open.").set(events);
        out.counter("seamark_docker_decode_errors_total", "Parts of Docker's answers that could not be understood.")
            .set(errors);
        if let Some(state) = self.inventory.state_file_status() {
            let help = "Whether the state file, which keeps counts over a restart, can be written.";
            out.gauge("seamark_exporter_state_file_writable", help).set(!state.failed);
            if state.written_at > 0 {
                let help = "When the state file was last written, in seconds since 1970.";
                out.gauge("seamark_exporter_state_file_last_write_timestamp_seconds", help).set(state.written_at);
            }
        }
        Ok(())
    }
}

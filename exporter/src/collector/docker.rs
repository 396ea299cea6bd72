//! The engine: whether it answers and tells of events, who it is, and how many containers it has.
//!
//! Source: memory, kept by [`crate::docker`]; a scrape never asks Docker.

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::docker::container::State;
use crate::docker::inventory::{Inventory, Known};

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
        self.inventory.read(|known| tell(known, out));
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

fn tell(known: &Known, out: &mut Exposition) {
    out.gauge("seamark_docker_up", "Whether Docker answers.").set(known.up);
    out.gauge("seamark_docker_events_connected", "Whether Docker's event stream is open.").set(known.events_connected);
    out.counter("seamark_docker_decode_errors_total", "Parts of Docker's answers that could not be understood.")
        .set(known.decode_errors);
    if let Some(engine) = &known.engine {
        let labels = [("engine", engine.name), ("version", &engine.version), ("api_version", &engine.api_version)];
        out.gauge("seamark_docker_info", "The engine that answered last, with its versions; always 1.")
            .push(&labels, true);
    }
    // Before Docker has said what there is, 0 would be wrong.
    if known.is_listed() {
        let family = out.gauge("seamark_docker_containers", "How many containers are in this state.");
        for state in State::ALL {
            let count = known.lives().filter(|life| life.state == state).count();
            family.push(&[("state", state.as_str())], count as u64);
        }
    }
}

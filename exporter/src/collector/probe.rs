//! What the probes found, as of their last runs.
//!
//! Source: memory, kept by [`crate::probe::board`]. A probe that has not run yet tells nothing.

use std::sync::Arc;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::probe::{
    self,
    board::{Known, ProbeBoard, State},
};

pub(super) const COLLECTOR: Registration = Registration {
    name: "probe",
    on_by_default: true,
    may_hang: false,
    options: &[],
    // What servers say, rather than files.
    parsers: probe::PARSERS,
    build: |inputs, _| Box::new(Probes { board: Arc::clone(&inputs.memory.probes) }),
};

struct Probes {
    board: Arc<ProbeBoard>,
}

impl Collector for Probes {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let known = self.board.known();
        for (state, known) in &known {
            if let Some(report) = &known.last {
                report.tell(&state.labels, out);
            }
        }
        let ran: Vec<_> = known.iter().filter(|(_, known)| known.last.is_some()).collect();
        runs(&known, out);
        for (name, help, value) in LAST {
            for (state, known) in &ran {
                out.gauge(name, help).push_with(&state.labels, &[], value(state, known));
            }
        }
        Ok(())
    }
}

type Of = fn(&State, &Known) -> f64;

const LAST: [(&str, &str, Of); 3] = [
    (
        "seamark_probe_last_run_timestamp_seconds",
        "When a probe last ended a run, in seconds since 1970.",
        |_, known| known.last_run,
    ),
    ("seamark_probe_consecutive_failures", "How often a probe has failed since it last succeeded.", |_, known| {
        known.failures_in_a_row as f64
    }),
    ("seamark_probe_interval_seconds", "How often a probe runs: from one beginning to the next.", |state, _| {
        state.probe.interval.as_secs_f64()
    }),
];

/// From the beginning, so that the first failure is an increase.
fn runs(known: &[(Arc<State>, Known)], out: &mut Exposition) {
    for (state, known) in known {
        let family = out.counter("seamark_probe_runs_total", "How often a probe has run, by how that ended.");
        family.push_with(&state.labels, &[("result", "success")], known.successes);
        family.push_with(&state.labels, &[("result", "failure")], known.failures);
    }
}

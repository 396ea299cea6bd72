//! Randomness that the kernel has gathered. Since Linux 5.18 both values are 256 as soon as there is enough.
//!
//! Source: `/proc/sys/kernel/random`.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::HostRoot;
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "entropy",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(Entropy { host: inputs.host.clone() }),
};

struct Entropy {
    host: HostRoot,
}

impl Collector for Entropy {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        for (file, name, help) in FILES {
            let bits = self.host.read_proc(file).and_then(|file| file.parse(text::number));
            if let Some(bits) = faults.take(bits) {
                out.gauge(name, help).set(bits);
            }
        }
        faults.finish()
    }
}

const FILES: [(&str, &str, &str); 2] = [
    ("sys/kernel/random/entropy_avail", "node_entropy_available_bits", "Randomness that is there, in bits."),
    ("sys/kernel/random/poolsize", "node_entropy_pool_size_bits", "Randomness that the kernel can hold, in bits."),
];

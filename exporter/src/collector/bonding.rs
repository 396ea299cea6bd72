//! Network devices bonded into one: how many belong to each bond, and how many of them have a link.
//!
//! Source: `/sys/class/net/bonding_masters`, `bonding/slaves` of each, and `bonding_slave/mii_status` of those.

use std::borrow::Cow;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::{HostFile, HostRoot, ReadError, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "bonding",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| {
        names(bytes).for_each(drop);
    }],
    build: |inputs, _| Box::new(Bonding { host: inputs.host.clone() }),
};

struct Bonding {
    host: HostRoot,
}

impl Collector for Bonding {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(masters) = if_there(self.host.read_sys("class/net/bonding_masters"))? else {
            return Err(CollectError::Unsupported("no module `bonding`".to_owned()));
        };
        let mut faults = Faults::default();
        // Not kept open: a device that was given another name would go on telling under the old one.
        for master in names(&masters.bytes) {
            let Some(slaves) = faults.take(self.host.read_sys_once(&format!("class/net/{master}/bonding/slaves")))
            else {
                continue;
            };
            let up: Option<Vec<bool>> =
                names(&slaves.bytes).map(|slave| faults.take(self.has_link(&master, &slave))).collect();
            // A count without the one that could not be asked would be wrong.
            if let Some(up) = up {
                let labels = [("master", &*master)];
                let active = up.iter().filter(|up| **up).count() as u64;
                out.gauge("node_bonding_slaves", "Devices that belong to a bond.").push(&labels, up.len() as u64);
                out.gauge("node_bonding_active", "Devices of a bond that have a link.").push(&labels, active);
            }
        }
        faults.finish()
    }
}

/// The devices of a list such as `eno1 eno2`.
fn names(list: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    text::words(list).map(text::label)
}

impl Bonding {
    fn has_link(&self, master: &str, slave: &str) -> Result<bool, ReadError> {
        let status = |link: &str| -> Result<HostFile, ReadError> {
            self.host.read_sys_once(&format!("class/net/{master}/{link}_{slave}/bonding_slave/mii_status"))
        };
        // Linux before 3.9 has only the second.
        let status = match if_there(status("lower"))? {
            Some(status) => status,
            None => status("slave")?,
        };
        Ok(status.trimmed() == "up")
    }
}

//! Whether SELinux is in force, and how strictly it is and shall be.
//!
//! Source: `/sys/fs/selinux/enforce` (selinuxfs), and `/etc/selinux/config` of the host's root file system.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_available, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "selinux",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| _ = configured(bytes)],
    build: |inputs, _| Box::new(Selinux { host: inputs.host.clone() }),
};

struct Selinux {
    host: HostRoot,
}

const ENFORCING: f64 = 1.0;
const PERMISSIVE: f64 = 0.0;
const DISABLED: f64 = -1.0;

impl Collector for Selinux {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let Some(enforcing) = faults.take(self.enforcing()) else { return faults.finish() };
        out.gauge("node_selinux_enabled", "Whether SELinux is in force.").set(enforcing.is_some());
        let Some(enforcing) = enforcing else { return faults.finish() };
        if let Some(mode) = faults.take(self.configured()) {
            out.gauge(
                "node_selinux_config_mode",
                "Mode of SELinux after the next start: 1 enforcing, 0 permissive, -1 disabled.",
            )
            .set(mode);
        }
        out.gauge("node_selinux_current_mode", "Mode of SELinux now: 1 enforcing, 0 permissive.").set(enforcing);
        faults.finish()
    }
}

impl Selinux {
    /// Whether what is forbidden is also prevented; `None` without SELinux.
    fn enforcing(&self) -> Result<Option<u64>, ReadError> {
        let Some(file) = if_there(self.host.read_sys("fs/selinux/enforce"))? else { return Ok(None) };
        // Everything is labelled so until a policy is loaded, and until then nothing is in force.
        let own_label = if_available(self.host.read_proc("self/attr/current"))?;
        if own_label.is_some_and(|label| label.trimmed().trim_end_matches('\0') == "kernel") {
            return Ok(None);
        }
        file.parse(text::number).map(Some)
    }

    fn configured(&self) -> Result<f64, ReadError> {
        Ok(if_there(self.host.read_root("etc/selinux/config"))?.map_or(DISABLED, |file| configured(&file.bytes)))
    }
}

/// What the line `SELINUX=` says, the first if there are several.
fn configured(text: &[u8]) -> f64 {
    let setting = text::lines(text).find_map(|line| line.bytes.trim_ascii().strip_prefix(b"SELINUX="));
    // The value may stand in quotes.
    let mode = setting.and_then(|setting| setting.split(|byte| *byte == b'"').find(|part| !part.is_empty()));
    match mode {
        Some(b"enforcing") => ENFORCING,
        Some(b"permissive") => PERMISSIVE,
        _ => DISABLED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_mode_is_one_of_three() {
        let modes = [
            "SELINUX=enforcing\n",
            "# SELINUX=enforcing\nSELINUXTYPE=x\n SELINUX=\"permissive\"\r\n",
            "SELINUX=off",
            "",
        ];
        assert_eq!(modes.map(|text| configured(text.as_bytes())), [ENFORCING, PERMISSIVE, DISABLED, DISABLED]);
    }
}

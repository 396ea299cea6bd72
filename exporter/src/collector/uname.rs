//! Name and version of the kernel, and the host's name.
//!
//! Source: uname(2). Host and domain name are those of the exporter's own UTS namespace: in a container it has the
//! host's name only with `uts: host`. The host's `/proc/sys/kernel/hostname` is no way around that, since it too
//! answers for whoever reads it.

use std::ffi::CStr;

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};

pub(super) const COLLECTOR: Registration = Registration {
    name: "uname",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |_, _| Box::new(Uname),
};

struct Uname;

impl Collector for Uname {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let uname = rustix::system::uname();
        let labels = [
            ("sysname", uname.sysname()),
            ("release", uname.release()),
            ("version", uname.version()),
            ("machine", uname.machine()),
            ("nodename", uname.nodename()),
            ("domainname", uname.domainname()),
        ]
        .map(|(name, value)| (name, lossy(value)));
        let labels = labels.each_ref().map(|(name, value)| (*name, value.as_str()));
        out.gauge("node_uname_info", "Kernel and host as uname(2) names them; always 1.").push(&labels, true);
        Ok(())
    }
}

fn lossy(value: &CStr) -> String {
    value.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn uname_says_what_the_sysctls_of_the_same_namespace_say() {
        let mut out = Exposition::default();
        Uname.collect(&mut out).unwrap();
        let labels = out.families()[0].samples().next().unwrap().labels;
        for (name, file) in [
            ("sysname", "ostype"),
            ("release", "osrelease"),
            ("version", "version"),
            ("nodename", "hostname"),
            ("domainname", "domainname"),
        ] {
            let sysctl = fs::read_to_string(format!("/proc/sys/kernel/{file}")).unwrap();
            assert_eq!(labels.get(name), Some(sysctl.trim_end_matches('\n')), "{name}");
        }
        assert_eq!(labels.get("machine"), Some(std::env::consts::ARCH));
    }
}

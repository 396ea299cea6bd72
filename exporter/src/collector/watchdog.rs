//! Watchdog timers: what restarts the machine when it hangs, and how much time is left until then.
//!
//! Source: `/sys/class/watchdog` (<https://docs.kernel.org/watchdog/watchdog-parameters.html>). The files are there on
//! kernels with `CONFIG_WATCHDOG_SYSFS`; without it a timer has its name and nothing else.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, if_there};

pub(super) const COLLECTOR: Registration = Registration {
    name: "watchdog",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs: &Inputs, _| Box::new(Watchdog { host: inputs.host.clone() }),
};

struct Watchdog {
    host: HostRoot,
}

const DIRECTORY: &str = "class/watchdog";

/// File, name and help.
const NUMBERS: [(&str, &str, &str); 7] = [
    ("bootstatus", "node_watchdog_bootstatus", "Why the machine was started last, as bits: 32 is the watchdog."),
    ("fw_version", "node_watchdog_fw_version", "Version of the timer's firmware."),
    ("nowayout", "node_watchdog_nowayout", "Whether the timer cannot be stopped once it runs."),
    ("timeleft", "node_watchdog_timeleft_seconds", "Time until the timer restarts the machine."),
    (
        "timeout",
        "node_watchdog_timeout_seconds",
        "Time without a sign of life after which the timer restarts the machine.",
    ),
    ("pretimeout", "node_watchdog_pretimeout_seconds", "How long before its restart of the machine the timer warns."),
    ("access_cs0", "node_watchdog_access_cs0", "Whether the machine was started from its second boot memory."),
];

/// Files that are labels of the same name.
const TEXTS: [&str; 5] = ["options", "identity", "state", "status", "pretimeout_governor"];

impl Collector for Watchdog {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(names) = if_there(self.host.list_sys(DIRECTORY))? else {
            return Err(CollectError::Unsupported("the kernel has no watchdog timers".to_owned()));
        };
        let mut faults = Faults::default();
        for name in &names {
            self.timer(name, out, &mut faults);
        }
        faults.finish()
    }
}

impl Watchdog {
    fn timer(&self, name: &str, out: &mut Exposition, faults: &mut Faults) {
        for (file, family, help) in NUMBERS {
            let number = faults.take(self.host.sys_signed(&format!("{DIRECTORY}/{name}/{file}"))).flatten();
            if let Some(number) = number {
                out.gauge(family, help).push(&[("name", name)], number as f64);
            }
        }
        let mut text =
            |file| faults.take(self.host.sys_text(&format!("{DIRECTORY}/{name}/{file}"))).flatten().unwrap_or_default();
        let texts = TEXTS.map(|file| (file, text(file)));
        let labels: Vec<_> =
            [("name", name)].into_iter().chain(texts.iter().map(|(label, text)| (*label, &**text))).collect();
        out.gauge("node_watchdog_info", "What kind of watchdog timer this is, and its state; always 1.")
            .push(&labels, true);
    }
}

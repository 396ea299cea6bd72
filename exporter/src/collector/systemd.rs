//! systemd's units: in which state each is, how often services were restarted, timers, sockets; and systemd itself.
//!
//! Source: D-Bus, interface `org.freedesktop.systemd1`
//! (<https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html>).

mod bus;
mod tell;

use std::io;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use regex_lite::Regex;
use seamark_kit::config::Section;
use seamark_kit::exposition::Exposition;
use tokio::runtime;
use tokio::time::timeout;

use super::{CollectError, Collector, CollectorOption, Inputs, Registration};
use crate::filter;
use crate::host::ReadError;
use bus::{Bus, Place, Unit};
use tell::Details;

pub(super) const COLLECTOR: Registration = Registration {
    name: "systemd",
    on_by_default: false,
    // systemd answers nobody while it waits for a dead file system.
    may_hang: true,
    options: &[
        CollectorOption {
            flag: "collector.systemd.unit-include",
            key: "unit_include",
            help: "Units to tell of: those whose whole name is this regular expression, and not that to exclude.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.systemd.unit-exclude",
            key: "unit_exclude",
            help: "Units to leave out: those whose whole name is this regular expression.",
            switch: false,
        },
        CollectorOption {
            flag: "collector.systemd.enable-restarts-metrics",
            key: "restarts",
            help: "Tell how often each service was restarted (node_systemd_service_restart_total).",
            switch: true,
        },
        CollectorOption {
            flag: "collector.systemd.enable-start-time-metrics",
            key: "start_times",
            help: "Tell since when each unit is active (node_systemd_unit_start_time_seconds).",
            switch: true,
        },
        CollectorOption {
            flag: "collector.systemd.enable-task-metrics",
            key: "tasks",
            help: "Tell how many tasks each service has and may have (node_systemd_unit_tasks_current, …_max).",
            switch: true,
        },
        CollectorOption {
            flag: "collector.systemd.private",
            key: "private",
            help: "Ask systemd over its own socket, which only root may, rather than over the system's bus.",
            switch: true,
        },
    ],
    parsers: &[|bytes| _ = tell::version(&String::from_utf8_lossy(bytes))],
    build: |inputs, section| Box::new(Systemd::new(inputs, section)),
};

const DEFAULT_EXCLUDE: &str = r".+\.(automount|device|mount|scope|slice)";

/// Longer than that no scrape waits; then the connection and this thread are given back.
const DEADLINE: Duration = Duration::from_secs(10);

/// Units asked about at once over the one connection: enough that nobody waits for a round trip.
const AT_ONCE: usize = 32;

struct Systemd {
    place: Place,
    include: Option<Regex>,
    exclude: Option<Regex>,
    restarts: bool,
    start_times: bool,
    tasks: bool,
}

impl Systemd {
    fn new(inputs: &Inputs, section: &mut Section) -> Self {
        let private = section.flag("private").unwrap_or(false);
        let address = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok();
        Self {
            place: Place::new(inputs.host.root_path(), private, address),
            include: whole_name(section, "unit_include", ".+"),
            exclude: whole_name(section, "unit_exclude", DEFAULT_EXCLUDE),
            restarts: section.flag("restarts").unwrap_or(false),
            start_times: section.flag("start_times").unwrap_or(false),
            tasks: section.flag("tasks").unwrap_or(false),
        }
    }
}

/// Unlike the filters of other collectors, include and exclude may both be given, and match whole names.
fn whole_name(section: &mut Section, key: &'static str, default: &str) -> Option<Regex> {
    filter::whole_expression(section, key).or_else(|| Regex::new(&format!("^(?:{default})$")).ok())
}

impl Collector for Systemd {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let result = runtime::Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            let asked = runtime.block_on(async { timeout(DEADLINE, self.ask(out)).await });
            asked.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?.map_err(io::Error::other)
        });
        result.map_err(|source| ReadError::Unreadable { file: self.place.to_string().into(), source }.into())
    }
}

impl Systemd {
    /// What was told before an error or the deadline stays.
    async fn ask(&self, out: &mut Exposition) -> zbus::Result<()> {
        let bus = Bus::connect(&self.place).await?;
        let version = tell::systemd_version(&bus, out).await?;
        tell::virtualization(&bus, out).await?;
        let units = bus.units().await?;
        tell::summary(&units, out);
        // Systems older than that have no state, and their timers no last time.
        let has_state = version.is_some_and(|version| version >= 212.0);
        if has_state {
            tell::system_running(&bus, out).await?;
        }
        let asked = units.iter().filter(|unit| self.is_told(unit)).map(|unit| self.details(&bus, unit, has_state));
        let mut answers = stream::iter(asked).buffered(AT_ONCE);
        while let Some(details) = answers.next().await {
            details?.tell(out);
        }
        Ok(())
    }

    fn is_told(&self, unit: &Unit) -> bool {
        unit.is_loaded
            && self.include.as_ref().is_none_or(|include| include.is_match(&unit.name))
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(&unit.name))
    }

    /// A unit that goes away in between, or is of an older systemd, has not all properties.
    async fn details<'a>(&self, bus: &Bus, unit: &'a Unit, has_last_trigger: bool) -> zbus::Result<Details<'a>> {
        let mut details = Details::new(unit);
        match unit.suffix() {
            "service" => {
                details.kind = bus.property(&unit.path, "Service", "Type").await?;
                if self.restarts {
                    details.restarts = bus.property(&unit.path, "Service", "NRestarts").await?;
                }
                if self.tasks {
                    details.tasks = bus.property(&unit.path, "Service", "TasksCurrent").await?;
                    details.tasks_limit = bus.property(&unit.path, "Service", "TasksMax").await?;
                }
            }
            "mount" => details.kind = bus.property(&unit.path, "Mount", "Type").await?,
            "timer" if has_last_trigger => {
                details.last_trigger_usec = bus.property(&unit.path, "Timer", "LastTriggerUSec").await?;
            }
            "socket" => {
                details.accepted = bus.property(&unit.path, "Socket", "NAccepted").await?;
                details.connections = bus.property(&unit.path, "Socket", "NConnections").await?;
                details.refused = bus.property(&unit.path, "Socket", "NRefused").await?;
            }
            _ => {}
        }
        if self.start_times {
            details.active_since_usec = match unit.active_state.as_str() {
                "active" => bus.property(&unit.path, "Unit", "ActiveEnterTimestamp").await?,
                _ => Some(0),
            };
        }
        Ok(details)
    }
}

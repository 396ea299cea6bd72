//! What the kernel does, and what the hardware tells.

use super::super::*;

pub(super) fn activity() -> Panel {
    timeseries(
        "Context switches, interrupts, forks",
        "How often the kernel changes between tasks, is interrupted, and starts processes.",
    )
    .unit("ops")
    .min(0.0)
    .q("rate(node_context_switches_total{$S}[$R])", "switches {{instance}}")
    .q("rate(node_intr_total{$S}[$R])", "interrupts {{instance}}")
    .q("rate(node_forks_total{$S}[$R])", "forks {{instance}}")
    .log_scale()
}

pub(super) fn processes() -> Panel {
    timeseries("Processes that run or wait", "Tasks on a core or waiting for one, and those that wait for a disk.")
        .unit("none")
        .min(0.0)
        .q("node_procs_running{$S}", "running {{instance}}")
        .q("node_procs_blocked{$S}", "blocked {{instance}}")
}

pub(super) fn handles() -> Panel {
    timeseries("File handles", "Files open in the whole system, and how many the kernel allows.")
        .unit("short")
        .min(0.0)
        .q("node_filefd_allocated{$S}", "open {{instance}}")
        .q("node_filefd_maximum{$S} < 1e12", "most {{instance}}")
        .dashed("^most")
}

pub(super) fn sockets() -> Panel {
    timeseries(
        "TCP connections by state",
        "Orphans and TIME_WAIT from the kernel's counts; single states where the collector `tcpstat` is on.",
    )
    .unit("short")
    .min(0.0)
    .q("node_sockstat_TCP_tw{$S}", "TIME_WAIT {{instance}}")
    .q("node_sockstat_TCP_orphan{$S}", "orphans {{instance}}")
    .q("node_tcp_connection_states{$S, state!~\"time_wait|.*_queued_bytes\"}", "{{state}} {{instance}}")
}

pub(super) fn temperatures() -> Panel {
    timeseries("Temperatures", "Sensors of the board and its disks; virtual machines have none.")
        .unit("celsius")
        .q("node_hwmon_temp_celsius{$S}", "{{instance}} {{chip}} {{sensor}}")
}

pub(super) fn clock() -> Panel {
    timeseries(
        "Clock offset",
        "How far the clock is from what NTP says. Certificates and logs want less than a second.",
    )
    .unit("s")
    .q("node_timex_offset_seconds{$S}", "{{instance}}")
}

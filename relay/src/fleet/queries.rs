//! What Prometheus is asked: plain expressions over the exporters' series, so that they need no recording rule.

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the expressions say it")]
pub enum Fact {
    Up,
    DockerUp,
    Cpu,
    MemoryUsed,
    MemoryTotal,
    DiskUsed,
    DiskTotal,
    Uptime,
    Received,
    Sent,
    State,
    Health,
    Started,
    ContainerCpu,
    CpuSeconds,
    Memory,
    MemoryAverage,
    MemoryLimit,
    Restarts,
    ExitCode,
    ExitTime,
    ContainerReceived,
    ContainerSent,
    Expected,
}

/// Devices of the machine itself, as `seamark:host_network_receive:bps` has them.
macro_rules! own_devices {
    () => {
        "device!~\"lo|veth.*|br-.*|docker.*|cni.*|flannel.*|cali.*|virbr.*\""
    };
}

/// File systems that can fill up.
macro_rules! disks {
    () => {
        "fstype!~\"tmpfs|ramfs|devtmpfs|squashfs|iso9660|overlay|erofs\""
    };
}

/// All questions.
pub static QUERIES: &[(Fact, &str)] = &[
    // One that is down has no series but this one; whoever had a boot time within a day is a host, whatever its job.
    (
        Fact::Up,
        "max by (instance) (up{job=~\"seamark|node|node[-_]exporter\"} \
         or up and on (job, instance) present_over_time(node_boot_time_seconds[1d]))",
    ),
    (Fact::DockerUp, "min by (instance) (seamark_docker_up)"),
    // As psutil counts: waiting for a disk is idle.
    (
        Fact::Cpu,
        "1 - sum by (instance) (rate(node_cpu_seconds_total{mode=~\"idle|iowait\"}[5m])) \
         / count by (instance) (node_cpu_seconds_total{mode=\"idle\"})",
    ),
    (Fact::MemoryUsed, "max by (instance) (node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes)"),
    (Fact::MemoryTotal, "max by (instance) (node_memory_MemTotal_bytes)"),
    (
        Fact::DiskUsed,
        concat!(
            "max by (instance, mountpoint) (1 - node_filesystem_avail_bytes{",
            disks!(),
            "} / (node_filesystem_size_bytes{",
            disks!(),
            "} - node_filesystem_free_bytes + node_filesystem_avail_bytes > 0))"
        ),
    ),
    (Fact::DiskTotal, concat!("max by (instance, mountpoint) (node_filesystem_size_bytes{", disks!(), "} > 0)")),
    (Fact::Uptime, "max by (instance) (node_time_seconds - node_boot_time_seconds)"),
    (
        Fact::Received,
        concat!(
            "max by (instance) (sum by (job, instance) (rate(node_network_receive_bytes_total{",
            own_devices!(),
            "}[5m]))) * 8"
        ),
    ),
    (
        Fact::Sent,
        concat!(
            "max by (instance) (sum by (job, instance) (rate(node_network_transmit_bytes_total{",
            own_devices!(),
            "}[5m]))) * 8"
        ),
    ),
    (Fact::State, "max by (instance, id, name, state) (seamark_container_state == 1)"),
    (Fact::Health, "max by (instance, id, name, status) (seamark_container_health_status == 1)"),
    (Fact::Started, "max by (instance, id, name) (seamark_container_started_timestamp_seconds)"),
    (
        Fact::ContainerCpu,
        "max by (instance, id, name) (sum by (job, instance, id, name) (rate(container_cpu_usage_seconds_total{name!=\"\"}[2m])))",
    ),
    (
        Fact::CpuSeconds,
        "max by (instance, id, name) (sum by (job, instance, id, name) (container_cpu_usage_seconds_total{name!=\"\"}))",
    ),
    (Fact::Memory, "max by (instance, id, name) (container_memory_working_set_bytes{name!=\"\"})"),
    (
        Fact::MemoryAverage,
        "max by (instance, id, name) (avg_over_time(container_memory_working_set_bytes{name!=\"\"}[1d]) \
         and container_memory_working_set_bytes)",
    ),
    (Fact::MemoryLimit, "max by (instance, id, name) (container_spec_memory_limit_bytes{name!=\"\"} > 0)"),
    (Fact::Restarts, "max by (instance, id, name) (seamark_container_restarts_total)"),
    (Fact::ExitCode, "max by (instance, id, name, reason) (seamark_container_last_exit_code)"),
    (Fact::ExitTime, "max by (instance, id, name, reason) (seamark_container_last_exit_timestamp_seconds)"),
    (
        Fact::ContainerReceived,
        "max by (instance, id, name) (sum by (job, instance, id, name) (container_network_receive_bytes_total{name!=\"\"}))",
    ),
    (
        Fact::ContainerSent,
        "max by (instance, id, name) (sum by (job, instance, id, name) (container_network_transmit_bytes_total{name!=\"\"}))",
    ),
    (Fact::Expected, "max by (instance, name) (seamark_container_expected{name!=\"\"})"),
];

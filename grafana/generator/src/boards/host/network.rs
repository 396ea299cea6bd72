//! What the network carries, and what it loses.

use super::super::*;

const NIC: &str = "device!~\"lo|veth.*|br-.*|docker.*|cni.*|flannel.*|cali.*|virbr.*\"";

pub(super) fn traffic() -> Panel {
    timeseries(
        "Traffic",
        "Bits received, and below the axis sent, by interface of the host. The dashed lines are the limits of one interface.",
    )
    .unit("bps")
    .legend_table()
    .q("seamark:host_network_receive:bps{$S}", "in {{instance}} {{device}}")
    .q("seamark:host_network_transmit:bps{$S}", "out {{instance}} {{device}}")
    .limit_of("in", "host_network_receive")
    .limit_of("out", "host_network_transmit")
    .below("^(out|limit of out)")
}

pub(super) fn connections() -> Panel {
    timeseries("Connections", "Sockets in use, without those that only wait to be forgotten (TIME_WAIT).")
        .unit("short")
        .min(0.0)
        .legend_table()
        .q("seamark:host_connections:count{$S}", "all {{instance}}")
        .q("node_sockstat_TCP_inuse{$S}", "TCP {{instance}}")
        .q("node_sockstat_TCP6_inuse{$S}", "TCP over IPv6 {{instance}}")
        .q("node_sockstat_UDP_inuse{$S}", "UDP {{instance}}")
        .q("node_sockstat_UDP6_inuse{$S}", "UDP over IPv6 {{instance}}")
        .limit("host_connections")
}

pub(super) fn packets() -> Panel {
    timeseries("Packets", "Packets received, and below the axis sent.")
        .unit("pps")
        .legend_table()
        .q(&format!("rate(node_network_receive_packets_total{{$S, {NIC}}}[$R])"), "in {{instance}} {{device}}")
        .q(&format!("rate(node_network_transmit_packets_total{{$S, {NIC}}}[$R])"), "out {{instance}} {{device}}")
        .below("^out")
}

pub(super) fn faults() -> Panel {
    timeseries(
        "Errors and drops",
        "Packets that were damaged, or that nobody had room for. Steady ones are a cable, a driver or a full queue.",
    )
    .unit("pps")
    .min(0.0)
    .legend_table()
    .q(&format!("rate(node_network_receive_errs_total{{$S, {NIC}}}[$R])"), "errors in {{instance}} {{device}}")
    .q(&format!("rate(node_network_transmit_errs_total{{$S, {NIC}}}[$R])"), "errors out {{instance}} {{device}}")
    .q(&format!("rate(node_network_receive_drop_total{{$S, {NIC}}}[$R])"), "drops in {{instance}} {{device}}")
    .q(&format!("rate(node_network_transmit_drop_total{{$S, {NIC}}}[$R])"), "drops out {{instance}} {{device}}")
}

pub(super) fn tcp() -> Panel {
    timeseries(
        "TCP retransmits and refused connections",
        "Share of segments sent twice, and connections that a full queue of a listening program lost.",
    )
    .unit("percentunit")
    .min(0.0)
    .legend_table()
    .q(
        "rate(node_netstat_Tcp_RetransSegs{$S}[$R]) / (rate(node_netstat_Tcp_OutSegs{$S}[$R]) > 0)",
        "sent twice {{instance}}",
    )
    .q("rate(node_netstat_TcpExt_ListenDrops{$S}[$R])", "lost connections {{instance}}")
    .right("^lost", "cps")
}

pub(super) fn conntrack() -> Panel {
    timeseries(
        "Connection tracking",
        "Share of the kernel's table of connections that is taken. A full one drops new connections.",
    )
    .share()
    .legend_table()
    .q("node_nf_conntrack_entries{$S} / node_nf_conntrack_entries_limit{$S}", "{{instance}}")
}

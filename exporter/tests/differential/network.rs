//! Network devices, neighbours and sockets.

use std::collections::BTreeMap;

use procfs_core::net::{ArpEntries, InterfaceDeviceStatus, TcpNetEntries, TcpState, UdpNetEntries};
use procfs_core::{FromRead, FromReadSI};

use super::{family, hosts, machine, samples, system};

#[test]
fn proc_net_dev_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["net/dev"]) {
        let ours = samples(&proc, &["netdev"], "");
        let theirs = InterfaceDeviceStatus::from_file(proc.join("net/dev")).unwrap().0;
        assert!(!theirs.is_empty());
        let mut told = BTreeMap::new();
        for (name, device) in theirs {
            let columns = [
                ("receive_bytes", device.recv_bytes),
                ("receive_packets", device.recv_packets),
                ("receive_errs", device.recv_errs),
                ("receive_drop", device.recv_drop),
                ("receive_fifo", device.recv_fifo),
                ("receive_frame", device.recv_frame),
                ("receive_compressed", device.recv_compressed),
                ("receive_multicast", device.recv_multicast),
                ("transmit_bytes", device.sent_bytes),
                ("transmit_packets", device.sent_packets),
                ("transmit_errs", device.sent_errs),
                ("transmit_drop", device.sent_drop),
                ("transmit_fifo", device.sent_fifo),
                ("transmit_colls", device.sent_colls),
                ("transmit_carrier", device.sent_carrier),
                ("transmit_compressed", device.sent_compressed),
            ];
            told.extend(columns.map(|(column, count)| (format!("node_network_{column}_total {name}"), count as f64)));
        }
        assert_eq!(ours, told);
    }
}

#[test]
fn proc_net_arp_is_read_as_procfs_core_reads_it() {
    for (_copy, proc) in hosts(&["net/arp"]) {
        let ours = samples(&proc, &["arp"], "");
        let mut theirs = BTreeMap::new();
        for neighbour in ArpEntries::from_file(proc.join("net/arp")).unwrap().0 {
            *theirs.entry(format!("node_arp_entries {}", neighbour.device)).or_default() += 1.0;
        }
        assert_eq!(ours, theirs);
    }
}

#[test]
fn the_queues_of_udp_are_read_as_procfs_core_reads_them() {
    for files in [&["net/udp"][..], &["net/udp", "net/udp6"]] {
        for (_copy, proc) in hosts(files) {
            let ours = samples(&proc, &["udp_queues"], "");
            let mut theirs = BTreeMap::new();
            for (file, ip) in files.iter().zip(["v4", "v6"]) {
                let sockets = UdpNetEntries::from_file(proc.join(file), &system()).unwrap().0;
                let sum = |queue: fn(&procfs_core::net::UdpNetEntry) -> u32| {
                    sockets.iter().map(|socket| u64::from(queue(socket))).sum::<u64>() as f64
                };
                theirs.insert(format!("tx {ip}"), sum(|socket| socket.tx_queue));
                theirs.insert(format!("rx {ip}"), sum(|socket| socket.rx_queue));
            }
            assert_eq!(family(&ours, "node_udp_queues"), theirs);
        }
    }
}

/// On the machine alone: procfs-core refuses the fixture host's socket in a state that there is not.
#[test]
fn the_states_of_tcp_are_read_as_procfs_core_reads_them() {
    for files in [&["net/tcp"][..], &["net/tcp", "net/tcp6"]] {
        let Some((_copy, proc)) = machine(files) else { continue };
        let ours = samples(&proc, &["tcpstat"], "");
        let mut theirs: BTreeMap<_, f64> = BTreeMap::new();
        for file in files {
            for socket in TcpNetEntries::from_file(proc.join(file), &system()).unwrap().0 {
                *theirs.entry(state(&socket.state).to_owned()).or_default() += 1.0;
                *theirs.entry("rx_queued_bytes".to_owned()).or_default() += f64::from(socket.rx_queue);
                *theirs.entry("tx_queued_bytes".to_owned()).or_default() += f64::from(socket.tx_queue);
            }
        }
        assert_eq!(family(&ours, "node_tcp_connection_states"), theirs);
    }
}

fn state(state: &TcpState) -> &'static str {
    match state {
        TcpState::Established => "established",
        TcpState::SynSent => "syn_sent",
        TcpState::SynRecv => "syn_recv",
        TcpState::FinWait1 => "fin_wait1",
        TcpState::FinWait2 => "fin_wait2",
        TcpState::TimeWait => "time_wait",
        TcpState::Close => "close",
        TcpState::CloseWait => "close_wait",
        TcpState::LastAck => "last_ack",
        TcpState::Listen => "listen",
        TcpState::Closing => "closing",
        // /proc/net/tcp shows it as `syn_recv`, and node_exporter has no name for it.
        TcpState::NewSynRecv => "unknown",
    }
}

//! The counters of the network protocols. procfs-core takes only files that have every field it knows, which those of
//! the fixture host do not: these are compared on the machine alone.

use procfs_core::FromRead;
use procfs_core::net::{Snmp, Snmp6};

use super::{machine, samples};

const EVERY_FIELD: &str = "netstat: {fields: ''}";

#[test]
fn proc_net_snmp_is_read_as_procfs_core_reads_it() {
    if let Some((_copy, proc)) = machine(&["net/snmp", "net/netstat"]) {
        let ours = samples(&proc, &["netstat"], EVERY_FIELD);
        let theirs = Snmp::from_file(proc.join("net/snmp")).unwrap();
        assert_eq!(ours["node_netstat_Ip_Forwarding"], f64::from(theirs.ip_forwarding.to_u8()));
        assert_eq!(ours["node_netstat_Ip_DefaultTTL"], f64::from(theirs.ip_default_ttl));
        assert_eq!(ours["node_netstat_Tcp_RtoAlgorithm"], f64::from(theirs.tcp_rto_algorithm.to_u8()));
        // -1: there is no limit.
        assert_eq!(ours["node_netstat_Tcp_MaxConn"], theirs.tcp_max_conn as f64);
        let fields = [
            ("Ip_InReceives", theirs.ip_in_receives),
            ("Ip_InHdrErrors", theirs.ip_in_hdr_errors),
            ("Ip_InAddrErrors", theirs.ip_in_addr_errors),
            ("Ip_ForwDatagrams", theirs.ip_forw_datagrams),
            ("Ip_InUnknownProtos", theirs.ip_in_unknown_protos),
            ("Ip_InDiscards", theirs.ip_in_discards),
            ("Ip_InDelivers", theirs.ip_in_delivers),
            ("Ip_OutRequests", theirs.ip_out_requests),
            ("Ip_OutDiscards", theirs.ip_out_discards),
            ("Ip_OutNoRoutes", theirs.ip_out_no_routes),
            ("Ip_ReasmTimeout", theirs.ip_reasm_timeout),
            ("Ip_ReasmReqds", theirs.ip_reasm_reqds),
            ("Ip_ReasmOKs", theirs.ip_reasm_oks),
            ("Ip_ReasmFails", theirs.ip_reasm_fails),
            ("Ip_FragOKs", theirs.ip_frag_oks),
            ("Ip_FragFails", theirs.ip_frag_fails),
            ("Ip_FragCreates", theirs.ip_frag_creates),
            ("Icmp_InMsgs", theirs.icmp_in_msgs),
            ("Icmp_InErrors", theirs.icmp_in_errors),
            ("Icmp_InCsumErrors", theirs.icmp_in_csum_errors),
            ("Icmp_InDestUnreachs", theirs.icmp_in_dest_unreachs),
            ("Icmp_InTimeExcds", theirs.icmp_in_time_excds),
            ("Icmp_InParmProbs", theirs.icmp_in_parm_probs),
            ("Icmp_InSrcQuenchs", theirs.icmp_in_src_quenchs),
            ("Icmp_InRedirects", theirs.icmp_in_redirects),
            ("Icmp_InEchos", theirs.icmp_in_echos),
            ("Icmp_InEchoReps", theirs.icmp_in_echo_reps),
            ("Icmp_InTimestamps", theirs.icmp_in_timestamps),
            ("Icmp_InTimestampReps", theirs.icmp_in_timestamp_reps),
            ("Icmp_InAddrMasks", theirs.icmp_in_addr_masks),
            ("Icmp_InAddrMaskReps", theirs.icmp_in_addr_mask_reps),
            ("Icmp_OutMsgs", theirs.icmp_out_msgs),
            ("Icmp_OutErrors", theirs.icmp_out_errors),
            ("Icmp_OutDestUnreachs", theirs.icmp_out_dest_unreachs),
            ("Icmp_OutTimeExcds", theirs.icmp_out_time_excds),
            ("Icmp_OutParmProbs", theirs.icmp_out_parm_probs),
            ("Icmp_OutSrcQuenchs", theirs.icmp_out_src_quenchs),
            ("Icmp_OutRedirects", theirs.icmp_out_redirects),
            ("Icmp_OutEchos", theirs.icmp_out_echos),
            ("Icmp_OutEchoReps", theirs.icmp_out_echo_reps),
            ("Icmp_OutTimestamps", theirs.icmp_out_timestamps),
            ("Icmp_OutTimestampReps", theirs.icmp_out_timestamp_reps),
            ("Icmp_OutAddrMasks", theirs.icmp_out_addr_masks),
            ("Icmp_OutAddrMaskReps", theirs.icmp_out_addr_mask_reps),
            ("Tcp_RtoMin", theirs.tcp_rto_min),
            ("Tcp_RtoMax", theirs.tcp_rto_max),
            ("Tcp_ActiveOpens", theirs.tcp_active_opens),
            ("Tcp_PassiveOpens", theirs.tcp_passive_opens),
            ("Tcp_AttemptFails", theirs.tcp_attempt_fails),
            ("Tcp_EstabResets", theirs.tcp_estab_resets),
            ("Tcp_CurrEstab", theirs.tcp_curr_estab),
            ("Tcp_InSegs", theirs.tcp_in_segs),
            ("Tcp_OutSegs", theirs.tcp_out_segs),
            ("Tcp_RetransSegs", theirs.tcp_retrans_segs),
            ("Tcp_InErrs", theirs.tcp_in_errs),
            ("Tcp_OutRsts", theirs.tcp_out_rsts),
            ("Tcp_InCsumErrors", theirs.tcp_in_csum_errors),
            ("Udp_InDatagrams", theirs.udp_in_datagrams),
            ("Udp_NoPorts", theirs.udp_no_ports),
            ("Udp_InErrors", theirs.udp_in_errors),
            ("Udp_OutDatagrams", theirs.udp_out_datagrams),
            ("Udp_RcvbufErrors", theirs.udp_rcvbuf_errors),
            ("Udp_SndbufErrors", theirs.udp_sndbuf_errors),
            ("Udp_InCsumErrors", theirs.udp_in_csum_errors),
            ("Udp_IgnoredMulti", theirs.udp_ignored_multi),
            ("UdpLite_InDatagrams", theirs.udp_lite_in_datagrams),
            ("UdpLite_NoPorts", theirs.udp_lite_no_ports),
            ("UdpLite_InErrors", theirs.udp_lite_in_errors),
            ("UdpLite_OutDatagrams", theirs.udp_lite_out_datagrams),
            ("UdpLite_RcvbufErrors", theirs.udp_lite_rcvbuf_errors),
            ("UdpLite_SndbufErrors", theirs.udp_lite_sndbuf_errors),
            ("UdpLite_InCsumErrors", theirs.udp_lite_in_csum_errors),
            ("UdpLite_IgnoredMulti", theirs.udp_lite_ignored_multi),
        ];
        for (field, count) in fields {
            assert_eq!(ours[&format!("node_netstat_{field}")], count as f64, "{field}");
        }
    }
}

#[test]
fn proc_net_snmp6_is_read_as_procfs_core_reads_it() {
    if let Some((_copy, proc)) = machine(&["net/snmp6", "net/snmp", "net/netstat"]) {
        let ours = samples(&proc, &["netstat"], EVERY_FIELD);
        let theirs = Snmp6::from_file(proc.join("net/snmp6")).unwrap();
        let fields = [
            ("Ip6_InReceives", theirs.ip_in_receives),
            ("Ip6_InHdrErrors", theirs.ip_in_hdr_errors),
            ("Ip6_InTooBigErrors", theirs.ip_in_too_big_errors),
            ("Ip6_InNoRoutes", theirs.ip_in_no_routes),
            ("Ip6_InAddrErrors", theirs.ip_in_addr_errors),
            ("Ip6_InUnknownProtos", theirs.ip_in_unknown_protos),
            ("Ip6_InTruncatedPkts", theirs.ip_in_truncated_pkts),
            ("Ip6_InDiscards", theirs.ip_in_discards),
            ("Ip6_InDelivers", theirs.ip_in_delivers),
            ("Ip6_OutForwDatagrams", theirs.ip_out_forw_datagrams),
            ("Ip6_OutRequests", theirs.ip_out_requests),
            ("Ip6_OutDiscards", theirs.ip_out_discards),
            ("Ip6_OutNoRoutes", theirs.ip_out_no_routes),
            ("Ip6_ReasmTimeout", theirs.ip_reasm_timeout),
            ("Ip6_ReasmReqds", theirs.ip_reasm_reqds),
            ("Ip6_ReasmOKs", theirs.ip_reasm_oks),
            ("Ip6_ReasmFails", theirs.ip_reasm_fails),
            ("Ip6_FragOKs", theirs.ip_frag_oks),
            ("Ip6_FragFails", theirs.ip_frag_fails),
            ("Ip6_FragCreates", theirs.ip_frag_creates),
            ("Ip6_InMcastPkts", theirs.ip_in_mcast_pkts),
            ("Ip6_OutMcastPkts", theirs.ip_out_mcast_pkts),
            ("Ip6_InOctets", theirs.ip_in_octets),
            ("Ip6_OutOctets", theirs.ip_out_octets),
            ("Ip6_InMcastOctets", theirs.ip_in_mcast_octets),
            ("Ip6_OutMcastOctets", theirs.ip_out_mcast_octets),
            ("Ip6_InBcastOctets", theirs.ip_in_bcast_octets),
            ("Ip6_OutBcastOctets", theirs.ip_out_bcast_octets),
            ("Ip6_InNoECTPkts", theirs.ip_in_no_ect_pkts),
            ("Ip6_InECT1Pkts", theirs.ip_in_ect1_pkts),
            ("Ip6_InECT0Pkts", theirs.ip_in_ect0_pkts),
            ("Ip6_InCEPkts", theirs.ip_in_ce_pkts),
            ("Icmp6_InMsgs", theirs.icmp_in_msgs),
            ("Icmp6_InErrors", theirs.icmp_in_errors),
            ("Icmp6_OutMsgs", theirs.icmp_out_msgs),
            ("Icmp6_OutErrors", theirs.icmp_out_errors),
            ("Icmp6_InCsumErrors", theirs.icmp_in_csum_errors),
            ("Icmp6_InDestUnreachs", theirs.icmp_in_dest_unreachs),
            ("Icmp6_InPktTooBigs", theirs.icmp_in_pkt_too_bigs),
            ("Icmp6_InTimeExcds", theirs.icmp_in_time_excds),
            ("Icmp6_InParmProblems", theirs.icmp_in_parm_problem),
            ("Icmp6_InEchos", theirs.icmp_in_echos),
            ("Icmp6_InEchoReplies", theirs.icmp_in_echo_replies),
            ("Icmp6_InGroupMembQueries", theirs.icmp_in_group_memb_queries),
            ("Icmp6_InGroupMembResponses", theirs.icmp_in_group_memb_responses),
            ("Icmp6_InGroupMembReductions", theirs.icmp_in_group_memb_reductions),
            ("Icmp6_InRouterSolicits", theirs.icmp_in_router_solicits),
            ("Icmp6_InRouterAdvertisements", theirs.icmp_in_router_advertisements),
            ("Icmp6_InNeighborSolicits", theirs.icmp_in_neighbor_solicits),
            ("Icmp6_InNeighborAdvertisements", theirs.icmp_in_neighbor_advertisements),
            ("Icmp6_InRedirects", theirs.icmp_in_redirects),
            ("Icmp6_InMLDv2Reports", theirs.icmp_in_mldv2_reports),
            ("Icmp6_OutDestUnreachs", theirs.icmp_out_dest_unreachs),
            ("Icmp6_OutPktTooBigs", theirs.icmp_out_pkt_too_bigs),
            ("Icmp6_OutTimeExcds", theirs.icmp_out_time_excds),
            ("Icmp6_OutParmProblems", theirs.icmp_out_parm_problems),
            ("Icmp6_OutEchos", theirs.icmp_out_echos),
            ("Icmp6_OutEchoReplies", theirs.icmp_out_echo_replies),
            ("Icmp6_OutGroupMembQueries", theirs.icmp_out_group_memb_queries),
            ("Icmp6_OutGroupMembResponses", theirs.icmp_out_group_memb_responses),
            ("Icmp6_OutGroupMembReductions", theirs.icmp_out_group_memb_reductions),
            ("Icmp6_OutRouterSolicits", theirs.icmp_out_router_solicits),
            ("Icmp6_OutRouterAdvertisements", theirs.icmp_out_router_advertisements),
            ("Icmp6_OutNeighborSolicits", theirs.icmp_out_neighbor_solicits),
            ("Icmp6_OutNeighborAdvertisements", theirs.icmp_out_neighbor_advertisements),
            ("Icmp6_OutRedirects", theirs.icmp_out_redirects),
            ("Icmp6_OutMLDv2Reports", theirs.icmp_out_mldv2_reports),
            ("Udp6_InDatagrams", theirs.udp_in_datagrams),
            ("Udp6_NoPorts", theirs.udp_no_ports),
            ("Udp6_InErrors", theirs.udp_in_errors),
            ("Udp6_OutDatagrams", theirs.udp_out_datagrams),
            ("Udp6_RcvbufErrors", theirs.udp_rcvbuf_errors),
            ("Udp6_SndbufErrors", theirs.udp_sndbuf_errors),
            ("Udp6_InCsumErrors", theirs.udp_in_csum_errors),
            ("Udp6_IgnoredMulti", theirs.udp_ignored_multi),
            ("UdpLite6_InDatagrams", theirs.udp_lite_in_datagrams),
            ("UdpLite6_NoPorts", theirs.udp_lite_no_ports),
            ("UdpLite6_InErrors", theirs.udp_lite_in_errors),
            ("UdpLite6_OutDatagrams", theirs.udp_lite_out_datagrams),
            ("UdpLite6_RcvbufErrors", theirs.udp_lite_rcvbuf_errors),
            ("UdpLite6_SndbufErrors", theirs.udp_lite_sndbuf_errors),
            ("UdpLite6_InCsumErrors", theirs.udp_lite_in_csum_errors),
        ];
        for (field, count) in fields {
            assert_eq!(ours[&format!("node_netstat_{field}")], count as f64, "{field}");
        }
    }
}

//! The counters of a network device: their names, and where each of the two sources has them.

use crate::faults::BadLines;
use crate::text::{self, Line, ParseError};

/// A counter as `/proc/net/dev` has it.
pub(super) struct Counter {
    pub(super) name: &'static str,
    /// Its name among the detailed ones, where a file is all there is.
    pub(super) detailed_name: &'static str,
    pub(super) help: &'static str,
    /// Which of [`DETAILS`] it is the sum of.
    sum_of: &'static [usize],
}

impl Counter {
    /// Its value from those of rtnetlink; `None` where the kernel does not have it.
    pub(super) fn sum(&self, counters: &[u64]) -> Option<u64> {
        self.sum_of.iter().try_fold(0_u64, |sum, place| Some(sum.wrapping_add(*counters.get(*place)?)))
    }
}

const fn counter(name: &'static str, help: &'static str, sum_of: &'static [usize]) -> Counter {
    Counter { name, detailed_name: name, help, sum_of }
}

/// In the order of the columns of `/proc/net/dev`; the last one is not in that file.
pub(super) static COUNTERS: [Counter; 17] = [
    counter("node_network_receive_bytes_total", "Bytes received.", &[2]),
    counter("node_network_receive_packets_total", "Packets received.", &[0]),
    Counter {
        detailed_name: "node_network_receive_errors_total",
        ..counter("node_network_receive_errs_total", "Packets received with an error.", &[4])
    },
    Counter {
        detailed_name: "node_network_receive_dropped_total",
        ..counter(
            "node_network_receive_drop_total",
            "Packets received and dropped, by the kernel or by the device.",
            &[6, 15],
        )
    },
    counter("node_network_receive_fifo_total", "Packets lost because a receive buffer was full.", &[14]),
    counter(
        "node_network_receive_frame_total",
        "Packets received with a wrong length, checksum or frame.",
        &[13, 10, 11, 12],
    ),
    counter("node_network_receive_compressed_total", "Compressed packets received (PPP, SLIP).", &[21]),
    counter("node_network_receive_multicast_total", "Multicast packets received.", &[8]),
    counter("node_network_transmit_bytes_total", "Bytes sent.", &[3]),
    counter("node_network_transmit_packets_total", "Packets sent.", &[1]),
    Counter {
        detailed_name: "node_network_transmit_errors_total",
        ..counter("node_network_transmit_errs_total", "Packets that could not be sent because of an error.", &[5])
    },
    Counter {
        detailed_name: "node_network_transmit_dropped_total",
        ..counter("node_network_transmit_drop_total", "Packets dropped instead of sent.", &[7])
    },
    counter("node_network_transmit_fifo_total", "Packets not sent because of an error of the send buffer.", &[18]),
    counter("node_network_transmit_colls_total", "Collisions while sending.", &[9]),
    counter(
        "node_network_transmit_carrier_total",
        "Packets not sent because the link was lost or would not take them.",
        &[17, 16, 19, 20],
    ),
    counter("node_network_transmit_compressed_total", "Compressed packets sent (PPP, SLIP).", &[22]),
    counter("node_network_receive_nohandler_total", NO_HANDLER, &[23]),
];

const NO_HANDLER: &str = "Packets received that no protocol wanted, or that came to a device that is not in use.";

/// Names and helps in the kernel's order, that of `struct rtnl_link_stats64`.
pub(crate) static DETAILS: [(&str, &str); 24] = [
    ("node_network_receive_packets_total", "Packets received."),
    ("node_network_transmit_packets_total", "Packets sent."),
    ("node_network_receive_bytes_total", "Bytes received."),
    ("node_network_transmit_bytes_total", "Bytes sent."),
    ("node_network_receive_errors_total", "Packets received with an error."),
    ("node_network_transmit_errors_total", "Packets that could not be sent because of an error."),
    ("node_network_receive_dropped_total", "Packets received and dropped by the kernel."),
    ("node_network_transmit_dropped_total", "Packets dropped instead of sent."),
    ("node_network_multicast_total", "Multicast packets received."),
    ("node_network_collisions_total", "Collisions while sending."),
    ("node_network_receive_length_errors_total", "Packets received with a wrong length."),
    ("node_network_receive_over_errors_total", "Packets lost because the device had no room for them."),
    ("node_network_receive_crc_errors_total", "Packets received with a wrong checksum."),
    ("node_network_receive_frame_errors_total", "Packets received with a wrong alignment."),
    ("node_network_receive_fifo_errors_total", "Packets lost because a receive buffer was full."),
    ("node_network_receive_missed_errors_total", "Packets lost because the kernel did not fetch them in time."),
    ("node_network_transmit_aborted_errors_total", "Packets whose sending was given up."),
    ("node_network_transmit_carrier_errors_total", "Packets not sent because the link was lost."),
    ("node_network_transmit_fifo_errors_total", "Packets not sent because of an error of the send buffer."),
    ("node_network_transmit_heartbeat_errors_total", "Packets not sent because of an error of the heartbeat."),
    ("node_network_transmit_window_errors_total", "Packets not sent because of a late collision."),
    ("node_network_receive_compressed_total", "Compressed packets received (PPP, SLIP)."),
    ("node_network_transmit_compressed_total", "Compressed packets sent (PPP, SLIP)."),
    ("node_network_receive_nohandler_total", NO_HANDLER),
];

/// Columns of `/proc/net/dev` behind the name.
const COLUMNS: usize = 16;

/// A device of `/proc/net/dev` and its [`COUNTERS`].
#[derive(Debug, PartialEq)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) counts: Vec<u64>,
}

pub(crate) fn parse(text: &[u8], bad: &mut BadLines) -> Vec<Device> {
    let mut devices: Vec<Device> = Vec::new();
    // Behind two lines of headings.
    for line in text::lines(text).skip(2) {
        let read = bad.take(device(line));
        devices.extend(read.filter(|read| devices.iter().all(|device| device.name != read.name)));
    }
    devices
}

/// `  eth0: 1 2 3 …`, on old kernels without the blank behind the colon.
fn device(line: Line<'_>) -> Result<Device, ParseError> {
    let device = || {
        let colon = line.bytes.iter().rposition(|byte| *byte == b':')?;
        let name = text::label(line.bytes.get(..colon)?.trim_ascii()).into_owned();
        let words = text::words(line.bytes.get(colon + 1..)?).take(COLUMNS);
        let counts: Vec<u64> = words.map(text::parse).collect::<Option<_>>()?;
        (!name.is_empty() && counts.len() == COLUMNS).then_some(Device { name, counts })
    };
    device().ok_or_else(|| line.malformed("a device and 16 counts, such as `eth0: 7 1 0 …`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_16_counts_and_a_broken_line_costs_itself() {
        let text = b"Inter-|   Receive\n face |bytes\n\
              eth0:18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n\
            odd\xFF: 1 2 3\n\
            : 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n\
            b\xFF: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        let mut bad = BadLines::default();
        let counts = |first: u64| std::iter::once(first).chain(2..=16).collect();
        let expected = [
            Device { name: "eth0".to_owned(), counts: counts(u64::MAX) },
            Device { name: "b\u{FFFD}".to_owned(), counts: counts(1) },
        ];
        assert_eq!(parse(text, &mut bad), expected);
        assert_eq!((bad.first.unwrap().line, bad.count), (4, 2));
    }

    #[test]
    fn sums_are_those_of_the_kernel() {
        // Each counter is a power of two, so that every sum shows what it is made of. net/core/net-procfs.c has them.
        let counters: Vec<u64> = (0..24).map(|place| 1 << place).collect();
        let sums: Vec<u64> = COUNTERS.iter().map(|counter| counter.sum(&counters).unwrap()).collect();
        let bits = |places: &[u64]| places.iter().map(|place| 1 << place).sum::<u64>();
        let (dropped, frame, carrier) = (bits(&[6, 15]), bits(&[10, 11, 12, 13]), bits(&[16, 17, 19, 20]));
        let one = |place: u64| 1_u64 << place;
        let receive = [one(2), one(0), one(4), dropped, one(14), frame, one(21), one(8)];
        let transmit = [one(3), one(1), one(5), one(7), one(18), one(9), carrier, one(22)];
        assert_eq!(sums, [receive.as_slice(), &transmit, &[one(23)]].concat());
    }

    #[test]
    fn what_an_old_kernel_does_not_count_is_absent_not_zero() {
        assert_eq!(COUNTERS[16].sum(&[1; 23]), None);
    }
}

//! Bytes that wait in the queues of all UDP sockets.
//!
//! Source: `/proc/net/udp` and `/proc/net/udp6`, a line per socket
//! (<https://docs.kernel.org/networking/proc_net_tcp.html>).

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, if_there};
use crate::sockets;
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "udp_queues",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| {
        let _ = parse(bytes, &mut BadLines::default());
    }],
    build: |inputs, _| Box::new(UdpQueues { host: inputs.host.clone() }),
};

struct UdpQueues {
    host: HostRoot,
}

impl Collector for UdpQueues {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let mut found = false;
        for (file, ip) in [("udp", "v4"), ("udp6", "v6")] {
            let file = faults.take(if_there(self.host.read_net(file)));
            found |= !matches!(file, Some(None));
            let Some(Some(file)) = file else { continue };
            let Some(queues) = faults.parse(&file, parse) else { continue };
            let family = out.gauge("node_udp_queues", "Bytes in the queues of all UDP sockets.");
            family.push(&[("queue", "tx"), ("ip", ip)], queues.transmit);
            family.push(&[("queue", "rx"), ("ip", ip)], queues.receive);
        }
        if !found {
            return Err(CollectError::Unsupported("neither net/udp nor net/udp6".to_owned()));
        }
        faults.finish()
    }
}

#[derive(Debug, Default, PartialEq)]
struct Queues {
    transmit: u64,
    receive: u64,
}

/// `None` if there are sockets and not one could be read.
fn parse(text: &[u8], bad: &mut BadLines) -> Option<Queues> {
    let mut sum = Queues::default();
    let mut read_one = false;
    // Behind the headings.
    for line in text::lines(text).skip(1) {
        if let Some(queues) = bad.take(sockets::row(line)) {
            sum.transmit = sum.transmit.saturating_add(queues.transmit);
            sum.receive = sum.receive.saturating_add(queues.receive);
            read_one = true;
        }
    }
    (read_one || bad.count == 0).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queues_of_all_sockets_are_summed_but_for_a_broken_line() {
        let text = b"  sl  local_address rem_address   st tx_queue rx_queue tr\n\
              11: 00000000:0044 00000000:0000 07 00000100:00000A00 00:00000000\n\
              12: 00000000:0045 00000000:0000 07 00000100\n\
              13: 0100007F:0143 00000000:0000 07 00000001:FFFFFFFF 00:00000000\n";
        let mut bad = BadLines::default();
        assert_eq!(parse(text, &mut bad), Some(Queues { transmit: 257, receive: 0xFFFF_FFFF + 2560 }));
        assert_eq!((bad.first.unwrap().line, bad.count), (3, 1));
    }

    #[test]
    fn no_socket_is_zero_but_no_socket_that_can_be_read_is_not() {
        assert_eq!(parse(b"  sl  local_address\n", &mut BadLines::default()), Some(Queues::default()));
        assert_eq!(parse(b"  sl  local_address\n 1: x\n", &mut BadLines::default()), None);
    }
}

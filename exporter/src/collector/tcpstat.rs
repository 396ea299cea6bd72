//! TCP sockets by state, and the bytes in their queues.
//!
//! Source: sock_diag where the process is in the host's network namespace, otherwise `/proc/1/net/tcp` and `tcp6`, a
//! line per socket: with a hundred thousand of them that file takes long, and beyond some 50 000 it is refused. Of a
//! socket that listens, the queues are connections: those that wait to be accepted and, from sock_diag only, the most
//! that may wait.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError, if_there};
use crate::netlink::{self, Family, u32_at};
use crate::sockets::{self, Socket};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "tcpstat",
    on_by_default: false,
    may_hang: false,
    options: &[],
    parsers: &[
        |bytes| parse(bytes, &mut BadLines::default(), &mut Sums::default()),
        |bytes| {
            let _ = socket(bytes);
        },
    ],
    build: |inputs, _| Box::new(Tcpstat { host: inputs.host.clone() }),
};

struct Tcpstat {
    host: HostRoot,
}

impl Collector for Tcpstat {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        let mut sums = Sums::default();
        if self.host.is_live() {
            faults.take(ask(IPV4, &mut sums));
            // Absent where IPv6 is off.
            if let Some(Some(_)) = faults.take(if_there(self.host.read_net("sockstat6"))) {
                faults.take(ask(IPV6, &mut sums));
            }
        } else {
            let file = self.host.read_net("tcp")?;
            faults.parse(&file, |bytes, bad| parse(bytes, bad, &mut sums));
            if let Some(Some(file)) = faults.take(if_there(self.host.read_net("tcp6"))) {
                faults.parse(&file, |bytes, bad| parse(bytes, bad, &mut sums));
            }
        }
        tell(&sums, out);
        faults.finish()
    }
}

/// By the kernel's numbers, `TCP_ESTABLISHED` being 1.
const STATES: [&str; 12] = [
    "unknown",
    "established",
    "syn_sent",
    "syn_recv",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "close",
    "close_wait",
    "last_ack",
    "listen",
    "closing",
];

/// A state without sockets is left out, as node_exporter does it.
fn tell(sums: &Sums, out: &mut Exposition) {
    let family = out.gauge("node_tcp_connection_states", "TCP sockets by state, and the bytes in their queues.");
    for (state, count) in STATES.iter().zip(sums.states).filter(|(_, count)| *count > 0) {
        family.push(&[("state", state)], count);
    }
    if sums.states != Sums::default().states {
        family.push(&[("state", "rx_queued_bytes")], sums.receive);
        family.push(&[("state", "tx_queued_bytes")], sums.transmit);
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    states: [u64; STATES.len()],
    receive: u64,
    transmit: u64,
}

impl Sums {
    fn add(&mut self, socket: &Socket) {
        let state = usize::try_from(socket.state).unwrap_or_default();
        let state = if state < self.states.len() { state } else { 0 };
        if let Some(count) = self.states.get_mut(state) {
            *count += 1;
        }
        self.receive = self.receive.saturating_add(socket.receive);
        self.transmit = self.transmit.saturating_add(socket.transmit);
    }
}

const IPV4: u8 = 2;
const IPV6: u8 = 10;
const SOCK_DIAG_BY_FAMILY: u16 = 20;

fn ask(family: u8, sums: &mut Sums) -> Result<(), ReadError> {
    const TCP: u8 = 6;
    // `struct inet_diag_req_v2`: family, protocol, nothing besides, all states, and no socket in particular.
    let mut request = [0; 56];
    for (place, byte) in request.iter_mut().zip([family, TCP, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]) {
        *place = byte;
    }
    netlink::dump(Family::Sockets, SOCK_DIAG_BY_FAMILY, &request, |message| {
        if message.kind == SOCK_DIAG_BY_FAMILY
            && let Some(socket) = socket(message.body)
        {
            sums.add(&socket);
        }
    })?;
    Ok(())
}

/// `struct inet_diag_msg`: the state is the second byte, the queues stand behind the addresses.
fn socket(body: &[u8]) -> Option<Socket> {
    let state = u64::from(*body.get(1)?);
    Some(Socket { state, receive: u32_at(body, 56)?.into(), transmit: u32_at(body, 60)?.into() })
}

fn parse(text: &[u8], bad: &mut BadLines, sums: &mut Sums) {
    // Behind the headings.
    for line in text::lines(text).skip(1) {
        if let Some(socket) = bad.take(sockets::row(line)) {
            sums.add(&socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_counted_by_state_but_for_a_broken_line() {
        let text = b"  sl  local_address rem_address   st tx_queue rx_queue tr\n\
             0: 00000000:0016 00000000:0000 0A 00000000:00000003 00:00000000\n\
             1: 0100007F:1F90 0100007F:D5A2 01 00000100:FFFFFFFF 01:00000014\n\
             2: 0100007F:1F90 0100007F:D5A4 01 00000001\n\
             3: 0100007F:1F90 0100007F:D5A6 63 00000000:00000000 00:00000000\n";
        let mut bad = BadLines::default();
        let mut sums = Sums::default();
        parse(text, &mut bad, &mut sums);
        let mut states = [0; STATES.len()];
        (states[0], states[1], states[10]) = (1, 1, 1);
        assert_eq!(sums, Sums { states, receive: 0xFFFF_FFFF + 3, transmit: 256 });
        assert_eq!((bad.first.unwrap().line, bad.count), (4, 1));
    }

    #[test]
    fn the_kernel_s_message_has_the_queues_behind_the_addresses() {
        let message = [&[IPV4, 8, 0, 0][..], &[0; 52], &7_u32.to_ne_bytes(), &9_u32.to_ne_bytes(), &[0; 8]].concat();
        assert_eq!(socket(&message), Some(Socket { state: 8, receive: 7, transmit: 9 }));
        assert_eq!(socket(&message[..63]), None);
    }
}

//! NFS as a client: packets, remote calls and their repetitions, and requests by version and operation.
//!
//! Source: `/proc/net/rpc/nfs`, which is there while the module `nfs` is.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError};
use crate::text::{self, Line, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "nfs",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(Nfs { host: inputs.host.clone() }),
};

struct Nfs {
    host: HostRoot,
}

impl Collector for Nfs {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = match self.host.read_net("rpc/nfs") {
            Err(ReadError::Absent { .. }) => return Err(CollectError::Unsupported("no NFS client".to_owned())),
            file => file?,
        };
        let mut faults = Faults::default();
        faults.parse(&file, parse).tell(out);
        faults.finish()
    }
}

/// The lines of the file; `None` where there is no such line, or none that can be read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Client {
    net: Option<[u64; 4]>,
    rpc: Option<[u64; 3]>,
    version_2: Requests,
    version_3: Requests,
    version_4: Requests,
}

fn parse(bytes: &[u8], bad: &mut BadLines) -> Client {
    let mut client = Client::default();
    for line in text::lines(bytes) {
        match line.words().next() {
            Some(b"net") => client.net = bad.take(numbers(line)),
            Some(b"rpc") => client.rpc = bad.take(numbers(line)),
            Some(b"proc2") => client.version_2.read(line, VERSION_2.len(), bad),
            Some(b"proc3") => client.version_3.read(line, VERSION_3.len(), bad),
            // Older kernels know fewer operations.
            Some(b"proc4") => client.version_4.read(line, 0, bad),
            _ => {}
        }
    }
    if client == Client::default() {
        bad.add(ParseError::new(1, "lines such as `rpc 3 0 0`", bytes));
    }
    client
}

impl Client {
    fn tell(&self, out: &mut Exposition) {
        // A file that is something else says nothing of what was never asked for.
        if *self == Self::default() {
            return;
        }
        if let Some([_, udp, tcp, connections]) = self.net {
            out.counter("node_nfs_packets_total", "Packets of the NFS client, by protocol.")
                .push(&[("protocol", "udp")], udp)
                .push(&[("protocol", "tcp")], tcp);
            out.counter("node_nfs_connections_total", "TCP connections of the NFS client.").set(connections);
        }
        if let Some([calls, retransmissions, refreshes]) = self.rpc {
            out.counter("node_nfs_rpcs_total", "Remote calls of the NFS client.").set(calls);
            out.counter("node_nfs_rpc_retransmissions_total", "Remote calls that were sent again.")
                .set(retransmissions);
            out.counter("node_nfs_rpc_authentication_refreshes_total", "Times credentials were asked for anew.")
                .set(refreshes);
        }
        self.tell_requests(out);
    }

    fn tell_requests(&self, out: &mut Exposition) {
        let family = out.counter("node_nfs_requests_total", "Requests of the NFS client, by version and operation.");
        let versions =
            [("2", VERSION_2, &self.version_2), ("3", VERSION_3, &self.version_3), ("4", VERSION_4, &self.version_4)];
        for (version, methods, requests) in versions {
            for (method, count) in requests.by_method(methods) {
                family.push(&[("proto", version), ("method", method)], count);
            }
        }
    }
}

/// The counts of a line such as `proc3 22 0 17 …`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Requests {
    /// There is no such line: this kernel cannot speak that version, and so never has.
    #[default]
    NeverAny,
    /// The line cannot be read.
    Unknown,
    /// One for each operation that the kernel knows.
    Counted(Vec<u64>),
}

impl Requests {
    /// Reads a line that has at least `fewest` counts, and as many as it says.
    pub(super) fn read(&mut self, line: Line<'_>, fewest: usize, bad: &mut BadLines) {
        let numbers: Option<Vec<u64>> = line.words().skip(1).map(text::parse).collect();
        let counts = numbers
            .as_deref()
            .and_then(<[u64]>::split_first)
            .filter(|(announced, counts)| usize::try_from(**announced) == Ok(counts.len()) && counts.len() >= fewest);
        *self = match counts {
            Some((_, counts)) => Self::Counted(counts.to_vec()),
            None => {
                bad.add(line.malformed("a word, how many counts follow, and these"));
                Self::Unknown
            }
        };
    }

    /// Operations and counts. Those that the kernel does not know were never asked for.
    pub(super) fn by_method(&self, methods: &[&'static str]) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = match self {
            Self::NeverAny => Some([].as_slice()),
            Self::Unknown => None,
            Self::Counted(counts) => Some(counts.as_slice()),
        };
        let counts = counts.map(|counts| counts.iter().copied().chain(std::iter::repeat(0)));
        counts.into_iter().flat_map(|counts| methods.iter().copied().zip(counts))
    }
}

/// The first numbers of a line; newer kernels may add more.
pub(super) fn numbers<const COUNT: usize>(line: Line<'_>) -> Result<[u64; COUNT], ParseError> {
    let numbers: Option<Vec<u64>> = line.words().skip(1).take(COUNT).map(text::parse).collect();
    let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
    numbers.ok_or_else(|| line.malformed("a word and its whole numbers"))
}

/// The operations of NFS version 2 (RFC 1094), in the order of their numbers.
pub(super) const VERSION_2: &[&str] = &[
    "Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write", "Create", "Remove",
    "Rename", "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat",
];

/// The operations of NFS version 3 (RFC 1813), in the order of their numbers.
#[rustfmt::skip]
pub(super) const VERSION_3: &[&str] = &[
    "Null", "GetAttr", "SetAttr", "Lookup", "Access", "ReadLink", "Read", "Write", "Create", "MkDir", "SymLink",
    "MkNod", "Remove", "RmDir", "Rename", "Link", "ReadDir", "ReadDirPlus", "FsStat", "FsInfo", "PathConf",
    "Commit",
];

/// What Linux's client does in version 4, in the order of `NFSPROC4_CLNT_…` as node_exporter has it.
#[rustfmt::skip]
const VERSION_4: &[&str] = &[
    "Null", "Read", "Write", "Commit", "Open", "OpenConfirm", "OpenNoattr", "OpenDowngrade", "Close", "Setattr",
    "FsInfo", "Renew", "SetClientID", "SetClientIDConfirm", "Lock", "Lockt", "Locku", "Access", "Getattr",
    "Lookup", "LookupRoot", "Remove", "Rename", "Link", "Symlink", "Create", "Pathconf", "StatFs", "ReadLink",
    "ReadDir", "ServerCaps", "DelegReturn", "GetACL", "SetACL", "FsLocations", "ReleaseLockowner", "Secinfo",
    "FsidPresent", "ExchangeID", "CreateSession", "DestroySession", "Sequence", "GetLeaseTime",
    "ReclaimComplete", "GetDeviceInfo", "LayoutGet", "LayoutCommit", "LayoutReturn", "SecinfoNoName",
    "TestStateID", "FreeStateID", "GetDeviceList", "BindConnToSession", "DestroyClientID", "Seek", "Allocate",
    "DeAllocate", "LayoutStats", "Clone",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_lines_and_new_ones_are_those_of_a_newer_kernel() {
        let mut bad = BadLines::default();
        let client = parse(b"net 1 2 3 4 5\nrpc 6 7 8\nproc4 3 9 8 7\nproc5 1 1\n", &mut bad);
        let expected = Client {
            net: Some([1, 2, 3, 4]),
            rpc: Some([6, 7, 8]),
            version_4: Requests::Counted(vec![9, 8, 7]),
            ..Client::default()
        };
        assert_eq!((client, bad.count), (expected, 0));
    }

    #[test]
    fn a_file_that_is_something_else_is_a_fault_and_has_no_noughts() {
        let (mut bad, mut out) = (BadLines::default(), Exposition::default());
        parse(b"rpm 1 2 3\n", &mut bad).tell(&mut out);
        assert_eq!((bad.count, out), (1, Exposition::default()));
    }

    #[test]
    fn a_line_that_cannot_be_read_has_no_counts_and_one_that_is_not_there_has_noughts() {
        let mut bad = BadLines::default();
        let client = parse(b"net 1 2\nproc2 18 1 2 3\nproc3 1 1\nproc4 1 18446744073709551616\n", &mut bad);
        let expected = Client {
            version_2: Requests::Unknown,
            version_3: Requests::Unknown,
            version_4: Requests::Unknown,
            ..Client::default()
        };
        assert_eq!((&client, bad.count), (&expected, 4));
        assert_eq!(client.version_3.by_method(&["Null"]).count(), 0);
        assert_eq!(Requests::NeverAny.by_method(&["Null"]).collect::<Vec<_>>(), [("Null", 0)]);
        assert_eq!(Requests::Counted(vec![7]).by_method(&["a", "b"]).collect::<Vec<_>>(), [("a", 7), ("b", 0)]);
    }
}

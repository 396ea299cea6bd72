//! NFS as a server: its threads, its caches, packets, remote calls, bytes, and requests by version and operation.
//!
//! Source: `/proc/net/rpc/nfsd`, which is there while the module `nfsd` is.

use seamark_kit::exposition::Exposition;

use super::nfs::{Requests, VERSION_2, VERSION_3, numbers};
use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError};
use crate::text::{self, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "nfsd",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(Nfsd { host: inputs.host.clone() }),
};

struct Nfsd {
    host: HostRoot,
}

impl Collector for Nfsd {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = match self.host.read_net("rpc/nfsd") {
            Err(ReadError::Absent { .. }) => return Err(CollectError::Unsupported("no NFS server".to_owned())),
            file => file?,
        };
        let mut faults = Faults::default();
        faults.parse(&file, parse).tell(out);
        faults.finish()
    }
}

/// The lines of the file; `None` where there is no such line, or none that can be read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Server {
    reply_cache: Option<[u64; 3]>,
    file_handles: Option<[u64; 5]>,
    bytes: Option<[u64; 2]>,
    threads: Option<[u64; 2]>,
    read_ahead: Option<[u64; 12]>,
    net: Option<[u64; 4]>,
    rpc: Option<[u64; 5]>,
    version_2: Requests,
    version_3: Requests,
    version_4: Requests,
    delegated_attributes: Requests,
}

fn parse(bytes: &[u8], bad: &mut BadLines) -> Server {
    let mut server = Server::default();
    for line in text::lines(bytes) {
        match line.words().next() {
            Some(b"rc") => server.reply_cache = bad.take(numbers(line)),
            Some(b"fh") => server.file_handles = bad.take(numbers(line)),
            Some(b"io") => server.bytes = bad.take(numbers(line)),
            // The rest of the line is a histogram in seconds, which later kernels fill with noughts.
            Some(b"th") => server.threads = bad.take(numbers(line)),
            Some(b"ra") => server.read_ahead = bad.take(numbers(line)),
            Some(b"net") => server.net = bad.take(numbers(line)),
            Some(b"rpc") => server.rpc = bad.take(numbers(line)),
            Some(b"proc2") => server.version_2.read(line, VERSION_2.len(), bad),
            Some(b"proc3") => server.version_3.read(line, VERSION_3.len(), bad),
            Some(b"proc4ops") => server.version_4.read(line, FEWEST_VERSION_4, bad),
            Some(b"wdeleg_getattr") => {
                let count = bad.take(numbers::<1>(line));
                server.delegated_attributes = count.map_or(Requests::Unknown, |count| Requests::Counted(count.into()));
            }
            _ => {}
        }
    }
    if server == Server::default() {
        bad.add(ParseError::new(1, "lines such as `io 4096 512`", bytes));
    }
    server
}

impl Server {
    fn tell(&self, out: &mut Exposition) {
        // A file that is something else says nothing of what was never asked for.
        if *self != Self::default() {
            self.tell_storage(out);
            self.tell_network(out);
            self.tell_requests(out);
        }
    }

    fn tell_storage(&self, out: &mut Exposition) {
        if let Some([hits, misses, uncached]) = self.reply_cache {
            out.counter("node_nfsd_reply_cache_hits_total", "Requests answered from the reply cache: repetitions.")
                .set(hits);
            out.counter("node_nfsd_reply_cache_misses_total", "Requests whose answers were put into the reply cache.")
                .set(misses);
            out.counter("node_nfsd_reply_cache_nocache_total", "Requests that the reply cache is not needed for.")
                .set(uncached);
        }
        if let Some([stale, ..]) = self.file_handles {
            out.counter("node_nfsd_file_handles_stale_total", "Requests for files that are gone.").set(stale);
        }
        if let Some([read, written]) = self.bytes {
            out.counter("node_nfsd_disk_bytes_read_total", "Bytes that the NFS server has read.").set(read);
            out.counter("node_nfsd_disk_bytes_written_total", "Bytes that the NFS server has written.").set(written);
        }
        if let Some([size, .., not_found]) = self.read_ahead {
            out.gauge("node_nfsd_read_ahead_cache_size_blocks", "Size of the read-ahead cache; 0 since Linux 5.4.")
                .set(size);
            out.counter("node_nfsd_read_ahead_cache_not_found_total", "Reads that the read-ahead cache did not know.")
                .set(not_found);
        }
    }

    fn tell_network(&self, out: &mut Exposition) {
        if let Some([threads, _]) = self.threads {
            out.gauge("node_nfsd_server_threads", "Threads of the NFS server.").set(threads);
        }
        if let Some([_, udp, tcp, connections]) = self.net {
            out.counter("node_nfsd_packets_total", "Packets of the NFS server, by protocol.")
                .push(&[("proto", "udp")], udp)
                .push(&[("proto", "tcp")], tcp);
            out.counter("node_nfsd_connections_total", "TCP connections to the NFS server.").set(connections);
        }
        if let Some([calls, _, format, authentication, client]) = self.rpc {
            out.counter("node_nfsd_rpc_errors_total", "Remote calls that the NFS server refused, by reason.")
                .push(&[("error", "fmt")], format)
                .push(&[("error", "auth")], authentication)
                .push(&[("error", "cInt")], client);
            out.counter("node_nfsd_server_rpcs_total", "Remote calls to the NFS server.").set(calls);
        }
    }

    fn tell_requests(&self, out: &mut Exposition) {
        let family = out.counter("node_nfsd_requests_total", "Requests to the NFS server, by version and operation.");
        let versions = [
            ("2", VERSION_2, &self.version_2),
            ("3", VERSION_3, &self.version_3),
            ("4", VERSION_4, &self.version_4),
            ("4", ["WdelegGetattr"].as_slice(), &self.delegated_attributes),
        ];
        for (version, methods, requests) in versions {
            // `Null` asks for nothing, and is not told of the server.
            for (method, count) in requests.by_method(methods).filter(|(method, _)| !["", "Null"].contains(method)) {
                family.push(&[("proto", version), ("method", method)], count);
            }
        }
    }
}

/// Up to `Write`; `RelLockOwner` came later, and those of versions 4.1 and 4.2 behind it have no series.
const FEWEST_VERSION_4: usize = 39;

/// The operations of NFS version 4 (RFC 7530), in the order of their numbers; "" for those without a series.
#[rustfmt::skip]
const VERSION_4: &[&str] = &[
    "", "", "", "Access", "Close", "Commit", "Create", "DelegPurge", "DelegReturn", "GetAttr", "GetFH", "Link",
    "Lock", "Lockt", "Locku", "Lookup", "LookupRoot", "Nverify", "Open", "OpenAttr", "OpenConfirm", "OpenDgrd",
    "PutFH", "", "", "Read", "ReadDir", "ReadLink", "Remove", "Rename", "Renew", "RestoreFH", "SaveFH",
    "SecInfo", "SetAttr", "SetClientID", "SetClientIDConfirm", "Verify", "Write", "RelLockOwner",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_read_without_their_histogram() {
        let mut bad = BadLines::default();
        let server = parse(b"th 8 0 0.000 x\nwdeleg_getattr 5\n", &mut bad);
        let expected =
            Server { threads: Some([8, 0]), delegated_attributes: Requests::Counted(vec![5]), ..Server::default() };
        assert_eq!((server, bad.count), (expected, 0));
    }

    #[test]
    fn a_line_cut_short_costs_itself() {
        let mut bad = BadLines::default();
        let server = parse(b"rc 1 2\nio 3 4\nfh 5\nproc4ops 72 0 0 0 1\nwdeleg_getattr\n", &mut bad);
        let expected = Server {
            bytes: Some([3, 4]),
            version_4: Requests::Unknown,
            delegated_attributes: Requests::Unknown,
            ..Server::default()
        };
        assert_eq!((server, bad.count), (expected, 4));
    }
}

//! Finding a target's address, connecting to it, and reading from it within bounds.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use seamark_kit::config::Section;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::metric;
use super::report::{Failure, Report, failure};

/// Lookups that may be out at once. One that nobody answers holds its thread for up to half a minute, long after its
/// probe has given up; without a bound they would take the threads that scrapes need.
const MOST_LOOKUPS: usize = 16;

/// For the other side to close its end too.
const FAREWELL: Duration = Duration::from_millis(100);

static LOOKUPS: std::sync::LazyLock<Arc<Semaphore>> =
    std::sync::LazyLock::new(|| Arc::new(Semaphore::new(MOST_LOOKUPS)));

/// Which of a target's addresses are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Addresses {
    /// `None`: in the order of the system, which knows what it can reach.
    pub preferred: Option<Version>,
    /// Take no other version than the preferred one.
    pub only: bool,
}

/// A version of the Internet protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Version {
    fn of(address: SocketAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

impl Addresses {
    /// Reads `preferred_ip_protocol` and `ip_protocol_fallback`.
    pub fn read(section: &mut Section) -> Self {
        let preferred = section.one_of("preferred_ip_protocol", &[("ip4", Version::V4), ("ip6", Version::V6)]);
        let fallback = section.flag("ip_protocol_fallback").unwrap_or(true);
        Self { preferred, only: !fallback }
    }

    fn sort(self, mut found: Vec<SocketAddr>) -> Vec<SocketAddr> {
        if let Some(preferred) = self.preferred {
            if self.only {
                found.retain(|address| Version::of(*address) == preferred);
            }
            found.sort_by_key(|address| Version::of(*address) != preferred);
        }
        found
    }
}

/// A host, without brackets, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Reads `host`, `host:port`, `[::1]:port` or `::1`; without a port it is `default_port`.
    pub fn parse(text: &str, default_port: Option<u16>) -> Option<Self> {
        if let Ok(IpAddr::V6(_)) = text.parse() {
            return Some(Self { host: text.to_owned(), port: default_port? });
        }
        let (host, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
            Some(Some((host, rest))) => {
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
            }
            Some(None) => return None,
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            // `parse` would take a sign.
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok()?,
            Some(_) => return None,
            None => default_port?,
        };
        let is_name = |host: &str| host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
        (!host.is_empty() && port != 0 && is_name(host)).then(|| Self { host: host.to_owned(), port })
    }

    /// As it is written in a label.
    pub fn shown(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// Looks up the addresses of a target, best first, and says what it found and how long it took.
pub async fn resolve(target: &HostPort, which: Addresses, report: &mut Report) -> Result<Vec<SocketAddr>, Failure> {
    let started = Instant::now();
    let found = match target.host.parse::<IpAddr>() {
        Ok(address) => Ok(vec![SocketAddr::new(address, target.port)]),
        Err(_) => {
            report.say(format_args!("looking up the address of {}", target.host));
            look_up(target).await
        }
    };
    report.add(metric::DNS_LOOKUP, &[], started.elapsed().as_secs_f64());
    let found = which.sort(found.map_err(|error| Failure(format!("no address of `{}`: {error}", target.host)))?);
    let Some(first) = found.first() else {
        return failure(format_args!("`{}` has no address of the wanted kind", target.host));
    };
    tell_address(*first, report);
    Ok(found)
}

async fn look_up(target: &HostPort) -> std::io::Result<Vec<SocketAddr>> {
    // The permit goes along with the thread: it is given back when the system has answered, not when we stop waiting.
    let permit = Arc::clone(&LOOKUPS).acquire_owned().await.map_err(std::io::Error::other)?;
    let target = target.clone();
    let look_up = move || {
        let _permit = permit;
        (target.host.as_str(), target.port).to_socket_addrs().map(Iterator::collect)
    };
    spawn_blocking(look_up).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

fn tell_address(address: SocketAddr, report: &mut Report) {
    report.set(metric::IP_PROTOCOL, if address.is_ipv4() { 4 } else { 6 });
    report.set(metric::IP_ADDR_HASH, hash(address.ip()));
}

/// 32-bit FNV-1a over the bytes of the address, as blackbox_exporter has it.
fn hash(address: IpAddr) -> u32 {
    let over = |bytes: &[u8]| {
        bytes.iter().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
    };
    match address {
        IpAddr::V4(address) => over(&address.octets()),
        IpAddr::V6(address) => over(&address.octets()),
    }
}

/// Connects to the first address that takes it.
pub async fn connect(addresses: &[SocketAddr], report: &mut Report) -> Result<TcpStream, Failure> {
    let mut last = Failure("there is no address to connect to".to_owned());
    for (tried, address) in addresses.iter().enumerate() {
        // One address that swallows everything must leave time for the others.
        let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        report.say(format_args!("connecting to {address}"));
        tell_address(*address, report);
        match timeout(report.time_left() / left, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = Failure(format!("cannot connect to {address}: {error}")),
            Err(_) => last = Failure(format!("{address} does not answer")),
        }
        report.say(&last);
    }
    Err(last)
}

/// A connection, with or without TLS.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection on which messages are read piece by piece, however they arrive.
pub struct Wire {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
}

/// What a reader makes of the bytes that are there: a message and its length, or `None` for more bytes.
pub type Read<T> = Result<Option<(T, usize)>, Failure>;

impl Wire {
    /// Nothing read so far.
    pub fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), unread: Vec::new() }
    }

    /// Sends all of it.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| Failure(format!("cannot send: {error}")))
    }

    /// Reads until `read` has a message, at most `most` bytes.
    pub async fn receive<T>(&mut self, most: usize, mut read: impl FnMut(&[u8]) -> Read<T>) -> Result<T, Failure> {
        loop {
            if let Some((message, length)) = read(&self.unread)? {
                self.unread.drain(..length.min(self.unread.len()));
                return Ok(message);
            }
            if self.unread.len() >= most {
                return failure(format_args!("the answer is longer than {most} bytes"));
            }
            let mut piece = [0; 4096];
            let count = match self.stream.read(&mut piece).await {
                Ok(0) if self.unread.is_empty() => return failure("the connection was closed without an answer"),
                Ok(0) => return failure("the connection was closed in the middle of an answer"),
                Ok(count) => count,
                Err(error) => return failure(format_args!("cannot receive: {error}")),
            };
            self.unread.extend(piece.iter().take(count));
        }
    }

    /// Closes the connection in order. One that is dropped with something unread is reset, which servers log.
    pub async fn end(mut self) {
        let close = async {
            self.stream.shutdown().await?;
            let mut rest = [0; 256];
            while self.stream.read(&mut rest).await? > 0 {}
            Ok::<_, std::io::Error>(())
        };
        // What is known is known: no failure, and no long wait.
        let _ = timeout(FAREWELL, close).await;
    }

    /// The connection itself, to be wrapped in TLS.
    ///
    /// # Errors
    ///
    /// The other side has sent more than was asked for: whoever sits between could put words into its mouth.
    pub fn into_stream(self) -> Result<Box<dyn Stream>, Failure> {
        if self.unread.is_empty() { Ok(self.stream) } else { failure("the server talks on before TLS has begun") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_read_as_people_write_them() {
        let cases = [
            ("redis:6379", Some("redis:6379")),
            ("redis", Some("redis:1")),
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("[::1]:80", Some("[::1]:80")),
            ("::1", Some("[::1]:1")),
            ("[::1]", Some("[::1]:1")),
            ("", None),
            (":80", None),
            ("a:b", None),
            ("a:+8", None),
            ("a:0", None),
            ("a:65536", None),
            ("redis://a:1", None),
            ("user:pass@a:1", None),
            ("[a]:1", None),
            ("[::1", None),
            ("a b:1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(HostPort::parse(text, Some(1)).map(|target| target.shown()).as_deref(), expected, "{text}");
        }
        assert_eq!(HostPort::parse("a", None), None);
    }

    #[test]
    fn the_hash_of_an_address_is_that_of_blackbox_exporter() {
        // Seen of prometheus-blackbox-exporter 0.23.0.
        assert_eq!(hash("127.0.0.1".parse().unwrap()), 3_668_918_509);
    }

    #[test]
    fn the_preferred_protocol_comes_first_and_can_be_the_only_one() {
        let found: Vec<SocketAddr> = vec!["[::1]:1".parse().unwrap(), "127.0.0.1:1".parse().unwrap()];
        let sort = |preferred, only| Addresses { preferred, only }.sort(found.clone());
        assert_eq!(sort(None, true), found);
        assert_eq!(sort(Some(Version::V4), false), [found[1], found[0]]);
        assert_eq!(sort(Some(Version::V4), true), [found[1]]);
        assert_eq!(sort(Some(Version::V6), true), [found[0]]);
    }
}

//! Where an engine listens, as `DOCKER_HOST` says it.

use std::fmt;
use std::path::PathBuf;

use reqwest::Url;

/// Where Docker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// `host:port` of an engine, or of an allow-list in front of one, without TLS.
    Tcp(String),
}

impl Address {
    /// Reads `unix:///path`, `tcp://host:port` or `http://host:port`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix://") {
            return path.starts_with('/').then(|| Self::Unix(path.into()));
        }
        let authority = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://"))?.trim_end_matches('/');
        let url = Url::parse(&format!("http://{authority}")).ok()?;
        let plain = url.path() == "/" && url.username().is_empty() && url.password().is_none() && url.query().is_none();
        (plain && url.host().is_some()).then(|| Self::Tcp(authority.to_owned()))
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::Unix("/var/run/docker.sock".into())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(formatter, "tcp://{authority}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_are_read_as_docker_writes_them() {
        assert_eq!(Address::parse("unix:///run/docker.sock"), Some(Address::Unix("/run/docker.sock".into())));
        assert_eq!(Address::parse("tcp://docker:2375"), Some(Address::Tcp("docker:2375".to_owned())));
        assert_eq!(Address::parse("http://[::1]:2375/"), Some(Address::Tcp("[::1]:2375".to_owned())));
        for wrong in ["", "docker:2375", "unix://docker.sock", "tcp://", "tcp://a:secret@b:1", "ssh://a", "tcp://a/b"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }
}

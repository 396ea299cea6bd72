//! Where Prometheus finds a server: `HOST:PORT`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The address of a field, with this port unless it names one itself.
pub fn target(text: &str, port: u16) -> Option<String> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return with_port(ip, port);
    }
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return with_port(socket.ip(), socket.port());
    }
    if let Some(ip) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return with_port(ip.parse::<Ipv6Addr>().ok()?.into(), port);
    }
    match text.split_once(':') {
        Some((host, own)) => named(host, parse_port(own)?),
        None => named(text, port),
    }
}

/// A port that something can listen on.
pub fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

/// Whether the field names a port itself.
pub fn names_port(text: &str) -> bool {
    text.parse::<IpAddr>().is_err() && !text.ends_with(']') && text.contains(':')
}

fn with_port(ip: IpAddr, port: u16) -> Option<String> {
    (!ip.is_unspecified() && !ip.is_multicast() && port > 0).then(|| SocketAddr::new(ip, port).to_string())
}

fn named(host: &str, port: u16) -> Option<String> {
    let label = |label: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=63).contains(&label.len()) && label.chars().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    };
    let host = host.to_ascii_lowercase();
    // Names of machines do not end in a number; what does was to be an address.
    let is_name = host.rsplit('.').next().is_some_and(|last| last.chars().any(|c| !c.is_ascii_digit()));
    (host.len() <= 253 && is_name && host.split('.').all(label)).then(|| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_form_become_targets() {
        for (text, expected) in [
            ("10.0.0.12", "10.0.0.12:9877"),
            ("10.0.0.12:19877", "10.0.0.12:19877"),
            ("fd00::12", "[fd00::12]:9877"),
            ("[fd00::12]", "[fd00::12]:9877"),
            ("[FD00:0::12]:19877", "[fd00::12]:19877"),
            ("Web-2.Example.org", "web-2.example.org:9877"),
            ("web_2:19877", "web_2:19877"),
            ("xn--80ak6aa92e.example", "xn--80ak6aa92e.example:9877"),
        ] {
            assert_eq!(target(text, 9877).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            "10.0.0",
            "10.0.0.300",
            "10.0.0.1.2",
            "10.0.0.1:0",
            "10.0.0.1:99999",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "fe80::1%eth0",
            "[fd00::12",
            "[10.0.0.1]",
            "http://web-2",
            "web 2",
            "-web",
            "web-",
            "web..org",
            ".web",
            "web:",
            "web:x",
            "вебсервер",
            "root@web",
        ] {
            assert_eq!(target(text, 9877), None, "{text}");
        }
    }

    #[test]
    fn a_port_of_its_own_is_told_from_colons_of_an_address() {
        let names: Vec<bool> =
            ["10.0.0.1", "10.0.0.1:1", "fd00::1", "[fd00::1]", "[fd00::1]:1", "web", "web:1"].map(names_port).into();
        assert_eq!(names, [false, true, false, false, true, false, true]);
    }
}

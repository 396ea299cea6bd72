//! `healthcheck`: asks the program that runs on this machine whether it is well, with TLS or without.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, StatusCode};

/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why the program is not well.
#[derive(Debug)]
pub enum Unhealthy {
    /// Nobody answers there.
    NoAnswer(String, reqwest::Error),
    /// It says so.
    Answered(String, StatusCode),
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(url, _) => write!(f, "no answer from {url}"),
            Self::Answered(url, status) => write!(f, "{url} answered {status}"),
        }
    }
}

impl std::error::Error for Unhealthy {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoAnswer(_, error) => Some(error),
            Self::Answered(..) => None,
        }
    }
}

/// Where a program that listens there is reached from its own machine.
pub fn local_address(listen: SocketAddr) -> SocketAddr {
    // `[::]` takes IPv4 as well, and where there is no IPv6 it is `0.0.0.0`.
    let ip = Some(listen.ip()).filter(|ip| !ip.is_unspecified()).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    SocketAddr::new(ip, listen.port())
}

/// A client for programs on this machine, whatever certificate they have: it holds the names under which others ask.
///
/// # Errors
///
/// TLS cannot be set up.
pub fn local_client(timeout: Duration) -> reqwest::Result<Client> {
    Client::builder().timeout(timeout).no_proxy().tls_danger_accept_invalid_certs(true).build()
}

/// Asks what the user names.
///
/// # Errors
///
/// See [`Unhealthy`].
pub async fn check_url(url: &str) -> Result<(), Unhealthy> {
    let no_answer = |error| Unhealthy::NoAnswer(url.to_owned(), error);
    let client = Client::builder().timeout(PATIENCE).no_proxy().build().map_err(no_answer)?;
    ask(&client, url).await
}

/// Asks a program that listens there. Whether it has TLS is not read from its files, which may be others by now.
///
/// # Errors
///
/// See [`Unhealthy`]; where neither way has an answer, that of the likelier one.
pub async fn check(listen: SocketAddr, has_web_config: bool) -> Result<(), Unhealthy> {
    let url = |scheme| format!("{scheme}://{}/-/healthy", local_address(listen));
    let [first, second] = if has_web_config { ["https", "http"].map(url) } else { ["http", "https"].map(url) };
    let client = local_client(PATIENCE).map_err(|error| Unhealthy::NoAnswer(first.clone(), error))?;
    let Err(unhealthy) = ask(&client, &first).await else { return Ok(()) };
    let is_other = match &unhealthy {
        Unhealthy::NoAnswer(_, error) => !error.is_timeout(),
        // So TLS answers who asks without.
        Unhealthy::Answered(_, status) => *status == StatusCode::BAD_REQUEST,
    };
    if is_other && ask(&client, &second).await.is_ok() { Ok(()) } else { Err(unhealthy) }
}

/// The URL of a program that listens there, by what it answers: with TLS or without.
pub async fn local_url(client: &Client, listen: SocketAddr) -> String {
    let address = local_address(listen);
    match ask(client, &format!("http://{address}/-/healthy")).await {
        Err(Unhealthy::Answered(_, StatusCode::BAD_REQUEST)) => format!("https://{address}"),
        _ => format!("http://{address}"),
    }
}

async fn ask(client: &Client, url: &str) -> Result<(), Unhealthy> {
    let response = client.get(url).send().await.map_err(|error| Unhealthy::NoAnswer(url.to_owned(), error))?;
    let status = response.status();
    if status.is_success() { Ok(()) } else { Err(Unhealthy::Answered(url.to_owned(), status)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_listens_everywhere_is_asked_on_this_machine() {
        let asked = |listen: &str| local_address(listen.parse().unwrap()).to_string();
        let listens = ["0.0.0.0:1", "[::]:2", "10.0.0.7:3", "[::1]:4"];
        assert_eq!(listens.map(asked), ["127.0.0.1:1", "127.0.0.1:2", "10.0.0.7:3", "[::1]:4"]);
    }
}

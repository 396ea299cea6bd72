//! `doctor`: tries what the relay needs, posts nothing, and says what to do.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::say;
use crate::channel::Channel;
use crate::config::{Access, Config};
use crate::deliver::http;
use seamark_kit::web::health::{self, local_address};

mod clock;
mod network;
mod outbox;
mod servers;

/// How long the running relay may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    /// Nothing is wrong, and it is good to know.
    Note,
    Wrong,
}

/// One check, in words.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    state: State,
    what: String,
    says: String,
}

impl Finding {
    fn new(state: State, what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { state, what: what.into(), says: says.into() }
    }

    /// One line, whatever an answer from the network held.
    fn line(&self) -> String {
        let mark = match self.state {
            State::Good => "ok   ",
            State::Note => "note ",
            State::Wrong => "WRONG",
        };
        let says: String = self.says.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("{mark}  {}: {says}", self.what)
    }
}

/// Checks one thing after the other, a line for each.
///
/// # Errors
///
/// Something is wrong.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let mut wrong = 0;
    let mut tell = |finding: Finding| {
        wrong += usize::from(finding.state == State::Wrong);
        say(finding.line())
    };
    tell(access(config))?;
    for finding in outbox::look(&config.storage) {
        tell(finding)?;
    }
    tell(running(config).await)?;
    for finding in servers::look(config).await {
        tell(finding)?;
    }
    let client = http::client().map_err(|problem| anyhow::anyhow!(problem))?;
    let mut skew = None;
    for configured in &config.channels {
        let Some(channel) = &configured.channel else {
            tell(Finding::new(State::Note, format!("channel {}", configured.name), "off, because it has no address"))?;
            continue;
        };
        for finding in examine(&configured.name, &**channel, &client, &mut skew).await {
            tell(finding)?;
        }
    }
    if let Some(skew) = skew {
        tell(clock::finding(skew))?;
    }
    anyhow::ensure!(wrong == 0, "{wrong} of these checks found something wrong");
    say("Nothing is wrong. `seamark-relay send-test CHANNEL` shows whether messages are seen, too.")
}

/// Asks the chat about itself. What it says of the time goes to `skew`.
async fn examine(
    name: &str,
    channel: &dyn Channel,
    client: &reqwest::Client,
    skew: &mut Option<jiff::SignedDuration>,
) -> Vec<Finding> {
    let what = format!("channel {name} ({})", channel.kind());
    let requests = channel.examine();
    if requests.is_empty() {
        let says = format!("there is nothing to ask without posting; `seamark-relay send-test {name}` posts");
        return vec![Finding::new(State::Note, what, says)];
    }
    let mut findings = Vec::new();
    for request in requests {
        let finding = match http::call(client, &request).await {
            Ok(response) => {
                *skew = clock::skew(response.header("date"), Timestamp::now()).or(*skew);
                match channel.examined(&response) {
                    Ok(found) => Finding::new(State::Good, what.as_str(), found),
                    Err(problem) => Finding::new(State::Wrong, what.as_str(), problem),
                }
            }
            Err(failure) => Finding::new(State::Wrong, what.as_str(), network::explain(&failure.reason)),
        };
        findings.push(finding);
    }
    findings
}

/// The token's file, which only a starting relay may make.
fn access(config: &Config) -> Finding {
    let finding = |state, says: String| Finding::new(state, "access", says);
    match &config.access {
        Access::Open if config.listen.ip().is_loopback() => {
            finding(State::Good, "everybody on this machine may post".to_owned())
        }
        Access::Open => {
            finding(State::Wrong, format!("everybody who can reach {} may post; set `token_file`", config.listen))
        }
        Access::File(path) if !path.exists() => {
            let directory = path.parent().unwrap_or(Path::new("/"));
            match outbox::can_write(directory) {
                Ok(()) => finding(State::Note, format!("`{}` is made when the relay starts", path.display())),
                Err(error) => finding(
                    State::Wrong,
                    format!(
                        "the relay cannot make `{}`: {error}; make `{}` writable for its user, or set `token`",
                        path.display(),
                        directory.display()
                    ),
                ),
            }
        }
        // It is there, so this makes nothing.
        access => match access.credentials() {
            Ok(_) => finding(State::Good, "callers have to show a token or a password, which can be read".to_owned()),
            Err(error) => finding(State::Wrong, error.to_string()),
        },
    }
}

async fn running(config: &Config) -> Finding {
    let address = local_address(config.listen);
    let finding = |state, says: String| Finding::new(state, "running relay", says);
    let answer = async {
        let client = health::local_client(TIMEOUT)?;
        let url = health::local_url(&client, config.listen).await;
        let request = client.get(format!("{url}/-/ready"));
        match config.access.shown() {
            Some(header) => request.header("Authorization", header.expose()).send().await,
            None => request.send().await,
        }
    };
    match answer.await {
        Ok(answer) if answer.status().is_success() => finding(State::Good, format!("ready at {address}")),
        Ok(answer) => {
            let status = answer.status();
            let body = answer.text().await.unwrap_or_default();
            finding(State::Wrong, format!("{address} answers {status}: {}", body.trim()))
        }
        Err(error) if error.is_connect() => finding(State::Note, format!("none listens at {address}")),
        Err(error) => {
            let says = format!("{address} does not answer: {}; look at its log", http::causes(&error));
            finding(State::Wrong, says)
        }
    }
}

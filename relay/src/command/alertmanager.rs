//! `print-config alertmanager`: the stack's own file, made to fit the user's relay and mail server.
//!
//! Alertmanager expands no variables in its file, so what differs from site to site is written into it.

use std::io::{self, Write as _};

use reqwest::Url;
use serde_json::Value;

use super::{Usage, say};
use crate::cli::Alertmanager;
use crate::config::{Access, Config};

/// What `make up` runs with.
const SHIPPED: &str = include_str!("../../../prometheus/alertmanager.yml");
/// Where the relay is in it.
const RELAY: &str = "http://relay:9878";
/// How Alertmanager proves there who it is.
const CREDENTIALS: &str = "authorization: {credentials_file: /run/seamark/relay_token}";
/// Where the token is then.
const TOKEN_FILE: &str = "/run/seamark/relay_token";
/// Begins what stands there in place of an address.
const NO_FALLBACK: &str = "  # Empty: add an e-mail address";

/// Writes the file to standard output.
///
/// # Errors
///
/// [`Usage`] where something is missing or cannot be meant.
pub fn run(config: &Config, given: &Alertmanager) -> anyhow::Result<()> {
    let text = file(config, given)?;
    if !text.contains("email_configs:\n") {
        let words =
            "no --smtp-smarthost: the receiver `fallback` stays empty, and nobody hears of the relay's own death";
        // Whoever closed standard error does not want to hear of it.
        let _ = writeln!(io::stderr(), "seamark-relay: {words}");
    }
    say(text.trim_end())
}

fn file(config: &Config, given: &Alertmanager) -> Result<String, Usage> {
    let (_, shipped) = SHIPPED.split_once("\nglobal:").unwrap_or_default();
    let (stack, no_fallback) = shipped.split_once(NO_FALLBACK).unwrap_or((shipped, ""));
    let stack = stack.replace(RELAY, &relay_url(&given.relay_url)?).replace(CREDENTIALS, &credentials(config, given));
    let fallback = match mail(given)? {
        Some(mail) => {
            format!("  # What the relay cannot tell: its own death.\n  - name: fallback\n    email_configs:\n{mail}")
        }
        None => format!("{NO_FALLBACK}{no_fallback}"),
    };
    Ok(format!(
        "# Written by `seamark-relay print-config alertmanager`; give it to Alertmanager as --config.file.\n\
         global:{stack}{}{fallback}",
        channels(config, &given.relay_url)
    ))
}

fn relay_url(text: &str) -> Result<String, Usage> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let wrong = || Usage(format!("--relay-url: expected an address such as `{RELAY}`, found `{text}`"));
    url.map(|_| text.trim_end_matches('/').to_owned()).ok_or_else(wrong)
}

fn credentials(config: &Config, given: &Alertmanager) -> String {
    let path = |own: Option<String>| {
        let path = given.credentials_file.clone().or(own).unwrap_or_else(|| TOKEN_FILE.to_owned());
        quoted(&path)
    };
    match &config.access {
        Access::Open => "follow_redirects: false".to_owned(),
        Access::Basic { username, .. } => {
            format!("basic_auth: {{username: {}, password_file: {}}}", quoted(username), path(None))
        }
        Access::Token(_) => format!("authorization: {{credentials_file: {}}}", path(None)),
        Access::File(file) => {
            format!("authorization: {{credentials_file: {}}}", path(Some(file.display().to_string())))
        }
    }
}

/// A receiver for each channel that is on, for routes of the user's own.
fn channels(config: &Config, relay_url: &str) -> String {
    let relay_url = relay_url.trim_end_matches('/');
    let (on, _) = config.channels_on_and_off();
    let receiver = |name: &String| {
        format!(
            "  - name: {}\n    webhook_configs:\n      - url: {}\n        send_resolved: true\n        http_config: *relay\n",
            quoted(&format!("channel-{name}")),
            quoted(&format!("{relay_url}/api/v1/alerts/{name}"))
        )
    };
    let receivers: String = on.iter().map(receiver).collect();
    format!("  # One channel each, for routes of your own.\n{receivers}")
}

/// The entry of `email_configs`, if there is to be one.
fn mail(given: &Alertmanager) -> Result<Option<String>, Usage> {
    // Compose hands variables over that are empty.
    let set = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    let needed = [
        ("--smtp-smarthost", set(&given.smtp_smarthost)),
        ("--smtp-from", set(&given.smtp_from)),
        ("--smtp-to", set(&given.smtp_to)),
    ];
    let login =
        [("--smtp-username", set(&given.smtp_username)), ("--smtp-password-file", set(&given.smtp_password_file))];
    if needed.iter().chain(&login).all(|(_, value)| value.is_none()) {
        return Ok(None);
    }
    let missing = |list: &[(&'static str, Option<String>)]| {
        let names = list.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(" and ")
    };
    if needed.iter().any(|(_, value)| value.is_none()) {
        return Err(Usage(format!("mail needs {} as well", missing(&needed))));
    }
    if login.iter().any(|(_, value)| value.is_none()) && login.iter().any(|(_, value)| value.is_some()) {
        return Err(Usage(format!("to log in at the mail server, {} is needed as well", missing(&login))));
    }
    let smarthost = set(&given.smtp_smarthost).unwrap_or_default();
    let port = smarthost.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    if port.is_none_or(|(host, _)| host.is_empty()) {
        let expected = "expected a host and a port, such as `mail.example.org:587`";
        return Err(Usage(format!("--smtp-smarthost: {expected}, found `{smarthost}`")));
    }
    let keys = ["smarthost", "from", "to", "auth_username", "auth_password_file"];
    let values = needed.iter().chain(&login).map(|(_, value)| value);
    let mut lines = String::new();
    for (key, value) in keys.iter().zip(values) {
        let lead = if lines.is_empty() { "      - " } else { "        " };
        lines.extend(value.as_ref().map(|value| format!("{lead}{key}: {}\n", quoted(value))));
    }
    Ok(Some(format!("{lines}        require_tls: {}\n        send_resolved: true\n", !given.smtp_no_tls)))
}

/// JSON's strings are YAML's as well, whatever is in them.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::Source;

    use super::*;

    #[test]
    fn what_is_replaced_is_there_to_be_replaced() {
        for words in ["\nglobal:", RELAY, CREDENTIALS, NO_FALLBACK, "http_config: &relay"] {
            assert!(SHIPPED.contains(words), "{words}");
        }
    }

    #[test]
    fn mail_is_asked_for_as_a_whole() {
        let config = Config::read(&Source::new("relay.yml", "channels: {screen: {type: log}}")).unwrap();
        let says = |edit: &dyn Fn(&mut Alertmanager)| {
            let mut given = Alertmanager { relay_url: RELAY.to_owned(), ..Alertmanager::default() };
            edit(&mut given);
            file(&config, &given).unwrap_err().to_string()
        };
        assert_eq!(
            says(&|given| given.smtp_to = Some("me@example.org".to_owned())),
            "mail needs --smtp-smarthost and --smtp-from as well"
        );
        let whole = |given: &mut Alertmanager| {
            given.smtp_smarthost = Some("mail.example.org".to_owned());
            given.smtp_from = Some("a@example.org".to_owned());
            given.smtp_to = given.smtp_from.clone();
        };
        assert!(says(&whole).ends_with("such as `mail.example.org:587`, found `mail.example.org`"));
        let half = |given: &mut Alertmanager| {
            whole(given);
            given.smtp_username = Some("me".to_owned());
        };
        assert_eq!(says(&half), "to log in at the mail server, --smtp-password-file is needed as well");
        assert!(says(&|given| given.relay_url = "relay".to_owned()).starts_with("--relay-url: expected an address"));
    }
}

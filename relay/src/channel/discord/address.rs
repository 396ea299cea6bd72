//! The webhook's address, as people paste it.

use reqwest::Url;
use seamark_kit::secret::Secret;

/// Where to find one.
pub(super) const MISSING: &str = "expected a webhook's address (in Discord: Edit Channel, Integrations, Webhooks, Copy Webhook URL); \
     leave it empty to switch the channel off";

/// A webhook's address.
#[derive(Debug, PartialEq)]
pub(super) struct Address {
    /// Without a query.
    pub webhook: Secret,
    /// The thread that its query names.
    pub thread_id: Option<String>,
}

/// Reads an address. One of Discord's own gets its versioned form: errors there have a better shape, and it is less
/// often blocked (discord/discord-api-docs#1771). Other hosts are stand-ins or gateways, and stay as they are.
///
/// # Errors
///
/// What was pasted instead, and where the right thing is. Never the address: it holds a token.
pub(super) fn read(text: &str) -> Result<Address, String> {
    let text = text.trim();
    let url = Url::parse(text).map_err(|_| format!("found no address; {MISSING}"))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    if !matches!(url.scheme(), "http" | "https") || host.is_empty() {
        return Err(format!("found no https:// address; {MISSING}"));
    }
    let thread_id = url.query_pairs().find(|(key, _)| key == "thread_id").map(|(_, value)| value.into_owned());
    let thread_id = thread_id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    if let Some(problem) = other_service(&host) {
        return Err(problem);
    }
    let webhook = if is_discord(&host) { official(&url)? } else { elsewhere(url)? };
    Ok(Address { webhook: Secret::new(webhook), thread_id })
}

fn is_discord(host: &str) -> bool {
    ["discord.com", "discordapp.com"].into_iter().any(|domain| {
        host == domain || host.strip_suffix(domain).is_some_and(|before| matches!(before, "ptb." | "canary." | "www."))
    })
}

fn other_service(host: &str) -> Option<String> {
    let (service, next) = match host {
        "qyapi.weixin.qq.com" => ("WeCom", "use `type: wecom`"),
        "api.telegram.org" => ("Telegram", "use `type: telegram`"),
        "hooks.slack.com" => ("Slack", "Slack is not supported"),
        "discord.gg" => ("an invitation to Discord", MISSING),
        _ => return None,
    };
    Some(format!("this address is of {service}; {next}"))
}

fn official(url: &Url) -> Result<String, String> {
    let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let after_api = match parts.as_slice() {
        ["api", version, rest @ ..] if version.starts_with('v') => rest,
        ["api", rest @ ..] => rest,
        ["channels", ..] => return Err(format!("this is the address of a chat channel; {MISSING}")),
        _ => return Err(format!("this address of Discord's is no webhook; {MISSING}")),
    };
    match after_api {
        ["webhooks", id, token] if id.bytes().all(|byte| byte.is_ascii_digit()) && is_token(token) => {
            Ok(format!("https://discord.com/api/v10/webhooks/{id}/{token}"))
        }
        ["webhooks", _, _, other @ ("slack" | "github")] => {
            Err(format!("remove `/{other}` from the end: the relay speaks Discord's own form"))
        }
        ["webhooks", _] => Err(format!("the address ends before its token; {MISSING}")),
        _ => Err(format!("this address of Discord's is no webhook; {MISSING}")),
    }
}

/// Letters, digits, `-` and `_`.
fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn elsewhere(mut url: Url) -> Result<String, String> {
    if url.scheme() == "http" && !is_loopback(&url) {
        let host = url.host_str().unwrap_or_default();
        tracing::warn!(
            host,
            "a Discord webhook on `{host}` is called over plain http: everybody on the way can read it"
        );
    }
    if url.path() == "/" {
        return Err(format!("this address has no path, and so no token; {MISSING}"));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(text: &str) -> Result<String, String> {
        read(text).map(|address| address.webhook.expose().to_owned())
    }

    #[test]
    fn every_address_that_discord_gives_out_becomes_the_versioned_one() {
        for pasted in [
            "https://discord.com/api/webhooks/11/s3cr3t-_",
            "https://discordapp.com/api/webhooks/11/s3cr3t-_",
            " https://ptb.discord.com/api/v9/webhooks/11/s3cr3t-_/?wait=false \n",
        ] {
            assert_eq!(webhook(pasted).as_deref(), Ok("https://discord.com/api/v10/webhooks/11/s3cr3t-_"), "{pasted}");
        }
    }

    #[test]
    fn a_thread_in_the_address_is_kept() {
        let address = read("https://discord.com/api/webhooks/11/t?thread_id=22").unwrap();
        assert_eq!(address.thread_id.as_deref(), Some("22"));
    }

    #[test]
    fn another_host_stays_as_it_is() {
        assert_eq!(
            webhook("http://127.0.0.1:8080/api/webhooks/1/t").as_deref(),
            Ok("http://127.0.0.1:8080/api/webhooks/1/t")
        );
    }

    #[test]
    fn what_is_no_webhook_is_named_without_showing_it() {
        for (pasted, says) in [
            ("s3cr3t", "found no address"),
            ("ftp://discord.com/s3cr3t", "found no https:// address"),
            ("https://discord.com/channels/1/s3cr3t", "the address of a chat channel"),
            ("https://discord.com/api/webhooks/1", "ends before its token"),
            ("https://discord.com/api/webhooks/1/s3cr3t/slack", "remove `/slack`"),
            ("https://discord.com/api/users/s3cr3t", "no webhook"),
            ("https://discord.gg/s3cr3t", "an invitation"),
            ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cr3t", "use `type: wecom`"),
            ("https://gateway.example/", "no path"),
        ] {
            let problem = webhook(pasted).unwrap_err();
            assert!(problem.contains(says), "{pasted}: {problem}");
            assert!(!problem.contains("s3cr3t"), "{problem}");
        }
    }
}

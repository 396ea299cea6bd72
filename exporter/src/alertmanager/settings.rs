//! The section `alertmanager` of the configuration.

use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;
use seamark_kit::config::{Item, Section};
use seamark_kit::secret::Secret;

use super::tls::{self, Tls};

const EXPECTED_URL: &str = "expected a URL such as `http://alertmanager:9093`";

/// Which Alertmanagers there are, and what the alerts sent to them are labelled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Each gets every alert.
    pub targets: Vec<Target>,
    /// Labels beside the container's identity.
    pub labels: Vec<(String, String)>,
}

/// One Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is called in metrics and in the log: host, port and path, never what is secret in its URL.
    pub name: String,
    /// Its base URL, without user and password.
    pub url: Url,
    /// What it asks for.
    pub credentials: Option<Credentials>,
    /// Where the secret of the credentials came from; read again when it changes.
    pub secret_file: Option<PathBuf>,
    /// How its certificate is checked, and what ours is.
    pub tls: Tls,
}

impl Target {
    /// Whether anybody on the way can read the credentials.
    pub fn sends_credentials_in_clear(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let stays_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        self.credentials.is_some() && self.url.scheme() == "http" && !stays_here
    }
}

/// How an Alertmanager knows us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Bearer …`.
    Bearer(Secret),
    /// User name and password.
    Basic(String, Secret),
}

/// Reads the section.
///
/// A URL that is empty (an unset variable) is none, so that one file serves hosts with and without an Alertmanager.
pub fn read(section: &mut Section) -> Settings {
    let mut settings = Settings::default();
    for mut item in section.items("urls") {
        let target = match item.scalar().map(str::to_owned) {
            Some(text) => target(&text, &item, None),
            None => target_with_credentials(&mut item),
        };
        let Some(target) = target else { continue };
        if settings.targets.iter().any(|other| other.name == target.name) {
            item.problem("url", format!("the Alertmanager `{}` is there twice; keep one", target.name));
        } else {
            settings.targets.push(target);
        }
    }
    settings.labels = section.pairs("labels").into_iter().filter_map(label).collect();
    settings
}

fn target_with_credentials(item: &mut Section) -> Option<Target> {
    let url = item.text("url");
    let (credentials, secret_file) = credentials(item);
    let has_tls = item.is_set("tls");
    let tls = tls::read(&mut item.section("tls"));
    if url.is_none() && item.is_present() {
        item.problem("", format!("`url` is missing; {EXPECTED_URL}"));
    }
    let target = target(&url?, item, credentials)?;
    if has_tls && target.url.scheme() == "http" {
        item.problem("tls", "there is no TLS on the way to an `http` URL; write `https`, or leave `tls` out");
        return None;
    }
    Some(Target { secret_file, tls: tls?, ..target })
}

fn target(text: &str, section: &Section, credentials: Option<Credentials>) -> Option<Target> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    // Never shown as it was found: it may hold a password.
    let Some(mut url) = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    else {
        section.problem("url", EXPECTED_URL);
        return None;
    };
    let (user, password) = (url.username().to_owned(), url.password().map(str::to_owned));
    // Neither fails for a URL with a host.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    let in_url = password.map(|password| Credentials::Basic(unescape(&user), Secret::new(unescape(&password))));
    let name = name(&url);
    Some(Target { name, url, credentials: credentials.or(in_url), secret_file: None, tls: Tls::default() })
}

/// Empty ones (unset variables) are none.
fn credentials(section: &mut Section) -> (Option<Credentials>, Option<PathBuf>) {
    let bearer = section.secret_and_file("bearer_token", "bearer_token_file");
    let bearer = bearer.filter(|(token, _)| !token.expose().is_empty());
    let mut basic = section.section("basic_auth");
    match (bearer, basic.is_present()) {
        (Some(_), true) => {
            basic.skip_rest();
            section.problem("basic_auth", "both `bearer_token` and `basic_auth` are given; keep one");
            (None, None)
        }
        (Some((token, file)), false) => (Some(Credentials::Bearer(token)), file),
        (None, true) => basic_auth(&mut basic),
        (None, false) => (None, None),
    }
}

fn basic_auth(section: &mut Section) -> (Option<Credentials>, Option<PathBuf>) {
    let has_password = section.is_set("password") || section.is_set("password_file");
    let user = section.text("username");
    let password = section.secret_and_file("password", "password_file");
    match (user, password) {
        (Some(user), Some((password, None))) if user.is_empty() && password.expose().is_empty() => (None, None),
        (Some(user), Some((password, file))) => (Some(Credentials::Basic(user, password)), file),
        (user, _) => {
            if user.is_none() {
                section.problem("", "`username` is missing");
            } else if !has_password {
                section.problem("", "`password` is missing; expected `password`, or `password_file`");
            }
            (None, None)
        }
    }
}

fn label((name, value): (Item, Item)) -> Option<(String, String)> {
    let mut characters = name.text.chars();
    let first = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if !first || !characters.all(|other| other.is_ascii_alphanumeric() || other == '_') {
        name.problem(format!("expected a label name (letters, digits, `_`), found `{}`", name.text));
        return None;
    }
    Some((name.text, value.text))
}

fn name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port}{}", url.path().trim_end_matches('/'))
}

/// `%40` in the user or password of a URL is `@`.
pub fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut after = rest.clone();
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match (byte, digit(after.next()), digit(after.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = after;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Problems, Source};
    use seamark_kit::secret::Secret;

    use super::{Credentials, Settings, read};

    fn settings(text: &str) -> Result<Settings, Problems> {
        config::read(&Source::new("exporter.yml", text), |root| read(&mut root.section("alertmanager")))
    }

    #[test]
    fn urls_are_plain_or_with_credentials_and_their_names_hold_no_secret() {
        let read = settings(
            "alertmanager:\n  urls:\n  - http://am:9093/\n  - https://me:p%40ss@far/am?token=x\n  - ''\n  - {url: 'http://b', bearer_token: t}\n  \
             - {url: 'http://c:1', basic_auth: {username: u, password: p}}\n  labels: {site: north}\n",
        )
        .unwrap();
        let all: Vec<_> =
            read.targets.iter().map(|t| (t.name.as_str(), t.url.as_str(), t.credentials.clone())).collect();
        let basic = |user: &str, password: &str| Some(Credentials::Basic(user.to_owned(), Secret::new(password)));
        assert_eq!(
            all,
            [
                ("am:9093", "http://am:9093/", None),
                ("far:443/am", "https://far/am", basic("me", "p@ss")),
                ("b:80", "http://b/", Some(Credentials::Bearer(Secret::new("t")))),
                ("c:1", "http://c:1/", basic("u", "p")),
            ]
        );
        assert_eq!(read.labels, [("site".to_owned(), "north".to_owned())]);
        assert!(!format!("{read:?}").contains("p@ss"));
        assert_eq!(settings("{}").unwrap(), Settings::default());
    }

    #[test]
    fn files_are_remembered_and_what_is_wrong_with_them_is_said_where_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("token"), "hush\n").unwrap();
        std::fs::write(path("odd.pem"), "-----BEGIN hunter2").unwrap();
        let text =
            format!("alertmanager:\n  urls:\n  - {{url: 'https://a', bearer_token_file: '{}'}}\n", path("token"));
        let read = settings(&text).unwrap();
        assert_eq!(read.targets[0].credentials, Some(Credentials::Bearer(Secret::new("hush"))));
        assert_eq!(read.targets[0].secret_file, Some(path("token").into()));
        let text = format!(
            "alertmanager:\n  urls:\n  - url: https://a\n    tls:\n      ca_file: {odd}\n      server_name: b\n  - url: https://b\n    \
             tls: {{cert_file: {odd}}}\n  - url: https://c\n    tls: {{cert_file: {odd}, key_file: {odd}}}\n  - url: https://d\n    \
             tls: {{ca_file: /nowhere/ca.pem, insecure_skip_verify: perhaps, ca: x}}\n  - url: https://e\n    tls: {{key_file: {odd}}}\n",
            odd = path("odd.pem")
        );
        let problems = settings(&text).unwrap_err().to_string();
        let places: Vec<_> = problems.lines().filter_map(|line| line.split(": ").next()).collect();
        let expected = [(5, 16), (6, 20), (8, 22), (10, 22), (12, 20), (12, 59), (12, 68), (14, 21)];
        let expected: Vec<_> = expected.iter().map(|(line, column)| format!("exporter.yml:{line}:{column}")).collect();
        assert_eq!(places, expected, "{problems}");
        for part in [
            "expected certificates in PEM",
            "`server_name` cannot be set here; write the name that the certificate holds into `url`",
            "`key_file` is missing",
            "`cert_file` is missing",
            "expected a certificate and its key in PEM",
            "the file `/nowhere/ca.pem` cannot be read",
        ] {
            assert!(problems.contains(part), "{part} in {problems}");
        }
        assert!(!problems.contains("hunter2"), "{problems}");
    }

    #[test]
    fn half_credentials_and_tls_without_tls_are_refused() {
        let text = "alertmanager:\n  urls:\n  - {url: 'https://a', basic_auth: {username: u}}\n  \
                    - {url: 'https://b', basic_auth: {password: hunter2}}\n  \
                    - {url: 'http://c', tls: {insecure_skip_verify: true}}\n";
        let expected = [
            "exporter.yml:3:36: alertmanager.urls[0].basic_auth: `password` is missing; expected `password`, or \
             `password_file`",
            "exporter.yml:4:36: alertmanager.urls[1].basic_auth: `username` is missing",
            "exporter.yml:5:28: alertmanager.urls[2].tls: there is no TLS on the way to an `http` URL; write `https`, \
             or leave `tls` out",
        ];
        let problems = settings(text).unwrap_err().to_string();
        assert_eq!(problems.lines().collect::<Vec<_>>(), expected);
        // Unset variables: none are asked for there.
        let open = "alertmanager: {urls: [{url: 'http://a', basic_auth: {username: '', password: ''}}]}\n";
        assert_eq!(settings(open).unwrap().targets[0].credentials, None);
    }

    #[test]
    fn credentials_on_an_unencrypted_way_are_noticed() {
        let read = settings(
            "alertmanager:\n  urls: ['http://u:p@am', 'https://u:p@am', 'http://u:p@localhost', 'http://u:p@127.0.0.2', \
             'http://u:p@[::1]:1', 'http://open']\n",
        );
        let noticed: Vec<_> = read.unwrap().targets.iter().map(super::Target::sends_credentials_in_clear).collect();
        assert_eq!(noticed, [true, false, false, false, false, false]);
    }

    #[test]
    fn what_is_wrong_is_named_without_showing_a_password() {
        let problems = settings(
            "alertmanager:\n  urls: ['ftp://u:hunter2@x', 'http://a', 'http://a:80/', {url: 'http://b', bearer_tokn: t}, {bearer_token: t}]\n  labels: {'a-b': c}\n",
        )
        .unwrap_err()
        .to_string();
        assert_eq!(problems.lines().count(), 5, "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
        for part in [
            "expected a URL such as",
            "`url` is missing",
            "`a:80` is there twice",
            "did you mean `bearer_token`?",
            "found `a-b`",
        ] {
            assert!(problems.contains(part), "{part} in {problems}");
        }
    }
}

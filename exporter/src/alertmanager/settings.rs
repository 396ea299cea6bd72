//! The section `alertmanager` of the configuration.

use seamark_kit::config::{Item, Section};
use seamark_kit::upstream::{self, Service, Target};

/// Which Alertmanagers there are, and what the alerts sent to them are labelled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Each gets every alert.
    pub targets: Vec<Target>,
    /// Labels beside the container's identity.
    pub labels: Vec<(String, String)>,
}

/// Reads the section.
///
/// A URL that is empty (an unset variable) is none, so that one file serves hosts with and without an Alertmanager.
pub fn read(section: &mut Section) -> Settings {
    let mut settings = Settings::default();
    for mut item in section.items("urls") {
        let Some(target) = upstream::read(&mut item, Service::ALERTMANAGER) else { continue };
        if settings.targets.iter().any(|other| other.name == target.name) {
            item.problem("url", format!("the Alertmanager `{}` is there twice; keep one", target.name));
        } else {
            settings.targets.push(target);
        }
    }
    settings.labels = section.pairs("labels").into_iter().filter_map(label).collect();
    settings
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

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Problems, Source};
    use seamark_kit::secret::Secret;
    use seamark_kit::upstream::Credentials;

    use super::{Settings, read};

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

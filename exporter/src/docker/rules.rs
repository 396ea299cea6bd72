//! Which containers and which events are worth an alert: the keys `events:` and the label `seamark.alerts`.

use std::time::Duration;

use seamark_kit::config::{Section, did_you_mean, shown};

use super::container::{Identity, Setup};
use super::expected::Expected;
use crate::alertmanager::alert::Kind;

/// What to tell of, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Tell of crashes.
    pub crash: bool,
    /// Tell of containers that died and were started again within the window.
    pub restart: bool,
    /// Tell of containers that ended cleanly or were stopped.
    pub stop: bool,
    /// Tell of containers that were started.
    pub start: bool,
    /// Tell of containers whose restart policy starts them again and again, instead of each restart.
    pub restart_loop: bool,
    /// Tell of containers whose health checks fail.
    pub unhealthy: bool,
    /// Tell of containers that were taken away while they ran.
    pub removed: bool,
    /// Names or globs; empty is every container.
    pub include: Vec<String>,
    /// Names or globs; these win over `include`.
    pub exclude: Vec<String>,
    /// How long a restart policy has to bring a container back before its death is called a crash.
    pub restart_window: Duration,
    /// So many of a container's last lines are told with its crash.
    pub log_lines: u32,
    /// The watch list: these are missed when they are gone, however they went.
    pub missed: Vec<Expected>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            crash: true,
            restart: true,
            stop: false,
            start: false,
            restart_loop: true,
            unhealthy: true,
            removed: true,
            include: Vec::new(),
            exclude: Vec::new(),
            restart_window: Duration::from_secs(5),
            log_lines: 0,
            missed: Vec::new(),
        }
    }
}

/// The words of `events.notify`.
const WORDS: [(&str, Kind); 7] = [
    ("crash", Kind::Crashed),
    ("restart", Kind::Restarted),
    ("loop", Kind::Looping),
    ("unhealthy", Kind::Unhealthy),
    ("removed", Kind::Removed),
    ("stop", Kind::Stopped),
    ("start", Kind::Started),
];

impl Rules {
    /// Reads the section `events`.
    pub fn read(section: &mut Section, restart_window: Duration) -> Self {
        let mut rules = Self { restart_window, ..Self::default() };
        if let Some(words) = section.texts("notify") {
            for (_, kind) in WORDS {
                *rules.wish(kind) = false;
            }
            for word in words {
                match WORDS.iter().find(|(known, _)| *known == word.text) {
                    Some((_, kind)) => *rules.wish(*kind) = true,
                    None => {
                        let known: Vec<String> = WORDS.iter().map(|(known, _)| format!("`{known}`")).collect();
                        let hint = did_you_mean(&word.text, WORDS.iter().map(|(known, _)| *known));
                        let expected = format!("expected {}; `[]` is none of them", known.join(", "));
                        word.problem(format!("{expected}; found `{}`{hint}", shown(&word.text)));
                    }
                }
            }
        }
        // Empty is none: `include: ["${SEAMARK_INCLUDE:-}"]`.
        let mut globs = |key| {
            let texts = section.texts(key).unwrap_or_default().into_iter().map(|item| item.text);
            texts.filter(|glob| !glob.is_empty()).collect()
        };
        rules.include = globs("include");
        rules.exclude = globs("exclude");
        rules
    }

    fn wish(&mut self, kind: Kind) -> &mut bool {
        match kind {
            Kind::Crashed => &mut self.crash,
            Kind::Restarted => &mut self.restart,
            Kind::Stopped => &mut self.stop,
            Kind::Started => &mut self.start,
            Kind::Looping => &mut self.restart_loop,
            Kind::Unhealthy => &mut self.unhealthy,
            Kind::Removed => &mut self.removed,
        }
    }

    /// Whether this is to be told of this container.
    pub fn want(&self, kind: Kind, container: &Identity, setup: &Setup) -> bool {
        let wanted = match kind {
            Kind::Crashed => self.crash,
            Kind::Restarted => self.restart,
            Kind::Stopped => self.stop,
            Kind::Started => self.start,
            Kind::Looping => self.restart_loop,
            Kind::Unhealthy => self.unhealthy,
            Kind::Removed => self.removed,
        };
        wanted && self.cover(container, setup)
    }

    /// Whether this container is missed when it is gone.
    pub fn miss(&self, container: &Identity) -> bool {
        self.missed.iter().any(|expected| expected.covers(container))
    }

    /// Whether alerts about this container are wanted at all.
    ///
    /// Throw-away containers (`--rm`, `docker compose run`) are left out unless `include` names them.
    pub fn cover(&self, container: &Identity, setup: &Setup) -> bool {
        let named = |globs: &[String]| globs.iter().any(|glob| matches(glob, &container.name));
        if container.label("seamark.alerts").eq_ignore_ascii_case("off") || named(&self.exclude) {
            return false;
        }
        let throw_away = setup.auto_remove || container.is_one_off();
        if self.include.is_empty() { !throw_away } else { named(&self.include) }
    }
}

/// Whether a glob with `*` (any text) and `?` (one character) is the whole text.
pub(super) fn matches(glob: &str, text: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut in_glob) = (0, 0);
    // Where the last `*` stands, and how much text it has eaten so far: on a mismatch it eats one more.
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at) {
        match glob.get(in_glob) {
            Some('*') => {
                star = Some((in_glob, at));
                in_glob += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == character => {
                at += 1;
                in_glob += 1;
            }
            _ => {
                let Some((star_at, eaten)) = star else { return false };
                star = Some((star_at, eaten + 1));
                in_glob = star_at + 1;
                at = eaten + 1;
            }
        }
    }
    glob.iter().skip(in_glob).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Source};

    use super::{Rules, matches};
    use crate::docker::container::{Identity, Setup};

    fn container(name: &str, label: Option<(&str, &str)>) -> Identity {
        let labels = label.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
        Identity { name: name.to_owned(), labels, ..Identity::default() }
    }

    #[test]
    fn globs_match_whole_names() {
        for (glob, name) in
            [("web", "web"), ("ci-*", "ci-"), ("*-?", "web-1"), ("*", ""), ("a*b*c", "aXbYbZc"), ("?", "店")]
        {
            assert!(matches(glob, name), "{glob} {name}");
        }
        for (glob, name) in [("web", "web-1"), ("ci-*", "aci-1"), ("?", ""), ("a*b", "abc"), ("", "a")] {
            assert!(!matches(glob, name), "{glob} {name}");
        }
    }

    #[test]
    fn throw_away_containers_are_left_out_unless_they_are_named() {
        let throw_away = Setup { auto_remove: true, ..Setup::default() };
        let one_off = container("shop-web-run-1", Some(("com.docker.compose.oneoff", "True")));
        let rules = Rules::default();
        assert!(rules.cover(&container("web", None), &Setup::default()));
        assert!(!rules.cover(&container("web", None), &throw_away));
        assert!(!rules.cover(&one_off, &Setup::default()));
        assert!(!rules.cover(&container("web", Some(("seamark.alerts", "off"))), &Setup::default()));
        let named = Rules { include: vec!["shop-*".to_owned()], exclude: vec!["*-2".to_owned()], ..Rules::default() };
        assert!(named.cover(&one_off, &Setup::default()));
        assert!(!named.cover(&container("shop-web-2", None), &Setup::default()));
        assert!(!named.cover(&container("web", None), &Setup::default()));
    }

    #[test]
    fn the_configuration_is_read_and_a_wrong_word_is_named() {
        let read = |text: &str| {
            config::read(&Source::new("exporter.yml", text), |root| {
                Rules::read(&mut root.section("events"), std::time::Duration::from_secs(5))
            })
        };
        let rules = read("events: {notify: [stop], include: web, exclude: ['ci-*']}\n").unwrap();
        assert_eq!((rules.crash, rules.restart, rules.stop, rules.start), (false, false, true, false));
        assert_eq!((rules.restart_loop, rules.unhealthy, rules.removed), (false, false, false));
        assert_eq!((rules.include, rules.exclude), (vec!["web".to_owned()], vec!["ci-*".to_owned()]));
        let rules = read("events: {include: [''], exclude: ''}\n").unwrap();
        assert_eq!((rules.include.len(), rules.exclude.len()), (0, 0), "an unset variable");
        let problems = read("events: {notify: [crash, stops]}\n").unwrap_err().to_string();
        let expected = "exporter.yml:1:26: events.notify[1]: expected `crash`, `restart`, `loop`, `unhealthy`, \
                        `removed`, `stop`, `start`; `[]` is none of them; found `stops`; did you mean `stop`?";
        assert_eq!(problems, expected);
    }
}

//! Whom a message calls, by how bad it is: the `mention` section of a channel.
//!
//! What a word means, and what it looks like in a message, is for each channel to say.

use seamark_kit::config::{Section, shown};

use crate::message::Tone;

/// So many may be called at once; whoever wants more makes a role or a group of them.
pub(super) const MOST: usize = 10;

/// Whom to call; nobody where nothing is set.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mentions<T> {
    critical: Vec<T>,
    warning: Vec<T>,
    info: Vec<T>,
}

impl<T> Mentions<T> {
    /// Reads `mention: {critical: …, warning: …, info: …}`, each one word or a list of them. An empty word calls nobody,
    /// as an unset variable leaves it. `expected` says what `read` takes.
    pub fn read(section: &mut Section, expected: &str, read: impl Fn(&str) -> Option<T>) -> Self {
        let mut section = section.section("mention");
        let mut words = |key| {
            let items = section.texts(key).unwrap_or_default();
            let items: Vec<_> = items.into_iter().filter(|item| !item.text.trim().is_empty()).collect();
            if let Some(one_too_many) = items.get(MOST) {
                one_too_many.problem(format!("expected at most {MOST} mentions, found {}", items.len()));
            }
            let word = |item: &seamark_kit::config::Item| {
                let word = read(item.text.trim());
                if word.is_none() {
                    item.problem(format!("expected {expected}, found `{}`", shown(&item.text)));
                }
                word
            };
            items.iter().filter_map(word).collect()
        };
        Self { critical: words("critical"), warning: words("warning"), info: words("info") }
    }

    /// Whom a message of this tone calls: nobody, unless something fires.
    pub fn of(&self, tone: Tone) -> &[T] {
        match tone {
            Tone::Critical => &self.critical,
            Tone::Warning => &self.warning,
            Tone::Info => &self.info,
            Tone::Good | Tone::Neutral | Tone::Ended => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Source};

    use super::*;

    fn read(text: &str) -> Result<Mentions<String>, String> {
        let word = |text: &str| text.starts_with('@').then(|| text.to_owned());
        let source = Source::new("relay.yml", text).with_environment([]);
        config::read(&source, |section| Mentions::read(section, "`@` and a name", word)).map_err(|err| err.to_string())
    }

    #[test]
    fn only_what_fires_calls_somebody() {
        let mentions = read("mention: {critical: ['@a', '@b'], warning: '@c', info: '${NOBODY:-}'}").unwrap();
        let of = |tone| mentions.of(tone).join(" ");
        assert_eq!((of(Tone::Critical), of(Tone::Warning), of(Tone::Info)), ("@a @b".into(), "@c".into(), "".into()));
        assert!([Tone::Good, Tone::Neutral, Tone::Ended].into_iter().all(|tone| of(tone).is_empty()));
        assert_eq!(read("{}").unwrap().of(Tone::Critical), [""; 0]);
    }

    #[test]
    fn what_calls_nobody_is_a_problem_with_its_place() {
        let many = ["'@a'"; 11].join(", ");
        let problems =
            read(&format!("mention:\n  critical: ops\n  urgent: '@a'\n  info: ['@a', b]\n  warning: [{many}]"));
        assert_eq!(
            problems.unwrap_err(),
            "relay.yml:2:13: mention.critical: expected `@` and a name, found `ops`\n\
             relay.yml:3:3: mention: unknown key `urgent`\n\
             relay.yml:4:16: mention.info[1]: expected `@` and a name, found `b`\n\
             relay.yml:5:73: mention.warning[10]: expected at most 10 mentions, found 11"
        );
    }
}

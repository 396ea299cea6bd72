//! The catalogues: every sentence the relay says to people, in each language, with its plural rules.
//!
//! Fluent (<https://projectfluent.org>) formats the words. Data such as a container's name never passes through it as
//! text: each value travels as one private-use character and comes back as a [`Span`], so that a name can be set as
//! code in the middle of a translated sentence, and nothing in a name can disturb the sentence.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use tracing::error;
use unic_langid::LanguageIdentifier;

use crate::message::{Span, Text};

/// A language that the relay speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English.
    En,
    /// Chinese as written in mainland China.
    ZhCn,
    /// Chinese as written in Taiwan.
    ZhTw,
    /// Ukrainian.
    Uk,
}

impl Locale {
    /// The values of the configuration key `locale`.
    pub const CHOICES: &'static [(&'static str, Self)] =
        &[("en", Self::En), ("zh-CN", Self::ZhCn), ("zh-TW", Self::ZhTw), ("uk", Self::Uk)];

    /// Its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
            Self::ZhTw => "zh-TW",
            Self::Uk => "uk",
        }
    }

    /// What is said in chats, and on the page.
    fn sources(self) -> [&'static str; 2] {
        match self {
            Self::En => [include_str!("../../locales/en.ftl"), include_str!("../../locales/page/en.ftl")],
            Self::ZhCn => [include_str!("../../locales/zh-CN.ftl"), include_str!("../../locales/page/zh-CN.ftl")],
            Self::ZhTw => [include_str!("../../locales/zh-TW.ftl"), include_str!("../../locales/page/zh-TW.ftl")],
            Self::Uk => [include_str!("../../locales/uk.ftl"), include_str!("../../locales/page/uk.ftl")],
        }
    }
}

/// A value in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arg {
    /// A number that plural rules look at.
    Count(u64),
    /// One of the words a catalogue selects on.
    Choice(&'static str),
    /// Data, shown as it is.
    Data(Span),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Data(Span::Text(text.to_owned()))
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Span> for Arg {
    fn from(span: Span) -> Self {
        Self::Data(span)
    }
}

/// Data travels as this character for the first value, the next one for the second, and so on. The block is private
/// use: no catalogue writes it.
const FIRST_PLACEHOLDER: u32 = 0xF0000;

/// All sentences of one language.
pub(crate) struct Catalogue {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl Catalogue {
    /// The catalogue of a language.
    pub(crate) fn of(locale: Locale) -> &'static Self {
        static EN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load(Locale::En));
        static ZH_CN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load(Locale::ZhCn));
        static ZH_TW: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load(Locale::ZhTw));
        static UK: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load(Locale::Uk));
        match locale {
            Locale::En => &EN,
            Locale::ZhCn => &ZH_CN,
            Locale::ZhTw => &ZH_TW,
            Locale::Uk => &UK,
        }
    }

    fn load(locale: Locale) -> Self {
        let language: LanguageIdentifier = locale.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // The marks that isolate right-to-left words show up as boxes in chats.
        bundle.set_use_isolating(false);
        for source in locale.sources() {
            let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(readable, errors)| {
                error!(locale = locale.tag(), ?errors, "parts of a catalogue are unreadable");
                readable
            });
            if let Err(errors) = bundle.add_resource(resource) {
                error!(locale = locale.tag(), ?errors, "a catalogue says something twice");
            }
        }
        Self { locale, bundle }
    }

    /// A sentence whose data stays apart from its words.
    pub(crate) fn text(&self, key: &'static str, values: &[(&'static str, Arg)]) -> Text {
        self.format(key, values).unwrap_or_else(|problem| {
            // Tests format every key of every catalogue; this is for the alert that must arrive all the same.
            error!(locale = self.locale.tag(), key, problem, "a sentence is missing");
            let data = values.iter().filter_map(|(_, value)| match value {
                Arg::Data(span) => Some([Span::Text(" ".to_owned()), span.clone()]),
                Arg::Count(_) | Arg::Choice(_) => None,
            });
            std::iter::once(Span::Text(key.to_owned())).chain(data.flatten()).collect()
        })
    }

    /// A sentence as plain words.
    pub(crate) fn words(&self, key: &'static str, values: &[(&'static str, Arg)]) -> String {
        plain(&self.text(key, values))
    }

    fn format(&self, key: &str, values: &[(&'static str, Arg)]) -> Result<Text, String> {
        let mut arguments = FluentArgs::new();
        let mut data = Vec::new();
        for (name, value) in values {
            let value = match value {
                Arg::Count(count) => FluentValue::from(*count),
                Arg::Choice(word) => FluentValue::from(*word),
                Arg::Data(span) => {
                    data.push(span);
                    placeholder(data.len() - 1).map_or(FluentValue::None, |character| character.to_string().into())
                }
            };
            arguments.set(*name, value);
        }
        let message = self.bundle.get_message(key).ok_or("no such key")?;
        let pattern = message.value().ok_or("a key without words")?;
        let mut errors = Vec::new();
        let words = self.bundle.format_pattern(pattern, Some(&arguments), &mut errors);
        if errors.is_empty() { Ok(put_back(&words, &data)) } else { Err(format!("{errors:?}")) }
    }
}

fn placeholder(index: usize) -> Option<char> {
    char::from_u32(FIRST_PLACEHOLDER.checked_add(u32::try_from(index).ok()?)?)
}

/// Splits formatted words at their placeholders and puts the data there.
fn put_back(words: &str, data: &[&Span]) -> Text {
    let mut text = Text::new();
    let mut run = String::new();
    for character in words.chars() {
        let index = u32::from(character).checked_sub(FIRST_PLACEHOLDER).and_then(|index| usize::try_from(index).ok());
        match index.and_then(|index| data.get(index)) {
            None => run.push(character),
            Some(Span::Text(words)) => run.push_str(words),
            Some(span) => {
                if !run.is_empty() {
                    text.push(Span::Text(std::mem::take(&mut run)));
                }
                text.push((*span).clone());
            }
        }
    }
    if !run.is_empty() {
        text.push(Span::Text(run));
    }
    text
}

/// The words of a text without their markup.
pub(crate) fn plain(text: &[Span]) -> String {
    text.iter()
        .map(|span| match span {
            Span::Text(words) | Span::Strong(words) | Span::Code(words) | Span::Block(words) => words.as_str(),
            Span::Time { words, .. } => words.as_str(),
            Span::Link { label, .. } => label.as_str(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Key to variables, read from the file as text so that the test does not share the parser's view of it.
    fn keys(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in locale.sources().concat().lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|first: char| first.is_ascii_lowercase()) {
                current = line.split_once(" =").expect("a key").0.to_owned();
                assert!(
                    keys.insert(current.clone(), BTreeSet::new()).is_none(),
                    "{locale:?}: {current} is there twice"
                );
            }
            for variable in line.split('$').skip(1) {
                let name = variable.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                keys.get_mut(&current).expect("a key first").insert(name);
            }
        }
        keys
    }

    #[test]
    fn all_catalogues_have_the_same_keys_with_the_same_variables() {
        let english = keys(Locale::En);
        assert!(english.len() > 30);
        for (_, locale) in Locale::CHOICES {
            assert_eq!(keys(*locale), english, "{locale:?}");
        }
    }

    #[test]
    fn every_key_is_used() {
        let sources = [
            include_str!("../compose.rs"),
            include_str!("alert.rs"),
            include_str!("container.rs"),
            include_str!("container/condition.rs"),
            include_str!("digest.rs"),
            include_str!("links.rs"),
            include_str!("measure.rs"),
            include_str!("merge.rs"),
            include_str!("moment.rs"),
            include_str!("notice.rs"),
            include_str!("report.rs"),
            include_str!("report/alerts.rs"),
            include_str!("report/containers.rs"),
            include_str!("figures.rs"),
            include_str!("report/hosts.rs"),
            include_str!("../chart/words.rs"),
            include_str!("trouble.rs"),
            include_str!("../web.rs"),
            include_str!("../web/login.rs"),
            include_str!("../web/messages.rs"),
            include_str!("../web/overview.rs"),
            include_str!("../web/preview.rs"),
            include_str!("../web/reports.rs"),
            include_str!("../../templates/base.html"),
            include_str!("../../templates/incidents.html"),
            include_str!("../../templates/login.html"),
            include_str!("../../templates/messages.html"),
            include_str!("../../templates/overview.html"),
            include_str!("../../templates/preview.html"),
            include_str!("../../templates/reports.html"),
            include_str!("fleet.rs"),
            include_str!("panel.rs"),
            include_str!("../bot/answer.rs"),
            include_str!("../bot/details.rs"),
            include_str!("../bot/help.rs"),
            include_str!("../bot/keyboard.rs"),
            include_str!("../bot/silence.rs"),
            include_str!("../bot/talk.rs"),
        ];
        let is_used = |key: &&String| sources.iter().any(|source| source.contains(&format!("\"{key}\"")));
        let keys = keys(Locale::En);
        let unused: Vec<_> = keys.keys().filter(|key| !is_used(key)).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    /// What each key can say: with every word it selects on, and with counts of every plural form.
    fn sentences(locale: Locale) -> Vec<(String, String)> {
        let mut said = Vec::new();
        let source = locale.sources().concat();
        for (key, variables) in keys(locale) {
            let entry = source.split(&format!("\n{key} =")).nth(1).expect("the key's words");
            let entry = entry.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>();
            let end = entry.iter().skip(1).position(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
            let entry = entry[..end.map_or(entry.len(), |end| end + 1)].join("\n");
            let choices: Vec<&'static str> = entry
                .split(['[', '\n'])
                .filter_map(|part| part.split_once(']').map(|(word, _)| &*word.to_owned().leak()))
                .collect();
            for turn in 0..choices.len().max(22) {
                let value = |name: &String| {
                    let name: &'static str = name.clone().leak();
                    let value = match choices.get(turn % choices.len().max(1)) {
                        _ if !entry.contains(&format!("${name} ->")) => Arg::Data(Span::Code("@".to_owned())),
                        Some(word) if !entry.contains("[one]") => Arg::Choice(word),
                        _ => Arg::Count(u64::try_from(turn).unwrap()),
                    };
                    (name, value)
                };
                let values: Vec<_> = variables.iter().map(value).collect();
                let text = Catalogue::of(locale).format(&key, &values);
                said.push((key.clone(), plain(&text.unwrap_or_else(|err| panic!("{locale:?} {key}: {err}")))));
            }
        }
        said
    }

    #[test]
    fn every_sentence_can_be_said() {
        for (_, locale) in Locale::CHOICES {
            assert!(sentences(*locale).iter().all(|(_, words)| !words.is_empty()), "{locale:?}");
        }
    }

    #[test]
    fn no_language_speaks_another_one() {
        // Names and what the field calls so everywhere.
        let names = [
            "Seamark",
            "Docker",
            "Alertmanager",
            "Prometheus",
            "Watchdog",
            "Telegram",
            "relay",
            "yml",
            "CPU",
            "OOM",
            "Swap",
            "swap",
            "inode",
            "RAID",
            "TCP",
            "HTTP",
            "API",
            "I",
            "O",
            "systemd",
            "PostgreSQL",
            "postgres",
            "exporter",
            "Redis",
            "nginx",
            "Celery",
            "MongoDB",
            "MySQL",
            "SIGKILL",
            "SIGABRT",
            "SIGSEGV",
            // The key `fallback_channel`, and Alertmanager's receiver.
            "fallback",
            "channel",
            // The key `token_file`.
            "token",
            "file",
            "JSON",
            // The command `send-test`.
            "send",
            "test",
            // Units.
            "B",
            "KiB",
            "MiB",
            "GiB",
            "TiB",
            "PiB",
            "bps",
            "kbps",
            "Mbps",
            "Gbps",
            "Tbps",
        ];
        let simplified = "这说时个们为关开启状态恢复内网盘历严级别处标签静默无应异终执";
        let traditional = "這說時個們為關開啟狀態恢復內網盤歷嚴級別處標籤靜默無應異終執";
        // What both share is no sign of either.
        let only = |mine: &str, other: &str| mine.chars().filter(|c| !other.contains(*c)).collect::<String>();
        for locale in [Locale::ZhCn, Locale::ZhTw, Locale::Uk] {
            let foreign = match locale {
                Locale::ZhCn => only(traditional, simplified),
                Locale::ZhTw => only(simplified, traditional),
                // Letters of Russian that Ukrainian does not have.
                _ => "ыэёъЫЭЁЪ".to_owned(),
            };
            for (key, words) in sentences(locale) {
                // What stands between backticks is to be typed.
                let spoken: String = words.split('`').step_by(2).collect();
                let latin = spoken.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
                let english: Vec<_> = latin.filter(|word| !names.contains(word)).collect();
                assert!(english.is_empty(), "{locale:?} {key}: {english:?} in {words}");
                assert!(!words.contains(|c| foreign.contains(c)), "{locale:?} {key}: {words}");
            }
        }
    }

    #[test]
    fn ukrainian_counts_in_three_forms() {
        let days = |days| Catalogue::of(Locale::Uk).words("duration-days", &[("days", Arg::Count(days))]);
        assert_eq!([1, 2, 5, 11, 21].map(days), ["1 день", "2 дні", "5 днів", "11 днів", "21 день"]);
        let labels = |count| Catalogue::of(Locale::Uk).words("more-labels", &[("count", Arg::Count(count))]);
        assert_eq!([1, 3, 14].map(labels), ["і ще 1 мітка", "і ще 3 мітки", "і ще 14 міток"]);
    }

    #[test]
    fn data_keeps_its_markup_within_a_sentence_and_cannot_disturb_it() {
        let odd = "{ $host } \u{F0001}";
        let text =
            Catalogue::of(Locale::En).text("unreadable-title", &[("problem", Span::Code(odd.to_owned()).into())]);
        assert_eq!(
            text,
            [Span::Text("❓ A stored notification can no longer be read: ".to_owned()), Span::Code(odd.to_owned())]
        );
    }
}

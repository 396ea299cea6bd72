//! In which language a reader is spoken to, and the words.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::chart::Fonts;
use crate::compose::{Arg, Catalogue, Locale, Voice};

/// The cookie in which a choice is kept.
pub(super) const COOKIE_NAME: &str = "seamark_lang";

/// A language and a zone.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) locale: Locale,
    zone: TimeZone,
    fonts: Fonts,
    /// Chosen on this very request: to be kept.
    pub(super) chosen: bool,
}

impl Words {
    /// Its tag, for the page's `lang`.
    pub(super) fn tag(&self) -> &'static str {
        self.locale.tag()
    }

    /// All languages: tag, own name, and whether it is this one.
    pub(super) fn languages(&self) -> [(&'static str, &'static str, bool); 4] {
        [(Locale::En, "English"), (Locale::ZhCn, "简体中文"), (Locale::ZhTw, "繁體中文"), (Locale::Uk, "Українська")]
            .map(|(locale, name)| (locale.tag(), name, locale == self.locale))
    }

    pub(super) fn say(&self, key: &'static str) -> String {
        Catalogue::of(self.locale).words(key, &[])
    }

    pub(super) fn count(&self, key: &'static str, count: impl TryInto<u64>) -> String {
        let count = count.try_into().unwrap_or(u64::MAX);
        Catalogue::of(self.locale).words(key, &[("count", Arg::Count(count))])
    }

    pub(super) fn choice(&self, key: &'static str, name: &'static str, word: &'static str) -> String {
        Catalogue::of(self.locale).words(key, &[(name, Arg::Choice(word))])
    }

    pub(super) fn with(&self, key: &'static str, name: &'static str, value: &str) -> String {
        Catalogue::of(self.locale).words(key, &[(name, value.into())])
    }

    pub(super) fn voice(&self) -> Voice {
        Voice { fonts: self.fonts.clone(), ..Voice::new(self.locale, self.zone.clone()) }
    }

    /// A moment in the relay's zone; scripts say it by the reader's own clock.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        crate::compose::moment_words(&self.voice(), at)
    }

    /// The name of a rule in the reader's words, where the catalogue has it.
    pub(super) fn alert(&self, name: &str) -> String {
        crate::compose::alert_name(&self.voice(), name).unwrap_or_else(|| name.to_owned())
    }

    /// How long it is from one moment to the other.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> String {
        crate::compose::between_words(&self.voice(), from, to)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Words
where
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let live = App::from_ref(state).live();
        let asked = parts.uri.query().and_then(|query| value(query, '&', "lang")).and_then(named);
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let kept = || header(COOKIE).and_then(|cookies| value(cookies, ';', COOKIE_NAME)).and_then(named);
        let spoken = || header(ACCEPT_LANGUAGE).and_then(preferred);
        let locale = asked.or_else(kept).or_else(spoken).unwrap_or(live.voice.locale);
        let fonts = live.voice.fonts.clone();
        Ok(Self { locale, zone: live.voice.zone.clone(), fonts, chosen: asked.is_some() })
    }
}

/// The value of a name in `a=b;c=d`.
pub(super) fn value<'a>(text: &'a str, between: char, name: &str) -> Option<&'a str> {
    let pairs = text.split(between).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

fn named(tag: &str) -> Option<Locale> {
    Locale::CHOICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag)).map(|(_, locale)| *locale)
}

/// The first language of `Accept-Language` that there is; browsers write the most wanted first.
fn preferred(header: &str) -> Option<Locale> {
    header.split(',').filter_map(|part| part.split(';').next()).map(str::trim).find_map(|tag| {
        let tag = tag.to_ascii_lowercase();
        match tag.split('-').next()? {
            "en" => Some(Locale::En),
            "uk" => Some(Locale::Uk),
            "zh" if ["tw", "hk", "mo", "hant"].iter().any(|part| tag.split('-').any(|own| own == *part)) => {
                Some(Locale::ZhTw)
            }
            "zh" => Some(Locale::ZhCn),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is_is_spoken() {
        assert_eq!(preferred("de-DE,de;q=0.9,uk;q=0.8,en;q=0.7"), Some(Locale::Uk));
        assert_eq!(preferred("zh-Hant-HK"), Some(Locale::ZhTw));
        assert_eq!(preferred("zh-CN,zh"), Some(Locale::ZhCn));
        assert_eq!(preferred("fr"), None);
        assert_eq!(value("a=b; seamark_lang=uk", ';', "seamark_lang").and_then(named), Some(Locale::Uk));
        assert_eq!(named("xx"), None);
    }
}

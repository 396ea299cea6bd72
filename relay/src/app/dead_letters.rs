//! Dead letters as `GET /api/v1/dead-letters` and the command show them.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::App;
use crate::compose::{self, Locale, Voice};
use crate::store::{Chosen, DeadLetter, Store, StoreError};

/// So many are listed at most, the newest.
const LISTED: u32 = 1000;

/// What is done with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Another try, in full.
    Retry(Chosen),
    /// No try any more.
    Drop(Chosen),
}

/// The newest, as a JSON array: `id`, `channel`, `kind`, `title`, `reason` and `buried_at` of each.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn list(store: &Store, channel: Option<&str>) -> Result<Value, StoreError> {
    let letters = store.dead_letters_of(channel, LISTED).await?;
    Ok(letters.iter().map(entry).collect())
}

fn entry(letter: &DeadLetter) -> Value {
    let voice = Voice::new(Locale::En, TimeZone::UTC);
    json!({
        "id": letter.id.number(),
        "channel": letter.channel,
        "kind": letter.kind.as_str(),
        "title": compose::message(&voice, letter.kind, &letter.body, None).title,
        "reason": letter.reason,
        "buried_at": letter.buried_at.to_string(),
    })
}

/// Does it, and returns to how many.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn settle(store: &Store, deed: Deed) -> Result<usize, StoreError> {
    match deed {
        Deed::Retry(chosen) => store.retry_dead_letters(chosen).await,
        Deed::Drop(chosen) => store.drop_dead_letters(chosen).await,
    }
}

impl App {
    /// See [`list`].
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn dead_letters(&self, channel: Option<&str>) -> Result<Value, StoreError> {
        list(&self.0.store, channel).await
    }

    /// See [`settle`].
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn settle_dead_letters(&self, deed: Deed) -> Result<usize, StoreError> {
        settle(&self.0.store, deed).await
    }
}

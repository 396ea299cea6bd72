//! Which collectors a scrape asks for: `collect[]` and `exclude[]`, as node_exporter has them.

use std::fmt;
use std::sync::Arc;

use super::Scraper;
use super::slot::Slot;

/// The collectors that one scrape reads.
pub struct Selection {
    pub(super) slots: Vec<Arc<Slot>>,
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots.iter().map(|slot| slot.name)).finish()
    }
}

/// A request that names collectors in a way that cannot be answered; for an answer with status 400.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// No collector has that name.
    #[error("`collect[]`: there is no collector `{0}`; it must be one of {1}")]
    Unknown(String, String),
    /// The configuration has switched it off.
    #[error("`collect[]`: the collector `{0}` is off; switch it on with `--collector.{0}`")]
    Off(String),
    /// node_exporter refuses this too.
    #[error("`collect[]` and `exclude[]` cannot be used together; give only one of them")]
    Both,
}

impl Scraper {
    /// The collectors named in `collect`, or all but those named in `exclude`, or all.
    ///
    /// # Errors
    ///
    /// [`SelectionError`]. A name in `exclude` that no collector has is no error, in node_exporter neither: whoever
    /// excludes a collector that is not here has what they want.
    pub fn select(&self, collect: &[String], exclude: &[String]) -> Result<Selection, SelectionError> {
        if !collect.is_empty() && !exclude.is_empty() {
            return Err(SelectionError::Both);
        }
        if let Some(name) = collect.iter().find(|name| self.names().all(|known| known != name.as_str())) {
            return Err(self.missing(name));
        }
        let named = |names: &[String], slot: &Slot| names.iter().any(|name| name == slot.name);
        let wanted = |slot: &&Arc<Slot>| (collect.is_empty() || named(collect, slot)) && !named(exclude, slot);
        Ok(Selection { slots: self.slots.iter().filter(wanted).cloned().collect() })
    }

    fn missing(&self, name: &str) -> SelectionError {
        if self.off.contains(&name) {
            return SelectionError::Off(name.to_owned());
        }
        let known: Vec<_> = self.names().map(|known| format!("`{known}`")).collect();
        SelectionError::Unknown(name.chars().take(80).collect(), known.join(", "))
    }
}

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

/// Collectors that node_exporter has on by default and we have not, on purpose. Where a scrape configuration names them
/// among others, those others are what it is after: an answer with status 400 would cost them all.
const LEFT_OUT: [&str; 5] = ["bcachefs", "fibrechannel", "infiniband", "ipvs", "tapestats"];

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
    /// [`SelectionError`], but not for a collector that is left out on purpose. A name in `exclude` that no collector has is no error, in node_exporter neither: whoever
    /// excludes a collector that is not here has what they want.
    pub fn select(&self, collect: &[String], exclude: &[String]) -> Result<Selection, SelectionError> {
        if !collect.is_empty() && !exclude.is_empty() {
            return Err(SelectionError::Both);
        }
        let is_known = |name: &str| LEFT_OUT.contains(&name) || self.names().any(|known| known == name);
        if let Some(name) = collect.iter().find(|name| !is_known(name)) {
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

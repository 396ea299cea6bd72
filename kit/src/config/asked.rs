//! Which keys a program asks for: what its reference is written from.

/// A key that was asked for while a configuration was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The keys down to it, with dots between; `*` for a name that the user chooses, `[]` behind a key for each item of its
    /// list.
    pub path: String,
    /// What it may hold.
    pub expected: String,
}

/// What was asked for, where somebody wants to know.
#[derive(Debug, Default)]
pub(super) struct Record(Option<Vec<Asked>>);

impl Record {
    pub(super) fn start(&mut self) {
        self.0 = Some(Vec::new());
    }

    /// Notes a key once for each thing that it may hold.
    pub(super) fn note(&mut self, section: &str, key: &str, expected: impl FnOnce() -> String) {
        let Some(all) = &mut self.0 else { return };
        let path = below(section, key);
        let asked = Asked { path, expected: expected() };
        if !all.contains(&asked) {
            all.push(asked);
        }
    }

    pub(super) fn take(&mut self) -> Vec<Asked> {
        self.0.take().unwrap_or_default()
    }
}

/// A key's path below a section's.
pub(super) fn below(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

//! Colours. Each line is told from its background at 3:1 or more, and each letter at 4.5:1.

/// On what background people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Letters on white.
    Light,
    /// Letters on dark grey.
    Dark,
}

/// The colours of a theme.
pub(super) struct Colours {
    pub background: &'static str,
    pub card: &'static str,
    pub text: &'static str,
    pub muted: &'static str,
    pub grid: &'static str,
    pub gap: &'static str,
    pub lines: [&'static str; 2],
    pub threshold: &'static str,
}

impl Theme {
    pub(super) fn colours(self) -> Colours {
        match self {
            Self::Light => Colours {
                background: "#f4f6f9",
                card: "#ffffff",
                text: "#1b2430",
                muted: "#5b6777",
                grid: "#e3e8ef",
                gap: "#eceff4",
                lines: ["#2563eb", "#c2570c"],
                threshold: "#dc2626",
            },
            Self::Dark => Colours {
                background: "#1a1d22",
                card: "#24282f",
                text: "#eceff4",
                muted: "#a3adbb",
                grid: "#373d47",
                gap: "#2d323a",
                lines: ["#60a5fa", "#fbbf24"],
                threshold: "#f87171",
            },
        }
    }
}

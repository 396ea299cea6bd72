//! What people can ask for: by a command with words behind it, or by a button with at most 64 bytes in it.

use crate::ingest::KeyHash;

/// What is behind a button, in bytes at most (Bot API, "InlineKeyboardButton").
pub const DATA_LIMIT: usize = 64;
/// The commands, in the order of the menu.
pub const NAMES: [&str; 9] = ["start", "status", "server", "top", "containers", "alerts", "silence", "report", "help"];

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Buttons.
    Start,
    /// All hosts.
    Status,
    /// One host.
    Server(Which),
    /// Who takes most.
    Top,
    /// Containers.
    Containers(Which),
    /// What fires.
    Alerts,
    /// A silence, step by step.
    Silence(Step),
    /// A report.
    Report(Which),
    /// What there is to ask.
    Help,
    /// A command that does not exist.
    Unknown(String),
}

/// One of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// None is named.
    Any,
    /// By its name.
    Name(String),
    /// By the [`key`] of its name, as buttons have it.
    Key(String),
}

/// A step towards a silence, or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Which alert?
    Which,
    /// What of it?
    What(String),
    /// For how long?
    HowLong(String, Scope),
    /// For so many hours.
    Make(String, Scope, u32),
    /// End this silence.
    Undo(String),
}

/// What a silence covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One alert, by all its labels.
    Alert,
    /// Everything of its host.
    Host,
    /// Everything of its container.
    Container,
}

/// For how many hours one can be silent.
pub const HOURS: [u32; 3] = [1, 4, 24];

impl Scope {
    /// All of them, in the order of the buttons.
    pub const ALL: [Self; 3] = [Self::Alert, Self::Container, Self::Host];

    fn letter(self) -> &'static str {
        match self {
            Self::Alert => "a",
            Self::Host => "h",
            Self::Container => "c",
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.letter() == letter)
    }
}

impl Which {
    /// Whether it means the one of this name.
    pub fn means(&self, name: &str) -> bool {
        match self {
            Self::Any => false,
            Self::Name(wanted) => wanted.eq_ignore_ascii_case(name),
            Self::Key(wanted) => *wanted == key(name),
        }
    }

    fn of(words: &str) -> Self {
        if words.is_empty() { Self::Any } else { Self::Name(words.to_owned()) }
    }

    fn data(&self, command: &str) -> String {
        match self {
            Self::Any => command.to_owned(),
            Self::Name(name) => format!("{command}:{}", key(name)),
            Self::Key(key) => format!("{command}:{key}"),
        }
    }
}

/// A name in sixteen letters, whatever its length.
pub fn key(name: &str) -> String {
    let mut hash = KeyHash::default();
    hash.strings(&[name]);
    hash.finish().chars().take(16).collect()
}

/// Reads what somebody wrote. `None`: it is no command, or one for another bot.
pub fn of_text(text: &str, bot: &str) -> Option<Command> {
    let text = text.trim().strip_prefix('/')?;
    let (command, words) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (command, addressed) = command.split_once('@').unwrap_or((command, bot));
    if !addressed.eq_ignore_ascii_case(bot) {
        return None;
    }
    let words = words.trim();
    Some(match command.to_ascii_lowercase().as_str() {
        "start" => Command::Start,
        "status" => Command::Status,
        "server" => Command::Server(Which::of(words)),
        "top" => Command::Top,
        "containers" => Command::Containers(Which::of(words)),
        "alerts" => Command::Alerts,
        "silence" => Command::Silence(Step::Which),
        "report" => Command::Report(Which::of(words)),
        "help" => Command::Help,
        _ => Command::Unknown(command.chars().take(DATA_LIMIT).collect()),
    })
}

/// Reads what was behind a button. `None`: it is none of ours, or of another version.
pub fn of_data(data: &str) -> Option<Command> {
    let which = |key: &str| Which::Key(key.to_owned());
    let parts: Vec<&str> = data.split(':').collect();
    Some(match parts.as_slice() {
        ["start"] => Command::Start,
        ["status"] => Command::Status,
        ["server"] => Command::Server(Which::Any),
        ["server", key] => Command::Server(which(key)),
        ["top"] => Command::Top,
        ["containers"] => Command::Containers(Which::Any),
        ["containers", key] => Command::Containers(which(key)),
        ["alerts"] => Command::Alerts,
        ["silence"] => Command::Silence(Step::Which),
        ["silence", alert] => Command::Silence(Step::What((*alert).to_owned())),
        ["silence", alert, scope] => Command::Silence(Step::HowLong((*alert).to_owned(), Scope::from_letter(scope)?)),
        ["silence", alert, scope, hours] => {
            let hours = hours.parse().ok().filter(|hours| HOURS.contains(hours))?;
            Command::Silence(Step::Make((*alert).to_owned(), Scope::from_letter(scope)?, hours))
        }
        ["undo", silence] => Command::Silence(Step::Undo((*silence).to_owned())),
        ["report"] => Command::Report(Which::Any),
        ["report", key] => Command::Report(which(key)),
        ["help"] => Command::Help,
        _ => return None,
    })
}

impl Command {
    /// What stands behind a button for it; `None` where that would be too long.
    pub fn data(&self) -> Option<String> {
        let data = match self {
            Self::Start => "start".to_owned(),
            Self::Status => "status".to_owned(),
            Self::Server(which) => which.data("server"),
            Self::Top => "top".to_owned(),
            Self::Containers(which) => which.data("containers"),
            Self::Alerts => "alerts".to_owned(),
            Self::Silence(Step::Which) => "silence".to_owned(),
            Self::Silence(Step::What(alert)) => format!("silence:{alert}"),
            Self::Silence(Step::HowLong(alert, scope)) => format!("silence:{alert}:{}", scope.letter()),
            Self::Silence(Step::Make(alert, scope, hours)) => format!("silence:{alert}:{}:{hours}", scope.letter()),
            Self::Silence(Step::Undo(silence)) => format!("undo:{silence}"),
            Self::Report(which) => which.data("report"),
            Self::Help | Self::Unknown(_) => "help".to_owned(),
        };
        (data.len() <= DATA_LIMIT).then_some(data)
    }

    /// Whether its answer speaks of hosts.
    pub fn needs_fleet(&self) -> bool {
        matches!(self, Self::Start | Self::Status | Self::Server(_) | Self::Top | Self::Containers(_))
    }

    /// Whether its answer speaks of alerts.
    pub fn needs_alerts(&self) -> bool {
        matches!(self, Self::Alerts) || matches!(self, Self::Silence(step) if !matches!(step, Step::Undo(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_with_the_words_behind_them() {
        let read = |text: &str| of_text(text, "seamark_bot");
        let name = |name: &str| Which::Name(name.to_owned());
        assert_eq!(read("/status"), Some(Command::Status));
        assert_eq!(read(" /Server@Seamark_Bot  web-1 \n"), Some(Command::Server(name("web-1"))));
        assert_eq!(read("/containers"), Some(Command::Containers(Which::Any)));
        assert_eq!(read("/report daily"), Some(Command::Report(name("daily"))));
        assert_eq!(read("/silence"), Some(Command::Silence(Step::Which)));
        assert_eq!(read("/dance"), Some(Command::Unknown("dance".to_owned())));
        for other in ["/status@other_bot", "status", "", "hello / there"] {
            assert_eq!(read(other), None, "{other}");
        }
        for name in NAMES {
            assert!(!matches!(read(&format!("/{name}")), None | Some(Command::Unknown(_))), "{name}");
        }
    }

    #[test]
    fn every_button_fits_and_is_read_as_it_was_written() {
        let long = Which::Name("server-".repeat(40));
        let keyed = Which::Key(key(&"server-".repeat(40)));
        let alert = "d1a5c3f0e2b49876".to_owned();
        let same = [
            Command::Start,
            Command::Status,
            Command::Server(keyed.clone()),
            Command::Top,
            Command::Containers(Which::Any),
            Command::Containers(keyed.clone()),
            Command::Alerts,
            Command::Silence(Step::Which),
            Command::Silence(Step::What(alert.clone())),
            Command::Silence(Step::HowLong(alert.clone(), Scope::Container)),
            Command::Silence(Step::Make(alert, Scope::Host, 24)),
            Command::Silence(Step::Undo("0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f".to_owned())),
            Command::Report(keyed.clone()),
            Command::Help,
        ];
        for command in same {
            let data = command.data().unwrap();
            assert_eq!((data.len() <= 64, of_data(&data)), (true, Some(command)), "{data}");
        }
        assert_eq!(Command::Server(long.clone()).data(), Command::Server(keyed.clone()).data());
        assert!(keyed.means(&"server-".repeat(40)) && !keyed.means("server"));
        assert_eq!(Command::Silence(Step::Undo("x".repeat(64))).data(), None);
    }

    #[test]
    fn what_no_button_of_ours_holds_is_nothing() {
        for odd in ["", "drop", "silence:a:x", "silence:a:a:7", "silence:a:a:1:1", "status:x", "x:y:z"] {
            assert_eq!(of_data(odd), None, "{odd}");
        }
    }
}

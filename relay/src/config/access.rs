//! Who may post: the keys `token`, `token_file` and `basic_auth`, and the token that the relay makes for itself.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use seamark_kit::config::Section;
use seamark_kit::secret::Secret;

/// Alertmanager runs under another user and has to read the token: the directory is what keeps others out.
const TOKEN_FILE_MODE: u32 = 0o644;

/// Random bytes of a token that the relay makes.
const TOKEN_BYTES: usize = 32;

/// Who may use the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody who can reach it.
    Open,
    /// Who knows this token.
    Token(Secret),
    /// Who knows the token in this file, which is made when it is not there.
    File(PathBuf),
    /// Who knows this name and its password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
}

/// What a caller has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A token.
    Bearer(Secret),
    /// A name and its password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
}

impl Credentials {
    /// The value of the header `Authorization`.
    pub fn header(&self) -> Secret {
        match self {
            Self::Bearer(token) => Secret::new(format!("Bearer {}", token.expose())),
            Self::Basic { username, password } => {
                Secret::new(format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{}", password.expose()))))
            }
        }
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The file is there, and holds nothing.
    #[error("the token file `{}` is empty; delete it to have a new token made", .0.display())]
    Empty(PathBuf),
    /// The file cannot be read.
    #[error("the token file `{}` cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    /// The file is not there and cannot be made.
    #[error("the token file `{}` cannot be made: {}; make its directory writable for the relay, or set `token`", .0.display(), .1)]
    NotMade(PathBuf, io::Error),
}

pub(super) fn read(root: &mut Section) -> Access {
    let token = root.text("token").filter(|token| !token.is_empty());
    let file = root.text("token_file").filter(|path| !path.is_empty());
    let basic = basic(root);
    match (token, file, basic) {
        (Some(_), Some(_), _) => {
            root.problem("token_file", "both `token` and `token_file` are given; keep one");
            Access::Open
        }
        (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            root.problem("basic_auth", "a token is asked for as well; keep one of the two");
            Access::Open
        }
        (Some(token), None, None) => Access::Token(Secret::new(token)),
        (None, Some(path), None) => Access::File(root.beside(&path)),
        (None, None, Some(basic)) => basic,
        (None, None, None) => Access::Open,
    }
}

fn basic(root: &mut Section) -> Option<Access> {
    let mut section = root.section("basic_auth");
    if !section.is_present() {
        return None;
    }
    let username = section.text("username").filter(|name| !name.is_empty());
    let password = section.secret("password", "password_file").filter(|password| !password.expose().is_empty());
    if username.as_ref().is_some_and(|name| name.contains(':')) {
        section.problem("username", "a name with `:` in it cannot be told from its password");
    }
    match (username, password) {
        (Some(username), Some(password)) => Some(Access::Basic { username, password }),
        (None, _) => {
            section.problem("username", "missing; without it nobody could be let in");
            None
        }
        (_, None) => {
            section.problem("password", "missing or empty; give `password` or `password_file`");
            None
        }
    }
}

impl Access {
    /// What to ask callers for; `None` for open access. Makes the token file where it is missing.
    ///
    /// # Errors
    ///
    /// See [`AccessError`].
    pub fn credentials(&self) -> Result<Option<Credentials>, AccessError> {
        let bearer = |token: Option<Secret>| token.map(Credentials::Bearer);
        match self {
            Self::Basic { username, password } => {
                Ok(Some(Credentials::Basic { username: username.clone(), password: password.clone() }))
            }
            _ => self.token().map(bearer),
        }
    }

    /// The header `Authorization` of somebody who has this configuration. `None` where none is asked for, or nobody
    /// has made the token yet.
    pub fn shown(&self) -> Option<Secret> {
        let is_there = !matches!(self, Self::File(path) if !path.exists());
        // A file that cannot be read shows nothing; whoever asks without a token is told.
        is_there.then(|| self.credentials().ok().flatten()).flatten().map(|credentials| credentials.header())
    }

    fn token(&self) -> Result<Option<Secret>, AccessError> {
        match self {
            Self::Open | Self::Basic { .. } => Ok(None),
            Self::Token(token) => Ok(Some(token.clone())),
            Self::File(path) => match fs::read_to_string(path) {
                Ok(text) if text.trim().is_empty() => Err(AccessError::Empty(path.clone())),
                Ok(text) => Ok(Some(Secret::new(text.trim()))),
                Err(err) if err.kind() == io::ErrorKind::NotFound => {
                    make(path).map(Some).map_err(|err| AccessError::NotMade(path.clone(), err))
                }
                Err(err) => Err(AccessError::Unreadable(path.clone(), err)),
            },
        }
    }
}

/// Writes a random token beside `path` and then moves it there: Alertmanager never reads half of it.
fn make(path: &Path) -> io::Result<Secret> {
    let mut random = [0; TOKEN_BYTES];
    getrandom::fill(&mut random).map_err(|err| io::Error::other(err.to_string()))?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(TOKEN_FILE_MODE).open(&beside)?;
    // The process' umask may have taken away what Alertmanager needs.
    file.set_permissions(fs::Permissions::from_mode(TOKEN_FILE_MODE))?;
    file.write_all(token.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    Ok(Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_token_file_is_made_once_and_can_be_read_by_others() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("relay_token");
        let access = Access::File(path.clone());
        assert_eq!(access.shown(), None, "only a starting relay makes it");
        let made = access.token().unwrap().unwrap();
        assert_eq!(made.expose().len(), 64);
        assert_eq!(access.shown().unwrap().expose(), format!("Bearer {}", made.expose()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(access.token().unwrap(), Some(made));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_token_file_that_cannot_be_used_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = |path: &Path| Access::File(path.to_owned()).token().unwrap_err().to_string();
        let empty = directory.path().join("empty");
        fs::write(&empty, "\n").unwrap();
        assert_eq!(
            error(&empty),
            format!("the token file `{}` is empty; delete it to have a new token made", empty.display())
        );
        let nowhere = directory.path().join("no/such/directory");
        assert!(error(&nowhere).contains("cannot be made: No such file or directory"), "{}", error(&nowhere));
        assert!(error(directory.path()).contains("cannot be read: Is a directory"), "{}", error(directory.path()));
    }
}

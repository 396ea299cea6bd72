//! What is kept in files beside the configuration, mostly because it is secret.

use std::path::{Path, PathBuf};

use super::{Scalar, Section};
use crate::config::scalar::shown;
use crate::secret::Secret;

impl Section {
    /// A secret: the value of `key`, or the trimmed content of the file that `file_key` names. A relative name is
    /// looked up beside the configuration file. Its text is in no problem.
    pub fn secret(&mut self, key: &'static str, file_key: &'static str) -> Option<Secret> {
        self.secret_and_file(key, file_key).map(|(secret, _)| secret)
    }

    /// As [`secret`](Self::secret), with the file it came from, for what is read again when the file changes.
    pub fn secret_and_file(&mut self, key: &'static str, file_key: &'static str) -> Option<(Secret, Option<PathBuf>)> {
        self.note(key, || "a secret".to_owned());
        self.note(file_key, || format!("a file that holds `{key}`"));
        let given = self.take_scalar(key);
        let file = self.take_scalar(file_key);
        match (given, file) {
            (Some(_), Some(file)) => {
                self.report_value(file_key, &file, &format!("both `{key}` and `{file_key}` are given; keep one"));
                None
            }
            (Some(given), None) => Some((Secret::new(given.text), None)),
            (None, Some(file)) => self.content(file_key, &file),
            (None, None) => None,
        }
    }

    /// The trimmed content of the file that `key` names, and where it is. A relative name is looked up beside the
    /// configuration file. An empty name is none.
    pub fn file(&mut self, key: &'static str) -> Option<(Secret, PathBuf)> {
        self.note(key, || "a file".to_owned());
        let file = self.take_scalar(key)?;
        let (content, path) = self.content(key, &file)?;
        Some((content, path?))
    }

    fn content(&self, key: &'static str, file: &Scalar) -> Option<(Secret, Option<PathBuf>)> {
        if file.text.is_empty() {
            return Some((Secret::new(""), None));
        }
        let path = self.beside(&file.text);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some((Secret::new(text.trim()), Some(path))),
            Err(error) => {
                let message = format!("the file `{}` cannot be read: {error}", shown(&file.text));
                self.report_value(key, file, &message);
                None
            }
        }
    }

    /// A path as written in the file; a relative one is beside the configuration file.
    pub fn beside(&self, path: &str) -> PathBuf {
        Path::new(self.log.file()).parent().unwrap_or(Path::new("")).join(path)
    }
}

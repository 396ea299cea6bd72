//! What a call carries: JSON, or a form where files go with it.

use std::fmt;

use serde_json::Value;

use crate::message::Attachment;

/// The body of a [`Request`](super::Request).
#[derive(Clone, PartialEq)]
pub enum Body {
    /// `application/json`.
    Json(Value),
    /// `multipart/form-data`.
    Form(Form),
}

/// A form with files in it.
#[derive(Clone, Default, PartialEq)]
pub struct Form {
    /// Names and texts.
    pub fields: Vec<(String, String)>,
    /// Names of fields and the files they hold.
    pub files: Vec<(String, Attachment)>,
}

impl Body {
    /// The JSON; of a form nothing.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(json) => Some(json),
            Self::Form(_) => None,
        }
    }
}

impl From<Value> for Body {
    fn from(json: Value) -> Self {
        Self::Json(json)
    }
}

/// Shows of the texts their names only: a message is nobody's business but its readers'.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(_) => f.write_str("Json"),
            Self::Form(form) => {
                let names: Vec<&str> = form.fields.iter().map(|(name, _)| name.as_str()).collect();
                f.debug_tuple("Form").field(&names).field(&form.files).finish()
            }
        }
    }
}

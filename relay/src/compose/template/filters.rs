//! The filters of templates. Those that could make a text longer keep to a bound.

use jiff::Timestamp;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, filters, tests};

use super::Voice;
use crate::compose::{catalogue::plain, excerpt, moment};

/// Bytes of a text that a filter makes.
const LONGEST: usize = 64 * 1024;

/// All of them.
pub(super) const NAMES: &[&str] = &[
    "time", "duration", "default", "length", "upper", "lower", "trim", "truncate", "replace", "join", "first", "last",
    "items", "round",
];

pub(super) fn add(environment: &mut Environment<'_>, voice: &Voice) {
    let speaker = voice.clone();
    environment.add_filter("time", move |value: Value| time(&speaker, &value));
    let speaker = voice.clone();
    environment.add_filter("duration", move |value: Value| duration(&speaker, &value));
    environment.add_filter("default", filters::default);
    environment.add_filter("length", length);
    environment.add_filter("upper", |value: Value| shown(&value).to_uppercase());
    environment.add_filter("lower", |value: Value| shown(&value).to_lowercase());
    environment.add_filter("trim", |value: Value| shown(&value).trim().to_owned());
    environment.add_filter("truncate", |value: Value, length: usize| excerpt(&shown(&value), length));
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
    environment.add_filter("first", first);
    environment.add_filter("last", last);
    environment.add_filter("items", items);
    environment.add_filter("round", filters::round);
    environment.add_test("defined", tests::is_defined);
}

/// A value as text; what is missing is empty.
fn shown(value: &Value) -> String {
    if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() }
}

/// A moment in the channel's zone; what is none stays as it is.
fn time(voice: &Voice, value: &Value) -> String {
    let text = shown(value);
    text.parse::<Timestamp>().map_or(text, |at| plain(&[moment(voice, at)]))
}

/// Seconds, or a duration in Go's form, in words; what is none stays as it is.
fn duration(voice: &Voice, value: &Value) -> String {
    let text = shown(value);
    moment::parse_duration(&text).map_or(text, |long| moment::duration(voice, long))
}

/// How many there are; of what is missing, none.
fn length(value: Value) -> usize {
    if value.is_undefined() { 0 } else { value.len().unwrap_or_default() }
}

fn replace(value: Value, from: &str, to: &str) -> Result<String, Error> {
    let text = shown(&value);
    if from.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "`replace` needs something to look for"));
    }
    let mut parts = text.split(from);
    let start = parts.next().unwrap_or_default().to_owned();
    parts.try_fold(start, |text, part| bounded(text, [to, part]))
}

fn join(value: Value, between: Option<&str>) -> Result<String, Error> {
    if value.is_undefined() {
        return Ok(String::new());
    }
    let mut parts = value.try_iter()?.map(|part| shown(&part));
    let start = parts.next().unwrap_or_default();
    parts.try_fold(start, |text, part| bounded(text, [between.unwrap_or_default(), &part]))
}

fn bounded(mut text: String, more: [&str; 2]) -> Result<String, Error> {
    more.into_iter().for_each(|more| text.push_str(more));
    let too_long = || Error::new(ErrorKind::InvalidOperation, "the text becomes too long");
    if text.len() > LONGEST { Err(too_long()) } else { Ok(text) }
}

fn first(value: Value) -> Result<Value, Error> {
    if value.is_undefined() { Ok(value) } else { Ok(value.try_iter()?.next().unwrap_or_default()) }
}

fn last(value: Value) -> Result<Value, Error> {
    if value.is_undefined() { Ok(value) } else { Ok(value.try_iter()?.last().unwrap_or_default()) }
}

/// Pairs of name and value, for `{% for name, value in labels | items %}`.
fn items(value: Value) -> Result<Value, Error> {
    if value.is_undefined() { Ok(Value::from(Vec::<Value>::new())) } else { filters::items(&value) }
}

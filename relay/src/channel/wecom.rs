//! WeCom (企业微信), through the webhook of a group robot.
//!
//! Source: <https://developer.work.weixin.qq.com/document/path/99110>.

use seamark_kit::config::Section;
use seamark_kit::secret::Secret;
use serde_json::{Value, json};

use super::limits::{Limit, Meter, wecom as limits};
use super::look::{self, Html, Look};
use super::mention::Mentions;
use super::run::Block;
use super::sheet::{Markup, Room, Sheet};
use super::split::clean;
use super::{Body, Channel, Detail, Kind, Limits, Method, Payload, Posting, Request, Response, Verdict};
use crate::message::Message;

mod address;
mod answer;
mod markup;

use address::Called;
use markup::{Markdown, MarkdownV2, Plain};

pub(super) const KIND: Kind = Kind { name: "wecom", build };

/// Bytes for the words of a repeat above a text.
const REPEAT_ROOM: usize = 200;

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Three colours, and names that are called.
    Markdown,
    /// Tables and fences, but neither colours nor names; new clients only.
    MarkdownV2,
    /// Text that ordinary WeChat shows as well.
    Text,
}

impl Format {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("markdown", Self::Markdown), ("markdown_v2", Self::MarkdownV2), ("text", Self::Text)];

    fn name(self) -> &'static str {
        Self::CHOICES.iter().find(|(_, format)| *format == self).map_or("text", |(name, _)| name)
    }

    fn limit(self) -> &'static Limit {
        match self {
            Self::Markdown => &limits::MARKDOWN,
            Self::MarkdownV2 => &limits::MARKDOWN_V2,
            Self::Text => &limits::TEXT,
        }
    }

    fn markup(self) -> &'static dyn Markup {
        match self {
            Self::Markdown => &Markdown,
            Self::MarkdownV2 => &MarkdownV2,
            Self::Text => &Plain,
        }
    }
}

/// One robot.
#[derive(Debug)]
struct WeCom {
    webhook: Secret,
    format: Format,
    mention: Mentions<Called>,
}

fn build(section: &mut Section) -> Option<Box<dyn Channel>> {
    let webhook = section.secret("webhook_url", "webhook_url_file");
    let format = section.one_of("format", Format::CHOICES).unwrap_or(Format::Markdown);
    let mention = Mentions::read(section, address::CALLED, address::called);
    // Neither key, or nothing behind it: the channel is off.
    let webhook = webhook.filter(|text| !text.expose().trim().is_empty())?;
    match address::read(webhook.expose()) {
        Ok(webhook) => Some(Box::new(WeCom { webhook, format, mention })),
        Err(problem) => {
            section.problem("webhook_url", problem);
            None
        }
    }
}

impl Channel for WeCom {
    fn kind(&self) -> &'static str {
        "wecom"
    }

    fn limits(&self) -> &'static Limits {
        &limits::PACE
    }

    fn render(&self, message: &Message, detail: Detail) -> Vec<Payload> {
        let format = if matches!(detail, Detail::Plain | Detail::Title) { Format::Text } else { self.format };
        let text = format.limit().most - REPEAT_ROOM;
        let room = Room {
            text,
            bytes: text,
            full_texts: 3,
            // A third of a minute's budget, with the one that calls people.
            texts: 6,
        };
        let called = self.mention.of(message.tone);
        let sheet = Sheet { markup: format.markup(), room, mention: in_the_text(called, format) };
        let texts = match detail {
            Detail::Full => sheet.full(message),
            Detail::Compact | Detail::Plain => sheet.compact(message),
            Detail::Title => sheet.title(message),
        };
        let mut payloads: Vec<Payload> = texts.iter().map(|text| payload(format, text)).collect();
        if format == Format::Text {
            if let Some(first) = payloads.first_mut() {
                call(first, called);
            }
        } else if called.iter().any(|called| !called.in_markdown(format)) {
            // Markdown calls neither all nor anybody by a phone number: a line of text does.
            let mut line = payload(Format::Text, &title(message));
            call(&mut line, called.iter().filter(|called| !called.in_markdown(format)));
            payloads.push(line);
        }
        payloads
    }

    fn meters(&self, payload: &Payload) -> Vec<Meter> {
        let (format, text) = content(&payload.0);
        vec![format.limit().worst([text.len()])]
    }

    fn look(&self, payload: &Payload) -> Look {
        let content = |kind: &str| payload.0.pointer(&format!("/{kind}/content")).and_then(Value::as_str);
        let marked = content("markdown").or_else(|| content("markdown_v2")).map(look::wecom);
        let plain = || content("text").map(Html::text);
        marked.or_else(plain).map_or_else(|| Look::json(&payload.0), Look::of)
    }

    fn post(&self, payload: &Payload, how: &Posting) -> Request {
        let mut body = payload.0.clone();
        if let Some(words) = &how.maybe_repeated {
            mark_repeat(&mut body, words);
        }
        Request { method: Method::Post, url: self.webhook.clone(), headers: Vec::new(), body: Body::Json(body) }
    }

    fn verdict(&self, response: &Response) -> Verdict {
        answer::verdict(response)
    }

    /// WeCom has no question that posts nothing, so it is sent what it cannot but refuse.
    fn examine(&self) -> Vec<Request> {
        let body = Body::Json(json!({ "msgtype": "seamark-doctor" }));
        vec![Request { method: Method::Post, url: self.webhook.clone(), headers: Vec::new(), body }]
    }

    fn examined(&self, response: &Response) -> Result<String, String> {
        match self.verdict(response) {
            Verdict::Refused(_) | Verdict::Delivered(_) => Ok("the robot is there and its key is right".to_owned()),
            Verdict::Throttled { .. } => {
                Ok("the robot is there, and has sent all that it may in this minute".to_owned())
            }
            Verdict::Unavailable(why) | Verdict::Gone(why) | Verdict::Moved(why) => Err(why),
        }
    }
}

fn payload(format: Format, text: &str) -> Payload {
    let name = format.name();
    Payload(json!({ "msgtype": name, name: { "content": text } }))
}

/// The format and the words of a body.
fn content(body: &Value) -> (Format, &str) {
    let format = Format::CHOICES.iter().map(|(_, format)| *format).find(|format| body.get(format.name()).is_some());
    let format = format.unwrap_or(Format::Text);
    let text = body.get(format.name()).and_then(|part| part.get("content")).and_then(Value::as_str);
    (format, text.unwrap_or_default())
}

/// Names that the text itself calls.
fn in_the_text(called: &[Called], format: Format) -> Block {
    let names = called.iter().filter(|called| called.in_markdown(format));
    let names: Vec<String> = names.map(|called| format!("<@{}>", called.name())).collect();
    let markup = names.join(" ");
    Block { size: markup.len(), markup }
}

/// Puts whom to call into the lists of a text.
fn call<'a>(payload: &mut Payload, called: impl IntoIterator<Item = &'a Called>) {
    let (phones, users): (Vec<&Called>, Vec<&Called>) =
        called.into_iter().partition(|called| matches!(called, Called::Phone(_)));
    for (key, list) in [("mentioned_list", users), ("mentioned_mobile_list", phones)] {
        let names: Vec<&str> = list.into_iter().map(Called::name).collect();
        if let Some(text) = payload.0.get_mut("text").and_then(Value::as_object_mut).filter(|_| !names.is_empty()) {
            text.insert(key.to_owned(), json!(names));
        }
    }
}

/// A line that says what people are called for.
fn title(message: &Message) -> String {
    let title = cut_bytes(&markup::plain(&message.title), 600);
    if title.trim().is_empty() { "–".to_owned() } else { title }
}

/// Says above the message that it may be a repeat.
fn mark_repeat(body: &mut Value, words: &str) {
    let (format, text) = content(body);
    let marked = format!("{}\n{text}", cut_bytes(&markup::plain(&clean(words)), REPEAT_ROOM - 1));
    if !text.is_empty()
        && marked.len() <= format.limit().most
        && let Some(content) = body.get_mut(format.name()).and_then(|part| part.get_mut("content"))
    {
        *content = marked.into();
    }
}

/// At most so many bytes, no letter cut in two.
fn cut_bytes(text: &str, most: usize) -> String {
    let mut end = 0;
    for letter in text.chars() {
        if end + letter.len_utf8() > most {
            break;
        }
        end += letter.len_utf8();
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{self, Source};

    use super::*;
    use crate::message::Tone;

    fn bare(tone: Tone, title: &str) -> Message {
        Message {
            tone,
            title: title.to_owned(),
            url: None,
            items: Vec::new(),
            attachments: Vec::new(),
            footer: None,
            more: "and {n} more".to_owned(),
            maybe_repeated: "may be a repeat".to_owned(),
            silent: false,
        }
    }

    fn bodies(settings: &str, tone: Tone) -> Vec<Value> {
        let key = "webhook_url: 693a91f6-7a0c-4bc4-97a0-0ec2a1fa5aaa";
        let source = Source::new("relay.yml", format!("{key}\n{settings}"));
        let channel = config::read(&source, build).unwrap().unwrap();
        let message = bare(tone, "web-1 is down");
        let payloads = channel.render(&message, Detail::Full);
        payloads.iter().map(|payload| channel.post(payload, &Posting::default()).body.json().unwrap().clone()).collect()
    }

    #[test]
    fn markdown_calls_members_itself_and_everybody_else_by_a_line_of_text() {
        let settings = "mention: {critical: [zhang, '@all', '13800000000']}";
        let title = "**<font color=\"warning\">web-1 is down</font>**";
        assert_eq!(
            bodies(settings, Tone::Critical),
            [
                json!({"msgtype": "markdown", "markdown": {"content": format!("{title}\n<@zhang>")}}),
                json!({"msgtype": "text", "text": {
                    "content": "web-1 is down", "mentioned_list": ["@all"], "mentioned_mobile_list": ["13800000000"]}}),
            ]
        );
        assert_eq!(bodies(settings, Tone::Good).len(), 1);
        assert_eq!(bodies("mention: {critical: zhang}", Tone::Critical).len(), 1);
    }

    #[test]
    fn text_has_its_lists_and_the_second_markdown_no_names() {
        assert_eq!(
            bodies("format: text\nmention: {critical: [zhang, '@all']}", Tone::Critical),
            [json!({"msgtype": "text", "text": {"content": "web-1 is down", "mentioned_list": ["zhang", "@all"]}})]
        );
        assert_eq!(
            bodies("format: markdown_v2\nmention: {critical: zhang}", Tone::Critical),
            [
                json!({"msgtype": "markdown_v2", "markdown_v2": {"content": "**web-1 is down**"}}),
                json!({"msgtype": "text", "text": {"content": "web-1 is down", "mentioned_list": ["zhang"]}}),
            ]
        );
    }
}

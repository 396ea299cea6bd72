//! A message as Discord's embeds and texts, within its limits.

use serde_json::{Value, json};

use super::markup::{Place, footer, link, plain, text, web_address};
use crate::channel::limits::discord::{
    CONTENT, DESCRIPTION, EMBEDS, EMBEDS_TOTAL, FIELD_NAME, FIELD_VALUE, FIELDS, THREAD_NAME, TITLE,
};
use crate::channel::split::{pack, points};
use crate::channel::{Detail, Payload};
use crate::message::{Field, Item, Message, Span, Tone};

/// So many messages one group becomes at most: a third of a minute's budget. What has no room is counted.
const MESSAGES_PER_GROUP: usize = 10;
/// A group that would need more messages than these in full is told in short form.
const FULL_MESSAGES: usize = 3;
/// Room for the words of a repeat above a message without embeds.
const REPEAT_ROOM: usize = 200;
/// More than the longest mentions take: ten times `<@&`, twenty digits and `> `.
const MENTION_ROOM: usize = 300;
/// Code points of an item's body that the short form keeps.
const SHORT_BODY: usize = 300;
/// What a footer may take from the room of a message.
const FOOTER_ROOM: usize = 300;
/// What stands where Discord wants something and there is nothing.
const NOTHING: &str = "–";

/// Lays the message out. A full form that needs too many messages gives way to the short one. `above`: code points of
/// what will stand above the text.
pub(super) fn render(message: &Message, detail: Detail, above: usize) -> Vec<Payload> {
    match detail {
        // More items than embeds: no need to lay them out to know that it is too much.
        Detail::Full if message.items.len() > FULL_MESSAGES * EMBEDS.most => render(message, Detail::Compact, above),
        Detail::Full => {
            let full = embeds(message, full_items(message));
            if full.len() <= FULL_MESSAGES { payloads(&full) } else { render(message, Detail::Compact, above) }
        }
        Detail::Compact => payloads(&compact(message)),
        Detail::Plain => plain_texts(message, CONTENT.most - REPEAT_ROOM - above.min(MENTION_ROOM)),
        Detail::Title => vec![content(&title_line(message))],
    }
}

/// All of a message in one embed, nothing cut; `None` where it does not fit.
pub(super) fn board(message: &Message) -> Option<Payload> {
    // More than fits: what is longer is not laid out to the end, only found to be too long.
    let most = 2 * DESCRIPTION.most;
    let part = |item: &Item| {
        let title = text(&[Span::Strong(item.title.clone())], Place::Body, most);
        let field = |field: &Field| {
            let name = plain(&field.name, Place::Body, FIELD_NAME.most);
            format!("{name}: {}", text(&field.value, Place::Body, most))
        };
        let title = if item.title.trim().is_empty() { String::new() } else { title };
        let lines = [title, text(&item.body, Place::Body, most)].into_iter().chain(item.fields.iter().map(field));
        lines.filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
    };
    let mut embed = header(message);
    embed.description = message.items.iter().map(part).collect::<Vec<_>>().join("\n\n");
    embed.footer = message.footer.as_deref().map_or_else(String::new, |words| footer(words, FOOTER_ROOM));
    let fits = points(&embed.description) <= DESCRIPTION.most && embed.size() <= EMBEDS_TOTAL.most;
    fits.then(|| Payload(json!({ "embeds": [embed.json()] })))
}

/// The title of a forum post: `template` with the message's title in it.
pub(super) fn thread_name(template: &str, title: &str) -> String {
    let name = template.replace("{title}", title).replace('\n', " ");
    or_nothing(footer(name.trim(), THREAD_NAME.most))
}

/// An embed and what it takes from [`EMBEDS_TOTAL`].
#[derive(Debug, Clone, PartialEq)]
struct Embed {
    title: String,
    url: Option<String>,
    description: String,
    fields: Vec<(String, String, bool)>,
    footer: String,
    timestamp: Option<String>,
    tone: Tone,
}

impl Embed {
    fn new(tone: Tone) -> Self {
        Self {
            title: String::new(),
            url: None,
            description: String::new(),
            fields: Vec::new(),
            footer: String::new(),
            timestamp: None,
            tone,
        }
    }

    fn size(&self) -> usize {
        let fields: usize = self.fields.iter().map(|(name, value, _)| points(name) + points(value)).sum();
        points(&self.title) + points(&self.description) + points(&self.footer) + fields
    }

    fn json(&self) -> Value {
        let mut embed = json!({ "color": color(self.tone) });
        let mut set = |key: &str, value: Value| {
            if let Some(object) = embed.as_object_mut() {
                object.insert(key.to_owned(), value);
            }
        };
        if !self.title.trim().is_empty() {
            set("title", self.title.clone().into());
        }
        if !self.description.trim().is_empty() {
            set("description", self.description.clone().into());
        }
        if let Some(url) = &self.url {
            set("url", url.clone().into());
        }
        if let Some(timestamp) = &self.timestamp {
            set("timestamp", timestamp.clone().into());
        }
        if !self.footer.trim().is_empty() {
            set("footer", json!({ "text": self.footer }));
        }
        if !self.fields.is_empty() {
            let field = |(name, value, inline): &(String, String, bool)| json!({ "name": name, "value": value, "inline": inline });
            set("fields", self.fields.iter().map(field).collect());
        }
        embed
    }
}

fn color(tone: Tone) -> u32 {
    match tone {
        Tone::Good => 0x2e_cc71,
        Tone::Neutral => 0x95_a5a6,
        Tone::Info => 0x34_98db,
        Tone::Ended => 0xe6_7e22,
        Tone::Warning => 0xf1_c40f,
        Tone::Critical => 0xe7_4c3c,
    }
}

/// Each item as one embed, or several where it has more fields than one takes.
fn full_items(message: &Message) -> Vec<Embed> {
    let heading = header(message);
    match message.items.as_slice() {
        // One embed is enough for one item; its own title is repeated only if it says something else.
        [only] => {
            let own = text(&[Span::Strong(only.title.clone())], Place::Body, TITLE.most);
            let said = message.title.contains(only.title.trim());
            let mut embeds = item(only, heading.title, if said { "" } else { &own });
            if let Some(first) = embeds.first_mut() {
                first.url = heading.url;
            }
            embeds
        }
        items => {
            let items = items.iter().flat_map(|one| item(one, plain(&one.title, Place::Title, TITLE.most), ""));
            std::iter::once(heading).chain(items).collect()
        }
    }
}

fn header(message: &Message) -> Embed {
    let mut embed = Embed::new(message.tone);
    embed.title = or_nothing(plain(&message.title, Place::Title, TITLE.most));
    embed.url = message.url.as_deref().and_then(web_address);
    embed
}

fn item(item: &Item, title: String, lead: &str) -> Vec<Embed> {
    let mut embed = Embed::new(item.tone);
    embed.title = title;
    let words = body(item, DESCRIPTION.most - points(lead) - 1);
    embed.description = [lead, &words].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    embed.timestamp = item.at.map(|at| at.to_string());
    let mut embeds = Vec::new();
    for field in &item.fields {
        let field = self::field(field);
        let size = points(&field.0) + points(&field.1);
        if embed.fields.len() == FIELDS.most || embed.size() + size > EMBEDS_TOTAL.most - FOOTER_ROOM {
            embeds.push(std::mem::replace(&mut embed, Embed::new(item.tone)));
        }
        embed.fields.push(field);
    }
    if embed.size() > 0 || embeds.is_empty() {
        embeds.push(embed);
    }
    embeds
}

fn body(item: &Item, limit: usize) -> String {
    let links: Vec<String> = item.links.iter().map(|(label, url)| link(label, url)).collect();
    let mut links = links.join(" · ");
    // A row of links that would leave no room for the words goes; its first words are worth more.
    if points(&links) > limit / 2 {
        links = item.links.iter().map(|(label, _)| plain(label, Place::Body, 40)).collect::<Vec<_>>().join(" · ");
        links = crate::channel::split::cut(&links, limit / 2).0;
    }
    let room = limit - if links.is_empty() { 0 } else { points(&links) + 1 };
    let words = text(&item.body, Place::Body, room);
    [words, links].into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

fn field(field: &Field) -> (String, String, bool) {
    let name = or_nothing(plain(&field.name, Place::Title, FIELD_NAME.most));
    let value = or_nothing(text(&field.value, Place::Body, FIELD_VALUE.most));
    (name, value, field.short)
}

fn or_nothing(text: String) -> String {
    if text.trim().is_empty() { NOTHING.to_owned() } else { text }
}

/// The short form: items as lines, many to an embed, a new embed where the colour changes.
fn compact(message: &Message) -> Vec<Vec<Embed>> {
    let mut embeds = vec![header(message)];
    let mut held = Vec::new();
    for (number, item) in message.items.iter().enumerate() {
        let line = short(item);
        let last = embeds.last_mut().filter(|last| number == 0 || last.tone == item.tone);
        match last {
            Some(last) if fits_description(last, &line) => {
                if !last.description.is_empty() {
                    last.description.push('\n');
                }
                last.description.push_str(&line);
                last.tone = item.tone;
            }
            _ => {
                let mut embed = Embed::new(item.tone);
                embed.description = line;
                embeds.push(embed);
            }
        }
        held.resize(embeds.len(), 0);
        if let Some(count) = held.last_mut() {
            *count += 1;
        }
    }
    held.resize(embeds.len(), 0);
    bounded(message, embeds, &held)
}

/// Half of what a message takes, so that two such embeds share one.
fn fits_description(embed: &Embed, line: &str) -> bool {
    embed.size() + 1 + points(line) <= (EMBEDS_TOTAL.most - FOOTER_ROOM) / 2
}

fn short(item: &Item) -> String {
    let title = text(&[Span::Strong(item.title.clone())], Place::Body, 2 * TITLE.most);
    let first_line: Vec<Span> = item.body.clone();
    let words = text(&first_line, Place::Body, SHORT_BODY).replace('\n', " ");
    match (title.trim().is_empty(), words.trim().is_empty()) {
        (true, true) => NOTHING.to_owned(),
        (false, true) => title,
        (true, false) => words,
        (false, false) => format!("{title} {words}"),
    }
}

/// Packs embeds into messages, and puts the footer under the last.
fn embeds(message: &Message, embeds: Vec<Embed>) -> Vec<Vec<Embed>> {
    let mut messages: Vec<Vec<Embed>> = Vec::new();
    for embed in embeds {
        let fits = messages.last().is_some_and(|last| {
            let size: usize = last.iter().map(Embed::size).sum();
            last.len() < EMBEDS.most && size + embed.size() <= EMBEDS_TOTAL.most - FOOTER_ROOM
        });
        match messages.last_mut() {
            Some(last) if fits => last.push(embed),
            _ => messages.push(vec![embed]),
        }
    }
    if let Some(last) = messages.last_mut().and_then(|message| message.last_mut()) {
        last.footer = message.footer.as_deref().map_or_else(String::new, |words| footer(words, FOOTER_ROOM));
    }
    messages
}

/// As [`embeds`], at most [`MESSAGES_PER_GROUP`]: the rest is counted in the words of the message. `held`: how many
/// items each embed shows.
fn bounded(message: &Message, all: Vec<Embed>, held: &[usize]) -> Vec<Vec<Embed>> {
    let mut messages = embeds(message, all.clone());
    if messages.len() <= MESSAGES_PER_GROUP {
        return messages;
    }
    let mut shown: usize = messages.iter().take(MESSAGES_PER_GROUP).map(Vec::len).sum();
    while messages.len() > MESSAGES_PER_GROUP && shown > 0 {
        // The last embed makes room for the count.
        shown -= 1;
        let mut count = Embed::new(message.tone);
        let left_out = held.iter().skip(shown).sum();
        count.description = plain(&more(message, left_out), Place::Body, DESCRIPTION.most / 4);
        messages = embeds(message, all.iter().take(shown).cloned().chain([count]).collect());
    }
    messages
}

fn more(message: &Message, left_out: usize) -> String {
    message.more.replace("{n}", &left_out.to_string())
}

fn payloads(messages: &[Vec<Embed>]) -> Vec<Payload> {
    let body = |embeds: &Vec<Embed>| Payload(json!({ "embeds": embeds.iter().map(Embed::json).collect::<Vec<_>>() }));
    messages.iter().map(body).collect()
}

fn content(text: &str) -> Payload {
    Payload(json!({ "content": text }))
}

/// The title and where it leads, without markup.
fn title_line(message: &Message) -> String {
    let title = or_nothing(plain(&message.title, Place::Plain, 2 * TITLE.most));
    // In angle brackets the address gets no preview.
    let url = message.url.as_deref().and_then(web_address).filter(|url| points(url) < CONTENT.most / 2);
    url.map_or(title.clone(), |url| format!("{title}\n<{url}>"))
}

fn plain_texts(message: &Message, limit: usize) -> Vec<Payload> {
    let line = |item: &Item| {
        let title = plain(&item.title, Place::Plain, 2 * TITLE.most);
        let words = text(&item.body, Place::Plain, SHORT_BODY).replace('\n', " ");
        [title, words].into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(" ")
    };
    let items: Vec<String> = message.items.iter().map(line).collect();
    let foot: Vec<String> = message.footer.iter().map(|words| plain(words, Place::Plain, FOOTER_ROOM)).collect();
    let lay_out = |shown: usize| {
        let left_out = items.len() - shown;
        let count = (left_out > 0).then(|| plain(&more(message, left_out), Place::Plain, FOOTER_ROOM));
        let mut lines = vec![title_line(message)];
        lines.extend(items.iter().take(shown).cloned());
        lines.extend(count);
        lines.extend(foot.iter().cloned());
        pack(&lines, limit)
    };
    // The most items that fit, found by halving: their lines differ in length.
    let (mut fits, mut too_many) = (0, items.len() + 1);
    while too_many - fits > 1 {
        let middle = fits.midpoint(too_many);
        if lay_out(middle).len() <= MESSAGES_PER_GROUP { fits = middle } else { too_many = middle }
    }
    lay_out(fits).iter().map(|text| content(text)).collect()
}

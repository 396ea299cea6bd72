//! A message as one text, or as few as need be: the layout that Telegram and WeCom share.
//!
//! The first line carries everything, then a part for each item: title, words, fields as lines, links. Texts break
//! between items where they can, else between lines, never inside one.

use super::files;
use super::limits::Unit;
use super::run::{Block, Run, ends, measure, set};
use super::split::cut;
use super::web;
use crate::message::{Field, Item, Message, Span, Text, Tone};

/// A text of more than this, in the service's unit, may be folded up.
const LONG: usize = 400;
/// So does one of more lines than this.
const LONG_LINES: usize = 8;
/// More items than these are never told in full.
const FULL_ITEMS: usize = 60;

/// How a service writes the parts of a message.
pub(super) trait Markup {
    /// In what it counts.
    fn unit(&self) -> Unit;
    /// A piece of text; `most` letters of it are enough.
    fn run(&self, span: &Span, most: usize) -> Run;
    /// The first line of a message or of an item.
    fn heading(&self, title: Block, url: Option<&str>, tone: Tone) -> Block;
    /// A labelled value.
    fn field(&self, name: Block, value: Block) -> Block;
    /// Words that lead somewhere; `None` where it has no markup for that.
    fn link(&self, label: &str, url: &str) -> Option<Block>;
    /// A long part.
    fn fold(&self, block: Block) -> Block {
        block
    }
    /// What stands below everything.
    fn footer(&self, block: Block) -> Block {
        block
    }
}

/// How much room there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Of one text, in the service's unit.
    pub text: usize,
    /// Of one text, in bytes with its markup.
    pub bytes: usize,
    /// Texts of the full form; with more the short one takes its place.
    pub full_texts: usize,
    /// Texts of any form; what has no room then is counted.
    pub texts: usize,
}

/// Lines that belong together, and how many line breaks stand before them.
struct Part {
    breaks: usize,
    lines: Vec<Block>,
}

pub(super) struct Sheet<'a> {
    pub markup: &'a dyn Markup,
    pub room: Room,
    /// Whom to call, below the first line.
    pub mention: Block,
}

impl Sheet<'_> {
    /// Everything; or the short form, where that is too much.
    pub fn full(&self, message: &Message) -> Vec<String> {
        if message.items.len() > FULL_ITEMS {
            return self.compact(message);
        }
        let only = message.items.len() == 1;
        let most = self.room.text * self.room.full_texts;
        let mut size = 0;
        let mut parts = vec![self.head(message)];
        for item in &message.items {
            let said = only && message.title.contains(item.title.trim());
            let lines = self.item(item, said);
            size += lines.iter().map(|line| line.size).sum::<usize>();
            // No need to lay out the rest to know that it is too much.
            if size > most {
                return self.compact(message);
            }
            parts.push(Part { breaks: if said { 1 } else { 2 }, lines });
        }
        parts.extend(self.foot(message));
        let texts = self.texts(&parts);
        if texts.len() <= self.room.full_texts { texts } else { self.compact(message) }
    }

    /// A line for each item. Those that have no room are counted.
    pub fn compact(&self, message: &Message) -> Vec<String> {
        let only = message.items.len() == 1;
        let short = |item: &Item| self.short(item, only && message.title.contains(item.title.trim()));
        // Each line takes something: no more than these have room in any case.
        let lines: Vec<Block> = message.items.iter().take(self.room.text * self.room.texts / 2).map(short).collect();
        let lay_out = |shown: usize| {
            let left_out = message.items.len() - shown;
            let more = message.more.replace("{n}", &left_out.to_string());
            let more = (left_out > 0).then(|| Part { breaks: 1, lines: vec![self.words(&more, self.room.text / 8)] });
            let items = lines.iter().take(shown).enumerate();
            let items = items.map(|(at, line)| Part { breaks: if at == 0 { 2 } else { 1 }, lines: vec![line.clone()] });
            let head = [self.head(message)].into_iter();
            self.texts(&head.chain(items).chain(more).chain(self.foot(message)).collect::<Vec<_>>())
        };
        // The most items that have room, found by halving: their lines differ in length.
        let (mut fits, mut too_many) = (0, lines.len() + 1);
        while too_many - fits > 1 {
            let middle = fits.midpoint(too_many);
            if lay_out(middle).len() <= self.room.texts { fits = middle } else { too_many = middle }
        }
        lay_out(fits)
    }

    /// Everything in one text, nothing folded or cut; `None` where it does not fit.
    pub fn whole(&self, message: &Message) -> Option<String> {
        let mut parts = vec![self.head(message)];
        for item in &message.items {
            let title = (!item.title.trim().is_empty())
                .then(|| self.markup.heading(self.words(&item.title, self.room.text), None, item.tone));
            // What is cut at this length has no room beside the first line.
            let body = self.text(&item.body, self.room.text);
            let field = |field: &Field| {
                let name = self.words(&field.name, self.room.text / 16);
                self.markup.field(name, self.text(&field.value, self.room.text))
            };
            let lines = title.into_iter().chain([body]).chain(item.fields.iter().map(field)).collect();
            parts.push(Part { breaks: 2, lines });
        }
        parts.extend(self.foot(message));
        let mut texts = self.texts(&parts);
        texts.pop().filter(|_| texts.is_empty())
    }

    /// The first line alone.
    pub fn title(&self, message: &Message) -> Vec<String> {
        self.texts(&[self.head(message)])
    }

    fn head(&self, message: &Message) -> Part {
        let title = self.words(&message.title, self.room.text / 6);
        let title = if title.is_empty() { self.words("–", 100) } else { title };
        let url = message.url.as_deref().and_then(web::target).filter(|url| url.len() < self.room.text / 4);
        Part { breaks: 0, lines: vec![self.markup.heading(title, url, message.tone), self.mention.clone()] }
    }

    fn foot(&self, message: &Message) -> Option<Part> {
        // Pictures and files do not go with a text: which ones are missing is said.
        let missing = files::missing(&message.attachments.iter().collect::<Vec<_>>());
        let lines: Vec<&str> = message.footer.as_deref().into_iter().chain(missing.as_deref()).collect();
        let words = self.words(&lines.join("\n"), self.room.text / 8);
        (!words.is_empty()).then(|| Part { breaks: 2, lines: vec![self.markup.footer(words)] })
    }

    /// An item in full; `said`: its title is the message's.
    fn item(&self, item: &Item, said: bool) -> Vec<Block> {
        let title = (!said && !item.title.trim().is_empty())
            .then(|| self.markup.heading(self.words(&item.title, self.room.text / 6), None, item.tone));
        let body = self.folded(&item.body, self.text(&item.body, self.room.text / 2));
        let fields = item.fields.iter().map(|field| self.field(field));
        title.into_iter().chain([body]).chain(fields).chain([self.links(&item.links)]).collect()
    }

    fn field(&self, field: &Field) -> Block {
        let name = self.words(&field.name, self.room.text / 16);
        let mut value = self.text(&field.value, self.room.text / 4);
        if value.is_empty() {
            value = self.words("–", 100);
        }
        if matches!(field.value.as_slice(), [Span::Block(_)]) {
            let mut below = self.literal("\n");
            below.push(&value);
            value = below;
        }
        self.folded(&field.value, self.markup.field(name, value))
    }

    /// Lines that are shown as they are cannot be folded up with others.
    fn folded(&self, text: &Text, block: Block) -> Block {
        let long = block.size > LONG || block.markup.lines().count() > LONG_LINES;
        let plain = !text.iter().any(|span| matches!(span, Span::Block(_)));
        if long && plain { self.markup.fold(block) } else { block }
    }

    /// A row of links; of a row that would take too much only the names.
    fn links(&self, links: &[(String, String)]) -> Block {
        let between = self.literal(" · ");
        let label = |label: &str| cut(label, self.room.text / 32).0;
        let mut row = Block::default();
        for (words, url) in links {
            let linked = web::target(url).and_then(|url| self.markup.link(&label(words), url));
            let link = linked
                .filter(|link| row.size + link.size < self.room.text / 3 && row.markup.len() + link.markup.len() < 8192)
                .unwrap_or_else(|| self.words(words, self.room.text / 32));
            if row.size + between.size + link.size > self.room.text / 2 {
                break;
            }
            if !row.is_empty() {
                row.push(&between);
            }
            row.push(&link);
        }
        row
    }

    /// An item in one line.
    fn short(&self, item: &Item, said: bool) -> Block {
        let limit = self.room.text / 8;
        // A little less: escapes and tags take something as well.
        let title = Span::Strong(ends(&item.title.replace('\n', " "), limit - limit / 8, self.markup.unit()));
        let mut line = if said || item.title.trim().is_empty() { Block::default() } else { self.text(&[title], limit) };
        let body: Text = item.body.iter().map(on_one_line).collect();
        let words = self.text(&body, self.room.text / 12);
        if !words.is_empty() {
            if !line.is_empty() {
                line.push(&self.literal(" "));
            }
            line.push(&words);
        }
        line
    }

    fn text(&self, text: &[Span], limit: usize) -> Block {
        let runs: Vec<Run> = text.iter().map(|span| self.markup.run(span, limit)).collect();
        set(&runs, limit, self.markup.unit())
    }

    fn words(&self, words: &str, limit: usize) -> Block {
        self.text(&[Span::Text(words.to_owned())], limit)
    }

    fn literal(&self, text: &str) -> Block {
        Block { markup: text.to_owned(), size: measure(self.markup.unit(), text) }
    }

    /// Packs parts into texts. A part that fits into a text of its own is not torn.
    fn texts(&self, parts: &[Part]) -> Vec<String> {
        let mut texts = Vec::new();
        let mut text = Block::default();
        for part in parts {
            let lines: Vec<&Block> = part.lines.iter().filter(|line| !line.is_empty()).collect();
            let size: usize = lines.iter().map(|line| line.size + 1).sum();
            let bytes: usize = lines.iter().map(|line| line.markup.len() + 1).sum();
            let fits = |text: &Block, size: usize, bytes: usize| {
                text.size + part.breaks + size <= self.room.text
                    && text.markup.len() + part.breaks + bytes <= self.room.bytes
            };
            if !fits(&text, size, bytes) && fits(&Block::default(), size, bytes) {
                texts.push(std::mem::take(&mut text).markup);
            }
            for (at, line) in lines.into_iter().enumerate() {
                if !fits(&text, line.size, line.markup.len()) {
                    texts.push(std::mem::take(&mut text).markup);
                }
                if !text.is_empty() {
                    text.push(&self.literal(&"\n".repeat(if at == 0 { part.breaks } else { 1 })));
                }
                text.push(line);
            }
        }
        texts.push(text.markup);
        texts.retain(|text| !text.trim().is_empty());
        texts
    }
}

fn on_one_line(span: &Span) -> Span {
    let line = |words: &str| words.replace('\n', " ");
    match span {
        Span::Text(words) | Span::Block(words) => Span::Text(line(words)),
        Span::Strong(words) => Span::Strong(line(words)),
        Span::Code(words) => Span::Code(line(words)),
        other => other.clone(),
    }
}

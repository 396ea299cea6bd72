//! Text as runs of letters between tags, for chats whose message is one text: it can be cut to any limit without
//! cutting a tag or an escape in two.

use super::limits::Unit;
use super::split::ellipsis;

/// Room for what is put where text was left out, in either unit.
const ELLIPSIS_ROOM: usize = 28;
/// Bytes of one block, tags included: services limit that as well, and a block must fit into a message.
const BLOCK_BYTES: usize = 16 * 1024;

/// Finished markup, and what it takes from the service's limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub markup: String,
    pub size: usize,
}

impl Block {
    /// Nothing that anybody could see.
    pub fn is_empty(&self) -> bool {
        self.markup.trim().is_empty()
    }

    pub fn push(&mut self, other: &Self) {
        self.markup.push_str(&other.markup);
        self.size += other.size;
    }
}

/// What a text takes in a unit.
pub(super) fn measure(unit: Unit, text: &str) -> usize {
    match unit {
        Unit::Bytes => text.len(),
        Unit::Points | Unit::Pieces => super::split::points(text),
    }
}

/// Letters of data as markup: each stays whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Letters {
    pub markup: String,
    /// Bytes of each, and what it takes.
    each: Vec<(usize, usize)>,
}

impl Letters {
    /// One more, written as `markup`.
    pub fn push(&mut self, markup: &str, size: usize) {
        self.markup.push_str(markup);
        self.each.push((markup.len(), size));
    }

    pub fn count(&self) -> usize {
        self.each.len()
    }

    fn size(&self) -> usize {
        self.each.iter().map(|(_, size)| size).sum()
    }
}

/// Letters between a pair of tags.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub open: String,
    pub close: String,
    /// What both tags take.
    pub tags: usize,
    pub letters: Letters,
    /// Letters that are not even here, because there is never room for them.
    pub beyond: usize,
}

impl Run {
    fn count(&self) -> usize {
        self.letters.count() + self.beyond
    }

    fn size(&self) -> usize {
        self.tags + self.letters.size()
    }

    /// Puts as much of it at the end of the block as has room. How many letters were left out.
    fn put(&self, block: &mut Block, room: usize) -> usize {
        let most = room.saturating_sub(block.size + self.tags);
        let most_bytes = BLOCK_BYTES.saturating_sub(block.markup.len() + self.open.len() + self.close.len());
        let (mut size, mut bytes, mut shown) = (0, 0, 0);
        for (letter_bytes, letter_size) in &self.letters.each {
            if size + letter_size > most || bytes + letter_bytes > most_bytes {
                break;
            }
            size += letter_size;
            bytes += letter_bytes;
            shown += 1;
        }
        if shown > 0 {
            block.markup.push_str(&self.open);
            block.markup.push_str(self.letters.markup.get(..bytes).unwrap_or_default());
            block.markup.push_str(&self.close);
            block.size += self.tags + size;
        }
        self.count() - shown
    }
}

/// The runs one behind the other, cut to `limit`. What is left out is counted at the end.
pub(super) fn set(runs: &[Run], limit: usize, unit: Unit) -> Block {
    let mut block = Block::default();
    let total: usize = runs.iter().map(Run::size).sum();
    let bytes: usize = runs.iter().map(|run| run.open.len() + run.letters.markup.len() + run.close.len()).sum();
    let fits = total <= limit && bytes <= BLOCK_BYTES && runs.iter().all(|run| run.beyond == 0);
    let room = if fits { limit } else { limit.saturating_sub(ELLIPSIS_ROOM) };
    let mut left_out = 0;
    for run in runs {
        left_out += if left_out > 0 { run.count() } else { run.put(&mut block, room) };
    }
    if left_out > 0 {
        let mark = ellipsis(left_out);
        block.push(&Block { size: measure(unit, &mark), markup: mark });
    }
    block
}

/// At most this much of a line, whose beginning says what and whose end says where: what is too much goes from between.
pub(super) fn ends(text: &str, most: usize, unit: Unit) -> String {
    const GAP: &str = "…";
    if measure(unit, text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(measure(unit, GAP));
    let upto = |room: usize, characters: &mut dyn Iterator<Item = char>| -> Vec<char> {
        let mut left = room;
        let mut bytes = [0; 4];
        let fits = |character: &char| {
            let size = measure(unit, character.encode_utf8(&mut bytes));
            left.checked_sub(size).inspect(|rest| left = *rest).is_some()
        };
        characters.take_while(fits).collect()
    };
    let end = upto(room / 3, &mut text.chars().rev());
    let start = upto(room - room / 3, &mut text.chars());
    start.into_iter().chain(GAP.chars()).chain(end.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bold(words: &str) -> Run {
        let mut letters = Letters::default();
        words.chars().for_each(|letter| letters.push(&format!("\\{letter}"), 2));
        Run { open: "<b>".to_owned(), close: "</b>".to_owned(), tags: 7, letters, beyond: 0 }
    }

    #[test]
    fn a_run_that_fits_stays_whole() {
        let block = set(&[bold("abc")], 13, Unit::Points);
        assert_eq!(block, Block { markup: "<b>\\a\\b\\c</b>".to_owned(), size: 13 });
    }

    #[test]
    fn a_cut_closes_its_tag_keeps_escapes_whole_and_counts_what_is_missing() {
        let block = set(&[bold(&"x".repeat(100)), bold("rest")], 60, Unit::Points);
        assert_eq!(block.markup, format!("<b>{}</b>… [+92]", "\\x".repeat(12)));
        assert!(block.size <= 60 && block.size == block.markup.chars().count(), "{block:?}");
    }

    #[test]
    fn a_line_that_is_too_long_keeps_both_its_ends() {
        assert_eq!(ends("web is down [a]", 15, Unit::Points), "web is down [a]");
        assert_eq!(ends("web is down now [a]", 13, Unit::Points), "web is d… [a]");
        assert_eq!(ends("容器崩溃了容器崩溃了 [a]", 18, Unit::Bytes), "容器崩… [a]");
        assert_eq!(ends("容器", 0, Unit::Bytes), "…");
    }

    #[test]
    fn a_run_without_room_leaves_no_empty_tags() {
        assert_eq!(set(&[bold("abc")], 12, Unit::Points).markup, "… [+3]");
    }
}

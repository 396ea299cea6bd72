//! `/proc/mdstat`: an array has a line with its disks, one with its size, and perhaps more with what it is doing.

use crate::faults::BadLines;
use crate::text::{self, Line, ParseError};

/// One array.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Array<'a> {
    pub(super) name: &'a [u8],
    /// `active` or `inactive`, or what it is doing: `recovery`, `resync`, `check`, `reshape`.
    pub(super) state: &'a [u8],
    pub(super) active: u64,
    pub(super) required: u64,
    pub(super) failed: u64,
    pub(super) spare: u64,
    pub(super) blocks: u64,
    /// All of them while nothing is being done.
    pub(super) synced: Option<u64>,
}

/// All arrays; one that cannot be read is left out.
pub(super) fn parse<'a>(text: &'a [u8], bad: &mut BadLines) -> Vec<Array<'a>> {
    let lines: Vec<_> = text.split(|byte| *byte == b'\n').enumerate().map(line).collect();
    let mut arrays = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| begins(line.bytes)) {
        let behind = lines.get(index + 1..).unwrap_or_default();
        arrays.extend(bad.take(array(*line, behind)).map(|(array, fault)| {
            fault.into_iter().for_each(|fault| bad.add(fault));
            array
        }));
    }
    arrays
}

fn line((index, bytes): (usize, &[u8])) -> Line<'_> {
    Line { number: index + 1, bytes }
}

/// Whether a line is the first one of an array: the others begin with white space.
fn begins(line: &[u8]) -> bool {
    !line.trim_ascii().is_empty()
        && !line.first().is_some_and(u8::is_ascii_whitespace)
        && !line.starts_with(b"Personalities")
        && !line.starts_with(b"unused")
}

/// The array, and what could not be read of it.
fn array<'a>(line: Line<'a>, behind: &[Line<'a>]) -> Result<(Array<'a>, Option<ParseError>), ParseError> {
    let mut words = line.words();
    let (Some(name), Some(_colon), Some(state)) = (words.next(), words.next(), words.next()) else {
        return Err(line.malformed("`<array> : <state> <personality> <disks>`"));
    };
    let Some(size) = behind.first() else { return Err(line.malformed("a line behind it that begins with a size")) };
    let blocks = size.words().next().and_then(text::parse);
    let blocks = blocks.ok_or_else(|| size.malformed("`<number> blocks …`"))?;
    let (active, required) = disks(line, *size)?;
    let mut array = Array {
        name,
        state,
        active,
        required,
        failed: count(line.bytes, b"(F)"),
        spare: count(line.bytes, b"(S)"),
        blocks,
        synced: Some(blocks),
    };
    let mut fault = None;
    if let Some((doing, progress)) = behind.iter().skip(1).take_while(|line| !begins(line.bytes)).find_map(doing) {
        array.state = doing;
        array.synced = synced(progress);
        if array.synced.is_none() {
            fault = Some(progress.malformed("`(<blocks done>/<blocks>)`, or `PENDING` or `DELAYED`"));
        }
    }
    Ok((array, fault))
}

/// How many disks an array has and needs.
fn disks(line: Line<'_>, size: Line<'_>) -> Result<(u64, u64), ParseError> {
    let has = |word: &[u8]| line.words().any(|other| other == word);
    if has(b"raid0") || has(b"linear") {
        // They have no disk to spare: what is there is what is needed.
        let all = count(line.bytes, b"[");
        return Ok((all, all));
    }
    if has(b"inactive") {
        return Ok((0, 0));
    }
    let words: Vec<_> = size.words().collect();
    let pair = words.windows(2).rev().find_map(|pair| {
        let [counts, map] = pair else { return None };
        inside(map)?.iter().all(|byte| matches!(byte, b'U' | b'_')).then_some(())?;
        let (required, active) = text::split_once(inside(counts)?, b'/')?;
        Some((text::parse(active)?, text::parse(required)?))
    });
    pair.ok_or_else(|| size.malformed("`<number> blocks … [<disks needed>/<disks active>] [U_]`"))
}

fn inside(word: &[u8]) -> Option<&[u8]> {
    word.strip_prefix(b"[")?.strip_suffix(b"]").filter(|inside| !inside.is_empty())
}

/// What a line says is being done, as in `[==>…]  recovery = 10.0% (…` or `resync=PENDING`.
fn doing<'a, 'b>(line: &'b Line<'a>) -> Option<(&'a [u8], &'b Line<'a>)> {
    let words = line.words().map(|word| text::split_once(word, b'=').map_or(word, |(word, _)| word));
    let mut known = words.filter(|word| matches!(*word, b"recovery" | b"resync" | b"check" | b"reshape"));
    Some((known.next()?, line))
}

fn synced(line: &Line<'_>) -> Option<u64> {
    let bytes = line.bytes;
    if [b"PENDING".as_slice(), b"DELAYED", b"REMOTE"].iter().any(|word| count(bytes, word) > 0) {
        return Some(0);
    }
    let progress = line.words().find_map(|word| word.strip_prefix(b"(")?.strip_suffix(b")"))?;
    text::parse(text::split_once(progress, b'/')?.0)
}

fn count(text: &[u8], part: &[u8]) -> u64 {
    text.windows(part.len()).filter(|window| *window == part).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_personality_and_every_state_is_read() {
        let text = b"Personalities : [raid1] [raid0] [linear]\n\
            md0 : active (auto-read-only) raid1 sdb1[2](F) sda1[0]\n      1000 blocks super 1.2 [2/1] [U_]\n\
            \x20       resync=PENDING\n      bitmap: 1/1 pages [4KB], 65536KB chunk\n\n\
            md1 : active linear sdd1[1] sde1[0]\n      2000 blocks super 1.2 64k rounding\n      \n\
            md2 : inactive sdf1[0](S)\n      3000 blocks super 1.2\n       \n\
            md3 : active raid5 sdg1[0] sdh1[1] sdi1[3](S)\n      4000 blocks level 5 [3/3] [UUU]\n\
            \x20     bitmap: 0/1 pages\n      [==>..]  reshape = 5.0% (200/4000) finish=1.0min speed=5K/sec\n\nunused devices: <none>\n";
        let array = |name, state, [active, required, failed, spare]: [u64; 4], blocks, synced| Array {
            name,
            state,
            active,
            required,
            failed,
            spare,
            blocks,
            synced: Some(synced),
        };
        let mut bad = BadLines::default();
        assert_eq!(
            parse(text, &mut bad),
            [
                array(b"md0".as_slice(), b"resync".as_slice(), [1, 2, 1, 0], 1000, 0),
                array(b"md1", b"active", [2, 2, 0, 0], 2000, 2000),
                array(b"md2", b"inactive", [0, 0, 0, 1], 3000, 3000),
                array(b"md3", b"reshape", [3, 3, 0, 1], 4000, 200),
            ]
        );
        assert_eq!(bad, BadLines::default());
    }

    #[test]
    fn what_is_broken_of_one_array_costs_nothing_of_the_others() {
        let text = b"md0 : active raid1 sda1[0]\n      x blocks [2/2] [UU]\n\nmd1 : active raid1 sda2[0]\n      \
            10 blocks [2/2] [UU]\n      [>.]  check = 0.0% finish=1.0min\n\nmd2 : active faulty sda[0]\n  7 blocks\n\n\
            md3\nmd4 : active raid1 sdb[0]";
        let mut bad = BadLines::default();
        let arrays = parse(text, &mut bad);
        let names: Vec<_> = arrays.iter().map(|array| (text::label(array.name), array.synced)).collect();
        assert_eq!(names, [("md1".into(), None)]);
        assert_eq!((bad.count, bad.first.unwrap().line), (5, 2));
    }
}

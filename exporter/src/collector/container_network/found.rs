//! What was found out about the network of one container, and holds until something changes.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::is_told;
use super::pairs::Pairs;
use crate::collector::netdev::parse_devices;
use crate::docker::running::Running;
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, ReadError, if_there};
use crate::links;
use crate::text::{self, Line, ParseError};

/// Whose network namespace the container's process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Its own; the number that tells it from others.
    Its((u64, u64)),
    /// The host's, whatever Docker says.
    TheHosts,
    /// There is no such process: it has ended. Its number may be given to another one, so it is not looked for again.
    Nobodys,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    process: (Option<u32>, Option<Timestamp>),
    at: Instant,
    pub(super) whose: Whose,
    /// The kernel's number of the namespace.
    number: Option<i32>,
    /// How many pairs led into it.
    leading: usize,
    /// Names inside, and numbers of the host's ends.
    pub(super) paired: Vec<(String, u32)>,
    /// Names of devices that are read from the file, and will be as long as they are there: a counter does not change
    /// its source.
    by_file: Vec<String>,
    /// There are devices without an end on the host, or there may be at any time.
    pub(super) needs_file: bool,
}

/// What happens inside a container alone is not told by netlink: a device renamed, a macvlan network connected.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl Found {
    /// Whether it is of the process that the container has now.
    pub(super) fn is_of(&self, container: &Running) -> bool {
        self.process == (container.pid, container.started_at)
    }

    /// Whether to look again.
    pub(super) fn is_old(&self, pairs: Option<&Pairs<'_>>, now: Instant) -> bool {
        if self.whose == Whose::Nobodys {
            return false;
        }
        let moved = |pairs: &Pairs<'_>| {
            self.number.is_some_and(|number| {
                pairs.count_into(number) != self.leading
                    || self.paired.iter().any(|(_, index)| !pairs.leads_into(*index, number))
            })
        };
        now.saturating_duration_since(self.at) >= LOOK_AGAIN || pairs.is_some_and(moved)
    }

    /// Looks at the network of a container; `before` is what was found of the same process earlier.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unreadable`] or [`ReadError::Malformed`].
    pub(super) fn look(
        host: &HostRoot,
        container: &Running,
        pid: u32,
        pairs: Option<&Pairs<'_>>,
        before: Option<Self>,
        now: Instant,
    ) -> Result<Self, ReadError> {
        let mut found = Self {
            process: (container.pid, container.started_at),
            at: now,
            whose: Whose::Nobodys,
            number: None,
            leading: 0,
            paired: Vec::new(),
            by_file: Vec::new(),
            needs_file: false,
        };
        let path = format!("{pid}/net/dev");
        let Some(namespace) = if_there(host.proc_identity(&path))? else { return Ok(found) };
        if host.proc_identity("1/net/dev").is_ok_and(|hosts| hosts == namespace) {
            return Ok(Self { whose: Whose::TheHosts, ..found });
        }
        let Some(file) = if_there(host.read_proc(&path))? else { return Ok(found) };
        let devices = Faults::default().parse(&file, parse_devices);
        let names: Vec<String> = devices.into_iter().filter(is_told).map(|device| device.name).collect();
        found.whose = Whose::Its(namespace);
        if let Some(pairs) = pairs {
            found.number = if_there(links::namespace_of(pid))?.flatten();
            found.leading = found.number.map_or(0, |number| pairs.count_into(number));
            if found.leading > 0 {
                let numbers = if_there(host.read_proc(&format!("{pid}/net/dev_mcast")))?;
                let numbers = numbers.map(|file| Faults::default().parse(&file, parse_numbers)).unwrap_or_default();
                found.pair(&names, &numbers, pairs);
            }
        }
        let earlier = before.unwrap_or_else(|| found.clone());
        found.paired.retain(|(name, _)| !earlier.by_file.contains(name));
        let was_paired = |name: &String| earlier.paired.iter().any(|(other, _)| other == name);
        let is_paired = |name: &String| found.paired.iter().any(|(other, _)| other == name);
        // One that has lost its end on the host is left out until the next look: the pair may be gone in a moment.
        found.by_file = names.into_iter().filter(|name| !is_paired(name) && !was_paired(name)).collect();
        found.needs_file = pairs.is_none() || !found.by_file.is_empty();
        Ok(found)
    }

    /// Finds the host's end of each device, by the number that the device has inside.
    fn pair(&mut self, names: &[String], numbers: &[(u32, String)], pairs: &Pairs<'_>) {
        let Some(namespace) = self.number else { return };
        let leading: Vec<_> = pairs.leading_into(namespace).collect();
        for name in names {
            let number = numbers.iter().find(|(_, other)| other == name).map(|(number, _)| *number);
            let end = match (number, leading.as_slice()) {
                (Some(number), _) => leading.iter().find(|(_, inside)| *inside == number).map(|(index, _)| *index),
                // A device that is down is in no list with its number, but one is one.
                (None, [(index, inside)]) if names.len() == 1 && numbers.iter().all(|(other, _)| other != inside) => {
                    Some(*index)
                }
                (None, _) => None,
            };
            self.paired.extend(end.map(|index| (name.clone(), index)));
        }
    }
}

/// Number and name of each device in `/proc/net/dev_mcast`; one line for each address, `2    eth0   1     0     01005e…`.
pub(super) fn parse_numbers(text: &[u8], bad: &mut BadLines) -> Vec<(u32, String)> {
    let mut numbers = Vec::new();
    for line in text::lines(text) {
        if let Some(read) = bad.take(number(line))
            && numbers.last() != Some(&read)
        {
            numbers.push(read);
        }
    }
    numbers
}

fn number(line: Line<'_>) -> Result<(u32, String), ParseError> {
    let mut words = line.words();
    let read = |words: &mut dyn Iterator<Item = &[u8]>| {
        Some((text::parse(words.next()?)?, text::label(words.next()?).into_owned()))
    };
    read(&mut words).ok_or_else(|| line.malformed("the number and the name of a device"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_has_its_number_once() {
        let text = b"2    eth0            1     0     333300000001\n2    eth0            1     0     01005e000001\n\
                     x    eth9            1     0     01005e000001\n4    eth1            1     0     01005e000001\n";
        let mut bad = BadLines::default();
        let numbers = parse_numbers(text, &mut bad);
        assert_eq!(numbers, [(2, "eth0".to_owned()), (4, "eth1".to_owned())]);
        assert_eq!((bad.first.unwrap().line, bad.count), (3, 1));
    }
}

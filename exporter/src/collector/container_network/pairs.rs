//! The host's ends of pairs whose other end is in another network namespace.

use std::collections::HashMap;

use super::Counts;
use crate::links::Link;

/// Those of one scrape.
pub(super) struct Pairs<'a> {
    by_index: HashMap<u32, &'a Link>,
    /// How many lead into each namespace, by the kernel's number of it.
    into: HashMap<i32, usize>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(links: &'a [Link]) -> Self {
        let mut pairs = Self { by_index: HashMap::new(), into: HashMap::new() };
        for link in links.iter().filter(|link| link.is_paired) {
            if let Some(namespace) = link.lower_namespace {
                pairs.by_index.insert(link.index, link);
                *pairs.into.entry(namespace).or_default() += 1;
            }
        }
        pairs
    }

    /// How many lead into that namespace.
    pub(super) fn count_into(&self, namespace: i32) -> usize {
        self.into.get(&namespace).copied().unwrap_or_default()
    }

    /// Those that lead into that namespace: our number, and the one that the other end has there.
    pub(super) fn leading_into(&self, namespace: i32) -> impl Iterator<Item = (u32, u32)> {
        let leading = self.by_index.values().filter(move |link| link.lower_namespace == Some(namespace));
        leading.map(|link| (link.index, link.lower))
    }

    /// Whether there is still such an end, leading there.
    pub(super) fn leads_into(&self, index: u32, namespace: i32) -> bool {
        self.by_index.get(&index).is_some_and(|link| link.lower_namespace == Some(namespace))
    }

    /// What the other end counts: it received what ours sent.
    pub(super) fn counts(&self, index: u32) -> Option<Counts> {
        let link = self.by_index.get(&index)?;
        // struct rtnl_link_stats64: packets, bytes, errors and dropped, received at even places and sent at odd ones.
        let ours = |place: usize| link.counters.get(place).copied();
        // The kernel's file adds up what was dropped and what was missed.
        let missed = ours(15).unwrap_or_default();
        Some([ours(3)?, ours(1)?, ours(5)?, ours(7)?, ours(2)?, ours(0)?, ours(4)?, ours(6)?.wrapping_add(missed)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(index: u32, is_paired: bool, lower_namespace: Option<i32>) -> Link {
        Link { index, lower: 2, is_paired, lower_namespace, counters: (0..24).collect(), ..Link::default() }
    }

    #[test]
    fn what_the_host_s_end_sent_the_container_received() {
        let links = [link(7, true, Some(1))];
        assert_eq!(Pairs::new(&links).counts(7), Some([3, 1, 5, 7, 2, 0, 4, 6 + 15]));
    }

    #[test]
    fn only_pairs_that_lead_elsewhere_belong_to_containers() {
        let links = [link(7, true, Some(1)), link(8, true, None), link(9, false, Some(1)), link(10, true, Some(2))];
        let pairs = Pairs::new(&links);
        assert_eq!((pairs.count_into(1), pairs.count_into(2), pairs.count_into(3)), (1, 1, 0));
        assert_eq!(pairs.leading_into(1).collect::<Vec<_>>(), [(7, 2)]);
        assert!(pairs.leads_into(7, 1) && !pairs.leads_into(7, 2) && !pairs.leads_into(9, 1));
        assert_eq!(pairs.counts(9), None);
    }
}

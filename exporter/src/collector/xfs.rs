//! XFS: what each mounted file system did with its extents, B-trees, directories and inodes.
//!
//! Source: `/sys/fs/xfs/DEVICE/stats/stats`, Linux 4.4 or later
//! (<https://xfs.org/index.php/Runtime_Stats>). Of its lines, those that node_exporter 1.11.1 tells.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::{BadLines, Faults};
use crate::host::{HostRoot, if_there};
use crate::text::{self, Line, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "xfs",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| drop(parse(bytes, &mut BadLines::default()))],
    build: |inputs, _| Box::new(Xfs { host: inputs.host.clone() }),
};

struct Xfs {
    host: HostRoot,
}

impl Collector for Xfs {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let mut faults = Faults::default();
        for device in faults.take(if_there(self.host.list_sys("fs/xfs"))).flatten().unwrap_or_default() {
            // Not every directory is a device's: `stats` holds the sums of all.
            let file = self.host.read_sys(&format!("fs/xfs/{device}/stats/stats"));
            let Some(Some(file)) = faults.take(if_there(file)) else {
                continue;
            };
            for (counters, numbers) in faults.parse(&file, parse) {
                for ((name, help), number) in counters.iter().zip(numbers) {
                    out.counter(name, help).push(&[("device", &device)], number);
                }
            }
        }
        faults.finish()
    }
}

/// Name and help of a number.
type Counter = (&'static str, &'static str);

/// The lines that have families, each with its numbers.
fn parse(bytes: &[u8], bad: &mut BadLines) -> Vec<(&'static [Counter], Vec<u64>)> {
    let known = |line: &Line<'_>| LINES.iter().find(|(key, _)| line.words().next() == Some(key.as_bytes()));
    let lines = text::lines(bytes).filter_map(|line| Some((line, known(&line)?)));
    let read: Vec<_> =
        lines.filter_map(|(line, (_, counters))| Some((*counters, bad.take(numbers(line, counters.len()))?))).collect();
    if read.is_empty() {
        bad.add(ParseError::new(1, "lines such as `rw 12 34`", bytes));
    }
    read
}

/// A newer kernel may add numbers to a line; one that has too few was cut short.
fn numbers(line: Line<'_>, count: usize) -> Result<Vec<u64>, ParseError> {
    let numbers: Option<Vec<u64>> = line.words().skip(1).take(count).map(text::parse).collect();
    numbers.filter(|numbers| numbers.len() == count).ok_or_else(|| line.malformed("a word and its whole numbers"))
}

/// First word of the line, and what its numbers are, in their order.
const LINES: &[(&str, &[Counter])] = &[
    (
        "extent_alloc",
        &[
            ("node_xfs_extent_allocation_extents_allocated_total", "Extents that were allocated."),
            ("node_xfs_extent_allocation_blocks_allocated_total", "Blocks that were allocated."),
            ("node_xfs_extent_allocation_extents_freed_total", "Extents that were freed."),
            ("node_xfs_extent_allocation_blocks_freed_total", "Blocks that were freed."),
        ],
    ),
    (
        "abt",
        &[
            ("node_xfs_allocation_btree_lookups_total", "Lookups in the B-trees of free space."),
            ("node_xfs_allocation_btree_compares_total", "Records compared in the B-trees of free space."),
            ("node_xfs_allocation_btree_records_inserted_total", "Records put into the B-trees of free space."),
            ("node_xfs_allocation_btree_records_deleted_total", "Records taken out of the B-trees of free space."),
        ],
    ),
    (
        "blk_map",
        &[
            ("node_xfs_block_mapping_reads_total", "Times a file's block map was asked for reading."),
            ("node_xfs_block_mapping_writes_total", "Times a file's block map was asked for writing."),
            ("node_xfs_block_mapping_unmaps_total", "Times blocks were taken out of a file's map."),
            ("node_xfs_block_mapping_extent_list_insertions_total", "Extents put into the lists of files."),
            ("node_xfs_block_mapping_extent_list_deletions_total", "Extents taken out of the lists of files."),
            ("node_xfs_block_mapping_extent_list_lookups_total", "Lookups in the extent lists of files."),
            ("node_xfs_block_mapping_extent_list_compares_total", "Extents compared in the lists of files."),
        ],
    ),
    (
        "bmbt",
        &[
            ("node_xfs_block_map_btree_lookups_total", "Lookups in the B-trees of block maps."),
            ("node_xfs_block_map_btree_compares_total", "Records compared in the B-trees of block maps."),
            ("node_xfs_block_map_btree_records_inserted_total", "Records put into the B-trees of block maps."),
            ("node_xfs_block_map_btree_records_deleted_total", "Records taken out of the B-trees of block maps."),
        ],
    ),
    (
        "dir",
        &[
            ("node_xfs_directory_operation_lookup_total", "Names looked up that the kernel's name cache did not have."),
            ("node_xfs_directory_operation_create_total", "Names added to directories."),
            ("node_xfs_directory_operation_remove_total", "Names removed from directories."),
            ("node_xfs_directory_operation_getdents_total", "Times a directory was listed."),
        ],
    ),
    (
        "ig",
        &[
            ("node_xfs_inode_operation_attempts_total", "Inodes looked for in the inode cache."),
            ("node_xfs_inode_operation_found_total", "Inodes found in the inode cache."),
            ("node_xfs_inode_operation_recycled_total", "Inodes found in the inode cache while being reclaimed."),
            ("node_xfs_inode_operation_missed_total", "Inodes not found in the inode cache."),
            ("node_xfs_inode_operation_duplicates_total", "Inodes that somebody else had cached in the meantime."),
            ("node_xfs_inode_operation_reclaims_total", "Inodes taken out of the inode cache for their memory."),
            ("node_xfs_inode_operation_attribute_changes_total", "Times the attributes of an inode were changed."),
        ],
    ),
    (
        "rw",
        &[
            ("node_xfs_write_calls_total", "Calls of write(2) on files."),
            ("node_xfs_read_calls_total", "Calls of read(2) on files."),
        ],
    ),
    (
        "vnodes",
        &[
            ("node_xfs_vnode_active_total", "Inodes in use."),
            ("node_xfs_vnode_allocate_total", "Inodes allocated in memory."),
            ("node_xfs_vnode_get_total", "Inodes taken from the cache."),
            ("node_xfs_vnode_hold_total", "References taken to inodes."),
            ("node_xfs_vnode_release_total", "References to inodes given back."),
            ("node_xfs_vnode_reclaim_total", "Inodes reclaimed."),
            ("node_xfs_vnode_remove_total", "Inodes removed from the cache."),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Vec<u64>>, BadLines) {
        let mut bad = BadLines::default();
        let lines = parse(text.as_bytes(), &mut bad);
        (lines.into_iter().map(|(_, numbers)| numbers).collect(), bad)
    }

    #[test]
    fn lines_without_families_and_numbers_of_newer_kernels_are_no_fault() {
        let (numbers, bad) = read("xpc 1 2 3\nrw 1 18446744073709551615 3\ndefer_relog 9\n");
        assert_eq!((numbers, bad.count), (vec![vec![1, u64::MAX]], 0));
    }

    #[test]
    fn a_file_without_any_known_line_is_a_fault() {
        let (numbers, bad) = read("xpc 1 2 3\n");
        assert_eq!((numbers, bad.count), (vec![], 1));
    }

    #[test]
    fn a_line_cut_short_costs_itself() {
        let (numbers, bad) = read("dir 1 2 3\nrw 1 2\nabt\n");
        let first = ParseError::new(1, "a word and its whole numbers", b"dir 1 2 3");
        assert_eq!((numbers, bad), (vec![vec![1, 2]], BadLines { first: Some(first), count: 2 }));
    }
}

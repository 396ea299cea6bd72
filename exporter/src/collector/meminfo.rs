//! Memory: what is free, available, cached, dirty, swapped.
//!
//! Source: `/proc/meminfo` (<https://docs.kernel.org/filesystems/proc.html>). The fields are those that node_exporter
//! 1.11.1 knows: `KReclaimable` and some others of newer kernels have no family there, and so none here.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::faults::Faults;
use crate::host::{HostFile, HostRoot};
use crate::text::{self, Line, ParseError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "meminfo",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| text::lines(bytes).for_each(|line| drop(field(line)))],
    build: |inputs, _| Box::new(Meminfo { host: inputs.host.clone() }),
};

struct Meminfo {
    host: HostRoot,
}

impl Collector for Meminfo {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let file = self.host.read_proc("meminfo")?;
        collect(&file, out)
    }
}

/// A line that cannot be read does not cost the others: memory is what most alerts are about.
fn collect(file: &HostFile, out: &mut Exposition) -> Result<(), CollectError> {
    let mut faults = Faults::default();
    // The kernel keeps to the order of the table, so that the search goes on where the last one ended.
    let mut fields = FIELDS.iter().cycle();
    for line in text::lines(&file.bytes) {
        let (key, amount) = match field(line) {
            Ok(field) => field,
            Err(error) => {
                faults.line(file, error);
                continue;
            }
        };
        let known = fields.by_ref().take(FIELDS.len()).find(|(field, ..)| field.as_bytes() == key);
        if let Some((_, name, help)) = known {
            let family = out.gauge(name, help);
            family.clear();
            family.set(amount);
        }
    }
    faults.finish()
}

fn field(line: Line<'_>) -> Result<(&[u8], u64), ParseError> {
    line.key_and_value(b':')
        .and_then(|(key, value)| Some((key, text::bytes(value)?)))
        .ok_or_else(|| line.malformed("`<field>: <amount> kB`"))
}

/// Field of the file, name and help. Fields without `kB` are counts of pages, and have no `_bytes` in their names.
const FIELDS: &[(&str, &str, &str)] = &[
    ("MemTotal", "node_memory_MemTotal_bytes", "Memory that the kernel manages."),
    ("MemFree", "node_memory_MemFree_bytes", "Memory that nobody uses."),
    (
        "MemAvailable",
        "node_memory_MemAvailable_bytes",
        "The kernel's estimate of what new programs can get without swapping.",
    ),
    ("Buffers", "node_memory_Buffers_bytes", "Cache of raw block devices."),
    ("Cached", "node_memory_Cached_bytes", "Page cache and tmpfs, without SwapCached."),
    ("SwapCached", "node_memory_SwapCached_bytes", "Memory that was swapped in again and still has its copy in swap."),
    ("Active", "node_memory_Active_bytes", "Memory used recently, reclaimed last."),
    ("Inactive", "node_memory_Inactive_bytes", "Memory not used recently, reclaimed first."),
    ("Active(anon)", "node_memory_Active_anon_bytes", "Active memory of programs and tmpfs."),
    ("Inactive(anon)", "node_memory_Inactive_anon_bytes", "Inactive memory of programs and tmpfs."),
    ("Active(file)", "node_memory_Active_file_bytes", "Active page cache."),
    ("Inactive(file)", "node_memory_Inactive_file_bytes", "Inactive page cache."),
    ("Unevictable", "node_memory_Unevictable_bytes", "Memory that cannot be reclaimed, locked memory included."),
    ("Mlocked", "node_memory_Mlocked_bytes", "Memory locked with mlock(2)."),
    ("SwapTotal", "node_memory_SwapTotal_bytes", "Swap space."),
    ("SwapFree", "node_memory_SwapFree_bytes", "Swap space that is free."),
    ("Zswap", "node_memory_Zswap_bytes", "Memory that compressed swap takes."),
    ("Zswapped", "node_memory_Zswapped_bytes", "What compressed swap holds, before compression."),
    ("Dirty", "node_memory_Dirty_bytes", "Cache waiting to be written to disk."),
    ("Writeback", "node_memory_Writeback_bytes", "Cache being written to disk."),
    ("AnonPages", "node_memory_AnonPages_bytes", "Memory of programs that no file backs, as mapped."),
    ("Mapped", "node_memory_Mapped_bytes", "Files mapped into programs."),
    ("Shmem", "node_memory_Shmem_bytes", "Shared memory and tmpfs."),
    ("Slab", "node_memory_Slab_bytes", "Caches of kernel objects."),
    ("SReclaimable", "node_memory_SReclaimable_bytes", "The part of Slab that can be reclaimed."),
    ("SUnreclaim", "node_memory_SUnreclaim_bytes", "The part of Slab that cannot be reclaimed."),
    ("KernelStack", "node_memory_KernelStack_bytes", "Kernel stacks of all threads."),
    ("PageTables", "node_memory_PageTables_bytes", "Page tables of user memory."),
    ("NFS_Unstable", "node_memory_NFS_Unstable_bytes", "NFS pages sent but not yet committed; 0 since Linux 5.8."),
    ("Bounce", "node_memory_Bounce_bytes", "Bounce buffers of block devices."),
    ("WritebackTmp", "node_memory_WritebackTmp_bytes", "Buffers of FUSE for writing back."),
    ("CommitLimit", "node_memory_CommitLimit_bytes", "What may be promised to programs under strict overcommit."),
    ("Committed_AS", "node_memory_Committed_AS_bytes", "What has been promised to programs, used or not."),
    ("VmallocTotal", "node_memory_VmallocTotal_bytes", "Address space of the kernel's vmalloc."),
    ("VmallocUsed", "node_memory_VmallocUsed_bytes", "Memory that vmalloc has given out."),
    ("VmallocChunk", "node_memory_VmallocChunk_bytes", "Largest free piece of vmalloc; 0 since Linux 4.4."),
    ("Percpu", "node_memory_Percpu_bytes", "Memory of the kernel's per-CPU allocator."),
    ("HardwareCorrupted", "node_memory_HardwareCorrupted_bytes", "Memory taken out of use after hardware errors."),
    ("AnonHugePages", "node_memory_AnonHugePages_bytes", "Memory of programs in transparent huge pages."),
    ("ShmemHugePages", "node_memory_ShmemHugePages_bytes", "Shared memory and tmpfs in huge pages."),
    ("ShmemPmdMapped", "node_memory_ShmemPmdMapped_bytes", "Shared memory mapped with huge pages."),
    ("CmaTotal", "node_memory_CmaTotal_bytes", "Memory reserved for contiguous allocations."),
    ("CmaFree", "node_memory_CmaFree_bytes", "Memory reserved for contiguous allocations that is free."),
    ("HugePages_Total", "node_memory_HugePages_Total", "Huge pages in the pool, counted in pages."),
    ("HugePages_Free", "node_memory_HugePages_Free", "Huge pages of the pool not handed out, counted in pages."),
    ("HugePages_Rsvd", "node_memory_HugePages_Rsvd", "Huge pages promised but not yet handed out, counted in pages."),
    ("HugePages_Surp", "node_memory_HugePages_Surp", "Huge pages above the size of the pool, counted in pages."),
    ("Hugepagesize", "node_memory_Hugepagesize_bytes", "Size of one huge page of the pool."),
    ("DirectMap4k", "node_memory_DirectMap4k_bytes", "Kernel memory mapped in pages of 4 KiB."),
    ("DirectMap2M", "node_memory_DirectMap2M_bytes", "Kernel memory mapped in pages of 2 MiB."),
    ("DirectMap1G", "node_memory_DirectMap1G_bytes", "Kernel memory mapped in pages of 1 GiB."),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use seamark_kit::exposition::{Family, Value};

    use super::*;

    type Families = Vec<(String, Vec<Value>)>;

    fn read(text: &str) -> (Families, Result<(), String>) {
        let mut out = Exposition::default();
        let file = HostFile { path: "/proc/meminfo".into(), bytes: text.as_bytes().to_owned() };
        let result = collect(&file, &mut out).map_err(|error| error.to_string());
        let values =
            |family: &Family| (family.name.to_string(), family.samples().map(|sample| sample.value.clone()).collect());
        (out.families().iter().map(|family| values(family)).collect(), result)
    }

    #[test]
    fn amounts_are_bytes_and_huge_pages_are_counted() {
        let (families, result) = read("Active(anon):  2 kB\nNewField:  9 kB\nHugePages_Free:   3\nMemFree:  1 kB\n");
        assert_eq!(
            families,
            [
                ("node_memory_Active_anon_bytes".to_owned(), vec![2048_u64.into()]),
                ("node_memory_HugePages_Free".to_owned(), vec![3_u64.into()]),
                ("node_memory_MemFree_bytes".to_owned(), vec![1024_u64.into()]),
            ]
        );
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn one_broken_line_costs_one_family() {
        let (families, result) = read("MemTotal:  1 kB\nMemFree:  12x kB\nBuffers:  0 kB\n");
        assert_eq!(
            families,
            [
                ("node_memory_MemTotal_bytes".to_owned(), vec![1024_u64.into()]),
                ("node_memory_Buffers_bytes".to_owned(), vec![0_u64.into()]),
            ]
        );
        let message = "/proc/meminfo line 2: expected `<field>: <amount> kB`, found `MemFree:  12x kB`";
        assert_eq!(result, Err(message.to_owned()));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_answer_twice(text in "((MemTotal|Active\\(anon\\)|x)?:?[ \t]?\\PC{0,9}( kB)?\n){0,9}") {
            let (families, _) = read(&text);
            prop_assert!(families.iter().all(|(_, values)| values.len() == 1));
        }
    }
}

//! What only another driver can change, or another set of governors: both are the whole kernel's.
//!
//! A machine with hundreds of CPUs has a directory of files for each of them. So what its driver fixes is read of the
//! first CPU at every scrape, and of the others when that one says something new, or CPUs come or go.

use crate::faults::Faults;
use crate::host::{HostRoot, if_there};

use super::directory;

/// What is fixed of one CPU.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fixed {
    /// Whether the hardware can be asked for its clock.
    pub(super) has_current: bool,
    /// The lowest clock, in kilohertz.
    pub(super) minimum: Option<u64>,
    /// The governors there are, with spaces between them.
    pub(super) governors: String,
    is_whole: bool,
}

impl Fixed {
    fn read(host: &HostRoot, cpu: &str, faults: &mut Faults) -> Self {
        let directory = directory(cpu);
        let minimum = host.sys_number(&format!("{directory}/cpuinfo_min_freq"));
        let governors = host.sys_text(&format!("{directory}/scaling_available_governors"));
        Self {
            is_whole: minimum.is_ok() && governors.is_ok(),
            // If it cannot be read for another reason, that may be different the next time.
            has_current: !matches!(if_there(host.read_sys(&format!("{directory}/cpuinfo_cur_freq"))), Ok(None)),
            minimum: faults.take(minimum).flatten(),
            governors: faults.take(governors).flatten().unwrap_or_default(),
        }
    }
}

/// What is fixed of all CPUs, in their order.
#[derive(Debug, Default)]
pub(super) struct Kept {
    cpus: Vec<String>,
    fixed: Vec<Fixed>,
}

impl Kept {
    /// Reads of these CPUs what is not known, and gives what is fixed of each.
    pub(super) fn update(&mut self, host: &HostRoot, cpus: &[&str], faults: &mut Faults) -> &[Fixed] {
        let Some((first, others)) = cpus.split_first() else { return &[] };
        let now = Fixed::read(host, first, faults);
        // A fault is told at every scrape, not kept as if there was nothing.
        let is_known =
            self.cpus == cpus && self.fixed.first() == Some(&now) && self.fixed.iter().all(|fixed| fixed.is_whole);
        if !is_known {
            let others = others.iter().map(|cpu| Fixed::read(host, cpu, faults)).collect::<Vec<_>>();
            self.fixed = [now].into_iter().chain(others).collect();
            self.cpus = cpus.iter().map(|cpu| (*cpu).to_owned()).collect();
        }
        &self.fixed
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_fixed_is_read_again_when_the_first_cpu_says_something_new_and_after_a_fault() {
        let directory = tempfile::tempdir().unwrap();
        let write = |cpu: &str, file: &str, content: &str| {
            let cpufreq = directory.path().join(super::directory(cpu));
            fs::create_dir_all(&cpufreq).unwrap();
            fs::write(cpufreq.join(file), content).unwrap();
        };
        let host = HostRoot::new("/nowhere", directory.path(), "/nowhere", "/nowhere");
        let mut kept = Kept::default();
        let mut minima = |cpus: &[&str]| {
            let mut faults = Faults::default();
            let minima: Vec<_> = kept.update(&host, cpus, &mut faults).iter().map(|fixed| fixed.minimum).collect();
            (minima, faults.finish().is_ok())
        };

        write("0", "cpuinfo_min_freq", "800000");
        write("7", "cpuinfo_min_freq", "x");
        assert_eq!(minima(&["0", "7"]), (vec![Some(800_000), None], false));
        assert_eq!(minima(&["0", "7"]), (vec![Some(800_000), None], false));
        write("7", "cpuinfo_min_freq", "400000");
        assert_eq!(minima(&["0", "7"]), (vec![Some(800_000), Some(400_000)], true));

        write("7", "cpuinfo_min_freq", "500000");
        assert_eq!(minima(&["0", "7"]), (vec![Some(800_000), Some(400_000)], true));
        write("0", "scaling_available_governors", "performance");
        assert_eq!(minima(&["0", "7"]), (vec![Some(800_000), Some(500_000)], true));
        assert_eq!(minima(&["7"]), (vec![Some(500_000)], true));
        assert_eq!(minima(&[]), (vec![], true));
    }
}

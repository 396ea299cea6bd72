//! Tasks that the kernel found hung: two minutes, unless set otherwise, in a sleep that nothing can interrupt.
//!
//! Source: `/proc/sys/kernel/hung_task_detect_count`, Linux 6.13 or later.

use seamark_kit::exposition::Exposition;

use super::{CollectError, Collector, Registration};
use crate::host::{HostRoot, if_there};
use crate::text;

pub(super) const COLLECTOR: Registration = Registration {
    name: "kernel_hung",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[],
    build: |inputs, _| Box::new(KernelHung { host: inputs.host.clone() }),
};

struct KernelHung {
    host: HostRoot,
}

impl Collector for KernelHung {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let Some(file) = if_there(self.host.read_proc("sys/kernel/hung_task_detect_count"))? else {
            return Err(CollectError::Unsupported("the kernel does not count hung tasks".to_owned()));
        };
        let count = file.parse(text::number)?;
        out.counter("node_kernel_hung_tasks_total", "Tasks found hung since the kernel was started.").set(count);
        Ok(())
    }
}

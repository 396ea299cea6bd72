//! NVMe controllers and their namespaces.
//!
//! Source: `/sys/class/nvme`.

use seamark_kit::exposition::{Exposition, Value};

use super::{CollectError, Collector, Inputs, Registration};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError};

pub(super) const COLLECTOR: Registration = Registration {
    name: "nvme",
    on_by_default: true,
    may_hang: false,
    options: &[],
    parsers: &[|bytes| {
        let _ = str::from_utf8(bytes).map(namespace_id);
    }],
    build: |inputs, _| Box::new(Nvme::new(inputs)),
};

const CLASS: &str = "class/nvme";

struct Nvme {
    host: HostRoot,
}

impl Nvme {
    fn new(inputs: &Inputs) -> Self {
        Self { host: inputs.host.clone() }
    }
}

impl Collector for Nvme {
    fn collect(&self, out: &mut Exposition) -> Result<(), CollectError> {
        let controllers = match self.host.list_sys(CLASS) {
            Err(ReadError::Absent { .. }) => return Err(CollectError::Unsupported("no NVMe controller".to_owned())),
            listed => listed?,
        };
        let mut faults = Faults::default();
        for controller in controllers {
            self.tell_controller(&controller, out, &mut faults);
            let entries = faults.take(self.host.list_sys(&format!("{CLASS}/{controller}"))).unwrap_or_default();
            for (entry, id) in entries.iter().filter_map(|entry| Some((entry, namespace_id(entry)?))) {
                self.tell_namespace(&controller, entry, id, out, &mut faults);
            }
        }
        faults.finish()
    }
}

impl Nvme {
    fn tell_controller(&self, controller: &str, out: &mut Exposition, faults: &mut Faults) {
        let mut text = |attribute: &str| {
            let text = self.host.sys_text(&format!("{CLASS}/{controller}/{attribute}"));
            faults.take(text).flatten().unwrap_or_default()
        };
        let labels = [
            ("device", controller),
            ("firmware_revision", &text("firmware_rev")),
            ("model", &text("model")),
            ("serial", &text("serial")),
            ("state", &text("state")),
            ("cntlid", &text("cntlid")),
        ];
        out.gauge("node_nvme_info", "What kind of NVMe controller this is; always 1.").push(&labels, true);
    }

    fn tell_namespace(&self, controller: &str, entry: &str, id: &str, out: &mut Exposition, faults: &mut Faults) {
        let file = |attribute: &str| format!("{CLASS}/{controller}/{entry}/{attribute}");
        let access = faults.take(self.host.sys_text(&file("ana_state"))).flatten();
        let access = access.as_deref().unwrap_or("unknown");
        out.gauge("node_nvme_namespace_info", "A namespace of an NVMe controller, with its state of access; always 1.")
            .push(&[("device", controller), ("nsid", id), ("ana_state", access)], true);
        let mut number = |attribute: &str| faults.take(self.host.sys_number(&file(attribute))).flatten();
        let (size, used, block) = (number("size"), number("nuse"), number("queue/logical_block_size"));
        let mut push = |name: &'static str, help: &'static str, value: Option<Value>| {
            if let Some(value) = value {
                out.gauge(name, help).push(&[("device", controller), ("nsid", id)], value);
            }
        };
        let bytes = |blocks: Option<u64>| Some(product(blocks?, block?));
        push(
            "node_nvme_namespace_capacity_bytes",
            "Size of an NVMe namespace, as its used bytes count it.",
            bytes(size),
        );
        push("node_nvme_namespace_size_bytes", "Size of an NVMe namespace.", bytes(size));
        // Linux before 6.8 does not tell it.
        push("node_nvme_namespace_used_bytes", "Bytes of an NVMe namespace that are in use.", bytes(used));
        push(
            "node_nvme_namespace_logical_block_size_bytes",
            "Size of the blocks in which an NVMe namespace is addressed.",
            block.map(Value::Integer),
        );
    }
}

fn product(blocks: u64, size: u64) -> Value {
    blocks.checked_mul(size).map_or(Value::Float(blocks as f64 * size as f64), Value::Integer)
}

/// The number of a namespace, from its directory `nvme0n1`; with multipath it is `nvme0c1n1`, which is another path to
/// what node_exporter does not tell of.
fn namespace_id(entry: &str) -> Option<&str> {
    let (controller, id) = entry.strip_prefix("nvme")?.split_once('n')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(controller) && digits(id)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_namespace_s_own_directory_has_its_number() {
        let entries = ["nvme0n1", "nvme12n34", "nvme0c0n1", "nvme0", "ng0n1", "nvme0n1p1", "hwmon3", "nvmen1"];
        let ids = entries.map(namespace_id);
        assert_eq!(ids, [Some("1"), Some("34"), None, None, None, None, None, None]);
    }
}

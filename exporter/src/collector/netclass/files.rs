//! Devices from `/sys/class/net`.

use super::{Device, NUMBERS};
use crate::faults::Faults;
use crate::host::{HostRoot, ReadError, if_available};
use crate::text::{self, ParseError};

pub(super) const DIRECTORY: &str = "class/net";

/// The names in [`DIRECTORY`] that are devices: the module `bonding` has a file there.
pub(super) fn devices(names: Vec<String>) -> impl Iterator<Item = String> {
    names.into_iter().filter(|name| name != "bonding_masters")
}

/// Reads a device; `None` if nothing can be read of it, since it went away after it was listed.
pub(super) fn read(host: &HostRoot, name: String, faults: &mut Faults) -> Option<Device> {
    let numbers = NUMBERS.each_ref().map(|number| faults.take(number_in(host, &name, number.file)).flatten());
    let mut text = |file| faults.take(text_in(host, &name, file)).unwrap_or_default();
    let device = Device {
        address: text("address"),
        broadcast: text("broadcast"),
        duplex: text("duplex"),
        operational_state: text("operstate"),
        alias: text("ifalias"),
        numbers,
        name,
    };
    let nothing = Device { name: device.name.clone(), ..Device::default() };
    (device != nothing).then_some(device)
}

/// The text in a file of a device, empty where it has none.
pub(super) fn text_in(host: &HostRoot, device: &str, file: &str) -> Result<String, ReadError> {
    let read = if_available(host.read_sys_once(&format!("{DIRECTORY}/{device}/{file}")))?;
    Ok(read.map(|file| file.trimmed().into_owned()).unwrap_or_default())
}

/// The number in a file of a device; `None` where it has none now.
pub(super) fn number_in(host: &HostRoot, device: &str, file: &str) -> Result<Option<i64>, ReadError> {
    let read = if_available(host.read_sys_once(&format!("{DIRECTORY}/{device}/{file}")))?;
    read.map(|file| file.parse(number)).transpose()
}

/// `1500`, `-1` or `0x1003`.
pub(super) fn number(text: &[u8]) -> Result<i64, ParseError> {
    let word = text.trim_ascii();
    let number = if word.starts_with(b"0x") {
        text::hex(word).and_then(|number| i64::try_from(number).ok())
    } else {
        text::parse(word)
    };
    number.ok_or_else(|| ParseError::new(1, "a whole number such as `1500`, `-1` or `0x1003`", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_went_after_it_was_listed_is_not_told() {
        let directory = tempfile::tempdir().unwrap();
        let host = HostRoot::new("", directory.path(), "", "");
        let mut faults = Faults::default();
        assert_eq!(read(&host, "veth7".to_owned(), &mut faults), None);
        assert!(faults.finish().is_ok());
    }

    #[test]
    fn a_number_is_decimal_or_hexadecimal() {
        assert_eq!((number(b"-1\n"), number(b"0x1003\n"), number(b"010\n")), (Ok(-1), Ok(0x1003), Ok(10)));
        for bad in [b"".as_slice(), b"0x", b"1500 x", b"\xFF", b"0xFFFFFFFFFFFFFFFF"] {
            assert!(number(bad).is_err(), "{bad:?}");
        }
    }
}

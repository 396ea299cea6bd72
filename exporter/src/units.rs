//! Sizes, rates and shares as people write them in the configuration and in labels of containers.

use std::time::Duration;

use seamark_kit::config;

/// Units of size with their bytes; `K` and the like are 1000, with an `i` 1024.
const SIZES: [(&str, f64); 11] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("PiB", 1_125_899_906_842_624.0),
];

/// Units of speed with their bits per second.
const SPEEDS: [(&str, f64); 5] = [("bps", 1.0), ("kbps", 1e3), ("Mbps", 1e6), ("Gbps", 1e9), ("Tbps", 1e12)];

/// Bytes, such as `500GiB` or `1.5 TB`; `None` for anything else, a number without a unit included.
pub fn bytes(text: &str) -> Option<f64> {
    with_unit(text, &SIZES)
}

/// Bytes per second, such as `10MiB/60s`, `2MB/s` or `100Mbps`.
pub fn bytes_per_second(text: &str) -> Option<f64> {
    if let Some((size, time)) = text.split_once('/') {
        let time = time.trim();
        let time = if time.starts_with(|first: char| first.is_ascii_digit()) { time } else { &format!("1{time}") };
        let time = config::duration(time).filter(|time| *time > Duration::ZERO)?;
        return Some(bytes(size)? / time.as_secs_f64());
    }
    Some(with_unit(text, &SPEEDS)? / 8.0)
}

/// A number without a sign or a unit, such as `80` or `0.8`.
pub fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse::<f64>().ok().filter(|number| plain && number.is_finite())
}

fn with_unit(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (amount, unit) = text.split_at_checked(end)?;
    let (_, factor) = units.iter().find(|(word, _)| *word == unit)?;
    Some(number(amount.trim_end())? * factor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_have_units_of_1000_or_1024() {
        let texts = ["500GiB", "1.5 TB", "7B", "7", "GiB", "-1GiB", "1 gib", "1e3B", "infB", ""];
        let read = texts.map(bytes);
        let expected = [Some(536_870_912_000.0), Some(1.5e12), Some(7.0), None, None, None, None, None, None, None];
        assert_eq!(read, expected);
    }

    #[test]
    fn rates_are_bits_or_a_size_in_a_time() {
        let texts = ["100Mbps", "10MiB/60s", "1MB/s", "6kB/1m", "10MiB", "10/60s", "1MB/0s", "1MB/", "100MBps"];
        let read = texts.map(bytes_per_second);
        let seed = 10.0 * 1_048_576.0 / 60.0;
        assert_eq!(read, [Some(12.5e6), Some(seed), Some(1e6), Some(100.0), None, None, None, None, None]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = (bytes(&text), bytes_per_second(&text), number(&text));
        }
    }
}

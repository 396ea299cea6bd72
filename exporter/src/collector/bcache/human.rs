//! Amounts as bcache prints them: whole numbers up to 1023, then `1.5k`, `20.4G` and so on, in steps of 1024.

use seamark_kit::exposition::Value;

use crate::text;

const UNITS: &[u8] = b"kMGTPEZY";

/// Whole numbers keep all their digits; of others the fraction of a byte is dropped.
pub(super) fn amount(text: &[u8]) -> Option<u64> {
    let Some((number, power)) = with_unit(text) else {
        return text::parse(text);
    };
    // Behind the point stand tenths that the kernel has counted in parts of 1024: `.9` may come before `.10`.
    let whole_and_fraction = text::split_once(number, b'.');
    let whole: u64 = text::parse(whole_and_fraction.map_or(number, |(whole, _)| whole))?;
    let fraction: u64 = whole_and_fraction.map_or(Some(0), |(_, fraction)| text::parse(fraction))?;
    let amount = (whole as f64 + fraction as f64 / 10.24) * 1024_f64.powi(power);
    (amount < u64::MAX as f64).then_some(amount as u64)
}

/// The same, perhaps below zero.
pub(super) fn signed_amount(text: &[u8]) -> Option<Value> {
    match text.strip_prefix(b"-") {
        Some(positive) => amount(positive).map(|amount| Value::Float(-(amount as f64))),
        None => amount(text).map(Value::from),
    }
}

/// What stands before the unit, and to which power of 1024 that is.
fn with_unit(text: &[u8]) -> Option<(&[u8], i32)> {
    let (unit, number) = text.split_last()?;
    let place = UNITS.iter().position(|known| known == unit)?;
    Some((number, i32::try_from(place).ok()? + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_what_node_exporter_makes_of_them() {
        let texts = ["0", "18446744073709551615", "1.5k", "1.1023k", "7.5M", "20.4G", "3k", "15.9E"];
        let amounts = [0, u64::MAX, 1524, 103_324, 7_852_032, 21_894_266_880, 3072, 18_307_132_485_261_066_240];
        assert_eq!(texts.map(|text| amount(text.as_bytes())), amounts.map(Some));
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in ["", "k", "-1", "1.5", "1.", "1.k", ".5k", "1.5.7k", "1.5x", "1 k", "16E", "3Z", "nank", "+k"] {
            assert_eq!(amount(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_amount_may_be_below_zero() {
        assert_eq!(signed_amount(b"-321.5k"), Some(Value::Float(-329_204.0)));
        assert_eq!(signed_amount(b"321.5k"), Some(329_204_u64.into()));
        assert_eq!((signed_amount(b"--1"), signed_amount(b"-")), (None, None));
    }
}

//! What the asking side accepts: the format by `Accept`, compression by `Accept-Encoding`.

use super::Format;

/// The format to answer with: OpenMetrics where it is accepted and not ranked below plain text, otherwise classic.
///
/// Never a refusal: a person with `curl` (`*/*`) gets the classic format, and so does a request without the header.
pub fn format_for(accept: Option<&str>) -> Format {
    let mut openmetrics = 0;
    let mut plain = 0;
    for range in accept.unwrap_or_default().split(',') {
        let (media_type, weight) = media_range(range);
        match media_type.as_str() {
            "application/openmetrics-text" => openmetrics = openmetrics.max(weight),
            "text/plain" | "text/*" => plain = plain.max(weight),
            _ => {}
        }
    }
    if openmetrics > 0 && openmetrics >= plain { Format::OpenMetrics } else { Format::Classic }
}

/// Whether a gzip body may be sent.
pub fn accepts_gzip(accept_encoding: Option<&str>) -> bool {
    accept_encoding
        .unwrap_or_default()
        .split(',')
        .map(media_range)
        .any(|(coding, weight)| (coding == "gzip" || coding == "*") && weight > 0)
}

/// Name in lower case and weight in thousandths of one item of an `Accept` header.
fn media_range(range: &str) -> (String, u32) {
    let mut parts = range.split(';');
    let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let weight = parts
        .filter_map(|part| part.trim().strip_prefix("q=").or_else(|| part.trim().strip_prefix("Q=")))
        .map(|quality| quality.trim().parse::<f32>().unwrap_or(0.0).clamp(0.0, 1.0))
        .next_back()
        .unwrap_or(1.0);
    // NaN becomes 0.
    (name, (weight * 1000.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_3_gets_openmetrics() {
        let accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                      application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                      text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(format_for(Some(accept)), Format::OpenMetrics);
    }

    #[test]
    fn whoever_does_not_ask_for_openmetrics_gets_the_classic_format() {
        for accept in [
            None,
            Some(""),
            Some("*/*"),
            Some("text/html,application/xhtml+xml"),
            Some("application/openmetrics-text;q=0"),
            Some("application/openmetrics-text;q=0.2,text/plain;q=0.9"),
            Some("application/openmetrics-text;q=nonsense"),
            Some(";;;,,,q="),
        ] {
            assert_eq!(format_for(accept), Format::Classic, "{accept:?}");
        }
    }

    #[test]
    fn gzip_is_used_where_it_is_accepted() {
        assert!(accepts_gzip(Some("gzip")));
        assert!(accepts_gzip(Some("deflate, GZIP;q=0.5")));
        assert!(!accepts_gzip(Some("gzip;q=0, deflate")));
        assert!(!accepts_gzip(None));
    }
}

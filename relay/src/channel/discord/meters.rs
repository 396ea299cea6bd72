//! How much of Discord's limits a payload uses.

use serde_json::Value;

use crate::channel::Payload;
use crate::channel::limits::Meter;
use crate::channel::limits::discord::{
    CONTENT, DESCRIPTION, EMBEDS, EMBEDS_TOTAL, FIELD_NAME, FIELD_VALUE, FIELDS, FOOTER, THREAD_NAME, TITLE, URL,
};
use crate::channel::split::points;

/// One meter for each row that a payload can come near.
pub(super) fn meters(payload: &Payload) -> Vec<Meter> {
    let embeds = list(&payload.0, "/embeds");
    let fields: Vec<&Value> = embeds.iter().flat_map(|embed| list(embed, "/fields")).collect();
    let each = |path: &'static str| embeds.iter().map(move |embed| length(embed, path));
    let field = |path: &'static str| fields.iter().map(move |field| length(field, path));
    let counted = ["/title", "/description", "/footer/text"].into_iter().flat_map(each);
    let total: usize = counted.chain(["/name", "/value"].into_iter().flat_map(field)).sum();
    vec![
        CONTENT.worst([length(&payload.0, "/content")]),
        EMBEDS.worst([embeds.len()]),
        EMBEDS_TOTAL.worst([total]),
        TITLE.worst(each("/title")),
        DESCRIPTION.worst(each("/description")),
        FOOTER.worst(each("/footer/text")),
        FIELDS.worst(embeds.iter().map(|embed| list(embed, "/fields").len())),
        FIELD_NAME.worst(field("/name")),
        FIELD_VALUE.worst(field("/value")),
        URL.worst(each("/url")),
        THREAD_NAME.worst([length(&payload.0, "/thread_name")]),
    ]
}

fn list<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    value.pointer(path).and_then(Value::as_array).map(|list| list.iter().collect()).unwrap_or_default()
}

/// Discord trims before it counts.
fn length(value: &Value, path: &str) -> usize {
    value.pointer(path).and_then(Value::as_str).map_or(0, |text| points(text.trim()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_largest_of_several_counts_and_the_total_is_of_all() {
        let embed = json!({
            "title": " 容器 ", "description": "abc", "url": "https://x/", "footer": {"text": "end"},
            "fields": [{"name": "n", "value": "four"}, {"name": "nn", "value": "v"}],
        });
        let payload = Payload(json!({"content": "hey", "embeds": [embed, {"description": "longer"}]}));
        let used: Vec<(&str, usize)> = meters(&payload).iter().map(|meter| (meter.limit.what, meter.used)).collect();
        let expected = [
            ("content", 3),
            ("embeds", 2),
            ("all embeds together", 2 + 3 + 3 + 1 + 4 + 2 + 1 + 6),
            ("embed title", 2),
            ("embed description", 6),
            ("embed footer", 3),
            ("embed fields", 2),
            ("field name", 2),
            ("field value", 4),
            ("url", 10),
            ("thread name", 0),
        ];
        assert_eq!(used, expected);
    }
}

//! Templates filled in, and templates that mean harm.

use serde_json::json;

use super::*;
use crate::compose::compose;
use crate::store::MessageKind;

fn body(alerts: usize, summary: &str) -> Vec<u8> {
    let alert = |number: usize| {
        let over = number % 2 == 1;
        json!({
            "status": if over { "resolved" } else { "firing" },
            "labels": {"alertname": "HostMemoryHigh", "instance": format!("web-{number}"), "severity": "critical"},
            "annotations": {"summary": summary, "value": "0.852", "threshold": "80%",
                            "runbook_url": "https://example.org/memory"},
            "startsAt": "2026-11-21T10:00:00Z",
            "endsAt": if over { "2026-11-21T10:15:00Z" } else { "0001-01-01T00:00:00Z" },
            "fingerprint": "c0ffee0000000001"
        })
    };
    json!({
        "version": "4", "groupKey": "g", "status": "firing", "receiver": "ops", "groupLabels": {}, "truncatedAlerts": 0,
        "commonLabels": {"alertname": "HostMemoryHigh"}, "commonAnnotations": {}, "externalURL": "http://localhost:9093",
        "alerts": (0..alerts).map(alert).collect::<Vec<_>>()
    })
    .to_string()
    .into_bytes()
}

fn voice(title: Option<&str>, body: Option<&str>) -> Voice {
    let templates = Templates { title: title.map(str::to_owned), body: body.map(str::to_owned) };
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    Voice { templates, ..Voice::new(Locale::ZhCn, zone) }
}

/// What a body template says of two alerts, one of which is over.
fn said(template: &str) -> Result<String, TemplateError> {
    let (message, mut errors) = compose(&voice(None, Some(template)), MessageKind::Alert, &body(2, "s"), None);
    match (errors.pop(), message.items.as_slice()) {
        (Some(error), _) => Err(error),
        (None, [Item { body, .. }]) => Ok(crate::compose::catalogue::plain(body)),
        (None, items) => panic!("{items:?}"),
    }
}

#[test]
fn a_template_sees_the_group_and_its_alerts() {
    let template = "{{ status }} {{ receiver }} {{ severity }} {{ firingCount }}/{{ alerts | length }}\
        {% for alert in alerts %}\n{{ loop.index }} {{ alert.name }} {{ alert.host }} {{ alert.value }} {{ alert.threshold }} \
        {{ alert.startsAt | time }} {{ alert.endsAt | time }} {{ alert.duration | duration }}{% endfor %}\n\
        {% for name, value in commonLabels | items %}{{ name }}={{ value }}{% endfor %} {{ firing[0].runbookURL }}";
    assert_eq!(
        said(template).unwrap(),
        "firing ops critical 1/2\n\
         1 HostMemoryHigh web-0 85.2% 80% 2026-11-21 18:00:00 UTC+8  \n\
         2 HostMemoryHigh web-1 85.2% 80% 2026-11-21 18:00:00 UTC+8 2026-11-21 18:15:00 UTC+8 15 分钟\n\
         alertname=HostMemoryHigh https://example.org/memory"
    );
}

#[test]
fn lines_with_statements_alone_leave_no_empty_lines() {
    let template = "{% for alert in alerts %}\n  {% if true %}\n{{ alert.host }}\n  {% endif %}\n{% endfor %}\nend";
    assert_eq!(said(template).unwrap(), "web-0\nweb-1\nend");
}

#[test]
fn what_an_alert_lacks_is_empty() {
    let template = "[{{ commonLabels.team }}{{ alerts[9].labels.team | upper }}{{ commonLabels.team | items | length }}\
        {{ commonLabels.team | default('nobody') }}{% if commonLabels.team is defined %}!{% endif %}]";
    assert_eq!(said(template).unwrap(), "[0nobody]");
}

#[test]
fn title_and_body_stand_in_the_place_of_the_built_in_ones() {
    let voice = voice(Some("{{ title }}\n@ops"), Some("{{ firing[0].annotations.summary }}"));
    let (message, errors) = compose(&voice, MessageKind::Alert, &body(2, "<@123> **bold**"), None);
    assert_eq!(errors, []);
    assert_eq!(message.title, "🔴 1 条触发，1 条已恢复：内存使用率 @ops");
    let [item] = message.items.as_slice() else { panic!("one item") };
    // As it stands: escaping is the channel's.
    assert_eq!(item.body, [Span::Text("<@123> **bold**".to_owned())]);
    assert_eq!(item.links, [("📖 处理手册".to_owned(), "https://example.org/memory".to_owned())]);
}

#[test]
fn a_template_that_fails_or_says_nothing_leaves_the_built_in_text() {
    let built_in = compose(&voice(None, None), MessageKind::Alert, &body(2, "s"), None).0;
    for template in ["{{ alerts.x() }}", "{{ alerts | truncate('x') }}", " {{ commonLabels.none }} "] {
        let voice = voice(Some(template), Some(template));
        let (message, errors) = compose(&voice, MessageKind::Alert, &body(2, "s3cr3t"), None);
        assert_eq!(message.title, built_in.title, "{template}");
        assert_eq!(message.items.len(), 2, "{template}");
        assert_eq!(errors.is_empty(), template.starts_with(' '), "{template}: {errors:?}");
        assert!(!format!("{errors:?}").contains("s3cr3t"));
    }
}

#[test]
fn the_first_thing_wrong_is_named() {
    let cases = [
        ("{{ title", "this template cannot be read: unexpected end of input"),
        ("a\n{% if title %}b", "this template cannot be read: "),
        ("{{ commonLabel.team }}", "there is no `commonLabel`; did you mean `commonLabels`?"),
        ("{{ title | uper }}", "there is no filter `uper`; did you mean `upper`?"),
        ("a\n{% set x = 1 %}", "`{% set %}` is not for these templates; there are `if` and `for` in its line 2"),
        ("{{ title ~ title }}", "a template shows data and does not compute: `~` cannot be used"),
        ("{{ title.shout() }}", "this template fails"),
        ("{% for a in alerts recursive %}{% endfor %}", "a loop cannot be `recursive` here"),
    ];
    let problem = |source: &str| {
        let voice = Voice::new(Locale::En, TimeZone::UTC);
        check::problem(source).or_else(|| data::samples(&voice).find_map(|data| trial(&voice, source, data)))
    };
    for (source, expected) in cases {
        let found = problem(source).unwrap_or_default();
        assert!(found.starts_with(expected), "{source}: {found}");
    }
    assert!(problem(&"x".repeat(10_001)).unwrap().contains("at most 10000 bytes"));
    assert_eq!(problem("{% if firing %}{{ firing[0].labels.x | default('–') }}{% endif %}{# all good #}"), None);
}

/// Even if they got past the check, or their data is hostile. Without bounds this test would not end.
#[test]
fn no_template_hangs_or_fills_the_memory() {
    let nested = |depth: usize| "{% for a in alerts %}".repeat(depth) + "x" + &"{% endfor %}".repeat(depth);
    let long_data = "{{ alerts[0].annotations.summary | replace('x', alerts[0].annotations.summary) }}";
    let join = "{{ alerts[0].annotations.summary | join(alerts[0].annotations.summary) }}";
    let much = "{% for a in alerts %}{% for b in alerts %}{{ a.annotations.summary }}{% endfor %}{% endfor %}";
    let hostile = [nested(5), long_data.to_owned(), join.to_owned(), much.to_owned()];
    for template in hostile {
        let voice = voice(Some(&template), Some(&template));
        let (message, errors) = compose(&voice, MessageKind::Alert, &body(200, &"x".repeat(30_000)), None);
        let said: usize =
            message.items.iter().map(|item| crate::compose::catalogue::plain(&item.body).chars().count()).sum();
        assert!(errors.len() == 2 || said <= BODY + 1, "{template}: {errors:?}");
        assert!(!message.title.is_empty() && message.title.chars().count() <= TITLE + 1);
    }
}

#[test]
fn a_page_that_is_full_is_cut_and_not_lost() {
    let voice = voice(None, Some("{% for a in alerts %}{{ a.annotations.summary }}{% endfor %}"));
    let (message, errors) = compose(&voice, MessageKind::Alert, &body(100, &"容".repeat(9000)), None);
    assert_eq!(errors, []);
    let text = crate::compose::catalogue::plain(&message.items[0].body);
    assert!(text.ends_with('…') && text.chars().count() == BODY + 1, "{}", text.chars().count());
}

#[test]
fn the_page_for_users_has_every_name_and_filter() {
    let page = include_str!("../../../../deploy/messages.md");
    for name in data::NAMES.iter().chain(filters::NAMES) {
        assert!(page.contains(&format!("`{name}`")) || page.contains(&format!("`{name}(")), "{name}");
    }
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let source = seamark_kit::config::Source::new("messages.md", example).with_environment([]);
    let with_screen = seamark_kit::config::Source { text: format!("{example}  screen: {{type: log}}\n"), ..source };
    crate::config::Config::read(&with_screen).unwrap();
}

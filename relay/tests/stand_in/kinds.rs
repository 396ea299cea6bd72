//! For tests that walk the kinds of channels: an example of each, and its service's own rules.

#[path = "discord_rules.rs"]
pub mod discord_rules;
#[path = "telegram_rules.rs"]
pub mod telegram_rules;
#[path = "wecom_rules.rs"]
pub mod wecom_rules;

// Each test uses its own part of it.
#[allow(dead_code)]
/// The keys of a channel of each kind.
pub fn example(kind: &str) -> &'static str {
    match kind {
        "discord" => {
            "webhook_url: https://discord.com/api/webhooks/11/s3cr3t-token\n\
             mention: {critical: '<@&77001>', warning: '<@77002>', info: '@here'}"
        }
        "telegram" => {
            "bot_token: 11:s3cr3t-token\nchat_id: -100123\nmessage_thread_id: 7\n\
             mention: {critical: '@ops_lead', warning: '77002'}"
        }
        "wecom" => {
            "webhook_url: https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cr3t\n\
             mention: {critical: zhang, warning: '@all'}"
        }
        "webhook" => "url: https://hook.example/s3cr3t\nheaders: {Authorization: Bearer s3cr3t}",
        "log" => "{}",
        kind => panic!("the kind `{kind}` has no example here"),
    }
}

/// Whether the service itself would take the body, by rules that are not the relay's.
pub fn judge(kind: &str, body: &serde_json::Value) -> Result<(), String> {
    match kind {
        "discord" => discord_rules::judge(body.to_string().as_bytes()).map(drop).map_err(|no| format!("{no:?}")),
        "telegram" => telegram_rules::judge(body.to_string().as_bytes()).map(drop).map_err(|no| no.0),
        "wecom" => wecom_rules::judge(body.to_string().as_bytes()).map(drop).map_err(|no| no.message),
        "webhook" => is_of_version_one(body),
        "log" => (!body.as_str().unwrap().contains(char::is_control)).then_some(()).ok_or("control".to_owned()),
        kind => panic!("the kind `{kind}` has no rules here"),
    }
}

/// Whether a webhook's body has the shape that its version promises.
fn is_of_version_one(body: &serde_json::Value) -> Result<(), String> {
    let texts = |value: &serde_json::Value, keys: &[&str]| keys.iter().all(|key| value[*key].is_string());
    let list = |value: &serde_json::Value, key: &str, each: &[&str]| {
        value[key].as_array().is_some_and(|list| list.iter().all(|one| texts(one, each)))
    };
    let items = body["items"].as_array().cloned().unwrap_or_default();
    let good = body["version"] == 1
        && texts(body, &["tone", "severity", "title"])
        && list(body, "items", &["tone", "title", "text"])
        && items.iter().all(|item| list(item, "fields", &["name", "value"]) && list(item, "links", &["label", "url"]));
    good.then_some(()).ok_or_else(|| body.to_string())
}

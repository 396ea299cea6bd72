//! Requests as they may be shown: whole, but for what is secret in their addresses.

use reqwest::Url;
use serde_json::{Map, Value, json};

use crate::channel::{Body, Method, Request};

/// Words of the services' own paths. Everything else in a path may be a token.
const WORDS: [&str; 13] = [
    "api",
    "v10",
    "webhooks",
    "messages",
    "cgi-bin",
    "webhook",
    "send",
    "upload_media",
    "sendMessage",
    "sendPhoto",
    "editMessageText",
    "getMe",
    "getChat",
];
/// Parameters whose values are no secret.
const OPEN_PARAMETERS: [&str; 3] = ["wait", "thread_id", "with_components"];

/// Method, address and headers without their secrets, and body.
pub(super) fn request(request: &Request) -> Value {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Print => return json!({"print": body(request)}),
    };
    let mut shown = json!({"method": method, "url": url(request.url.expose()), "body": body(request)});
    if let Some(shown) = shown.as_object_mut().filter(|_| !request.headers.is_empty()) {
        let headers = request.headers.iter().map(|(name, _)| (name.clone(), "<secret>".into()));
        shown.insert("headers".to_owned(), Value::Object(headers.collect()));
    }
    shown
}

/// Of a form, its fields and the names of its files.
fn body(request: &Request) -> Value {
    match &request.body {
        Body::Json(json) => json.clone(),
        Body::Form(form) => {
            let fields: Map<String, Value> =
                form.fields.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect();
            let files: Vec<&str> = form.files.iter().map(|(name, _)| name.as_str()).collect();
            json!({"form": fields, "files": files})
        }
    }
}

fn url(text: &str) -> String {
    let Ok(url) = Url::parse(text) else { return "<secret>".to_owned() };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_start_matches('/').split('/').map(|word| match word {
        "" => "",
        word if WORDS.contains(&word) => word,
        _ => "<secret>",
    });
    let path = path.collect::<Vec<_>>().join("/");
    let parameters = url.query_pairs().map(|(key, value)| {
        let value = if OPEN_PARAMETERS.contains(&&*key) { &*value } else { "<secret>" };
        format!("{key}={value}")
    });
    let query = parameters.collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}://{}{port}/{path}{mark}{query}", url.scheme(), url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_where_it_leads_and_no_token() {
        for (whole, shown) in [
            (
                "https://discord.com/api/v10/webhooks/11/s3cr3t?wait=true&thread_id=22",
                "https://discord.com/api/v10/webhooks/<secret>/<secret>?wait=true&thread_id=22",
            ),
            (
                "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cr3t",
                "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=<secret>",
            ),
            ("https://api.telegram.org/bot1:s3cr3t/sendMessage", "https://api.telegram.org/<secret>/sendMessage"),
            ("http://user:s3cr3t@127.0.0.1:8080/s3cr3t/", "http://127.0.0.1:8080/<secret>/"),
            ("s3cr3t", "<secret>"),
        ] {
            assert_eq!(url(whole), shown);
        }
    }
}

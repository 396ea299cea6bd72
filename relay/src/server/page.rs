//! The page at `/`: that the relay runs, and where it writes to.

use std::fmt::Write as _;

use seamark_kit::build;

use crate::app::Live;

/// The whole page. It has no scripts and needs nothing from elsewhere.
pub(super) fn render(live: &Live) -> String {
    let mut channels = String::new();
    let states = live.routing.on.iter().map(|name| (name, true)).chain(live.off.iter().map(|name| (name, false)));
    for (name, is_on) in states {
        let state = match (is_on, live.routing.defaults.contains(name)) {
            (false, _) => "⚪ off: no address",
            (true, true) => "🟢 on, default",
            (true, false) => "🟢 on",
        };
        // Writing to a String cannot fail.
        let _ = write!(channels, "<tr><td>{}</td><td>{state}</td></tr>", escape(name));
    }
    let address = live.external_url.as_deref().unwrap_or_default();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Seamark relay</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>body{{font:1rem/1.5 system-ui;margin:3rem auto;\
         max-width:40rem;padding:0 1rem}}td{{padding-right:2rem}}</style></head><body><h1>Seamark relay</h1>\
         <p>Version {version}</p><h2>Channels</h2><table>{channels}</table>\
         <p>Alertmanager posts to <code>{address}/api/v1/alerts</code> or \
         <code>{address}/api/v1/alerts/CHANNEL,CHANNEL</code>.</p>\
         <ul><li><a href=\"metrics\">Metrics</a></li><li><a href=\"-/healthy\">Health</a></li>\
         <li><a href=\"-/ready\">Readiness</a></li></ul></body></html>\n",
        version = escape(&build::version_line()),
        address = escape(address),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! The HTTP side: `/metrics`, health, reload and a small page that leads to them.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use seamark_kit::build;
use seamark_kit::exposition;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::{App, Selected};
use crate::probe::endpoint;

/// The header in which Prometheus tells how long it will wait.
const SCRAPE_TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// All routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(landing_page))
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(async || "seamark-exporter is healthy.\n"))
        .route("/-/ready", get(async || "seamark-exporter is ready.\n"))
        .route("/-/reload", post(reload).put(reload))
        .merge(endpoint::router())
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such page; the metrics are at /metrics.\n"))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

async fn metrics(State(app): State<App>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap) -> Response {
    let values =
        |name: &str| query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect::<Vec<_>>();
    let selection = Selected { collect: values("collect[]"), exclude: values("exclude[]") };
    let timeout = header_text(&headers, &SCRAPE_TIMEOUT).map(str::to_owned);
    let encode = move |families| exposition::answer(families, &headers);
    match app.scrape(&selection, timeout.as_deref(), encode).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
}

async fn reload(State(app): State<App>) -> Response {
    match app.reload().await {
        Ok(()) => "The configuration was read anew.\n".into_response(),
        Err(problems) => {
            let text = format!("The configuration has problems; the old one stays in use.\n{problems}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

async fn landing_page() -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Seamark exporter</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>body{{font:1rem/1.5 system-ui;margin:3rem auto;\
         max-width:40rem;padding:0 1rem}}</style></head><body><h1>Seamark exporter</h1><p>Version {}</p><ul>\
         <li><a href=\"/metrics\">Metrics</a></li><li><a href=\"/-/healthy\">Health</a></li></ul></body></html>\n",
        build::version_line()
    ))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

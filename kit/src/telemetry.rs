//! Logging: one line an event on standard error, as logfmt or as JSON.

use std::io;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// `ts=… level=info target=… message="…" key=value`.
    #[default]
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogLevel {
    /// Only what needs somebody.
    Error,
    /// What may need somebody.
    Warn,
    /// What a person wants to know in normal times.
    #[default]
    Info,
    /// For finding a fault.
    Debug,
    /// Everything, other libraries included.
    Trace,
}

/// The target of events that are the program's work and not talk about it, such as messages for a reader of the log.
/// They are written however little is logged otherwise.
pub const WORK: &str = "seamark::work";

/// Starts logging for the rest of the process. A second call changes nothing.
pub fn init(level: LogLevel, format: LogFormat) {
    let filter = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let layer = match format {
        LogFormat::Logfmt => {
            tracing_logfmt::builder().with_target(level == LogLevel::Trace).layer().with_writer(io::stderr).boxed()
        }
        LogFormat::Json => tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed(),
    };
    let is_wanted = tracing_subscriber::filter::filter_fn(move |metadata| {
        let is_ours = metadata.target().starts_with("seamark") || *metadata.level() <= tracing::Level::WARN;
        metadata.target() == WORK || (*metadata.level() <= filter && (is_ours || level == LogLevel::Trace))
    })
    .with_max_level_hint(filter.max(LevelFilter::INFO));
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(is_wanted));
    // Only tests start it twice.
    let _ = subscriber.try_init();
}

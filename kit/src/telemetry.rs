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
    let only_ours = tracing_subscriber::filter::filter_fn(move |metadata| {
        level == LogLevel::Trace
            || metadata.target().starts_with("seamark")
            || *metadata.level() <= tracing::Level::WARN
    });
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(only_ours).with_filter(filter));
    // Only tests start it twice.
    let _ = subscriber.try_init();
}

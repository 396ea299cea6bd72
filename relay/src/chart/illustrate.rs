//! What is drawn for a message before it is sent: a report's charts, and the chart of an alert's own expression.

use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::expression::{Expression, about};
use super::{Theme, of_report, picture};
use crate::alert::{Alert, AlertGroup, Status};
use crate::compose::{Voice, alert_name};
use crate::deliver::Illustrator;
use crate::ingest;
use crate::message::Attachment;
use crate::prometheus::Prometheus;
use crate::report::{Chart, ChartKind, Line, Panel, Report, Window, on_the_grid};
use crate::store::{Claim, MessageKind};

/// How far back an alert's chart reaches.
const LOOK_BACK: Duration = Duration::from_hours(6);
/// So many points: one in 90 seconds.
const POINTS: u32 = 240;
/// Series of an alert that are drawn.
const SERIES: usize = 4;

/// When a channel's alerts get a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charts {
    /// Never.
    #[default]
    Off,
    /// When they fire.
    OnAlert,
}

impl Charts {
    /// The values of the configuration key `charts`.
    pub const CHOICES: &'static [(&'static str, Self)] = &[("off", Self::Off), ("on_alert", Self::OnAlert)];
}

/// Who draws for a channel. `prometheus`: where the numbers of an alert come from.
pub fn illustrator(voice: Voice, theme: Theme, charts: Charts, prometheus: Option<Prometheus>) -> Illustrator {
    let prometheus = prometheus.filter(|_| charts == Charts::OnAlert);
    Illustrator::new(move |claim, _| {
        let voice = voice.clone();
        match claim.kind {
            MessageKind::Report => {
                drawn(Report::from_json(&claim.body).ok(), move |report| of_report(&voice, report, theme))
            }
            MessageKind::Alert => {
                let (prometheus, alert) = (prometheus.clone(), fires(claim));
                async move {
                    let Some((prometheus, alert)) = prometheus.zip(alert) else { return Vec::new() };
                    let chart = of_alert(&prometheus, &alert, Timestamp::now()).await;
                    let title = title(&voice, &alert);
                    drawn(chart, move |chart| picture(&voice, std::slice::from_ref(chart), &title, chart.window, theme))
                        .await
                }
                .boxed()
            }
            _ => async { Vec::new() }.boxed(),
        }
    })
}

/// Draws on a thread of its own: it takes longer than other work may be held up.
fn drawn<T: Send + 'static>(
    what: Option<T>,
    draw: impl Fn(&T) -> Option<Attachment> + Send + 'static,
) -> futures_util::future::BoxFuture<'static, Vec<Attachment>> {
    async move {
        let Some(what) = what else { return Vec::new() };
        let drawn = tokio::task::spawn_blocking(move || draw(&what)).await;
        drawn.ok().flatten().into_iter().collect()
    }
    .boxed()
}

/// The worst alert that fires and says by which expression.
fn fires(claim: &Claim) -> Option<Alert> {
    let AlertGroup { alerts, .. } = ingest::parse(&claim.body).ok()?;
    let firing = alerts.into_iter().filter(|alert| alert.status == Status::Firing && Expression::of(alert).is_some());
    firing.max_by_key(|alert| (alert.severity(), alert.starts_at))
}

/// `Disk usage · web-1 /data`; the rule's own name where the fonts lack a letter.
fn title(voice: &Voice, alert: &Alert) -> String {
    let name = alert_name(voice, alert.name()).filter(|name| super::fonts::has_all(name));
    let name = name.unwrap_or_else(|| alert.name().to_owned());
    let label = |name: &&str| alert.labels.get(*name).filter(|value| !value.is_empty()).cloned();
    let place: Vec<String> = ["instance", "name", "mountpoint", "device"].iter().filter_map(label).collect();
    if place.is_empty() { name } else { format!("{name} · {}", place.join(" ")) }
}

/// `None` where Prometheus does not answer in time, or knows nothing of it.
async fn of_alert(prometheus: &Prometheus, alert: &Alert, now: Timestamp) -> Option<Chart> {
    let Expression { expr, threshold } = Expression::of(alert)?;
    let window = Window { from: now.checked_sub(LOOK_BACK).ok()?, to: now };
    let step = LOOK_BACK / POINTS;
    let found = prometheus.range(&expr, window.from, window.to, step).await;
    let found = found.map_err(|error| tracing::warn!(%error, "no numbers for an alert's chart: {error}")).ok()?;
    let count = usize::try_from(POINTS).unwrap_or(0) + 1;
    let panel = |series: crate::prometheus::Series| {
        let own = series.labels.iter().filter(|(name, value)| {
            !["__name__", "instance", "job"].contains(&name.as_str()) && alert.labels.get(*name) != Some(value)
        });
        let own: Vec<&str> = own.map(|(_, value)| value.as_str()).collect();
        let title = if own.is_empty() { expr.clone() } else { own.join(" ") };
        let points = on_the_grid(&series, window, step, count);
        Panel { title, lines: vec![Line { name: String::new(), points }] }
    };
    let panels: Vec<Panel> = about(&alert.labels, found, SERIES).into_iter().map(panel).collect();
    let chart = Chart { kind: ChartKind::Expression, window, step: step.as_secs_f64(), threshold, panels, left_out: 0 };
    (!chart.panels.is_empty()).then_some(chart)
}

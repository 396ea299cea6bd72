//! One query of a panel.

use serde_json::{Value, json};

/// The data source of everything: the one that the reader has chosen.
pub fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// Fills in our shorthands: `$S` is the host, `$C` the container, `$R` the range for rates.
///
/// `$S` stands within the braces of every selector, as dashboard-linter wants it.
pub fn expand(expr: &str) -> String {
    expr.replace("$C", "$S, name=~\"$name\"")
        .replace("$S", "job=~\"$job\", instance=~\"$instance\"")
        .replace("$R", "$__rate_interval")
}

/// How the answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A curve for each series.
    Range,
    /// The newest value of each series.
    Instant,
    /// Rows with labels as columns.
    Table,
    /// Buckets of a histogram, over time.
    Heatmap,
}

/// One query of a panel.
#[derive(Debug, Clone)]
pub struct Query {
    /// PromQL with Grafana's variables in it.
    pub expr: String,
    /// How series are called; empty for tables.
    pub legend: String,
    /// How it is asked.
    pub format: Format,
    /// A name in place of the letter that its position gives.
    pub id: Option<String>,
}

impl Query {
    /// A query whose shorthands are filled in.
    pub fn new(format: Format, expr: &str, legend: &str) -> Self {
        let expr = expand(expr).split_whitespace().collect::<Vec<_>>().join(" ");
        Self { expr, legend: legend.to_owned(), format, id: None }
    }

    /// What overrides and other queries call the query at this position.
    pub fn reference(&self, position: usize) -> String {
        self.id.clone().unwrap_or_else(|| letter(position))
    }

    /// Grafana's target.
    pub fn json(&self, position: usize) -> Value {
        let instant = matches!(self.format, Format::Instant | Format::Table);
        let format = match self.format {
            Format::Range | Format::Instant => "time_series",
            Format::Table => "table",
            Format::Heatmap => "heatmap",
        };
        let legend = if self.legend.is_empty() { "__auto" } else { &self.legend };
        json!({
            "datasource": datasource(),
            "editorMode": "code",
            "exemplar": false,
            "expr": self.expr,
            "format": format,
            "instant": instant,
            "legendFormat": legend,
            "range": !instant,
            "refId": self.reference(position),
        })
    }
}

/// A, B, … Z, A1, B1, …
fn letter(position: usize) -> String {
    let letter = ('A'..='Z').nth(position % 26).unwrap_or('A');
    if position < 26 { letter.to_string() } else { format!("{letter}{}", position / 26) }
}

//! A panel: what is asked, and how it is shown. Every board builds its panels from these.

use serde_json::{Map, Value, json};

use crate::look::{BAD, WARN, plain};
use crate::query::{Format, Query, datasource};

/// One panel.
#[derive(Debug, Clone)]
pub struct Panel {
    pub(crate) kind: &'static str,
    /// The question it answers, in a few words.
    pub title: String,
    /// What it shows, and what to make of it.
    pub description: String,
    pub(crate) queries: Vec<Query>,
    pub(crate) defaults: Map<String, Value>,
    pub(crate) custom: Map<String, Value>,
    pub(crate) overrides: Vec<Value>,
    pub(crate) options: Map<String, Value>,
    pub(crate) transformations: Vec<Value>,
    pub(crate) links: Vec<Value>,
    /// Columns of 24; `None` shares what its line has left.
    pub width: Option<u64>,
    pub(crate) most_points: Option<u64>,
    pub(crate) least_interval: Option<&'static str>,
    limits_colored: bool,
    /// Rules of dashboard-linter that do not hold here: rule, query, reason.
    pub exempt: Vec<(&'static str, usize, &'static str)>,
}

impl Panel {
    /// An empty panel of a kind; the builders in this module give it its options.
    pub(crate) fn new(kind: &'static str, title: &str, description: &str) -> Self {
        let mut panel = Self {
            kind,
            title: title.to_owned(),
            description: description.split_whitespace().collect::<Vec<_>>().join(" "),
            queries: Vec::new(),
            defaults: Map::new(),
            custom: Map::new(),
            overrides: Vec::new(),
            options: Map::new(),
            transformations: Vec::new(),
            links: Vec::new(),
            width: None,
            most_points: None,
            least_interval: None,
            limits_colored: false,
            exempt: Vec::new(),
        };
        panel.defaults.insert("mappings".into(), json!([]));
        panel.default("color", json!({"mode": "palette-classic"})).default("thresholds", plain())
    }

    /// A field's default, whatever Grafana calls it.
    pub fn default(mut self, key: &str, value: Value) -> Self {
        self.defaults.insert(key.to_owned(), value);
        self
    }

    /// What only this kind of panel knows of fields.
    pub fn custom(mut self, key: &str, value: Value) -> Self {
        self.custom.insert(key.to_owned(), value);
        self
    }

    /// An option of the panel.
    pub fn option(mut self, key: &str, value: Value) -> Self {
        self.options.insert(key.to_owned(), value);
        self
    }

    /// The unit, as Grafana names it.
    pub fn unit(self, unit: &str) -> Self {
        self.default("unit", json!(unit))
    }

    /// How many decimals.
    pub fn decimals(self, decimals: u8) -> Self {
        self.default("decimals", json!(decimals))
    }

    /// The axis starts here.
    pub fn min(self, min: f64) -> Self {
        self.default("min", number(min))
    }

    /// The axis ends here.
    pub fn max(self, max: f64) -> Self {
        self.default("max", number(max))
    }

    /// From nothing to all of it, in percent.
    pub fn share(self) -> Self {
        self.unit("percentunit").min(0.0).max(1.0)
    }

    /// Colours by value.
    pub fn steps(self, thresholds: Value) -> Self {
        self.default("thresholds", thresholds).default("color", json!({"mode": "thresholds"}))
    }

    /// Words for values.
    pub fn words(self, mappings: Value) -> Self {
        self.default("mappings", mappings)
    }

    /// The same name has the same colour in every panel.
    pub fn by_name(self) -> Self {
        self.default("color", json!({"mode": "palette-classic-by-name"}))
    }

    /// What stands where there is nothing.
    pub fn empty(self, text: &str) -> Self {
        self.default("noValue", json!(text))
    }

    /// Columns of 24.
    pub fn w(mut self, width: u64) -> Self {
        self.width = Some(width);
        self
    }

    /// No two points are closer than this.
    pub fn every(mut self, interval: &'static str) -> Self {
        self.least_interval = Some(interval);
        self
    }

    /// At most so many points over time.
    pub fn points(mut self, points: u64) -> Self {
        self.most_points = Some(points);
        self
    }

    fn query(mut self, query: Query) -> Self {
        self.queries.push(query);
        self
    }

    /// A curve.
    pub fn q(self, expr: &str, legend: &str) -> Self {
        self.query(Query::new(Format::Range, expr, legend))
    }

    /// The newest value.
    pub fn now(self, expr: &str, legend: &str) -> Self {
        self.query(Query::new(Format::Instant, expr, legend))
    }

    /// Rows, for tables.
    pub fn rows(self, expr: &str) -> Self {
        self.query(Query::new(Format::Table, expr, ""))
    }

    /// Buckets, for heat maps.
    pub fn buckets(self, expr: &str) -> Self {
        self.query(Query::new(Format::Heatmap, expr, "{{le}}"))
    }

    /// Another look for the fields that a matcher finds.
    pub fn look(mut self, matcher: Value, properties: &[(&str, Value)]) -> Self {
        let properties: Vec<Value> = properties.iter().map(|(id, value)| json!({"id": id, "value": value})).collect();
        self.overrides.push(json!({"matcher": matcher, "properties": properties}));
        self
    }

    /// Another look for one series.
    pub fn named(self, name: &str, properties: &[(&str, Value)]) -> Self {
        self.look(json!({"id": "byName", "options": name}), properties)
    }

    /// Another look for series whose name matches.
    pub fn matching(self, pattern: &str, properties: &[(&str, Value)]) -> Self {
        self.look(json!({"id": "byRegexp", "options": format!("/{pattern}/")}), properties)
    }

    /// A colour for each of these series.
    pub fn colors(self, colors: &[(&str, &str)]) -> Self {
        colors.iter().fold(self, |panel, (name, color)| {
            panel.named(name, &[("color", json!({"mode": "fixed", "fixedColor": color}))])
        })
    }

    /// Below the axis: what goes out, beside what comes in.
    pub fn below(self, pattern: &str) -> Self {
        self.matching(pattern, &[("custom.transform", json!("negative-Y"))])
    }

    /// A series on an axis of its own, at the right.
    pub fn right(self, pattern: &str, unit: &str) -> Self {
        self.matching(pattern, &[("unit", json!(unit)), ("custom.axisPlacement", json!("right"))])
    }

    /// A dashed line without an area, for what bounds the others.
    pub fn dashed(self, pattern: &str) -> Self {
        self.matching(pattern, &dashes())
    }

    /// The limits of a check as lines: what the alert compares with, whoever has set it.
    pub fn limit(self, check: &str) -> Self {
        self.limit_lines(check, "$S", "severity", "limit")
    }

    /// The same, where limits of several things are shown.
    pub fn limit_of(self, what: &str, check: &str) -> Self {
        self.limit_lines(check, "$S", "severity", &format!("limit of {what}"))
    }

    /// The same for the container that is chosen.
    pub fn limit_of_container(self, what: &str, check: &str) -> Self {
        self.limit_lines(check, "$C", "severity", &format!("limit of {what}"))
    }

    /// The same for each object that has limits of its own, such as a mount point.
    pub fn limit_each(self, check: &str, label: &str) -> Self {
        self.limit_lines(check, "$S", &format!("{label}, severity"), &format!("limit {{{{{label}}}}}"))
    }

    /// The limits of a check that holds everywhere alike.
    pub fn limit_all(self, check: &str) -> Self {
        self.limit_everywhere(check, "limit")
    }

    /// The same, where limits of several things are shown.
    pub fn limit_all_of(self, what: &str, check: &str) -> Self {
        self.limit_everywhere(check, &format!("limit of {what}"))
    }

    fn limit_everywhere(self, check: &str, name: &str) -> Self {
        let position = self.queries.len();
        self.limit_lines(check, "", "severity", name)
            .exempt("target-job-rule", position, "one limit for all jobs")
            .exempt("target-instance-rule", position, "one limit for all instances")
    }

    fn limit_lines(self, check: &str, scope: &str, by: &str, name: &str) -> Self {
        let scope = if scope.is_empty() { String::new() } else { format!("{scope}, ") };
        // What is switched off is +Inf, which no axis shows.
        let expr = format!("min by ({by}) (seamark:threshold{{{scope}check=\"{check}\"}} < +Inf)");
        let reference = format!("Limit_{check}");
        let mut query = Query::new(Format::Range, &expr, &format!("{name} ({{{{severity}}}})"));
        query.id = Some(reference.clone());
        let mut panel = self.query(query).look(json!({"id": "byFrameRefID", "options": reference}), &dashes());
        if !panel.limits_colored {
            let color = |color: &str| ("color", json!({"mode": "fixed", "fixedColor": color}));
            panel.limits_colored = true;
            panel = panel
                .matching("^limit.*\\(warning\\)$", &[color(WARN)])
                .matching("^limit.*\\(critical\\)$", &[color(BAD)]);
        }
        panel
    }

    /// A rule of dashboard-linter that does not hold for the query at this position, and why.
    pub fn exempt(mut self, rule: &'static str, query: usize, reason: &'static str) -> Self {
        self.exempt.push((rule, query, reason));
        self
    }

    /// All queries so far know no job and no instance, and why.
    pub fn everywhere(self, reason: &'static str) -> Self {
        (0..self.queries.len()).fold(self, |panel, query| {
            panel.exempt("target-job-rule", query, reason).exempt("target-instance-rule", query, reason)
        })
    }

    /// All queries so far know a job but no instance, and why.
    pub fn whole_job(self, reason: &'static str) -> Self {
        (0..self.queries.len()).fold(self, |panel, query| panel.exempt("target-instance-rule", query, reason))
    }

    /// Leads elsewhere from the panel's title.
    pub fn link(mut self, title: &str, url: &str) -> Self {
        self.links.push(json!({"title": title, "url": url, "targetBlank": false}));
        self
    }

    /// A transformation of the answers.
    pub fn transform(mut self, id: &str, options: Value) -> Self {
        self.transformations.push(json!({"id": id, "options": options}));
        self
    }

    /// Grafana's panel at a place.
    pub fn json(&self, id: u64, place: Value) -> Value {
        let mut defaults = self.defaults.clone();
        if !self.custom.is_empty() {
            defaults.insert("custom".into(), Value::Object(self.custom.clone()));
        }
        let targets: Vec<Value> = self.queries.iter().enumerate().map(|(at, query)| query.json(at)).collect();
        let mut panel = json!({
            "datasource": datasource(),
            "description": self.description,
            "fieldConfig": {"defaults": defaults, "overrides": self.overrides},
            "gridPos": place,
            "id": id,
            "options": self.options,
            "pluginVersion": crate::board::GRAFANA,
            "targets": targets,
            "title": self.title,
            "type": self.kind,
        });
        if let Some(object) = panel.as_object_mut() {
            if !self.transformations.is_empty() {
                object.insert("transformations".into(), json!(self.transformations));
            }
            if !self.links.is_empty() {
                object.insert("links".into(), json!(self.links));
            }
            if let Some(interval) = self.least_interval {
                object.insert("interval".into(), json!(interval));
            }
            if let Some(points) = self.most_points {
                object.insert("maxDataPoints".into(), json!(points));
            }
        }
        panel
    }
}

fn dashes() -> [(&'static str, Value); 4] {
    [
        ("custom.lineStyle", json!({"dash": [8, 8], "fill": "dash"})),
        ("custom.fillOpacity", json!(0)),
        ("custom.lineWidth", json!(2)),
        ("custom.stacking", json!({"group": "limits", "mode": "none"})),
    ]
}

/// 1 rather than 1.0, as Grafana writes it.
fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "only when nothing is lost")]
    let whole = value as i64;
    #[expect(clippy::cast_precision_loss, reason = "compared with what it came from")]
    if whole as f64 == value { json!(whole) } else { json!(value) }
}

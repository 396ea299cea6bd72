//! A board: its rows of lines of panels, laid out so that nothing overlaps and every line is full.

use serde_json::{Value, json};

use crate::decor::{menu, notes};
use crate::panel::Panel;
use crate::variable::data_source;

/// The Grafana whose model this is; the stack runs it.
pub const GRAFANA: &str = "12.2.0";
const SCHEMA: u64 = 41;
/// Columns of Grafana's grid.
pub const COLUMNS: u64 = 24;

/// Panels beside each other, of one height.
#[derive(Debug, Clone)]
pub struct Line {
    height: u64,
    panels: Vec<Panel>,
}

/// Panels beside each other; those without a width share what is left.
pub fn line(height: u64, panels: Vec<Panel>) -> Line {
    Line { height, panels }
}

#[derive(Debug, Clone)]
struct Row {
    title: String,
    folded: bool,
    lines: Vec<Line>,
}

/// A dashboard.
#[derive(Debug, Clone)]
pub struct Board {
    /// What addresses are made of; never changes.
    pub uid: &'static str,
    /// How the list calls it.
    pub title: &'static str,
    description: &'static str,
    /// Below `grafana/dashboards`; each is a folder of Grafana's.
    pub folder: &'static str,
    from: &'static str,
    refresh: &'static str,
    variables: Vec<Value>,
    links: Vec<Value>,
    annotations: Vec<Value>,
    rows: Vec<Row>,
}

impl Board {
    /// A board without panels.
    pub fn new(uid: &'static str, title: &'static str, description: &'static str) -> Self {
        Self {
            uid,
            title,
            description,
            folder: "seamark",
            from: "now-6h",
            refresh: "30s",
            variables: vec![data_source()],
            links: vec![menu("Seamark", "seamark")],
            annotations: vec![notes()],
            rows: Vec::new(),
        }
    }

    /// One of the examples, which have a folder of their own.
    pub fn example(mut self) -> Self {
        self.folder = "examples";
        self
    }

    /// What time it shows at first, such as `now-7d`, and how often it asks anew.
    pub fn time(mut self, from: &'static str, refresh: &'static str) -> Self {
        self.from = from;
        self.refresh = refresh;
        self
    }

    /// More variables.
    pub fn variables(mut self, variables: Vec<Value>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// A link at the top.
    pub fn link(mut self, link: Value) -> Self {
        self.links.push(link);
        self
    }

    /// Marks of what happened.
    pub fn marks(mut self, annotations: Vec<Value>) -> Self {
        self.annotations.extend(annotations);
        self
    }

    /// A row that is open.
    pub fn row(mut self, title: &str, lines: Vec<Line>) -> Self {
        self.rows.push(Row { title: title.to_owned(), folded: false, lines });
        self
    }

    /// A row that is folded: what is needed seldom, and asks nothing until it is opened.
    pub fn folded(mut self, title: &str, lines: Vec<Line>) -> Self {
        self.rows.push(Row { title: title.to_owned(), folded: true, lines });
        self
    }

    /// All its panels.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.lines).flat_map(|line| &line.panels)
    }

    /// Where its JSON stands, below `grafana/dashboards`.
    pub fn path(&self) -> String {
        format!("{}/{}.json", self.folder, self.uid)
    }

    /// Grafana's dashboard.
    pub fn json(&self) -> Value {
        let mut layout = Layout { next_id: 1, y: 0 };
        let panels: Vec<Value> = self.rows.iter().flat_map(|row| layout.row(row)).collect();
        let tags = if self.folder == "examples" { json!(["seamark", "example"]) } else { json!(["seamark"]) };
        json!({
            "annotations": {"list": self.annotations},
            "description": self.description,
            "editable": false,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": null,
            "links": self.links,
            "liveNow": false,
            "panels": panels,
            "preload": false,
            "refresh": self.refresh,
            "schemaVersion": SCHEMA,
            "tags": tags,
            "templating": {"list": self.variables},
            "time": {"from": self.from, "to": "now"},
            "timepicker": {},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
            "weekStart": "",
        })
    }
}

struct Layout {
    next_id: u64,
    y: u64,
}

impl Layout {
    fn id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    fn row(&mut self, row: &Row) -> Vec<Value> {
        let header_id = self.id();
        let header_y = self.y;
        self.y += 1;
        let panels: Vec<Value> = row.lines.iter().flat_map(|line| self.line(line)).collect();
        let (inside, after) = if row.folded {
            // What is folded takes no room.
            self.y = header_y + 1;
            (panels, Vec::new())
        } else {
            (Vec::new(), panels)
        };
        let header = json!({
            "collapsed": row.folded,
            "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": header_y},
            "id": header_id,
            "panels": inside,
            "title": row.title,
            "type": "row",
        });
        std::iter::once(header).chain(after).collect()
    }

    fn line(&mut self, line: &Line) -> Vec<Value> {
        let mut x = 0;
        let mut panels = Vec::new();
        for (panel, width) in line.panels.iter().zip(widths(&line.panels)) {
            let place = json!({"h": line.height, "w": width, "x": x, "y": self.y});
            panels.push(panel.json(self.id(), place));
            x += width;
        }
        self.y += line.height;
        panels
    }
}

/// The widths of panels in a line: those that name none share what is left, the last takes the remainder.
fn widths(panels: &[Panel]) -> Vec<u64> {
    let named: u64 = panels.iter().filter_map(|panel| panel.width).sum();
    let mut open = panels.iter().filter(|panel| panel.width.is_none()).count() as u64;
    let mut left = COLUMNS.saturating_sub(named);
    let width = |panel: &Panel| {
        panel.width.unwrap_or_else(|| {
            let share = left / open.max(1);
            open = open.saturating_sub(1);
            left -= share;
            share
        })
    };
    panels.iter().map(width).collect()
}

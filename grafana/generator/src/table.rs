//! Tables: a query for each column, joined by the labels that all of them have.

use serde_json::{Map, Value, json};

use crate::look::steps;
use crate::panel::Panel;

/// One column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    header: &'static str,
    source: Source,
    properties: Vec<(&'static str, Value)>,
}

#[derive(Debug, Clone)]
enum Source {
    /// A label of the rows.
    Label(&'static str),
    /// The value of a query.
    Query(String),
    /// A query that only brings labels.
    Labels(String),
}

/// A column with a label.
pub fn label(name: &'static str, header: &'static str) -> Column {
    Column { header, source: Source::Label(name), properties: Vec::new() }
}

/// A column with the values of a query. Queries of one table have to keep the same labels, or else rows do not meet.
pub fn value(header: &'static str, unit: &str, expr: &str) -> Column {
    Column { header, source: Source::Query(expr.to_owned()), properties: vec![("unit", json!(unit))] }
}

/// No column: a query whose labels become some, and whose value is of no interest.
pub fn labels_of(expr: &str) -> Column {
    Column { header: "", source: Source::Labels(expr.to_owned()), properties: Vec::new() }
}

impl Column {
    fn with(mut self, id: &'static str, value: Value) -> Self {
        self.properties.push((id, value));
        self
    }

    /// In pixels.
    pub fn width(self, pixels: u64) -> Self {
        self.with("custom.width", json!(pixels))
    }

    /// How many decimals.
    pub fn decimals(self, decimals: u8) -> Self {
        self.with("decimals", json!(decimals))
    }

    /// A bar from 0 to 1 in the cell, with colours by value.
    pub fn gauge(self, warn: f64, bad: f64) -> Self {
        self.with("min", json!(0))
            .with("max", json!(1))
            .with("thresholds", crate::look::rising(warn, bad))
            .with("color", json!({"mode": "thresholds"}))
            .with("custom.cellOptions", json!({"mode": "basic", "type": "gauge", "valueDisplayMode": "text"}))
    }

    /// A bar as long as the value is beside the column's largest.
    pub fn bar(self) -> Self {
        self.with("fieldMinMax", json!(true))
            .with("min", json!(0))
            .with("thresholds", crate::look::plain())
            .with("color", json!({"mode": "thresholds"}))
            .with("custom.cellOptions", json!({"mode": "basic", "type": "gauge", "valueDisplayMode": "text"}))
    }

    /// Words in their colour.
    pub fn words(self, mappings: Value) -> Self {
        self.with("mappings", mappings).with("custom.cellOptions", json!({"type": "color-text"}))
    }

    /// The text in colours by value.
    pub fn colored(self, base: &str, above: &[(f64, &str)]) -> Self {
        self.with("thresholds", steps(base, above))
            .with("color", json!({"mode": "thresholds"}))
            .with("custom.cellOptions", json!({"type": "color-text"}))
    }

    /// Leads elsewhere.
    pub fn link(self, title: &str, url: &str) -> Self {
        self.with("links", json!([{"title": title, "url": url, "targetBlank": false}]))
    }
}

/// A table of these columns, in their order; other labels are left out. Sorted by a header, the largest first if so said.
pub fn table(title: &str, description: &str, columns: Vec<Column>, sort: (&str, bool)) -> Panel {
    let mut panel = Panel::new("table", title, description)
        .unit("short")
        .custom("align", json!("auto"))
        .custom("cellOptions", json!({"type": "auto"}))
        .custom("filterable", json!(true))
        .custom("inspect", json!(false))
        .option("cellHeight", json!("sm"))
        .option(
            "footer",
            json!({"countRows": false, "enablePagination": false, "fields": "", "reducer": ["sum"], "show": false}),
        )
        .option("showHeader", json!(true))
        .option("sortBy", json!([{"desc": sort.1, "displayName": sort.0}]));
    let asks = |column: &&Column| !matches!(column.source, Source::Label(_));
    let several = columns.iter().filter(asks).count() > 1;
    let (mut fields, mut renames, mut order) = (Vec::new(), Map::new(), Map::new());
    for column in columns {
        let field = match &column.source {
            Source::Label(name) => (*name).to_owned(),
            Source::Labels(expr) => {
                panel = panel.rows(expr);
                continue;
            }
            Source::Query(expr) => {
                let position = panel.queries.len();
                panel = panel.rows(expr);
                let reference = panel.queries.last().map(|query| query.reference(position)).unwrap_or_default();
                if several { format!("Value #{reference}") } else { "Value".to_owned() }
            }
        };
        order.insert(field.clone(), json!(fields.len()));
        renames.insert(field.clone(), json!(column.header));
        fields.push(field);
        if !column.properties.is_empty() {
            panel = panel.named(column.header, &column.properties);
        }
    }
    if several {
        panel = panel.transform("merge", json!({}));
    }
    panel.transform("filterFieldsByName", json!({"include": {"names": fields}})).transform(
        "organize",
        json!({"excludeByName": {}, "includeByName": {}, "indexByName": order, "renameByName": renames}),
    )
}

//! The kinds of panels, each with its options: change one here and every board has it.

use serde_json::{Value, json};

use crate::panel::Panel;

fn unhidden() -> Value {
    json!({"legend": false, "tooltip": false, "viz": false})
}

fn newest() -> Value {
    json!({"calcs": ["lastNotNull"], "fields": "", "values": false})
}

fn simple_legend() -> Value {
    json!({"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true})
}

/// Curves over time.
pub fn timeseries(title: &str, description: &str) -> Panel {
    Panel::new("timeseries", title, description)
        .custom("axisBorderShow", json!(false))
        .custom("axisCenteredZero", json!(false))
        .custom("axisColorMode", json!("text"))
        .custom("axisLabel", json!(""))
        .custom("axisPlacement", json!("auto"))
        .custom("barAlignment", json!(0))
        .custom("barWidthFactor", json!(0.6))
        .custom("drawStyle", json!("line"))
        .custom("fillOpacity", json!(8))
        .custom("gradientMode", json!("none"))
        .custom("hideFrom", unhidden())
        .custom("insertNulls", json!(false))
        .custom("lineInterpolation", json!("linear"))
        .custom("lineWidth", json!(1))
        .custom("pointSize", json!(5))
        .custom("scaleDistribution", json!({"type": "linear"}))
        .custom("showPoints", json!("auto"))
        .custom("spanNulls", json!(false))
        .custom("stacking", json!({"group": "A", "mode": "none"}))
        .custom("thresholdsStyle", json!({"mode": "off"}))
        .option("legend", simple_legend())
        .option("tooltip", json!({"hideZeros": false, "mode": "multi", "sort": "desc"}))
}

impl Panel {
    /// One upon the other, so that the top is their sum.
    pub fn stacked(self) -> Self {
        self.custom("stacking", json!({"group": "A", "mode": "normal"}))
            .custom("fillOpacity", json!(45))
            .custom("lineWidth", json!(0))
    }

    /// Counts in bars, one for each interval; [`counted`] is what they ask for.
    pub fn bars(self) -> Self {
        self.every("1m")
            .custom("drawStyle", json!("bars"))
            .custom("fillOpacity", json!(80))
            .custom("lineWidth", json!(0))
            .custom("stacking", json!({"group": "A", "mode": "normal"}))
    }

    /// The legend as a table, the largest first.
    pub fn legend_table(self) -> Self {
        self.option(
            "legend",
            json!({
                "calcs": ["mean", "max", "lastNotNull"], "displayMode": "table", "placement": "bottom",
                "showLegend": true, "sortBy": "Last *", "sortDesc": true,
            }),
        )
    }

    /// The legend beside the curves, the largest first: for many series.
    pub fn legend_right(self) -> Self {
        self.option(
            "legend",
            json!({
                "calcs": ["mean", "max"], "displayMode": "table", "placement": "right",
                "showLegend": true, "sortBy": "Max", "sortDesc": true, "width": 320,
            }),
        )
    }

    /// From small to large by factors, where all are to be seen.
    pub fn log_scale(self) -> Self {
        self.custom("scaleDistribution", json!({"log": 10, "type": "log"}))
    }
}

/// How often a counter was raised within each bar, to the unit.
///
/// `increase` over the width of a bar would lose what falls between the last scrape before it and its first, and over a
/// longer range it would count twice: a rate over the right range, times the width, does neither.
pub fn counted(selector: &str) -> String {
    format!("round(rate({selector}[$R]) * $__interval_ms / 1000)")
}

/// One figure, with its course behind it.
pub fn stat(title: &str, description: &str) -> Panel {
    Panel::new("stat", title, description)
        .default("color", json!({"mode": "thresholds"}))
        .option("colorMode", json!("value"))
        .option("graphMode", json!("none"))
        .option("justifyMode", json!("auto"))
        .option("orientation", json!("auto"))
        .option("percentChangeColorMode", json!("standard"))
        .option("reduceOptions", newest())
        .option("showPercentChange", json!(false))
        .option("textMode", json!("auto"))
        .option("wideLayout", json!(true))
}

impl Panel {
    /// With the course of the figure; its queries have to be ranges.
    pub fn spark(self) -> Self {
        self.option("graphMode", json!("area"))
    }

    /// The whole panel in the colour of the figure.
    pub fn filled(self) -> Self {
        self.option("colorMode", json!("background_solid"))
    }

    /// What is told is the name of the series, not its value.
    pub fn name_only(self) -> Self {
        self.option("textMode", json!("name")).option("colorMode", json!("none"))
    }

    /// Name and value of each series.
    pub fn name_and_value(self) -> Self {
        self.option("textMode", json!("value_and_name"))
    }
}

/// Bars, the longest first, for ranking.
pub fn bar_gauge(title: &str, description: &str) -> Panel {
    Panel::new("bargauge", title, description)
        .default("color", json!({"mode": "thresholds"}))
        .option("displayMode", json!("basic"))
        .option("legend", json!({"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": false}))
        .option("maxVizHeight", json!(48))
        .option("minVizHeight", json!(16))
        .option("minVizWidth", json!(8))
        .option("namePlacement", json!("left"))
        .option("orientation", json!("horizontal"))
        .option("reduceOptions", newest())
        .option("showUnfilled", json!(true))
        .option("sizing", json!("auto"))
        .option("valueMode", json!("color"))
}

/// How values are spread, over time. The unit is that of the values, the cells count.
pub fn heatmap(title: &str, description: &str, unit: &str) -> Panel {
    Panel::new("heatmap", title, description)
        .unit(unit)
        .custom("hideFrom", unhidden())
        .custom("scaleDistribution", json!({"type": "linear"}))
        .option("calculate", json!(false))
        .option("cellGap", json!(1))
        .option("cellValues", json!({"unit": "short"}))
        .option(
            "color",
            // Viridis keeps its order for every colour vision, in both themes.
            json!({
                "exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": false, "scale": "exponential",
                "scheme": "Viridis", "steps": 64,
            }),
        )
        .option("exemplars", json!({"color": "rgba(255,0,255,0.7)"}))
        .option("filterValues", json!({"le": 1e-9}))
        .option("legend", json!({"show": true}))
        .option("rowsFrame", json!({"layout": "auto"}))
        .option("tooltip", json!({"mode": "single", "showColorScale": false, "yHistogram": false}))
        .option("yAxis", json!({"axisPlacement": "left", "reverse": false, "unit": unit}))
}

/// Which state each was in, and from when to when.
pub fn state_timeline(title: &str, description: &str) -> Panel {
    Panel::new("state-timeline", title, description)
        .default("color", json!({"mode": "thresholds"}))
        .custom("fillOpacity", json!(80))
        .custom("hideFrom", unhidden())
        .custom("insertNulls", json!(false))
        .custom("lineWidth", json!(0))
        .custom("spanNulls", json!(false))
        .option("alignValue", json!("left"))
        .option("legend", simple_legend())
        .option("mergeValues", json!(true))
        .option("perPage", json!(25))
        .option("rowHeight", json!(0.9))
        .option("showValue", json!("never"))
        .option("tooltip", json!({"hideZeros": false, "mode": "single", "sort": "none"}))
}

/// A cell for each moment: what was up, and what was not.
pub fn status_history(title: &str, description: &str) -> Panel {
    Panel::new("status-history", title, description)
        .default("color", json!({"mode": "thresholds"}))
        .custom("fillOpacity", json!(80))
        .custom("hideFrom", unhidden())
        .custom("lineWidth", json!(1))
        .option("colWidth", json!(0.9))
        .option("legend", simple_legend())
        .option("perPage", json!(25))
        .option("rowHeight", json!(0.9))
        .option("showValue", json!("never"))
        .option("tooltip", json!({"hideZeros": false, "mode": "single", "sort": "none"}))
        // More cells than that cannot be told apart, and Grafana refuses to draw them.
        .points(96)
}

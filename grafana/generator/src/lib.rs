//! Dashboards as code: what each panel asks stands in `boards/`, how panels look stands once, here.
//!
//! The JSON model is Grafana's classic one (schema v1), which Grafana 10 to 13 load.

pub mod board;
pub mod boards;
pub mod decor;
pub mod kinds;
pub mod look;
pub mod output;
pub mod panel;
pub mod query;
pub mod state;
pub mod table;
pub mod variable;

pub use board::Board;
pub use boards::all;

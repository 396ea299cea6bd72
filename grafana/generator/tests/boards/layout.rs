//! Where panels stand: no two on the same cells, every line filled to 24 columns, every id once.

use std::collections::{BTreeMap, BTreeSet};

use seamark_grafana::output::list;
use serde_json::{Value, json};

use super::{board, committed, first_panel, names, none};

#[derive(Debug, Clone, Copy)]
struct Place {
    x: u64,
    y: u64,
    w: u64,
    h: u64,
}

fn place(panel: &Value) -> Place {
    let number =
        |key: &str| panel["gridPos"][key].as_u64().unwrap_or_else(|| panic!("{} has no {key}", panel["title"]));
    Place { x: number("x"), y: number("y"), w: number("w"), h: number("h") }
}

/// What stands on one plane: all that is open, or what one folded row holds.
fn planes(board: &Value) -> Vec<Vec<&Value>> {
    let top: Vec<&Value> = list(&board["panels"]).iter().collect();
    let folded = top.iter().map(|panel| list(&panel["panels"]).iter().collect::<Vec<_>>());
    folded.filter(|inside| !inside.is_empty()).chain([top.clone()]).collect()
}

fn findings(board: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    let mut say = |text: String| findings.push(format!("{}: {text}", board["uid"]));
    for plane in planes(board) {
        let mut lines: BTreeMap<u64, Vec<(&Value, Place)>> = BTreeMap::new();
        for (at, panel) in plane.iter().enumerate() {
            let one = place(panel);
            lines.entry(one.y).or_default().push((panel, one));
            if one.x + one.w > 24 || one.w == 0 || one.h == 0 {
                say(format!("{} stands outside the 24 columns", panel["title"]));
            }
            for other in &plane[at + 1..] {
                let two = place(other);
                let apart = one.x + one.w <= two.x
                    || two.x + two.w <= one.x
                    || one.y + one.h <= two.y
                    || two.y + two.h <= one.y;
                if !apart {
                    say(format!("{} and {} overlap", panel["title"], other["title"]));
                }
            }
        }
        for panels in lines.values() {
            let width: u64 = panels.iter().map(|(_, place)| place.w).sum();
            let heights: BTreeSet<u64> = panels.iter().map(|(_, place)| place.h).collect();
            if width != 24 || heights.len() != 1 {
                say(format!("the line of {} has {width} columns and heights {heights:?}", panels[0].0["title"]));
            }
        }
    }
    let mut ids = BTreeSet::new();
    for panel in list(&board["panels"]).iter().flat_map(|panel| std::iter::once(panel).chain(list(&panel["panels"]))) {
        if !panel["id"].as_u64().is_some_and(|id| id > 0 && ids.insert(id)) {
            say(format!("{} has no id of its own", panel["title"]));
        }
    }
    findings
}

#[test]
fn no_panel_overlaps_another_and_every_line_is_full() {
    none(committed().iter().flat_map(findings).collect());
}

#[test]
fn an_overlap_is_found() {
    let mut board = board("seamark-host");
    let panel = first_panel(&mut board, "timeseries");
    panel["gridPos"]["h"] = json!(30);
    names(&findings(&board), "overlap");
}

#[test]
fn a_gap_is_found() {
    let mut board = board("seamark-host");
    first_panel(&mut board, "timeseries")["gridPos"]["w"] = json!(3);
    names(&findings(&board), "columns");
}

#[test]
fn an_overlap_in_a_folded_row_is_found() {
    let mut board = board("seamark-host");
    let row = board["panels"].as_array_mut().unwrap().iter_mut().find(|panel| panel["collapsed"] == true).unwrap();
    row["panels"][1]["gridPos"]["x"] = json!(0);
    names(&findings(&board), "overlap");
}

#[test]
fn an_id_used_twice_is_found() {
    let mut board = board("seamark-host");
    first_panel(&mut board, "timeseries")["id"] = json!(1);
    names(&findings(&board), "no id of its own");
}

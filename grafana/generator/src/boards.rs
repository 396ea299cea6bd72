//! The boards, one file each: what it answers stands in its description, what matters most stands first.

mod alerts;
mod app;
mod business;
mod celery;
mod container;
mod containers;
mod fleet;
mod health;
mod host;
mod meta;
mod nginx;
mod overview;
mod postgres;
mod redis;
mod services;
mod storage;

// What every board is made of.
use crate::board::{Board, line};
use crate::decor::{self, exits, link, reboots, to};
use crate::kinds::{bar_gauge, counted, heatmap, stat, state_timeline, status_history, timeseries};
use crate::look::{self, falling, none_is_good, rising};
use crate::panel::Panel;
use crate::state::{self, up_down, words, yes_no};
use crate::table::{label, labels_of, table, value};
use crate::variable;

/// All boards, in the order of a first visit.
pub fn all() -> Vec<Board> {
    vec![
        overview::board(),
        host::board(),
        containers::board(),
        container::board(),
        health::board(),
        services::board(),
        app::board(),
        postgres::board(),
        redis::board(),
        nginx::board(),
        celery::board(),
        storage::board(),
        fleet::board(),
        alerts::board(),
        meta::board(),
        business::board(),
    ]
}

//! The cgroups of the containers that run: where they are, and their files.
//!
//! A container's directory is found once and remembered by its id (see [`locate`]); its files are read at every scrape
//! and kept open. What a file says is read in [`v1`] and [`v2`], and told by the collectors `container_*`.
//!
//! ```text
//! inventory.running() --> Cgroups::places() --> [Place] --Reader--> v1 | v2 --> collector/container_*.rs
//!                            `-- layout, locate
//! ```

pub mod layout;
pub mod locate;
mod place;
pub mod reading;
pub mod v1;
pub mod v2;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::docker::inventory::Inventory;
use crate::docker::running::Running;
use crate::host::HostRoot;
pub use layout::{Controller, Version};
use locate::{Dirs, Finder};
pub use place::{Cached, Place, Reader};

/// How long to wait before looking again for a container that was not found so often: soon for one that is just being
/// started, seldom for one that is in no cgroup that can be seen.
const LOOK_AGAIN: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];

/// The cgroups of all containers that run. The collectors of one configuration share it.
pub struct Cgroups {
    host: HostRoot,
    inventory: Arc<Inventory>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    finder: Finder,
    /// What `places` was made from.
    running: Arc<[Arc<Running>]>,
    /// By id.
    places: Arc<[Arc<Place>]>,
    missing: BTreeMap<String, Missing>,
}

struct Missing {
    running: Arc<Running>,
    tries: usize,
    again: Instant,
}

impl Cgroups {
    /// Those of the containers of `inventory`, below the sysfs of `host`.
    pub fn new(host: HostRoot, inventory: Arc<Inventory>) -> Self {
        Self { host, inventory, state: Mutex::default() }
    }

    /// The host whose files these are.
    pub const fn host(&self) -> &HostRoot {
        &self.host
    }

    /// What is known of the containers.
    pub const fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }

    /// The containers that run and whose cgroup is known, by id.
    pub fn places(&self, now: Instant) -> Arc<[Arc<Place>]> {
        let running = self.inventory.running();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let same = Arc::ptr_eq(&state.running, &running);
        let due = state.missing.values().any(|missing| missing.again <= now);
        if !same || due || state.places.iter().any(|place| place.is_lost()) {
            state.renew(running, &self.host, now);
        }
        Arc::clone(&state.places)
    }
}

impl State {
    fn renew(&mut self, running: Arc<[Arc<Running>]>, host: &HostRoot, now: Instant) {
        let mut wanted: Vec<Arc<Running>> = Vec::new();
        let mut places: Vec<Arc<Place>> = Vec::with_capacity(running.len());
        let mut before = self.places.iter().peekable();
        for container in running.iter() {
            // Both are in the order of their ids.
            while before.next_if(|place| place.running().id < container.id).is_some() {}
            let place = before.next_if(|place| place.running().id == container.id);
            match place.filter(|place| !place.is_lost()) {
                Some(place) if Arc::ptr_eq(place.running(), container) => places.push(Arc::clone(place)),
                // Renamed, changed, or started again: mostly in a directory of the same name.
                Some(place) => places.push(Arc::new(Place::new(Arc::clone(container), place.dirs().clone()))),
                None if self.is_due(container, now) => wanted.push(Arc::clone(container)),
                None => {}
            }
        }
        if !wanted.is_empty() {
            let found = self.finder.find(host, &wanted);
            for (container, dirs) in wanted.into_iter().zip(found) {
                self.note(&container, dirs.as_ref(), now);
                places.extend(dirs.map(|dirs| Arc::new(Place::new(container, dirs))));
            }
            places.sort_unstable_by(|one, other| one.running().id.cmp(&other.running().id));
        }
        self.missing.retain(|id, _| running.binary_search_by(|container| container.id.cmp(id)).is_ok());
        self.places = places.into();
        self.running = running;
    }

    /// Whether it is time to look for a container that has no place.
    fn is_due(&self, container: &Arc<Running>, now: Instant) -> bool {
        let missing = self.missing.get(&container.id);
        missing.is_none_or(|missing| missing.again <= now || !Arc::ptr_eq(&missing.running, container))
    }

    fn note(&mut self, container: &Arc<Running>, found: Option<&Dirs>, now: Instant) {
        if found.is_some() {
            self.missing.remove(&container.id);
            return;
        }
        let before = self.missing.get(&container.id).filter(|missing| Arc::ptr_eq(&missing.running, container));
        let tries = before.map_or(0, |missing| missing.tries + 1);
        let wait = LOOK_AGAIN.get(tries).or(LOOK_AGAIN.last()).copied().unwrap_or_default();
        let missing = Missing { running: Arc::clone(container), tries, again: now + wait };
        self.missing.insert(container.id.clone(), missing);
    }
}

#[cfg(test)]
mod tests;

//! What the writer keeps in memory of what it has put on disk, and forgets again where that failed.

use std::collections::HashMap;
use std::hash::Hash;

/// A map whose last changes can be undone until they are settled.
#[derive(Debug)]
pub(super) struct Remembered<K> {
    map: HashMap<K, i64>,
    /// What was changed and is not yet on disk, with what stood there before.
    unsettled: Vec<(K, Option<i64>)>,
}

impl<K> Default for Remembered<K> {
    fn default() -> Self {
        Self { map: HashMap::new(), unsettled: Vec::new() }
    }
}

impl<K: Hash + Eq + Copy> Remembered<K> {
    pub fn get(&self, key: &K) -> Option<i64> {
        self.map.get(key).copied()
    }

    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// What is on disk already; what is known of it stays.
    pub fn know(&mut self, key: K, value: i64) {
        self.map.entry(key).or_insert(value);
    }

    /// What is about to be on disk.
    pub fn add(&mut self, key: K, value: i64) {
        let before = self.map.insert(key, value);
        self.unsettled.push((key, before));
    }

    /// How much is not yet on disk.
    pub fn unsettled(&self) -> usize {
        self.unsettled.len()
    }

    /// Forgets what was added beyond so much that is not yet on disk, nor will be.
    pub fn undo(&mut self, beyond: usize) {
        for (key, before) in self.unsettled.drain(beyond.min(self.unsettled.len())..).rev() {
            match before {
                Some(value) => self.map.insert(key, value),
                None => self.map.remove(&key),
            };
        }
    }

    /// What was added is on disk.
    pub fn settle(&mut self) {
        self.unsettled.clear();
    }
}

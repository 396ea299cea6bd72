//! Names and passwords: one bcrypt for each pair that is new, one at a time, away from the thread that serves.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::secret::Secret;

/// Pairs that are remembered; far more than programs that scrape.
const REMEMBERED: usize = 1000;
/// Requests that may wait for their turn; each waits for those before it.
const WAITING: usize = 100;
/// 22 letters of salt and 31 of a hash that nothing known hashes to.
const NOBODY: &str = "seamarkseamarkseamarkuseamarkseamarkseamarkseamarksea";

/// Who may come in, by name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Users {
    hashes: BTreeMap<String, Secret>,
    /// What a name that there is not is held to: as slow as the slowest that there is.
    nobody: Option<Secret>,
}

impl Users {
    pub(super) fn new(hashes: BTreeMap<String, Secret>) -> Self {
        let costs = hashes.values().filter_map(|hash| hash.expose().parse::<bcrypt::HashParts>().ok());
        let nobody = costs.map(|hash| hash.get_cost()).max().map(|cost| Secret::new(format!("$2y${cost:02}${NOBODY}")));
        Self { hashes, nobody }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}

/// What a name and a password are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    /// Too many others are waiting for theirs.
    Later,
}

type Key = [u8; 32];

/// What was found out about pairs that were shown.
#[derive(Debug, Default)]
struct Known {
    right: HashSet<Key>,
    /// A Prometheus with a wrong password shows it again with each scrape.
    wrong: HashSet<Key>,
}

impl Known {
    fn verdict(&self, key: &Key) -> Option<Verdict> {
        let is = |pairs: &HashSet<Key>, verdict| pairs.contains(key).then_some(verdict);
        is(&self.right, Verdict::Right).or_else(|| is(&self.wrong, Verdict::Wrong))
    }

    fn remember(&mut self, key: Key, is_right: bool) {
        let pairs = if is_right { &mut self.right } else { &mut self.wrong };
        if pairs.len() >= REMEMBERED {
            pairs.clear();
        }
        pairs.insert(key);
    }
}

/// Checks pairs of name and password.
#[derive(Debug)]
pub(super) struct Passwords {
    /// Keeps what is remembered from being of use to whoever reads our memory.
    salt: Key,
    known: Mutex<Known>,
    turn: Semaphore,
    waiting: AtomicUsize,
    checks: AtomicU64,
}

impl Default for Passwords {
    fn default() -> Self {
        let mut salt = Key::default();
        // Without a source of chance they are remembered all the same: who reads our memory has the requests as well.
        let _ = getrandom::fill(&mut salt);
        let (known, turn) = (Mutex::default(), Semaphore::new(1));
        Self { salt, known, turn, waiting: AtomicUsize::new(0), checks: AtomicU64::new(0) }
    }
}

impl Passwords {
    /// How often bcrypt was computed.
    pub(super) fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// Looks at one pair.
    pub(super) async fn check(&self, users: &Users, name: &str, password: &str) -> Verdict {
        let found = users.hashes.get(name);
        let Some(hash) = found.or(users.nobody.as_ref()) else { return Verdict::Wrong };
        let key = self.key(name, password, hash);
        if let Some(known) = self.known().verdict(&key) {
            return known;
        }
        let Some(_place) = Place::take(&self.waiting) else { return Verdict::Later };
        let Ok(_turn) = self.turn.acquire().await else { return Verdict::Later };
        // The one before may have shown the same.
        if let Some(known) = self.known().verdict(&key) {
            return known;
        }
        self.checks.fetch_add(1, Ordering::Relaxed);
        let (given, hash) = (Secret::new(password), hash.clone());
        let matches = spawn_blocking(move || bcrypt::verify(given.expose(), hash.expose()).unwrap_or(false)).await;
        let is_right = matches.unwrap_or(false) && found.is_some();
        self.known().remember(key, is_right);
        if is_right { Verdict::Right } else { Verdict::Wrong }
    }

    fn key(&self, name: &str, password: &str, hash: &Secret) -> Key {
        let mut digest = Sha256::new_with_prefix(self.salt);
        for part in [name, hash.expose(), password] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those that wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(pairs: &[(&str, &str)]) -> Users {
        let hash = |password: &str| Secret::new(bcrypt::hash(password, 4).unwrap());
        Users::new(pairs.iter().map(|(name, password)| ((*name).to_owned(), hash(password))).collect())
    }

    #[tokio::test]
    async fn each_new_pair_costs_one_bcrypt_and_an_old_one_none() {
        let (passwords, users) = (Passwords::default(), users(&[("prometheus", "right"), ("other", "else")]));
        let steps = [
            ("prometheus", "right", Verdict::Right, 1),
            ("prometheus", "right", Verdict::Right, 1),
            ("prometheus", "wrong", Verdict::Wrong, 2),
            ("prometheus", "wrong", Verdict::Wrong, 2),
            ("nobody", "right", Verdict::Wrong, 3),
            ("other", "right", Verdict::Wrong, 4),
            ("prometheus", "", Verdict::Wrong, 5),
            ("", "", Verdict::Wrong, 6),
        ];
        for (name, password, verdict, checks) in steps {
            assert_eq!(passwords.check(&users, name, password).await, verdict, "{name} {password}");
            assert_eq!(passwords.checks(), checks, "{name} {password}");
        }
    }

    #[tokio::test]
    async fn a_new_hash_makes_the_old_password_wrong() {
        let passwords = Passwords::default();
        assert_eq!(passwords.check(&users(&[("a", "old")]), "a", "old").await, Verdict::Right);
        assert_eq!(passwords.check(&users(&[("a", "new")]), "a", "old").await, Verdict::Wrong);
        assert_eq!(passwords.check(&users(&[]), "a", "old").await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn many_at_once_with_the_same_pair_cost_one_bcrypt() {
        let (passwords, users) = (Passwords::default(), users(&[("a", "right")]));
        let check = || passwords.check(&users, "a", "right");
        let (a, b, c) = tokio::join!(check(), check(), check());
        assert_eq!([a, b, c], [Verdict::Right; 3]);
        assert_eq!(passwords.checks(), 1);
    }

    #[test]
    fn a_name_that_there_is_not_is_held_to_a_hash_as_slow_as_the_slowest() {
        let hash = |cost| Secret::new(bcrypt::hash("x", cost).unwrap());
        let users = Users::new([("a".to_owned(), hash(4)), ("b".to_owned(), hash(6))].into());
        let nobody: bcrypt::HashParts = users.nobody.unwrap().expose().parse().unwrap();
        assert_eq!(nobody.get_cost(), 6);
    }

    #[test]
    fn neither_passwords_nor_hashes_are_shown() {
        let users = Users::new([("a".to_owned(), Secret::new("$2y$04$hash"))].into());
        assert!(!format!("{users:?}").contains("$2y$"), "{users:?}");
    }
}

//! How many connections there are at once, and which of them makes room for a new one.
//!
//! It is the one that has kept us waiting longest, among those of the address that has most. So whoever opens thousands
//! loses its own, and whoever sends its request at once is served. A connection whose answer we are making is never
//! closed: the new one waits then.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::seat::{Doing, Seat};

/// As many connections as anybody needs; an Alertmanager with a storm of groups opens hundreds.
const MOST: usize = 1000;
/// So young that its request may be on its way to us, or behind the others in our own queue.
const GRACE: Duration = Duration::from_millis(100);

/// Of so many places one is made free along with the one that is needed: to look through all of them costs more than
/// the connection.
const AT_ONCE: usize = 16;

/// All connections.
#[derive(Debug)]
pub(super) struct Seats {
    limit: usize,
    table: Mutex<Table>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    taken: HashMap<u64, Taken>,
    /// How many connections each network has.
    networks: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Taken {
    from: IpAddr,
    seat: Arc<Seat>,
    /// None until it runs.
    task: Option<AbortHandle>,
}

/// What there is for a new connection.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Free,
    /// After these have made room.
    After(Vec<u64>),
    /// Not before then, unless a connection ends.
    NotBefore(Instant),
    /// Not before a connection ends.
    None,
}

/// One connection's place; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    seats: Arc<Seats>,
    number: u64,
    pub(super) seat: Arc<Seat>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.seats.table().remove(self.number).is_some() {
            self.seats.freed.notify_one();
        }
    }
}

impl Place {
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl Seats {
    /// A quarter of the files that the process may open: the rest is for what it reads.
    pub(super) fn for_files(allowed: Option<u64>) -> Arc<Self> {
        let quarter = allowed.and_then(|files| usize::try_from(files / 4).ok());
        Self::new(quarter.unwrap_or(MOST).clamp(16, MOST))
    }

    fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, table: Mutex::default(), freed: Notify::new() })
    }

    /// Takes a place, as soon as there is one, and tells how many were closed for it.
    pub(super) async fn take(self: &Arc<Self>, from: IpAddr) -> (Place, u64) {
        let mut closed = 0;
        loop {
            let now = Instant::now();
            let room = self.table().room(self.limit, now);
            match room {
                Room::Free => break,
                Room::After(numbers) => {
                    closed += numbers.into_iter().map(|number| u64::from(self.close(number))).sum::<u64>();
                }
                Room::NotBefore(then) => tokio::select! {
                    () = self.freed.notified() => {}
                    () = sleep(then.saturating_duration_since(now)) => {}
                },
                // An answer may end without its connection.
                Room::None => tokio::select! {
                    () = self.freed.notified() => {}
                    () = sleep(GRACE) => {}
                },
            }
        }
        let seat = Arc::<Seat>::default();
        let mut table = self.table();
        let number = table.next;
        table.next += 1;
        let from = network(from);
        *table.networks.entry(from).or_default() += 1;
        table.taken.insert(number, Taken { from, seat: Arc::clone(&seat), task: None });
        (Place { seats: Arc::clone(self), number, seat }, closed)
    }

    /// Says by what a connection can be ended.
    pub(super) fn runs(&self, number: u64, task: AbortHandle) {
        if let Some(taken) = self.table().taken.get_mut(&number) {
            taken.task = Some(task);
        }
    }

    /// Closes the connection that has waited longest, if there is one. For when the system has no more to give.
    pub(super) fn close_one(&self) -> bool {
        let victim = self.table().waiting(|_| true).into_iter().min();
        victim.is_some_and(|(_, _, number)| self.close(number))
    }

    fn close(&self, number: u64) -> bool {
        let taken = self.table().remove(number);
        if let Some(task) = taken.as_ref().and_then(|taken| taken.task.as_ref()) {
            task.abort();
        }
        taken.is_some()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn room(&self, limit: usize, now: Instant) -> Room {
        let half = limit.div_ceil(2);
        // Whoever has agreed upon TLS, and maybe shown a certificate, does not make room for those who have not.
        let shakes = |taken: &Taken| taken.seat.is(Doing::Handshake);
        let mut waiting =
            if self.taken.len() >= half && self.taken.values().filter(|taken| shakes(taken)).count() >= half {
                self.waiting(shakes)
            } else if self.taken.len() >= limit {
                self.waiting(|_| true)
            } else {
                return Room::Free;
            };
        waiting.sort_unstable();
        let is_old = |since: Instant| since + GRACE <= now;
        let old = waiting.iter().filter(|(_, since, _)| is_old(*since)).take((limit / AT_ONCE).max(1));
        let old: Vec<u64> = old.map(|(_, _, number)| *number).collect();
        match waiting.iter().map(|(_, since, _)| *since).min() {
            _ if !old.is_empty() => Room::After(old),
            Some(since) => Room::NotBefore(since + GRACE),
            None => Room::None,
        }
    }

    fn remove(&mut self, number: u64) -> Option<Taken> {
        let taken = self.taken.remove(&number)?;
        if let Entry::Occupied(mut count) = self.networks.entry(taken.from) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        Some(taken)
    }

    /// Whoever keeps us waiting, since when; in the order in which they make room: first those of the network that has
    /// most, and of these whoever has waited longest.
    fn waiting(&self, among: impl Fn(&Taken) -> bool) -> Vec<(bool, Instant, u64)> {
        let fullest = self.networks.iter().max_by_key(|(_, count)| **count).map(|(network, _)| *network);
        let waiting = self.taken.iter().filter(|(_, taken)| taken.task.is_some() && among(taken));
        let place =
            |(number, taken): (&u64, &Taken)| Some((Some(taken.from) != fullest, taken.seat.waits_since()?, *number));
        waiting.filter_map(place).collect()
    }
}

/// Whoever has one address of IPv6 has the 2^64 beside it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const ONE: &str = "10.0.0.1";
    const OTHER: &str = "10.0.0.2";

    /// A connection that never ends by itself.
    async fn seated(seats: &Arc<Seats>, from: &str) -> (Place, u64) {
        let (place, closed) = seats.take(from.parse().unwrap()).await;
        place.seat.goes_on_with(Doing::Head);
        seats.runs(place.number(), tokio::spawn(std::future::pending::<()>()).abort_handle());
        (place, closed)
    }

    fn numbers(seats: &Seats) -> Vec<u64> {
        let mut numbers: Vec<u64> = seats.table().taken.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_most_connections_loses_the_one_that_has_waited_longest() {
        let seats = Seats::new(4);
        let mut places = Vec::new();
        for from in [OTHER, ONE, ONE, ONE] {
            places.push(seated(&seats, from).await);
            advance(Duration::from_secs(1)).await;
        }
        let (_place, closed) = seated(&seats, OTHER).await;
        assert_eq!((closed, numbers(&seats)), (1, vec![0, 2, 3, 4]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_waits_for_us_is_not_closed() {
        let seats = Seats::new(2);
        let (busy, _) = seated(&seats, ONE).await;
        busy.seat.goes_on_with(Doing::Answer);
        let (_idle, _) = seated(&seats, ONE).await;
        advance(Duration::from_secs(1)).await;
        let (last, closed) = seated(&seats, ONE).await;
        assert_eq!((closed, numbers(&seats)), (1, vec![0, 2]));
        last.seat.goes_on_with(Doing::Answer);
        // Now nobody makes room before somebody ends.
        let next = tokio::time::timeout(Duration::from_secs(3600), seats.take(ONE.parse().unwrap())).await;
        assert!(next.is_err());
        drop(busy);
        seated(&seats, ONE).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_has_a_moment_to_send_its_request() {
        let seats = Seats::new(1);
        let (_first, _) = seated(&seats, ONE).await;
        let before = Instant::now();
        let (_second, closed) = seated(&seats, ONE).await;
        assert_eq!((closed, before.elapsed() >= GRACE), (1, true));
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_do_not_agree_upon_tls_have_half_of_the_places() {
        let seats = Seats::new(4);
        let mut places = Vec::new();
        for _ in 0..2 {
            let (place, _) = seated(&seats, ONE).await;
            place.seat.goes_on_with(Doing::Handshake);
            places.push(place);
        }
        advance(Duration::from_secs(1)).await;
        let (_idle, closed) = seated(&seats, OTHER).await;
        assert_eq!((closed, numbers(&seats)), (1, vec![1, 2]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_closed_stops() {
        let seats = Seats::new(1);
        let (place, _) = seats.take(ONE.parse().unwrap()).await;
        let number = place.number();
        place.seat.goes_on_with(Doing::Head);
        let task = tokio::spawn(async move {
            let _place = place;
            std::future::pending::<()>().await;
        });
        seats.runs(number, task.abort_handle());
        assert!(seats.close_one());
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(!seats.close_one());
    }

    #[test]
    fn a_quarter_of_the_files_is_for_connections() {
        let limits = [None, Some(8), Some(1024), Some(1_000_000)].map(|files| Seats::for_files(files).limit);
        assert_eq!(limits, [1000, 16, 256, 1000]);
    }
}

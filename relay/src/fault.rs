//! A fault in one piece of work ends that piece, and not the task that does one after the other.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

/// Does the work; `None`: it panicked, which is in the log.
pub(crate) async fn survived<T>(what: &str, work: impl Future<Output = T>) -> Option<T> {
    // What the work has left half done is its own: everything that outlives it is in the store, or asked for anew.
    let done = AssertUnwindSafe(work).catch_unwind().await;
    if done.is_err() {
        tracing::error!("{what} was broken off by a fault of the relay's, which stands above; the next one follows");
    }
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_is_no_answer_and_what_follows_is_done() {
        let broken = survived("work", async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "on purpose");
        });
        assert_eq!(broken.await, None);
        assert_eq!(survived("work", async { 7 }).await, Some(7));
    }
}

//! The inspections under way: some at once, never two about one container.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use super::AT_ONCE;
use crate::docker::client::{Client, ClientError};
use crate::docker::container::Inspection;

/// The id, the generation of the question, and the answer.
pub(super) type Answer = (String, u64, Result<Option<Inspection>, ClientError>);

#[derive(Default)]
pub(super) struct Inspections<'a> {
    asking: FuturesUnordered<BoxFuture<'a, Answer>>,
    ids: BTreeSet<String>,
}

impl<'a> Inspections<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.asking.is_empty()
    }

    /// Takes as many of the questions as may be asked now.
    pub(super) fn take(&mut self, questions: &mut BTreeMap<String, u64>, client: &'a Client) {
        while self.asking.len() < AT_ONCE {
            // One question at a time about one container: the second answer may overtake the first.
            let Some(id) = questions.keys().find(|id| !self.ids.contains(*id)).cloned() else { return };
            let Some(generation) = questions.remove(&id) else { return };
            self.ids.insert(id.clone());
            self.asking.push(Box::pin(async move {
                let answer = client.inspect(&id).await;
                (id, generation, answer)
            }));
        }
    }

    /// The next answer; `None` where nothing is asked.
    pub(super) async fn next(&mut self) -> Option<Answer> {
        let answer = self.asking.next().await?;
        self.ids.remove(&answer.0);
        Some(answer)
    }
}

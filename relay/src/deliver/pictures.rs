//! What is drawn for a message. It never holds up the words for long, nor loses them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use crate::channel::Detail;
use crate::message::{Attachment, Message};
use crate::store::{Claim, MessageKind};

/// An alert goes without a picture after this: numbers have to be fetched and lines drawn.
const DEADLINE: Duration = Duration::from_secs(4);
/// Nobody waits for a report by the second, and its charts are half of it.
const DEADLINE_OF_REPORTS: Duration = Duration::from_secs(30);

type Draw = dyn Fn(&Claim, &Message) -> BoxFuture<'static, Vec<Attachment>> + Send + Sync;

/// Draws what goes with a message.
#[derive(Clone)]
pub struct Illustrator(Arc<Draw>);

impl fmt::Debug for Illustrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Illustrator")
    }
}

impl Illustrator {
    /// `draw` is called at every attempt to send a message in full.
    pub fn new(draw: impl Fn(&Claim, &Message) -> BoxFuture<'static, Vec<Attachment>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// Adds the pictures to a message that is to be sent in full and was not yet laid out.
    pub(super) async fn illustrate(&self, claim: &Claim, message: &mut Message) {
        if claim.detail != Detail::Full || claim.prepared.is_some() || claim.digest.is_some() {
            return;
        }
        // A task of its own: a fault in drawing ends it, and not the loop that delivers. It ends where nobody waits for it.
        let mut drawing = JoinSet::new();
        drawing.spawn((self.0)(claim, message));
        let deadline = if claim.kind == MessageKind::Report { DEADLINE_OF_REPORTS } else { DEADLINE };
        match tokio::time::timeout(deadline, drawing.join_next()).await {
            Ok(None) => {}
            Ok(Some(Ok(pictures))) => message.attachments.extend(pictures),
            Ok(Some(Err(fault))) => tracing::warn!(%fault, "a chart could not be drawn; the message goes without it"),
            Err(_) => {
                tracing::warn!("a chart was not drawn within {} s; the message goes without it", deadline.as_secs())
            }
        }
    }
}

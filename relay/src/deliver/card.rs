//! Whether a message is a new one, answers an earlier one, or takes its place.

use crate::alert::Status;
use crate::channel::{Channel, Detail, MessageRef, Payload, Request};
use crate::store::{Card, Claim};

/// What becomes of a group's message when there is more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Update {
    /// Another message follows; the end answers the beginning.
    #[default]
    Post,
    /// The message is kept up to date from firing to resolved.
    Edit,
}

/// The edit by which this claim is told, and which message it changes. `None`: it takes a new message, because there is
/// none, because it got worse, because it fires anew, or because it takes more than one part.
pub(super) fn edit(
    channel: &dyn Channel,
    claim: &Claim,
    card: Option<&Card>,
    payload: &Payload,
    more: bool,
) -> Option<(Request, MessageRef)> {
    let card = card?;
    let fires_anew = (card.status, claim.status) == (Status::Resolved, Status::Firing);
    let is_worse = claim.status == Status::Firing && claim.severity > card.severity;
    let [reference] = card.references.as_slice() else { return None };
    if fires_anew || is_worse || more || claim.part > 0 || claim.digest.is_some() {
        return None;
    }
    channel.edit(reference, payload).map(|request| (request, reference.clone()))
}

/// The message that this one answers: what is resolved answers what fired. A chat that refused the full form may have
/// done so because the other message is gone.
pub(super) fn reply_to(claim: &Claim, card: Option<&Card>) -> Option<MessageRef> {
    let card = card.filter(|card| card.status == Status::Firing)?;
    let answers = claim.status == Status::Resolved && claim.digest.is_none() && claim.detail == Detail::Full;
    card.references.first().filter(|_| answers && claim.part == 0).cloned()
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::{Source, read};

    use super::*;
    use crate::alert::Severity;
    use crate::channel::KINDS;
    use crate::store::{DeliveryId, MessageKind};

    fn discord() -> Box<dyn Channel> {
        let source = Source::new("relay.yml", "webhook_url: http://127.0.0.1:1/api/webhooks/1/t");
        let kind = KINDS.iter().find(|kind| kind.name == "discord").unwrap();
        read(&source, |section| (kind.build)(section)).unwrap().unwrap()
    }

    fn claim(status: Status, severity: Severity) -> Claim {
        Claim {
            id: DeliveryId(1),
            channel: "ops".to_owned(),
            kind: MessageKind::Alert,
            group_key: "g".to_owned(),
            status,
            severity,
            body: Vec::new(),
            note: None,
            received_at: jiff::Timestamp::UNIX_EPOCH,
            merged: Vec::new(),
            digest: None,
            attempt: 1,
            maybe_repeated: false,
            detail: Detail::Full,
            part: 0,
            prepared: None,
        }
    }

    fn card(parts: usize, status: Status, severity: Severity) -> Card {
        Card { references: (0..parts).map(|part| MessageRef(format!("{}", 11 + part))).collect(), status, severity }
    }

    #[test]
    fn a_message_is_edited_unless_it_gets_worse_or_fires_anew() {
        use Severity::{Critical, Warning};
        use Status::{Firing, Resolved};
        let edited = |card: Card, claim: Claim, more| {
            let payload = Payload(serde_json::json!({"content": "x"}));
            edit(&*discord(), &claim, Some(&card), &payload, more).map(|(_, at)| at.0)
        };
        let at = Some("11".to_owned());
        assert_eq!(edited(card(1, Firing, Warning), claim(Firing, Warning), false), at);
        assert_eq!(edited(card(1, Firing, Critical), claim(Firing, Warning), false), at);
        assert_eq!(edited(card(1, Firing, Warning), claim(Resolved, Critical), false), at);
        assert_eq!(edited(card(1, Firing, Warning), claim(Firing, Critical), false), None);
        assert_eq!(edited(card(1, Resolved, Warning), claim(Firing, Warning), false), None);
        assert_eq!(edited(card(2, Firing, Warning), claim(Firing, Warning), false), None);
        assert_eq!(edited(card(1, Firing, Warning), claim(Firing, Warning), true), None);
    }

    #[test]
    fn what_is_resolved_answers_what_fired() {
        use Status::{Firing, Resolved};
        let answers = |status, claim: Claim| reply_to(&claim, Some(&card(2, status, Severity::Warning)));
        let resolved = claim(Resolved, Severity::Warning);
        assert_eq!(answers(Firing, resolved.clone()), Some(MessageRef("11".to_owned())));
        assert_eq!(answers(Resolved, resolved.clone()), None);
        assert_eq!(answers(Firing, claim(Firing, Severity::Warning)), None);
        // The message it answers may be what the chat refuses.
        assert_eq!(answers(Firing, Claim { detail: Detail::Compact, ..resolved }), None);
    }
}

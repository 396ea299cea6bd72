//! Why there was no answer, in words that say what to do.

/// Known causes, by what the libraries call them, and what helps.
const CAUSES: [(&[&str], &str); 7] = [
    (
        &["dns error", "failed to lookup", "Name or service not known", "No such host"],
        "the name cannot be resolved: is it spelled right, and does this machine (or its container) have a DNS server?",
    ),
    (
        &["NotValidYet", "Expired", "certificate expired", "not valid yet"],
        "the certificate is not valid now: is this machine's clock right? Otherwise the service has to renew it",
    ),
    (
        &["UnknownIssuer", "self-signed", "CaUsedAsEndEntity"],
        "the certificate was issued by somebody this machine does not know: install its authority in the system's \
         certificates, or look whether a proxy stands between",
    ),
    (&["NotValidForName"], "the certificate is for another name: is the address right?"),
    (&["Connection refused"], "nothing listens there: are host and port right, and does the service run?"),
    (&["unreachable"], "there is no way to it from here: has this machine (or its container) a network?"),
    (
        &["timed out", "no answer within"],
        "nothing came back in time: does a firewall drop the packets, or is a proxy needed that is not set?",
    ),
];

/// The reason, and what helps where that is known.
pub(super) fn explain(reason: &str) -> String {
    let known = CAUSES.iter().find(|(words, _)| words.iter().any(|word| reason.contains(word)));
    match known {
        Some((_, helps)) => format!("no answer ({reason}): {helps}"),
        None => format!("no answer: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_to_happen_is_explained() {
        for (reason, helps) in [
            ("error sending request: client error (Connect): dns error: failed to lookup address", "DNS server"),
            ("…: invalid peer certificate: UnknownIssuer", "authority"),
            ("…: invalid peer certificate: Expired", "clock"),
            ("…: invalid peer certificate: certificate not valid for name; NotValidForName", "another name"),
            ("…: tcp connect error: Connection refused (os error 111)", "nothing listens there"),
            ("no answer within 10 s", "firewall"),
        ] {
            assert!(explain(reason).contains(helps), "{}", explain(reason));
        }
        assert_eq!(explain("odd"), "no answer: odd");
    }
}

//! Text that programs wrote, made fit for an alert: no control characters, no secrets as far as their shape tells, no
//! longer than a chat can hold.
//!
//! Logs and outputs of health checks go to chats, where more people read them than on the host. What looks like a
//! secret is taken out, and rather too much than too little.

use std::sync::LazyLock;

use regex_lite::Regex;

/// What stands in the place of a secret.
const MARK: &str = "<redacted>";
/// What stands where text was left out.
const CUT: char = '…';

/// What secrets look like, and what of the match is kept.
const SHAPES: [(&str, &str); 14] = [
    // A private key, also one of which only the beginning or the end is there.
    (r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)", MARK),
    (r"(?s)\A.*-----END [A-Z0-9 ]*PRIVATE KEY-----", MARK),
    // A header, to the end of its line.
    (
        r"(?i)((?:proxy-)?authorization|(?:set-)?cookie|x-[a-z-]*(?:key|token|auth|secret)[a-z-]*)([\x22'\\]*[ \t]*[:=])[^\n]*",
        "$1$2 <redacted>",
    ),
    // User and password of a URL; a password may hold `@` and `/`.
    (r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s\x22]*@", "$1<redacted>@"),
    (r"(?i)\b(bearer)[ \t:=]+\S+", "$1 <redacted>"),
    // `password=…`, `"apiToken": "…"`, `AWS_SECRET_ACCESS_KEY=…`
    (
        r"(?i)([\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key|credential)[\w.-]*[\x22'\\]*[ \t]*(?:=>|[:=])[ \t]*)(?:\x22(?:[^\x22\\\n]|\\.)*\x22?|'(?:[^'\\\n]|\\.)*'?|\S+)",
        "$1<redacted>",
    ),
    // `DB_PASS=…`, but not `tests passed: 3`.
    (
        r"(?i)([\w.-]*(?:pass|\bauth)[\x22'\\]*[ \t]*[:=][ \t]*)(?:\x22(?:[^\x22\\\n]|\\.)*\x22?|'(?:[^'\\\n]|\\.)*'?|\S+)",
        "$1<redacted>",
    ),
    // `--password …`
    (r"(?i)(--?[\w-]*(?:passw(?:or)?d|passphrase|pass|token|secret|key)[\w-]*[ \t]+)\S+", "$1<redacted>"),
    // Of a query.
    (r"(?i)([?&](?:key|sig|signature|code|x-amz-[\w-]+)=)[^\s&\x22]+", "$1<redacted>"),
    // Amazon's key ids.
    (r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{12,}", MARK),
    // Tokens that say whose they are: GitHub, GitLab, Slack, Stripe and its like, Google.
    (
        r"\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|[sr]k[-_][\w-]{16,}|AIza[\w-]{30,})",
        MARK,
    ),
    // JSON Web Tokens.
    (r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*", MARK),
    // Webhooks of Discord and Slack.
    (r"(/api/(?:v\d+/)?webhooks/\d+/|hooks\.slack\.com/services/)\S+", "$1<redacted>"),
    // Tokens of Telegram bots.
    (r"\d{6,}:[A-Za-z0-9_-]{30,}", MARK),
];

static PATTERNS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    SHAPES.into_iter().filter_map(|(pattern, kept)| Some((Regex::new(pattern).ok()?, kept))).collect()
});

/// The beginning of a text, at most so many characters, redacted.
pub fn beginning(text: &str, most: usize) -> String {
    let text = clean(text);
    let mut parts = text.char_indices().skip(looked_at(most));
    let text = match parts.next().and_then(|(end, _)| text.get(..end)) {
        // What is cut through need not look like the secret that it is.
        Some(part) => part.rsplit_once(char::is_whitespace).map_or("", |(whole, _)| whole),
        None => text.as_str(),
    };
    let text = redact(text);
    if text.chars().nth(most).is_none() {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain([CUT]).collect()
}

/// The end of a text, at most so many characters, redacted.
pub fn end(text: &str, most: usize) -> String {
    let text = clean(text);
    let length = text.chars().count();
    let text = match length.checked_sub(looked_at(most)).filter(|left_out| *left_out > 0) {
        Some(left_out) => {
            let part = text.char_indices().nth(left_out).and_then(|(start, _)| text.get(start..)).unwrap_or_default();
            let between = part.split_once('\n').or_else(|| part.split_once(char::is_whitespace));
            between.map_or("", |(_, whole)| whole)
        }
        None => text.as_str(),
    };
    let text = redact(text);
    let length = text.chars().count();
    if length <= most {
        return text;
    }
    [CUT].into_iter().chain(text.chars().skip(length.saturating_sub(most.saturating_sub(1)))).collect()
}

/// To look for secrets in all of a long log takes longer than an alert may wait.
const fn looked_at(most: usize) -> usize {
    most.saturating_mul(4).saturating_add(2048)
}

/// Takes out what looks like a secret.
pub fn redact(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, kept) in PATTERNS.iter() {
        if pattern.is_match(&text) {
            text = pattern.replace_all(&text, *kept).into_owned();
        }
    }
    text
}

/// Leaves lines of plain text: no escape sequences of terminals, no other control characters, nothing that turns the
/// direction of reading.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\x1b' => skip_escape(&mut rest),
            // CSI in one character.
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\n' => out.push('\n'),
            // A progress bar writes its line again and again.
            '\r' if rest.peek() != Some(&'\n') => out.push('\n'),
            '\t' => out.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => {}
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out.trim().to_owned()
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_escape(rest: &mut Characters<'_>) {
    match rest.next() {
        Some('[') => skip_control_sequence(rest),
        // A title or a link: up to BEL, or to ESC and a backslash.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(character) = rest.next_if(|next| *next != '\n') {
                if character == '\x07' || (character == '\x1b' && rest.next_if_eq(&'\\').is_some()) {
                    return;
                }
            }
        }
        Some(' '..='/') => {
            rest.next_if(|next| !next.is_control());
        }
        _ => {}
    }
}

/// Parameters, then the letter that ends it.
fn skip_control_sequence(rest: &mut Characters<'_>) {
    while rest.next_if(|next| (' '..='?').contains(next)).is_some() {}
    rest.next_if(|next| ('@'..='~').contains(next));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
    use proptest::{prop_assert, prop_assert_eq};

    use super::{PATTERNS, SHAPES, beginning, clean, end, redact};

    #[test]
    fn every_shape_is_understood() {
        assert_eq!(PATTERNS.len(), SHAPES.len());
    }

    #[test]
    fn what_surrounds_a_secret_stays() {
        for (text, expected) in [
            (
                "connect postgres://shop:hun/t@er2@db:5432/shop failed",
                "connect postgres://<redacted>@db:5432/shop failed",
            ),
            ("DB_PASSWORD=hunter2 DB_HOST=db", "DB_PASSWORD=<redacted> DB_HOST=db"),
            (r#"{"password": "hun\"ter2", "user": "me"}"#, r#"{"password": <redacted>, "user": "me"}"#),
            (r#"{\"apiKey\":\"hunter2\"}"#, r#"{\"apiKey\":<redacted>"#),
            ("> authorization: Basic aHVudGVyMg==\n< 401", "> authorization: <redacted>\n< 401"),
            ("GET /x Bearer hunter2 refused", "GET /x Bearer <redacted> refused"),
            ("mysql --password hunter2 -h db", "mysql --password <redacted> -h db"),
            (
                "POST https://discord.com/api/webhooks/11/hunter2 404",
                "POST https://discord.com/api/webhooks/11/<redacted> 404",
            ),
            ("send?key=hunter2&debug=1", "send?key=<redacted>&debug=1"),
            ("id AKIAIOSFODNN7EXAMPLE.", "id <redacted>."),
            ("-----BEGIN RSA PRIVATE KEY-----\nhunter2", "<redacted>"),
            ("hunter2\n-----END PRIVATE KEY-----\nbye", "<redacted>\nbye"),
            ("PGPASS='hun ter2' REDIS_PASS=hunter2", "PGPASS=<redacted> REDIS_PASS=<redacted>"),
            ("tests passed: 3, http://a/b ok, a@b.c", "tests passed: 3, http://a/b ok, a@b.c"),
            ("password=\nnext", "password=\nnext"),
        ] {
            assert_eq!(redact(text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_gone_and_lines_stay_lines() {
        let text =
            "\x1b[31;1mred\x1b[0m \x1b]8;;http://x\x07link\x1b]0;t\x1b\\ok\r\n10%\r20%\ta\u{202e}b\0\u{9b}2Jc\n\n\x1b";
        assert_eq!(clean(text), "red linkok\n10%\n20% abc");
        assert_eq!(clean("\x1b]unfinished\nnext \x1b(Bend"), "next end");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_after_it_was_redacted() {
        assert_eq!(beginning("店店店店", 4), "店店店店");
        assert_eq!(beginning("店店店店店", 4), "店店店…");
        assert_eq!(end("一二三四五", 4), "…三四五");
        assert_eq!(end("一二三四五", 0), "…");
        // Cut first, the end of the token would no longer look like one.
        assert_eq!(end("password=0123456789", 12), "…=<redacted>");
    }

    #[test]
    fn of_a_long_text_only_the_part_that_is_shown_is_looked_at() {
        let long = "店 password=hunter2 ".repeat(5000);
        for made in [beginning(&long, 1500), end(&long, 1500)] {
            assert_eq!(made.chars().count(), 1500);
            assert!(!made.contains("hunter2"));
        }
        // One word of which nobody can say what it is.
        assert_eq!(beginning(&"x".repeat(99_999), 1500), "");
        assert_eq!(end(&"x".repeat(99_999), 1500), "");
    }

    fn secret() -> impl Strategy<Value = String> {
        "[A-Za-z0-9]{8,24}"
    }

    /// A line with a secret in it, and the secret.
    fn told() -> impl Strategy<Value = (String, String)> {
        let key = "[A-Z_]{0,6}(password|PASSWORD|passwd|Secret|token|API_KEY|apikey|access_key)[A-Z_]{0,4}";
        let pair = (key, prop_oneof![Just("="), Just(": "), Just(" = "), Just("\": \""), Just("='")], secret())
            .prop_map(|(key, between, secret)| (format!("{key}{between}{secret}"), secret));
        let url = ("[a-z]{2,8}", "[a-z]{0,6}", secret(), "[:/@!]{0,2}")
            .prop_map(|(scheme, user, secret, odd)| (format!("{scheme}://{user}:{secret}{odd}@host/x"), secret));
        let header = (
            prop_oneof![
                Just("Authorization: "),
                Just("authorization: Basic "),
                Just("Cookie: a="),
                Just("X-Api-Key: ")
            ],
            secret(),
        )
            .prop_map(|(name, secret)| (format!("{name}{secret}"), secret));
        let bearer = secret().prop_map(|secret| (format!("Bearer {secret}"), secret));
        let amazon = "AKIA[A-Z0-9]{16}".prop_map(|secret| (secret.clone(), secret));
        let option = secret().prop_map(|secret| (format!("--db-password {secret}"), secret));
        prop_oneof![pair, url, header, bearer, amazon, option]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn a_secret_does_not_come_through_whatever_stands_around_it(
            before in "[a-z店 ]{0,20}", after in "[a-z店 ,;]{0,20}", (line, secret) in told(), most in 0_usize..80,
            coloured in any::<bool>(),
        ) {
            let line = if coloured { format!("\x1b[32m{line}\x1b[0m") } else { line };
            let text = format!("{before} {line} {after}\n{before}");
            for made in [beginning(&text, most), end(&text, most), beginning(&text, 9999)] {
                prop_assert!(!made.contains(&secret), "{made}");
            }
            prop_assert!(beginning(&text, 9999).contains(super::MARK));
        }

        #[test]
        fn any_text_becomes_plain_and_short_and_is_then_left_alone(text in any::<String>(), most in 0_usize..80) {
            for made in [beginning(&text, most), end(&text, most)] {
                prop_assert!(made.chars().count() <= most.max(1));
                prop_assert!(made.chars().all(|each| each == '\n' || !each.is_control()));
            }
            let made = beginning(&text, usize::MAX);
            prop_assert_eq!(beginning(&made, usize::MAX), made);
        }
    }
}

use std::time::Duration;

use super::*;

#[derive(Debug, PartialEq)]
struct Settings {
    listen: String,
    interval: Duration,
    level: Option<u8>,
    token: Option<String>,
    names: Vec<String>,
    channels: Vec<(String, String)>,
}

fn build(root: &mut Section) -> Settings {
    let minute = Duration::from_secs(60);
    Settings {
        listen: root.text("listen").unwrap_or_else(|| "[::]:9878".to_owned()),
        interval: root.duration("interval", Duration::from_secs(1)..=minute).unwrap_or(minute),
        level: root.number("level", 0..=9),
        token: root.secret("token", "token_file").map(|secret| secret.expose().to_owned()),
        names: root.texts("names").unwrap_or_default().into_iter().map(|item| item.text).collect(),
        channels: root
            .entries("channels")
            .into_iter()
            .map(|(name, mut channel)| {
                let kind = channel.one_of("type", &[("discord", "Discord"), ("log", "Log")]);
                (name.text, kind.unwrap_or("?").to_owned())
            })
            .collect(),
    }
}

fn problems(text: &str) -> String {
    read(&Source::new("relay.yml", text).with_environment([]), build).unwrap_err().to_string()
}

#[test]
fn a_whole_file_is_read() {
    let text = "\u{feff}listen: ${HOST:-0.0.0.0}:${PORT}\ninterval: 1s\nlevel: 3\ntoken: 0123\nnames: [a, 'b: c']\n\
                channels:\n  screen: {type: log}\n  ops: &a {type: discord}\n  ops2: *a\n";
    let source = Source::new("relay.yml", text).with_environment([("PORT", "1"), ("HOST", "")]);
    let expected = Settings {
        listen: "0.0.0.0:1".to_owned(),
        interval: Duration::from_secs(1),
        level: Some(3),
        token: Some("0123".to_owned()),
        names: vec!["a".to_owned(), "b: c".to_owned()],
        channels: vec![
            ("screen".to_owned(), "Log".to_owned()),
            ("ops".to_owned(), "Discord".to_owned()),
            ("ops2".to_owned(), "Discord".to_owned()),
        ],
    };
    assert_eq!(read(&source, build), Ok(expected));
}

#[test]
fn an_empty_file_is_all_defaults() {
    let settings = read(&Source::new("relay.yml", "# nothing\n"), build).unwrap();
    assert_eq!(settings.listen, "[::]:9878");
}

#[test]
fn all_problems_come_at_once_each_with_its_place() {
    let text = "lisen: x\ninterval: 5\nlevel: 12\nnames: {a: b}\nlevel: 3\nchannels:\n  ops:\n    type: discrod\n    \
                webook: ${NOWHERE}\n  screen: log\n";
    let expected = "\
relay.yml:1:1: unknown key `lisen`; did you mean `listen`?
relay.yml:2:11: interval: expected a duration from `1s` to `1m` with its unit, such as `500ms`, `30s` or `1h30m`, found `5`
relay.yml:3:8: level: expected a number from 0 to 9, found `12`
relay.yml:4:8: names: expected a list, found a mapping
relay.yml:5:1: the key `level` stands twice in this mapping
relay.yml:8:11: channels.ops.type: expected `discord`, `log`, found `discrod`; did you mean `discord`?
relay.yml:9:5: channels.ops: unknown key `webook`
relay.yml:9:13: channels.ops.webook: the environment variable `NOWHERE` is not set; set it, or give a default: `${NOWHERE:-…}`
relay.yml:10:11: channels.screen: expected a mapping (`key: value`), found a plain value";
    assert_eq!(problems(text), expected);
}

#[test]
fn broken_yaml_says_where() {
    let message = problems("listen: [1, 2\nlevel: 3\n");
    assert!(message.starts_with("relay.yml:2:"), "{message}");
    assert!(message.contains("this is no valid YAML"), "{message}");
}

#[test]
fn a_value_from_a_flag_wins_and_is_named_when_it_is_wrong() {
    let source = Source::new("relay.yml", "level: 3\n").with_override(&["level"], "12", "--level");
    assert_eq!(read(&source, build).unwrap_err().to_string(), "--level: expected a number from 0 to 9, found `12`");
}

#[test]
fn what_the_program_itself_finds_wrong_with_a_flag_names_the_flag() {
    let source = Source::new("relay.yml", "").with_override(&["listen"], "x", "--listen");
    let found = read(&source, |root| {
        root.text("listen");
        root.problem("listen", "no");
    });
    assert_eq!(found.unwrap_err().to_string(), "--listen: no");
}

#[test]
fn a_value_whose_variable_is_not_set_is_one_problem_and_not_two() {
    assert_eq!(
        problems("level: ${NOWHERE}\n"),
        "relay.yml:1:8: level: the environment variable `NOWHERE` is not set; set it, or give a default: `${NOWHERE:-…}`"
    );
}

#[test]
fn a_problem_is_one_line_whatever_the_key() {
    assert_eq!(
        problems("channels: {\"a\\nb\": {type: x}}\n"),
        "relay.yml:1:27: channels.a\\nb.type: expected `discord`, `log`, found `x`"
    );
}

#[test]
fn a_variable_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token").display().to_string();
    let token = |variables: [(&str, &str); 2]| {
        let source = Source::new("relay.yml", "token: \"${TOKEN:-none}\"\n").with_environment(variables);
        read(&source, build).map(|settings| settings.token.unwrap())
    };

    let missing = token([("TOKEN", ""), ("TOKEN_FILE", &file)]).unwrap_err().to_string();
    assert!(missing.contains("relay.yml:1:8: token: `TOKEN_FILE` names a file that cannot be read: "), "{missing}");
    std::fs::write(&file, "hunter2\n").unwrap();
    // Compose hands variables over that are empty.
    assert_eq!(token([("TOKEN", ""), ("TOKEN_FILE", &file)]).unwrap(), "hunter2");
    assert_eq!(token([("TOKEN", "swordfish"), ("TOKEN_FILE", &file)]).unwrap(), "swordfish");
    assert_eq!(token([("TOKEN", ""), ("TOKEN_FILE", "")]).unwrap(), "none");
    std::fs::write(&file, "\n").unwrap();
    assert_eq!(token([("TOKEN", ""), ("TOKEN_FILE", &file)]).unwrap(), "none");
}

#[test]
fn a_secret_comes_from_a_file_and_is_in_no_problem() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token.txt"), "hunter2\n").unwrap();
    let name = folder.path().join("relay.yml").display().to_string();
    let settings = read(&Source::new(&name, "token_file: token.txt\n"), build).unwrap();
    assert_eq!(settings.token.as_deref(), Some("hunter2"));

    let both = read(&Source::new(&name, "token: hunter2\ntoken_file: token.txt\n"), build).unwrap_err().to_string();
    assert!(both.ends_with(":2:13: token_file: both `token` and `token_file` are given; keep one"), "{both}");
    assert!(!both.contains("hunter2"));

    let missing = read(&Source::new(&name, "token_file: nowhere.txt\n"), build).unwrap_err().to_string();
    assert!(missing.contains(":1:13: token_file: the file `nowhere.txt` cannot be read: "), "{missing}");
}

#[test]
fn aliases_cannot_fill_the_memory_and_depth_cannot_fill_the_stack() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = level - 1;
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 10].join(", ")));
    }
    assert!(problems(&text).contains("more than 100000 values"), "{}", problems(&text));
    assert!(problems(&"[".repeat(100_000)).contains("relay.yml:1:"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}|([a-z:\\[\\]{}&*$!|>'\"# \n-]{0,80})") {
        let _ = read(&Source::new("x.yml", text).with_environment([]), build);
    }
}

#[test]
fn the_same_settings_are_the_same_wherever_they_stand() {
    let settings = |text: &str, value: &str| {
        let source = Source::new("exporter.yml", text).with_environment([]).with_override(&["a", "c"], value, "--c");
        read(&source, |root| {
            let mut section = root.section("a");
            let settings = section.settings();
            section.skip_rest();
            settings
        })
        .unwrap()
    };
    let flow = settings("a: {b: [1, 'x y'], c: 3}", "4");
    assert_eq!(flow, r#"{"b": ["1", "x y"], "c": "4"}"#);
    assert_eq!(settings("# Moved\n\na:\n  b:\n    - 1\n    - x y\n", "4"), flow);
    assert_ne!(settings("a: {b: [1, x, y], c: 3}", "4"), flow);
    assert_ne!(settings("a: {b: [1, 'x y'], c: 3}", "5"), flow);
}

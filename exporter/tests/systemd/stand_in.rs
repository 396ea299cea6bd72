//! A bus with nobody on it but systemd, made up: it answers what the collector `systemd`, and node_exporter, ask.
#![allow(dead_code, reason = "each program that shares this file uses a part of it")]

use std::path::Path;

use futures_util::StreamExt;
use tokio::net::{UnixListener, UnixStream};
use zbus::connection::Builder;
use zbus::message::{Message, Type};
use zbus::{Connection, Guid, OwnedObjectPath, Variant};

/// What both programs are asked with; the second is upstream's default, Debian's is another.
pub const FLAGS: [&str; 5] = [
    "--collector.systemd",
    "--collector.systemd.unit-exclude=.+\\.(automount|device|scope|slice)",
    "--collector.systemd.enable-restarts-metrics",
    "--collector.systemd.enable-start-time-metrics",
    "--collector.systemd.enable-task-metrics",
];

/// Name, load state, active state.
const UNITS: [(&str, &str, &str); 14] = [
    ("nginx.service", "loaded", "active"),
    ("backup@daily.service", "loaded", "failed"),
    // As a reload goes on, it is in none of the states that are told.
    ("haproxy.service", "loaded", "reloading"),
    ("old.service", "loaded", "inactive"),
    // Went away after it was listed.
    ("gone.service", "loaded", "deactivating"),
    // Only named by another unit.
    ("apache2.service", "not-found", "inactive"),
    ("docker.socket", "loaded", "active"),
    ("old.socket", "loaded", "active"),
    ("logrotate.timer", "loaded", "active"),
    ("never.timer", "loaded", "activating"),
    ("srv-data.mount", "loaded", "active"),
    ("multi-user.target", "loaded", "active"),
    ("dev-sda1.device", "loaded", "active"),
    ("system-getty.slice", "loaded", "active"),
];

/// Unit, or nothing for systemd itself; interface; property; value. What is not here there is not.
fn properties() -> Vec<(&'static str, &'static str, &'static str, Variant<'static>)> {
    const SINCE: u64 = 1_785_000_000_123_456;
    vec![
        ("", "Manager", "Version", "252.39-1~deb12u1".into()),
        ("", "Manager", "Virtualization", "".into()),
        ("", "Manager", "SystemState", "degraded".into()),
        ("nginx.service", "Service", "Type", "forking".into()),
        ("nginx.service", "Service", "NRestarts", 4_294_967_295_u32.into()),
        ("nginx.service", "Service", "TasksCurrent", 5_u64.into()),
        ("nginx.service", "Service", "TasksMax", 4915_u64.into()),
        ("nginx.service", "Unit", "ActiveEnterTimestamp", SINCE.into()),
        ("backup@daily.service", "Service", "Type", "oneshot".into()),
        ("backup@daily.service", "Service", "NRestarts", 0_u32.into()),
        // There are none, and no limit.
        ("backup@daily.service", "Service", "TasksCurrent", u64::MAX.into()),
        ("backup@daily.service", "Service", "TasksMax", u64::MAX.into()),
        ("haproxy.service", "Service", "Type", "notify".into()),
        ("haproxy.service", "Service", "NRestarts", 2_u32.into()),
        ("haproxy.service", "Service", "TasksCurrent", 3_u64.into()),
        ("haproxy.service", "Service", "TasksMax", u64::MAX.into()),
        // Before systemd 235.
        ("old.service", "Service", "Type", "simple".into()),
        ("docker.socket", "Socket", "NAccepted", 7_u32.into()),
        ("docker.socket", "Socket", "NConnections", 1_u32.into()),
        ("docker.socket", "Socket", "NRefused", 2_u32.into()),
        ("docker.socket", "Unit", "ActiveEnterTimestamp", (SINCE + 1_000_000).into()),
        // Before systemd 239.
        ("old.socket", "Socket", "NAccepted", 0_u32.into()),
        ("old.socket", "Socket", "NConnections", 0_u32.into()),
        ("logrotate.timer", "Timer", "LastTriggerUSec", (SINCE + 5).into()),
        ("never.timer", "Timer", "LastTriggerUSec", 0_u64.into()),
        ("srv-data.mount", "Mount", "Type", "ext4".into()),
    ]
}

/// Answers on `socket` as long as the runtime lives.
pub fn start(socket: &Path) {
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer_all(stream));
        }
    });
}

async fn answer_all(stream: UnixStream) {
    let server = Builder::unix_stream(stream.into_std().unwrap()).server(Guid::generate()).p2p();
    let mut calls = server.build_message_stream().await.unwrap();
    let connection = Connection::from(&calls);
    while let Some(Ok(call)) = calls.next().await {
        if call.message_type() == Type::MethodCall {
            answer(&connection, &call).await;
        }
    }
}

async fn answer(connection: &Connection, call: &Message) {
    let header = call.header();
    let path = header.path().unwrap().as_str();
    match header.member().unwrap().as_str() {
        // The bus itself.
        "Hello" => connection.reply(&header, &":1.1").await.unwrap(),
        "AddMatch" => connection.reply(&header, &()).await.unwrap(),
        "ListUnits" => {
            let nothing = OwnedObjectPath::try_from("/").unwrap();
            let listed = UNITS.map(|(name, load_state, active_state)| {
                let path = OwnedObjectPath::try_from(path_of(name)).unwrap();
                (name, "What it is.", load_state, active_state, "dead", "", path, 0_u32, "", nothing.clone())
            });
            connection.reply(&header, &listed.to_vec()).await.unwrap();
        }
        "Get" => {
            let (interface, property): (String, String) = call.body().deserialize().unwrap();
            let interface = interface.strip_prefix("org.freedesktop.systemd1.").unwrap().to_owned();
            let value = properties()
                .into_iter()
                .find(|(unit, of, name, _)| path_of(unit) == path && *of == interface && *name == property);
            match value {
                Some((.., value)) => connection.reply(&header, &value).await.unwrap(),
                None => {
                    let error = "org.freedesktop.DBus.Error.UnknownProperty";
                    connection.reply_error(&header, error, &"there is none").await.unwrap();
                }
            }
        }
        other => panic!("nobody was to ask {other}"),
    }
}

/// As systemd makes paths from names.
fn path_of(unit: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("_{byte:02x}"),
    };
    match unit {
        "" => "/org/freedesktop/systemd1".to_owned(),
        _ => format!("/org/freedesktop/systemd1/unit/{}", unit.bytes().map(escape).collect::<String>()),
    }
}

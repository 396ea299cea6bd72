use seamark_exporter::probe::metric;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::https::Authority;
use super::stand_in::StandIn;
use super::{run, why};

/// Runs a probe against a server with these answers: why it failed, and whether credentials are wanted.
async fn outcome(kind: &str, first: bool, keys: &str, answers: &[&[u8]]) -> (String, Option<f64>) {
    let server = StandIn::talk(first, answers).await;
    let report = run(&format!("{kind}: '{}'{keys}", server.address)).await;
    (why(&report), report.get(metric::AUTHENTICATION_REQUIRED))
}

fn good(wants_credentials: bool) -> (String, Option<f64>) {
    (String::new(), Some(f64::from(wants_credentials)))
}

fn bad(why: &str) -> (String, Option<f64>) {
    (why.to_owned(), None)
}

#[tokio::test]
async fn redis_is_good_loading_locked_or_something_else() {
    let cases: [(&str, &[&[u8]], _); 6] = [
        ("", &[b"+PONG\r\n"], good(false)),
        ("", &[b"-NOAUTH Authentication required.\r\n"], good(true)),
        ("", &[b"-LOADING dataset\r\n"], bad("the answer to PING is an error: LOADING dataset")),
        ("", &[b"HTTP/1.1 400 Bad\r\n\r\n"], bad("this is not the protocol of Redis")),
        (", password: p", &[b"+OK\r\n", b"+PONG\r\n"], good(false)),
        (", password: hunter2", &[b"-WRONGPASS no\r\n"], bad("the server refuses the password: WRONGPASS no")),
    ];
    for (keys, answers, expected) in cases {
        assert_eq!(outcome("redis", false, keys, answers).await, expected, "{answers:?}");
    }
    let server = StandIn::talk(false, &[b"+OK\r\n", b"+PONG\r\n"]).await;
    run(&format!("redis: '{}', username: me, password: s3cret", server.address)).await;
    let expected = ["*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\ns3cret\r\n", "*1\r\n$4\r\nPING\r\n"];
    assert_eq!(server.heard(), expected);
}

#[tokio::test]
async fn postgres_is_good_when_it_wants_a_password_and_not_while_it_starts() {
    let error = |code: &str, words: &str| {
        let body = format!("SFATAL\0VFATAL\0C{code}\0M{words}\0\0");
        [b"E".as_slice(), &(body.len() as u32 + 4).to_be_bytes(), body.as_bytes()].concat()
    };
    let scram = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";
    let cases = [
        (b"R\0\0\0\x08\0\0\0\0".to_vec(), good(false)),
        (scram.to_vec(), good(true)),
        (error("28000", "no pg_hba.conf entry"), good(true)),
        (error("3D000", "no such database"), good(false)),
        (error("57P03", "starting up"), bad("the server says: starting up (SQLSTATE 57P03)")),
        (error("53300", "too many clients"), bad("the server says: too many clients (SQLSTATE 53300)")),
        (b"-ERR unknown\r\n".to_vec(), bad("this is not the protocol of PostgreSQL")),
    ];
    for (answer, expected) in cases {
        assert_eq!(outcome("postgres", false, "", &[&answer]).await, expected);
    }
    let plain = outcome("postgres", false, ", tls: true", &[b"N"]).await;
    assert_eq!(plain, bad("the server does not speak TLS"));
}

#[tokio::test]
async fn postgres_speaks_tls_where_it_is_asked_to() {
    let acceptor = Authority::new().acceptor(2030);
    let server = StandIn::serve(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut request = [0; 8];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(b"S").await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut session = [0; 256];
            let _ = stream.read(&mut session).await;
            let _ = stream.write_all(b"R\0\0\0\x08\0\0\0\x03").await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    let report = run(&format!("postgres: '{}', tls_config: {{insecure_skip_verify: true}}", server.address)).await;
    assert_eq!(why(&report), "");
    assert_eq!(report.get(metric::SSL_EARLIEST_EXPIRY), Some(1_893_456_000.0));
    assert_eq!(report.get(metric::AUTHENTICATION_REQUIRED), Some(1.0));
}

fn packet(number: u8, body: &[u8]) -> Vec<u8> {
    [&[body.len() as u8, 0, 0, number], body].concat()
}

fn greeting() -> Vec<u8> {
    let body = [b"\x0a8.4.0\0\x01\0\0\0abcdefgh\0".as_slice(), &[0xff, 0xf7, 33, 2, 0]].concat();
    packet(0, &body)
}

#[tokio::test]
async fn mysql_is_good_when_it_refuses_the_login_and_not_when_it_is_full() {
    let denied = packet(2, b"\xff\x15\x04#28000Access denied for user");
    let denied_later = packet(4, b"\xff\x15\x04#28000Access denied for user");
    let switch = packet(2, b"\xfecaching_sha2_password\0abcdefghabcdefghabcd\0");
    let welcome = packet(2, b"\0\0\0\x02\0\0\0");
    let full = packet(0, b"\xff\x10\x04Too many connections");
    let stranger = packet(0, b"\xff\x6a\x04Host 'x' is not allowed to connect");
    let blocked = packet(0, b"\xff\x69\x04Host 'x' is blocked");
    let greeting = greeting();
    let cases: [(&[&[u8]], _); 7] = [
        (&[&greeting, &denied], good(true)),
        (&[&greeting, &welcome], good(false)),
        (&[&greeting, &switch, &denied_later], good(true)),
        (&[&full], bad("the server says: Too many connections (error 1040)")),
        (&[&stranger], good(true)),
        (&[&blocked], bad("the server says: Host 'x' is blocked (error 1129)")),
        (&[b"+PONG, and more\r\n"], bad("this is not the protocol of MySQL")),
    ];
    for (answers, expected) in cases {
        assert_eq!(outcome("mysql", true, "", answers).await, expected, "{answers:?}");
    }
    let no_tls = outcome("mysql", true, ", tls: true", &[&greeting, &denied]).await;
    assert_eq!(no_tls, bad("the server does not speak TLS"));
}

#[tokio::test]
async fn mongodb_is_good_as_a_secondary_too() {
    let message = |fields: &[u8]| {
        let mut message = (fields.len() as u32 + 26).to_le_bytes().to_vec();
        [9_u32, 1, 2013, 0].iter().for_each(|number| message.extend_from_slice(&number.to_le_bytes()));
        message.push(0);
        message.extend_from_slice(&(fields.len() as u32 + 5).to_le_bytes());
        message.extend_from_slice(fields);
        message.push(0);
        message
    };
    let secondary = message(b"\x08ismaster\0\0\x01ok\0\0\0\0\0\0\0\xf0\x3f");
    let broken = message(b"\x10ok\0\0\0\0\0\x02errmsg\0\x05\0\0\0down\0\x10code\0\x5b\0\0\0");
    let unauthorized = message(b"\x10ok\0\0\0\0\0\x10code\0\x0d\0\0\0");
    assert_eq!(outcome("mongodb", false, "", &[&secondary]).await, good(false));
    assert_eq!(outcome("mongodb", false, "", &[&unauthorized]).await, good(true));
    assert_eq!(outcome("mongodb", false, "", &[&broken]).await, bad("the server says: down (code 91)"));
    let other = outcome("mongodb", false, "", &[b"HTTP/1.1 400 Bad Request\r\n"]).await;
    assert_eq!(other, bad("this is not the protocol of MongoDB"));
}

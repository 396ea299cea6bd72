use seamark_exporter::probe::metric;

use super::stand_in::StandIn;
use super::{run, why};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLast-Modified: Sat, 21 Nov 2026 17:43:00 GMT\r\n\r\nhello";

fn phases(report: &seamark_exporter::probe::report::Report) -> Vec<(&'static str, bool)> {
    let spent = |phase| report.get_with(metric::HTTP_DURATION, &[("phase", phase)]).unwrap() > 0.0;
    ["resolve", "connect", "tls", "processing", "transfer"].map(|phase| (phase, spent(phase))).to_vec()
}

#[tokio::test]
async fn a_good_answer_is_told_with_its_phases() {
    let server = StandIn::http(|_| OK.to_owned()).await;
    let report = run(&format!("http: 'http://{}/health?a=b'", server.address)).await;
    assert_eq!(why(&report), "");
    let told = [
        (metric::SUCCESS, 1.0),
        (metric::HTTP_STATUS_CODE, 200.0),
        (metric::HTTP_VERSION, 1.1),
        (metric::HTTP_CONTENT_LENGTH, 5.0),
        (metric::HTTP_UNCOMPRESSED_BODY_LENGTH, 5.0),
        (metric::HTTP_REDIRECTS, 0.0),
        (metric::HTTP_SSL, 0.0),
        (metric::FAILED_DUE_TO_REGEX, 0.0),
        (metric::HTTP_LAST_MODIFIED, 1_795_282_980.0),
        (metric::IP_PROTOCOL, 4.0),
    ];
    for (metric, value) in told {
        assert_eq!(report.get(metric), Some(value), "{}", metric.name);
    }
    let expected = [("resolve", true), ("connect", true), ("tls", false), ("processing", true), ("transfer", true)];
    assert_eq!(phases(&report), expected);
    assert!(server.heard()[0].starts_with("GET /health?a=b HTTP/1.1\r\n"), "{:?}", server.heard());
}

#[tokio::test]
async fn a_bad_status_fails_and_is_told_and_can_be_allowed() {
    let server = StandIn::http(|_| "HTTP/1.1 503 Unavailable\r\n\r\nlater".to_owned()).await;
    let report = run(&format!("http: 'http://{}/'", server.address)).await;
    assert_eq!(why(&report), "the status is 503");
    assert_eq!(report.get(metric::HTTP_STATUS_CODE), Some(503.0));
    assert_eq!(report.get(metric::HTTP_CONTENT_LENGTH), Some(-1.0));
    assert_eq!(report.get(metric::HTTP_UNCOMPRESSED_BODY_LENGTH), Some(5.0));
    let allowed = run(&format!("http: 'http://{}/', valid_status_codes: [503]", server.address)).await;
    assert_eq!(why(&allowed), "");
}

#[tokio::test]
async fn body_and_headers_are_compared() {
    let server = StandIn::http(|_| OK.to_owned()).await;
    let cases = [
        ("fail_if_body_matches_regexp: [h.llo]", "the body matches `h.llo`"),
        ("fail_if_body_matches_regexp: [bye]", ""),
        ("fail_if_body_not_matches_regexp: [hello, bye]", "the body does not match `bye`"),
        ("fail_if_body_not_matches_regexp: hello", ""),
        (
            "fail_if_header_matches: [{header: content-length, regexp: '^5$'}]",
            "the header content-length matches `^5$`",
        ),
        ("fail_if_header_matches: [{header: x, regexp: y}]", "there is no header x"),
        ("fail_if_header_matches: [{header: x, regexp: y, allow_missing: true}]", ""),
        (
            "fail_if_header_not_matches: [{header: content-length, regexp: 6}]",
            "the header content-length does not match `6`",
        ),
        ("fail_if_header_not_matches: [{header: content-length, regexp: 5}]", ""),
    ];
    for (keys, expected) in cases {
        let report = run(&format!("http: 'http://{}/', {keys}", server.address)).await;
        assert_eq!(why(&report), expected, "{keys}");
        assert_eq!(report.get(metric::FAILED_DUE_TO_REGEX), Some(f64::from(!expected.is_empty())), "{keys}");
    }
    let ssl = run(&format!("http: 'http://{}/', fail_if_not_ssl: true", server.address)).await;
    assert_eq!(why(&ssl), "the answer did not come over TLS");
}

#[tokio::test]
async fn redirects_are_followed_counted_and_have_an_end() {
    let server = StandIn::http(|path| match path {
        "/a" => "HTTP/1.1 302 Found\r\nLocation: /b?key=x\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "/loop" => "HTTP/1.1 307 Again\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "/out" => "HTTP/1.1 301 Out\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n".to_owned(),
        _ => OK.to_owned(),
    })
    .await;
    let at = |path: &str| format!("http: 'http://{}{path}'", server.address);
    let report = run(&format!("{}, method: POST, body: form", at("/a"))).await;
    assert_eq!((why(&report).as_str(), report.get(metric::HTTP_REDIRECTS)), ("", Some(1.0)));
    let heard = server.heard();
    assert!(heard[0].starts_with("POST /a ") && heard[1].starts_with("GET /b?key=x "), "{heard:?}");
    assert!(!report.lines().any(|line| line.contains("key=x")), "a query may be a secret");
    let stays = run(&format!("{}, follow_redirects: false", at("/a"))).await;
    assert_eq!(why(&stays), "the status is 302");
    assert_eq!(why(&run(&at("/loop")).await), "more than 10 redirects");
    assert_eq!(why(&run(&at("/out")).await), "the answer sends on to something that is no address of HTTP");
}

#[tokio::test]
async fn credentials_are_sent_to_the_target_and_not_to_where_it_sends_us_on() {
    let other = StandIn::http(|_| OK.to_owned()).await;
    let to = format!("HTTP/1.1 302 Found\r\nLocation: http://localhost:{}/\r\n\r\n", other.address.port());
    let server = StandIn::http(move |_| to.clone()).await;
    let address = server.address;
    let keys = [
        format!("http: 'http://u:hunter2@{address}/'"),
        format!("http: 'http://{address}/', bearer_token: hunter2"),
        format!("http: 'http://{address}/', basic_auth: {{username: u, password: hunter2}}"),
        format!(
            "http: 'http://{address}/', headers: {{X-Key: hunter2, Authorization: hunter2}}, preferred_ip_protocol: ip4"
        ),
    ];
    for keys in keys {
        let report = run(&keys).await;
        assert_eq!(why(&report), "", "{keys}");
        assert!(!format!("{report:?}").contains("hunter2"));
    }
    let sent: Vec<_> =
        server.heard().iter().map(|request| request.to_lowercase().contains("authorization: ")).collect();
    assert_eq!(sent, [true; 4]);
    assert!(server.heard()[0].contains("Basic dTpodW50ZXIy"), "u:hunter2");
    for request in other.heard().iter().map(|request| request.to_lowercase()) {
        assert!(!request.contains("authorization") && !request.contains("x-key"), "{request}");
        assert!(request.contains(&format!("host: localhost:{}", other.address.port())), "{request}");
    }
}

#[tokio::test]
async fn nobody_there_is_a_failure_with_all_names() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let report = run(&format!("http: 'http://{closed}/'")).await;
    assert!(why(&report).starts_with(&format!("cannot connect to {closed}: ")), "{}", why(&report));
    assert_eq!(report.get(metric::HTTP_STATUS_CODE), Some(0.0));
    let unknown = run("http: 'http://nobody.invalid/'").await;
    assert!(why(&unknown).starts_with("no address of `nobody.invalid`: "), "{}", why(&unknown));
}

#[tokio::test]
async fn a_body_without_end_is_left_when_it_is_too_long() {
    let server = StandIn::serve(|mut stream| async move {
        use tokio::io::AsyncWriteExt;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 65536]).await.is_ok() {}
    })
    .await;
    let report = run(&format!("http: 'http://{}/', body_size_limit: 1MiB", server.address)).await;
    assert_eq!(why(&report), "the body is longer than 1048576 bytes (`body_size_limit`)");
}

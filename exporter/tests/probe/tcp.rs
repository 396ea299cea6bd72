use std::sync::Arc;

use seamark_exporter::probe::metric;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::https::Authority;
use super::stand_in::StandIn;
use super::{run, why};

#[tokio::test]
async fn a_connection_is_enough_where_nothing_else_is_asked_for() {
    let server = StandIn::talk(false, &[]).await;
    let report = run(&format!("tcp: '{}'", server.address)).await;
    assert_eq!((why(&report).as_str(), report.get(metric::SUCCESS)), ("", Some(1.0)));
    assert_eq!(report.get(metric::FAILED_DUE_TO_REGEX), Some(0.0));
}

#[tokio::test]
async fn a_conversation_goes_on_line_by_line_and_may_use_what_was_heard() {
    let server = StandIn::talk(true, &[b"* hello\r\nPING :42\r\n", b"001 welcome\r\n"]).await;
    let keys = "query_response: [{expect: '^PING :([0-9]+)', send: 'PONG $1'}, {expect: '^001'}]";
    let report = run(&format!("tcp: '{}', {keys}", server.address)).await;
    assert_eq!(why(&report), "");
    assert_eq!(server.heard(), ["PONG 42\n"]);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_told_as_the_expression_that_waited_for_it() {
    let server = StandIn::serve(|mut stream| async move {
        let _ = stream.write_all(b"500 no\r\n").await;
    })
    .await;
    let report = run(&format!("tcp: '{}', query_response: [{{expect: '^220'}}]", server.address)).await;
    assert_eq!(why(&report), "the connection was closed without an answer");
    assert_eq!(report.get(metric::FAILED_DUE_TO_REGEX), Some(1.0));
}

#[tokio::test]
async fn tls_can_begin_in_the_middle_of_a_conversation() {
    let authority = Arc::new(Authority::new());
    let acceptor = authority.acceptor(2030);
    let server = StandIn::serve(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            let _ = stream.write_all(b"220 mail\r\n").await;
            let mut request = [0; 9];
            let _ = stream.read_exact(&mut request).await;
            let _ = stream.write_all(b"220 go on\r\n").await;
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let _ = stream.write_all(b"250 secret\r\n").await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    let keys = "tls_config: {insecure_skip_verify: true}, query_response: [{expect: '^220'}, {send: STARTTLS}, \
                {expect: '^220', starttls: true}, {expect: '^250'}]";
    let report = run(&format!("tcp: '{}', {keys}", server.address)).await;
    assert_eq!(why(&report), "");
    assert_eq!(report.get(metric::SSL_EARLIEST_EXPIRY), Some(1_893_456_000.0));
}

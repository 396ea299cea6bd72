use seamark_exporter::probe::metric;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;

use super::stand_in::StandIn;
use super::{run, why};

/// The answer to a question: this code and so many addresses.
fn answer(question: &[u8], rcode: u8, addresses: u8) -> Vec<u8> {
    let mut answer = question.to_vec();
    answer[2] = 0x81;
    answer[3] = 0x80 | rcode;
    answer[7] = addresses;
    for number in 1..=addresses {
        answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, number]);
    }
    answer
}

/// Answers one question, after a datagram that is none.
async fn udp_server(rcode: u8, addresses: u8) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut question = [0; 512];
        let (length, from) = socket.recv_from(&mut question).await.unwrap();
        let mut strange = answer(&question[..length], 0, 0);
        strange[0] ^= 0xff;
        socket.send_to(&strange, from).await.unwrap();
        socket.send_to(&answer(&question[..length], rcode, addresses), from).await.unwrap();
    });
    address.to_string()
}

#[tokio::test]
async fn the_records_of_an_answer_are_counted_and_a_stranger_s_answer_is_passed_over() {
    let report = run(&format!("dns: '{}', query_name: example.org", udp_server(0, 2).await)).await;
    assert_eq!(why(&report), "");
    assert_eq!(report.get(metric::DNS_ANSWER_RRS), Some(2.0));
    assert_eq!(report.get(metric::DNS_QUERY_SUCCEEDED), Some(1.0));
    assert!(report.get_with(metric::DNS_DURATION, &[("phase", "request")]).unwrap() > 0.0);
    assert_eq!(report.get(metric::DNS_SERIAL), None);
}

#[tokio::test]
async fn a_refusal_fails_and_can_be_allowed() {
    let refused = run(&format!("dns: '{}', query_name: x", udp_server(5, 0).await)).await;
    assert_eq!(why(&refused), "the server answers REFUSED");
    assert_eq!(refused.get(metric::DNS_QUERY_SUCCEEDED), Some(1.0));
    let keys = "valid_rcodes: [NOERROR, REFUSED]";
    let allowed = run(&format!("dns: '{}', query_name: x, {keys}", udp_server(5, 0).await)).await;
    assert_eq!(why(&allowed), "");
}

#[tokio::test]
async fn records_are_compared() {
    let cases = [
        (
            "fail_if_matches_regexp: ['192\\.0\\.2\\.2$']",
            "the answer section has a record that matches `192\\.0\\.2\\.2$`",
        ),
        ("fail_if_not_matches_regexp: ['2\\.2$']", "the answer section has a record that does not match `2\\.2$`"),
        ("fail_if_all_match_regexp: [A]", "the answer section has only records that match `A`"),
        ("fail_if_none_matches_regexp: [AAAA]", "the answer section has no record that matches `AAAA`"),
        ("fail_if_none_matches_regexp: ['^example.org.\\t60\\tIN\\tA\\t192.0.2.1$']", ""),
    ];
    for (keys, expected) in cases {
        let server = udp_server(0, 2).await;
        let report = run(&format!("dns: '{server}', query_name: example.org, validate_answer_rrs: {{{keys}}}")).await;
        assert_eq!(why(&report), expected, "{keys}");
    }
}

#[tokio::test]
async fn a_question_can_go_over_tcp() {
    let server = StandIn::serve(|mut stream| async move {
        let length = stream.read_u16().await.unwrap();
        let mut question = vec![0; length.into()];
        stream.read_exact(&mut question).await.unwrap();
        let answer = answer(&question, 0, 1);
        let framed = [&(answer.len() as u16).to_be_bytes()[..], &answer].concat();
        for byte in framed {
            stream.write_all(&[byte]).await.unwrap();
            stream.flush().await.unwrap();
        }
    })
    .await;
    let report = run(&format!("dns: '{}', query_name: example.org, transport_protocol: tcp", server.address)).await;
    assert_eq!((why(&report).as_str(), report.get(metric::DNS_ANSWER_RRS)), ("", Some(1.0)));
}

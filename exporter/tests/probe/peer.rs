//! Names and labels beside those of blackbox_exporter itself.
//!
//! `BLACKBOX_EXPORTER` names its binary (Debian: `prometheus-blackbox-exporter`); without it the recorded names of
//! version 0.23.0 stand in.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use seamark_exporter::probe::report::Report;
use seamark_kit::exposition::{CommonLabels, Exposition, Format, encode};

use super::https::Authority;
use super::run;
use super::stand_in::{StandIn, answer_http};

/// Seen of blackbox_exporter 0.23.0 for the probes below.
const RECORDED: [(&str, &[&str]); 4] = [
    (
        "http",
        &[
            "probe_dns_lookup_time_seconds{}",
            "probe_duration_seconds{}",
            "probe_failed_due_to_regex{}",
            "probe_http_content_length{}",
            "probe_http_duration_seconds{phase}",
            "probe_http_last_modified_timestamp_seconds{}",
            "probe_http_redirects{}",
            "probe_http_ssl{}",
            "probe_http_status_code{}",
            "probe_http_uncompressed_body_length{}",
            "probe_http_version{}",
            "probe_ip_addr_hash{}",
            "probe_ip_protocol{}",
            "probe_success{}",
        ],
    ),
    (
        "https",
        &[
            "probe_dns_lookup_time_seconds{}",
            "probe_duration_seconds{}",
            "probe_failed_due_to_regex{}",
            "probe_http_content_length{}",
            "probe_http_duration_seconds{phase}",
            "probe_http_last_modified_timestamp_seconds{}",
            "probe_http_redirects{}",
            "probe_http_ssl{}",
            "probe_http_status_code{}",
            "probe_http_uncompressed_body_length{}",
            "probe_http_version{}",
            "probe_ip_addr_hash{}",
            "probe_ip_protocol{}",
            "probe_ssl_earliest_cert_expiry{}",
            "probe_ssl_last_chain_expiry_timestamp_seconds{}",
            "probe_ssl_last_chain_info{fingerprint_sha256,issuer,subject,subjectalternative}",
            "probe_success{}",
            "probe_tls_version_info{version}",
        ],
    ),
    (
        "tcp",
        &[
            "probe_dns_lookup_time_seconds{}",
            "probe_duration_seconds{}",
            "probe_failed_due_to_regex{}",
            "probe_ip_addr_hash{}",
            "probe_ip_protocol{}",
            "probe_success{}",
        ],
    ),
    (
        "dns",
        &[
            "probe_dns_additional_rrs{}",
            "probe_dns_answer_rrs{}",
            "probe_dns_authority_rrs{}",
            "probe_dns_duration_seconds{phase}",
            "probe_dns_lookup_time_seconds{}",
            "probe_dns_query_succeeded{}",
            "probe_duration_seconds{}",
            "probe_ip_addr_hash{}",
            "probe_ip_protocol{}",
            "probe_success{}",
        ],
    ),
];

/// What releases after 0.23 have besides.
const NEWER: [&str; 2] = [
    "probe_ssl_last_chain_info{fingerprint_sha256,issuer,serialnumber,subject,subjectalternative}",
    "probe_tls_cipher_info{cipher}",
];

const OLDER: &str = "probe_ssl_last_chain_info{fingerprint_sha256,issuer,subject,subjectalternative}";

const MODULES: &str = "modules:
  http: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: CA}}}
  https: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: CA}}}
  tcp: {prober: tcp}
  dns: {prober: dns, dns: {query_name: example.org, query_type: A}}
";

/// `name{labels}` of every series of an answer.
fn names(text: &str) -> BTreeSet<String> {
    let series = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    series
        .map(|line| {
            let (name, labels) = line.split_once('{').unwrap_or_else(|| (line.split(' ').next().unwrap(), ""));
            // Every label name stands before `="`.
            let mut labels: Vec<_> = labels
                .split("=\"")
                .filter_map(|before| before.rsplit([',', '{', '"']).next())
                .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
                .collect();
            labels.sort_unstable();
            format!("{name}{{{}}}", labels.join(","))
        })
        .collect()
}

fn told(report: &Report) -> BTreeSet<String> {
    let mut out = Exposition::default();
    report.tell(&CommonLabels::default(), &mut out);
    names(&encode(&out, Format::Classic).unwrap())
}

struct Blackbox {
    process: Child,
    address: String,
}

impl Drop for Blackbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Blackbox {
    fn start(binary: &str, config: &std::path::Path) -> Self {
        let mut process = Command::new(binary)
            .arg(format!("--config.file={}", config.display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "blackbox_exporter has ended");
            if let Some((_, rest)) = line.split_once("address=127.0.0.1:") {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break format!("127.0.0.1:{port}");
            }
        };
        // Its log is read on, or it would wait for us.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { process, address }
    }

    async fn names(&self, module: &str, target: &str) -> BTreeSet<String> {
        let url = format!("http://{}/probe?module={module}&target={target}", self.address);
        let text = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
        names(&text.text().await.unwrap())
    }
}

#[tokio::test]
async fn families_and_labels_are_those_of_blackbox_exporter() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let answer = |_: &str| {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLast-Modified: Sat, 21 Nov 2026 17:43:00 GMT\r\n\r\nok".to_owned()
    };
    let plain = StandIn::http(answer).await;
    let acceptor = authority.acceptor(2030);
    let secure = StandIn::serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            answer_http(stream, answer, Arc::default()).await;
        }
    })
    .await;
    // Nobody answers there, and the names are told all the same.
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (plain_url, secure_url) = (format!("http://{}/", plain.address), format!("https://{}/", secure.address));
    let ours = [
        ("http", run(&format!("http: '{plain_url}'")).await),
        ("https", run(&format!("http: '{secure_url}', tls_config: {{ca_file: {}}}", ca.display())).await),
        ("tcp", run(&format!("tcp: '{}'", plain.address)).await),
        ("dns", run(&format!("dns: '{nobody}', query_name: example.org")).await),
    ];
    let config = folder.path().join("blackbox.yml");
    std::fs::write(&config, MODULES.replace("CA", &ca.display().to_string())).unwrap();
    let peer = std::env::var("BLACKBOX_EXPORTER").ok().map(|binary| Blackbox::start(&binary, &config));
    for (module, report) in &ours {
        let recorded = RECORDED.iter().find(|(name, _)| name == module).unwrap().1;
        let mut theirs: BTreeSet<_> = recorded.iter().map(|name| (*name).to_owned()).collect();
        if let Some(peer) = &peer {
            let target = match *module {
                "http" => plain_url.clone(),
                "https" => secure_url.clone(),
                "tcp" => plain.address.to_string(),
                _ => nobody.to_string(),
            };
            let live = peer.names(module, &target).await;
            println!("{module}: {live:#?}");
            theirs = live;
        }
        if *module == "https" {
            theirs.remove(OLDER);
            theirs.extend(NEWER.map(str::to_owned));
        }
        assert_eq!(told(report), theirs, "{module}");
    }
}

//! The web configuration at the real relay: TLS and passwords, beside its own token and the page's login.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode, header};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse";
const TOKEN: &str = "0123456789abcdef";

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seamark-relay"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// A relay behind TLS and a password that runs until it is dropped.
struct Relay {
    child: Child,
    home: TempDir,
    address: String,
    client: Client,
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Relay {
    fn start(more: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let key = KeyPair::generate().unwrap();
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap().pem();
        write("relay.crt", &certificate);
        write("relay.key", &key.serialize_pem());
        let hash = bcrypt::hash(PASSWORD, 4).unwrap();
        let web = format!(
            "tls_server_config: {{cert_file: relay.crt, key_file: relay.key}}\nbasic_auth_users: {{alertmanager: {hash}}}\n"
        );
        let web = write("web.yml", &web);
        let storage = home.path().join("relay.db");
        let text = format!(
            "listen: 127.0.0.1:0\nstorage: sqlite://{}\nchannels: {{screen: {{type: log}}}}\n{more}\n",
            storage.display()
        );
        let config = write("relay.yml", &text);
        let mut command = command();
        command.arg("--config.file").arg(config).arg("--web.config.file").arg(web);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("takes notifications")).expect("it starts");
        std::thread::spawn(move || lines.for_each(drop));
        let address = line.split("address=").nth(1).unwrap().split(' ').next().unwrap().trim_matches('"').to_owned();
        // The commands that ask the relay that runs read where it listens.
        fs::write(home.path().join("relay.yml"), text.replace("127.0.0.1:0", &address)).unwrap();
        let authority = Certificate::from_pem(certificate.as_bytes()).unwrap();
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).tls_certs_only([authority]);
        let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { child, home, address, client }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    fn reload(&self) -> RequestBuilder {
        self.client.post(self.url("/-/reload"))
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        command().arg("--config.file").arg(self.home.path().join("relay.yml")).args(arguments).output().unwrap()
    }

    async fn checks(&self) -> String {
        let page = self.get("/metrics").bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap();
        let count = page.lines().find_map(|line| line.strip_prefix("seamark_http_password_checks_total "));
        count.unwrap_or_else(|| panic!("{page}")).to_owned()
    }
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_password_or_the_relays_own_token_opens_every_path() {
    let relay = Relay::start(&format!("token: {TOKEN}"));
    let with = |request: RequestBuilder| request.basic_auth("alertmanager", Some(PASSWORD));
    assert_eq!(status(relay.get("/metrics")).await, 401);
    assert_eq!(status(relay.reload()).await, 401);
    let refused = relay.get("/").send().await.unwrap();
    assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], "Basic realm=\"seamark\", charset=\"UTF-8\"");
    // Nobody has shown a password yet.
    assert_eq!(relay.checks().await, "0");
    assert_eq!(status(with(relay.get("/metrics"))).await, 200);
    assert_eq!(status(with(relay.reload())).await, 200);
    assert_eq!(status(relay.get("/metrics").bearer_auth(TOKEN)).await, 200);
    assert_eq!(status(relay.reload().bearer_auth(TOKEN)).await, 200);
    assert_eq!(status(relay.reload().bearer_auth("wrong")).await, 401);
    assert_eq!(relay.checks().await, "1");
    for _ in 0..3 {
        assert_eq!(status(relay.reload().basic_auth("alertmanager", Some("wrong"))).await, 401);
    }
    assert_eq!(relay.checks().await, "2", "a wrong one is looked at once");
    // What another site has a browser send shows no intention.
    assert_eq!(status(with(relay.reload()).header("sec-fetch-site", "cross-site")).await, 401);
    assert_eq!(status(with(relay.reload()).header("sec-fetch-site", "same-origin")).await, 200);
}

#[tokio::test]
async fn the_right_token_after_a_crowd_of_wrong_ones_is_to_come_again_and_is_not_refused() {
    let relay = Relay::start(&format!("token: {TOKEN}"));
    let mut last = 0;
    for _ in 0..90 {
        last = status(relay.reload().bearer_auth("wrong")).await;
    }
    assert_eq!(last, 503);
    // Alertmanager would give up after a 401.
    assert_eq!(status(relay.reload().bearer_auth(TOKEN)).await, 503);
}

#[tokio::test]
async fn the_page_opens_with_the_password_and_a_session_needs_none() {
    let relay = Relay::start(&format!("token: {TOKEN}"));
    let with = |request: RequestBuilder| request.basic_auth("alertmanager", Some(PASSWORD));
    let page = with(relay.get("/")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let form = relay.client.post(relay.url("/login")).body(format!("secret={TOKEN}"));
    let form = form.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let login = with(form).send().await.unwrap();
    assert_eq!(login.status(), StatusCode::SEE_OTHER);
    let cookie = login.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(status(relay.get("/").header(header::COOKIE, &cookie)).await, 200);
    assert_eq!(status(relay.get("/").header(header::COOKIE, "seamark_session=1.00")).await, 401);
    // A session is for the page; what programs call asks for a token or a password.
    assert_eq!(status(relay.reload().header(header::COOKIE, &cookie)).await, 401);
}

#[tokio::test]
async fn a_relay_without_a_token_asks_for_the_password_all_the_same() {
    let relay = Relay::start("token: ''");
    assert_eq!(status(relay.reload()).await, 401);
    assert_eq!(status(relay.reload().basic_auth("alertmanager", Some(PASSWORD))).await, 200);
}

#[test]
fn its_commands_find_the_relay_behind_tls() {
    let relay = Relay::start(&format!("token: {TOKEN}"));
    let healthy = relay.ask(&["healthcheck"]);
    assert!(healthy.status.success(), "{}", said(&healthy));
    let list = relay.ask(&["dead-letters", "list"]);
    assert!(list.status.success(), "{}", said(&list));
    let doctor = said(&relay.ask(&["doctor"]));
    assert!(doctor.contains(&format!("ready at {}", relay.address)), "{doctor}");
    let web = relay.home.path().join("web.yml");
    let good = relay.ask(&["check-config", "--web.config.file", web.to_str().unwrap()]);
    assert!(good.status.success(), "{}", said(&good));
    fs::write(&web, "basic_auth_users: {a: hunter2}\n").unwrap();
    for arguments in [vec!["check-config"], vec![]] {
        let flag = format!("--web.config.file={}", web.display());
        let refused = relay.ask(&[arguments.as_slice(), &[flag.as_str()]].concat());
        let words = "web.yml:1:23: basic_auth_users.a: expected a password hashed with bcrypt";
        assert!(refused.status.code() == Some(2) && said(&refused).contains(words), "{}", said(&refused));
        assert!(!said(&refused).contains("hunter2"));
    }
}

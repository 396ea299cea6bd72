//! The modules of `/probe`: what is looked for, without a target.
//!
//! They have the shape of blackbox_exporter's `modules`, so that its file can be pasted.

use std::collections::BTreeMap;
use std::time::Duration;

use seamark_kit::config::{self, Section, Source};

use super::{Check, KINDS, dns};

/// The modules that are there without being written down.
const BUILT_IN: &str = "\
http_2xx: {prober: http}
http_post_2xx: {prober: http, http: {method: POST}}
tcp_connect: {prober: tcp}
redis: {prober: redis}
postgres: {prober: postgres}
mysql: {prober: mysql}
mongodb: {prober: mongodb}
";

const TIMEOUTS: std::ops::RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(120);

/// What is looked for, and how long it may take.
#[derive(Debug)]
pub struct Module {
    /// What is looked for.
    pub check: Check,
    /// At most so long, however long Prometheus would wait.
    pub timeout: Option<Duration>,
}

/// By name.
pub type Modules = BTreeMap<String, Module>;

/// Reads `probe_endpoint` and `modules`; `None` where the endpoint is off.
pub fn read(root: &mut Section) -> Option<Modules> {
    let said = root.is_set("probe_endpoint");
    let on = root.flag("probe_endpoint");
    let written = root.entries("modules");
    if !said && !written.is_empty() {
        let message = "only `/probe` uses modules, and it is off: it lets whoever reaches this port send requests from \
                       this host; say `probe_endpoint: true`, or `false`";
        root.problem("modules", message);
    }
    let mut modules = built_in();
    for (name, mut section) in written {
        if let Some(module) = read_module(&mut section) {
            modules.insert(name.text, module);
        }
    }
    on.unwrap_or(false).then_some(modules)
}

fn built_in() -> Modules {
    // It is read as a file is, so that there is one place where defaults are.
    let text = format!("modules:\n  {}", BUILT_IN.trim_end().replace('\n', "\n  "));
    let read = config::read(&Source::new("built in", text).with_environment([]), |root| {
        let entries = root.entries("modules").into_iter();
        entries.filter_map(|(name, mut section)| Some((name.text, read_module(&mut section)?))).collect::<Modules>()
    });
    let mut modules = read.unwrap_or_default();
    modules.insert("dns".to_owned(), Module { check: Check::Dns(Box::new(dns::Dns::of_the_root())), timeout: None });
    modules
}

fn read_module(section: &mut Section) -> Option<Module> {
    let timeout = section.duration("timeout", TIMEOUTS);
    let names: Vec<_> = KINDS.iter().map(|kind| (kind.name, kind)).collect();
    let said = section.is_set("prober");
    let Some(kind) = section.one_of("prober", &names) else {
        if !said {
            let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
            section.problem("prober", format!("a module needs a `prober`: {}", names.join(", ")));
        }
        section.skip_rest();
        return None;
    };
    let check = kind.read(&mut section.section(kind.name));
    Some(Module { check, timeout })
}

#[cfg(test)]
mod tests {
    use seamark_kit::config::Problems;

    use super::*;

    fn load(text: &str) -> Result<Option<Modules>, Problems> {
        config::read(&Source::new("exporter.yml", text).with_environment([]), read)
    }

    #[test]
    fn the_endpoint_is_off_unless_it_is_switched_on() {
        assert!(load("{}").unwrap().is_none());
        assert!(load("probe_endpoint: false\nmodules: {a: {prober: tcp}}\n").unwrap().is_none());
        let problems = load("modules: {a: {prober: tcp}}\n").unwrap_err().to_string();
        assert!(problems.contains("say `probe_endpoint: true`"), "{problems}");
        let problems = load("probe_endpoint: maybe\nmodules: {a: {prober: tcp}}\n").unwrap_err().to_string();
        assert_eq!(problems, "exporter.yml:1:17: probe_endpoint: expected `true` or `false`, found `maybe`");
    }

    #[test]
    fn common_modules_are_there_without_being_written_down() {
        let modules = load("probe_endpoint: true\n").unwrap().unwrap();
        let names: Vec<_> = modules.keys().map(String::as_str).collect();
        let expected = ["dns", "http_2xx", "http_post_2xx", "mongodb", "mysql", "postgres", "redis", "tcp_connect"];
        assert_eq!(names, expected);
    }

    #[test]
    fn the_modules_of_blackbox_exporter_are_read() {
        let modules = load(
            "probe_endpoint: true\nmodules:\n  http_2xx: {prober: http, timeout: 5s, http: {valid_http_versions: ['HTTP/1.1'], \
             valid_status_codes: [], method: GET, headers: {Accept-Language: en-US}, no_follow_redirects: false, \
             fail_if_ssl: false, fail_if_body_not_matches_regexp: [ok], tls_config: {insecure_skip_verify: false}, \
             preferred_ip_protocol: ip4, ip_protocol_fallback: false, fail_if_header_matches: [{header: Set-Cookie, \
             regexp: '.*', allow_missing: true}]}}\n  tls: {prober: tcp, tcp: {tls: true}}\n  \
             smtp: {prober: tcp, tcp: {query_response: [{expect: '^220 '}, {send: 'EHLO x'}, {starttls: true}]}}\n  \
             soa: {prober: dns, dns: {query_name: example.org, query_type: SOA, transport_protocol: tcp, \
             valid_rcodes: [NOERROR], validate_answer_rrs: {fail_if_not_matches_regexp: ['SOA']}}}\n",
        );
        let modules = modules.unwrap_or_else(|problems| panic!("{problems}")).unwrap();
        assert_eq!(modules.len(), 8 + 3);
        assert_eq!(modules["http_2xx"].timeout, Some(Duration::from_secs(5)));
    }

    #[test]
    fn a_module_of_another_kind_is_a_problem_that_says_which_there_are() {
        let problems = load(
            "probe_endpoint: true\nmodules: {a: {prober: icmp, icmp: {ttl: 1}}, b: {}, c: {prober: tcp, http: {}}}\n",
        )
        .unwrap_err()
        .to_string();
        let places: Vec<_> = problems.lines().filter_map(|line| line.split(": ").nth(1)).collect();
        assert_eq!(places, ["modules.a.prober", "modules.b.prober", "modules.c"], "{problems}");
        assert!(problems.contains("expected `http`, `tcp`, `dns`"), "{problems}");
        assert!(problems.contains("unknown key `http`"), "{problems}");
    }
}

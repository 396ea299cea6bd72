use jiff::Timestamp;
use seamark_kit::config::{self, Source};
use seamark_kit::exposition::Value as Told;
use serde_json::{Value, json};

use super::*;
use crate::collector::Inputs;
use crate::docker::answer;
use crate::docker::life::Effect;
use crate::docker::lifecycle::Input;
use crate::docker::oom::OomKills;
use crate::docker::rules::Rules;
use crate::host::HostRoot;
use crate::threshold;

/// The example of the issue: a container with labels, one with a label that is malformed, one in the host's network.
fn containers(inventory: &Inventory, containers: &[Value]) {
    let step = |input: &Input| {
        inventory.step(input, Timestamp::UNIX_EPOCH, &Rules::default(), &mut OomKills::new(Box::new(|| None)))
    };
    let id = |answer: &Value| answer["Id"].as_str().unwrap().to_owned();
    for effect in step(&Input::Listed(containers.iter().map(id).collect())) {
        if let Effect::Inspect { id: asked, generation } = effect {
            let answer = containers.iter().find(|answer| id(answer) == asked).unwrap();
            step(&Input::Inspected(Box::new(answer::inspection(answer).unwrap()), generation));
        }
    }
}

fn container(name: &str, network: &str, labels: Value) -> Value {
    json!({"Id": name, "Name": name, "Config": {"Image": "i", "Labels": labels},
        "State": {"Status": "running", "Pid": 7}, "HostConfig": {"NetworkMode": network}})
}

fn told(collector: &dyn Collector) -> Vec<String> {
    let mut out = Exposition::default();
    collector.collect(&mut out).unwrap();
    let mut told = Vec::new();
    for family in out.families() {
        for sample in family.samples() {
            let labels: Vec<_> = sample.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            let value = match *sample.value {
                Told::Float(value) => value,
                Told::Integer(value) => value as f64,
                _ => f64::NAN,
            };
            told.push(format!("{}{{{}}} {value:+}", family.name, labels.join(",")));
        }
    }
    told
}

fn collector(inputs: &Inputs) -> Box<dyn Collector> {
    config::read(&Source::new("exporter.yml", ""), |root| (COLLECTOR.build)(inputs, root)).unwrap()
}

#[test]
fn every_object_has_a_series_for_each_check_and_severity() {
    let inputs = Inputs::new(HostRoot::default(), Arc::default());
    inputs.memory.mounts.set(["/".to_owned(), "/data".to_owned()]);
    inputs.memory.devices.set(["eth0", "lo", "veth1", "br-7", "docker0"].map(str::to_owned));
    let text = "thresholds: {host_disk: {mounts: {/data: {warning: 95%}}}}";
    let thresholds =
        config::read(&Source::new("exporter.yml", text), |root| threshold::read(&mut root.section("thresholds")));
    inputs.memory.thresholds.store(Arc::new(thresholds.unwrap()));
    containers(
        &inputs.inventory,
        &[
            container("a", "bridge", json!({"seamark.memory.warning": "90%", "seamark.network.warning": "6MB/60s"})),
            container("b", "host", json!({"seamark.cpu.warning": "80"})),
        ],
    );
    let expected = [
        r#"seamark_threshold{check="host_cpu",severity="warning"} +0.8"#,
        r#"seamark_threshold{check="host_memory",severity="warning"} +0.8"#,
        r#"seamark_threshold{check="host_memory",severity="critical"} +0.95"#,
        r#"seamark_threshold{check="host_swap",severity="warning"} +0.8"#,
        r#"seamark_threshold{check="host_connections",severity="warning"} +1000"#,
        r#"seamark_threshold{check="host_disk",severity="warning",mountpoint="/"} +0.8"#,
        r#"seamark_threshold{check="host_disk",severity="critical",mountpoint="/"} +0.9"#,
        r#"seamark_threshold{check="host_disk",severity="warning",mountpoint="/data"} +0.95"#,
        r#"seamark_threshold{check="host_disk",severity="critical",mountpoint="/data"} +inf"#,
        r#"seamark_threshold{check="host_network_receive",severity="warning",device="eth0"} +100000000"#,
        r#"seamark_threshold{check="host_network_transmit",severity="warning",device="eth0"} +100000000"#,
        r#"seamark_threshold{check="container_cpu",severity="warning",id="/docker/a",name="a"} +0.8"#,
        r#"seamark_threshold{check="container_memory",severity="warning",id="/docker/a",name="a"} +0.9"#,
        r#"seamark_threshold{check="container_network",severity="warning",id="/docker/a",name="a"} +100000"#,
        r#"seamark_threshold{check="container_cpu",severity="warning",id="/docker/b",name="b"} +0.8"#,
        r#"seamark_threshold{check="container_memory",severity="warning",id="/docker/b",name="b"} +0.8"#,
        r#"seamark_container_label_malformed{id="/docker/b",name="b",label="seamark.cpu.warning"} +1"#,
    ];
    let collector = collector(&inputs);
    assert_eq!(told(&*collector), expected);
    // From memory the same.
    assert_eq!(told(&*collector), expected);
}

#[test]
fn a_reload_changes_what_containers_without_labels_have() {
    let inputs = Inputs::new(HostRoot::default(), Arc::default());
    containers(&inputs.inventory, &[container("a", "bridge", json!({}))]);
    let collector = collector(&inputs);
    let network = |collector: &dyn Collector| told(collector).pop().unwrap();
    assert!(network(&*collector).ends_with(r#"name="a"} +inf"#));
    let thresholds =
        Thresholds { container_network: Limits { warning: Some(5.5), critical: None }, ..Thresholds::default() };
    inputs.memory.thresholds.store(Arc::new(thresholds));
    assert!(network(&*collector).ends_with(r#"name="a"} +5.5"#));
}

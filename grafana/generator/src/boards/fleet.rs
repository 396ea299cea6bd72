//! Hosts and containers side by side: who has run longest, who moves most, who does most with what it has.

use super::*;

/// The board.
pub fn board() -> Board {
    Board::new(
        "seamark-fleet",
        "Fleet and traffic",
        "Hosts and containers compared over the time shown: champions, totals, efficiency.",
    )
    .variables(variable::targets("node_uname_info"))
    .time("now-24h", "1m")
    .link(link("Overview", "seamark-overview"))
    .link(link("Containers", "seamark-containers"))
    .marks(vec![reboots()])
    .row("Champions", vec![line(4, champions())])
    .row(
        "Hosts",
        vec![line(9, vec![ranking()]), line(8, vec![speed(), totals()]), line(8, vec![efficiency(), longest()])],
    )
    .row("Containers over the time shown", vec![line(12, vec![containers()])])
}

fn total(direction: &str, by: &str) -> String {
    format!(
        "sum by ({by}) (increase(node_network_{direction}_bytes_total{{$S, device!~\"lo|veth.*|br-.*|docker.*|cni.*|flannel.*|cali.*|virbr.*\"}}[$__range]))"
    )
}

fn champion(title: &str, text: &str, expr: &str, legend: &str, unit: &str) -> Panel {
    stat(title, text).unit(unit).decimals(1).steps(look::plain()).name_and_value().now(expr, legend)
}

fn champions() -> Vec<Panel> {
    vec![
        champion(
            "Longest running container",
            "Since its last start.",
            "topk(1, max by (instance, name) (time() - container_start_time_seconds{$S, name!=\"\"}))",
            "{{name}} on {{instance}}",
            "s",
        ),
        champion("Busiest server", "Received and sent most in the time shown.", &format!("topk(1, {} + {})", total("receive", "instance"), total("transmit", "instance")), "{{instance}}", "bytes"),
        champion(
            "Busiest container",
            "Received and sent most in the time shown.",
            "topk(1, sum by (instance, name) (increase(container_network_receive_bytes_total{$S, name!=\"\"}[$__range]))
               + sum by (instance, name) (increase(container_network_transmit_bytes_total{$S, name!=\"\"}[$__range])))",
            "{{name}} on {{instance}}",
            "bytes",
        ),
        champion(
            "Hungriest container",
            "Used most CPU in the time shown; 1 is one core all the time.",
            "topk(1, avg_over_time(seamark:container_cpu_used:cores{$S}[$__range]))",
            "{{name}} on {{instance}}",
            "none",
        ),
        champion(
            "Largest container",
            "Used most memory at any time of those shown.",
            "topk(1, max by (instance, name) (max_over_time(container_memory_working_set_bytes{$S, name!=\"\"}[$__range])))",
            "{{name}} on {{instance}}",
            "bytes",
        ),
        champion(
            "Longest uptime",
            "Of all hosts.",
            "topk(1, max by (instance) (node_time_seconds{$S} - node_boot_time_seconds{$S}))",
            "{{instance}}",
            "s",
        ),
    ]
}

fn ranking() -> Panel {
    let over =
        |function: &str, record: &str| format!("max by (instance) ({function}_over_time({record}{{$S}}[$__range]))");
    table(
        "Hosts compared",
        "Averages, peaks and totals over the time shown.",
        vec![
            label("instance", "Host").link("Host", &to("seamark-host", "var-instance=${__data.fields.Host}")),
            value("CPU", "percentunit", &over("avg", "seamark:host_cpu_used:ratio")).decimals(1).gauge(0.6, 0.8),
            value("CPU, most", "percentunit", &over("max", "seamark:host_cpu_used:ratio")).decimals(1),
            value("Memory", "percentunit", &over("avg", "seamark:host_memory_used:ratio")).decimals(1).gauge(0.7, 0.9),
            value("Memory, most", "percentunit", &over("max", "seamark:host_memory_used:ratio")).decimals(1),
            value("Received", "bytes", &total("receive", "instance")).decimals(1).bar(),
            value("Sent", "bytes", &total("transmit", "instance")).decimals(1).bar(),
            value("Containers", "none", "sum by (instance) (seamark_docker_containers{$S, state=\"running\"})"),
            value("Uptime", "s", "max by (instance) (node_time_seconds{$S} - node_boot_time_seconds{$S})").decimals(0),
        ],
        ("Sent", true),
    )
}

fn speed() -> Panel {
    timeseries("Traffic by server", "Bits per second received, and below the axis sent.")
        .unit("bps")
        .by_name()
        .legend_table()
        .q("sum by (instance) (seamark:host_network_receive:bps{$S})", "in {{instance}}")
        .q("sum by (instance) (seamark:host_network_transmit:bps{$S})", "out {{instance}}")
        .below("^out")
}

fn totals() -> Panel {
    bar_gauge("Traffic by server in the time shown", "Received and sent together.")
        .unit("bytes")
        .min(0.0)
        .steps(look::plain())
        .now(
            &format!("sort_desc({} + {})", total("receive", "instance"), total("transmit", "instance")),
            "{{instance}}",
        )
}

fn efficiency() -> Panel {
    bar_gauge("Efficiency: bytes sent per CPU-second", "What a server moves for the time its cores were busy. Compare servers with the same work.")
        .unit("bytes")
        .min(0.0)
        .steps(look::plain())
        .now(
            &format!(
                "sort_desc({} / (sum by (instance) (increase(node_cpu_seconds_total{{$S, mode!~\"idle|iowait\"}}[$__range])) > 0))",
                total("transmit", "instance")
            ),
            "{{instance}}",
        )
}

fn longest() -> Panel {
    bar_gauge("Longest running containers", "Since their last start; the 15 oldest.")
        .unit("s")
        .decimals(0)
        .min(0.0)
        .steps(look::plain())
        .now(
            "sort_desc(topk(15, max by (instance, name) (time() - container_start_time_seconds{$S, name!=\"\"})))",
            "{{name}} {{instance}}",
        )
}

fn containers() -> Panel {
    let over =
        |function: &str, series: &str| format!("max by (instance, name) ({function}_over_time({series}[$__range]))");
    let cores = "seamark:container_cpu_used:cores{$S}";
    let memory = "container_memory_working_set_bytes{$S, name!=\"\"}";
    let bytes = |direction: &str| {
        format!(
            "sum by (instance, name) (increase(container_network_{direction}_bytes_total{{$S, name!=\"\"}}[$__range]))"
        )
    };
    table(
        "Containers compared",
        "Least, average and most over the time shown: what to give a container, and which could do with less.",
        vec![
            label("name", "Container")
                .link("Container", &to("seamark-container", "var-name=${__data.fields.Container}&var-instance=${__data.fields.Host}")),
            label("instance", "Host"),
            value("Running for", "s", "max by (instance, name) (time() - container_start_time_seconds{$S, name!=\"\"})").decimals(0),
            value("CPU, average", "none", &over("avg", cores)).decimals(3).bar(),
            value("CPU, least", "none", &over("min", cores)).decimals(3),
            value("CPU, most", "none", &over("max", cores)).decimals(3),
            value("Memory, average", "bytes", &over("avg", memory)).decimals(1).bar(),
            value("Memory, least", "bytes", &over("min", memory)).decimals(1),
            value("Memory, most", "bytes", &over("max", memory)).decimals(1),
            value("Received", "bytes", &bytes("receive")).decimals(1),
            value("Sent", "bytes", &bytes("transmit")).decimals(1).bar(),
            value(
                "Sent per CPU-second",
                "bytes",
                &format!(
                    "{} / (sum by (instance, name) (increase(container_cpu_usage_seconds_total{{$S, name!=\"\"}}[$__range])) > 0)",
                    bytes("transmit")
                ),
            )
            .decimals(1),
        ],
        ("Sent", true),
    )
}

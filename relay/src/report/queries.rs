//! The questions to Prometheus, in one table. They ask for what the exporters tell, not for recorded rules, so that they
//! work with any Prometheus that scrapes them.
//!
//! In each stands `$H` for the condition on hosts, `$W` for the window, `$S` for the step within it, `$R` for the time
//! over which a rate is taken, `$L`, `$P` and `$Q` for the same three of a container's life, `$F` for the file
//! systems that are looked at and `$D` for the network devices.
//!
//! A host that two exporters tell of, Seamark's and node_exporter, counts once: the outermost `max` sees to that.

use std::time::Duration;

use super::Section;

/// One question.
pub(super) struct Question {
    /// Its name, and what is missing where it has no answer.
    pub key: &'static str,
    /// For which section it is.
    pub section: Section,
    /// It is asked for the window before as well.
    pub before: bool,
    /// In PromQL.
    pub expr: &'static str,
}

const fn host(key: &'static str, expr: &'static str) -> Question {
    Question { key, section: Section::Hosts, before: false, expr }
}

const fn container(key: &'static str, expr: &'static str) -> Question {
    Question { key, section: Section::Containers, before: false, expr }
}

impl Question {
    const fn with_before(self) -> Self {
        Self { before: true, ..self }
    }
}

/// All instant questions.
pub(super) static QUESTIONS: &[Question] = &[
    host("hosts", "max by (instance) (last_over_time(node_boot_time_seconds{$H}[$W]))").with_before(),
    host("uptime", "max by (instance) (time() - node_boot_time_seconds{$H})"),
    host("reboots", "max by (instance) (resets(node_context_switches_total{$H}[$W]))"),
    host(
        "cpu",
        "max by (instance) (1 - sum by (job, instance) (increase(node_cpu_seconds_total{mode=~\"idle|iowait\",$H}[$W])) \
         / sum by (job, instance) (increase(node_cpu_seconds_total{$H}[$W])))",
    )
    .with_before(),
    host("cpu_highest", "max by (instance) (max_over_time(($CPU)[$W:$S]))"),
    host(
        "memory",
        "max by (instance) (1 - avg_over_time(node_memory_MemAvailable_bytes{$H}[$W]) / avg_over_time(node_memory_MemTotal_bytes{$H}[$W]))",
    )
    .with_before(),
    host(
        "memory_highest",
        "max by (instance) (1 - min_over_time(node_memory_MemAvailable_bytes{$H}[$W]) / max_over_time(node_memory_MemTotal_bytes{$H}[$W]))",
    ),
    host("memory_used", "max by (instance) (node_memory_MemTotal_bytes{$H} - node_memory_MemAvailable_bytes{$H})"),
    host("memory_total", "max by (instance) (node_memory_MemTotal_bytes{$H})"),
    host("swap_used", "max by (instance) (node_memory_SwapTotal_bytes{$H} - node_memory_SwapFree_bytes{$H})"),
    host("swap_total", "max by (instance) (node_memory_SwapTotal_bytes{$H} > 0)"),
    host(
        "disk_used",
        "max by (instance, device, mountpoint) (node_filesystem_size_bytes{$F} - node_filesystem_free_bytes{$F})",
    ),
    host(
        "disk_total",
        "max by (instance, device, mountpoint) (node_filesystem_size_bytes{$F} - node_filesystem_free_bytes{$F} + node_filesystem_avail_bytes{$F})",
    ),
    host(
        "disk_full_in",
        "max by (instance, device, mountpoint) (node_filesystem_avail_bytes{$F} / -(deriv(node_filesystem_avail_bytes{$F}[$W]) < 0))",
    ),
    host("received", "max by (instance) (sum by (job, instance) (increase(node_network_receive_bytes_total{$D}[$W])))")
        .with_before(),
    host("sent", "max by (instance) (sum by (job, instance) (increase(node_network_transmit_bytes_total{$D}[$W])))")
        .with_before(),
    host("received_peak", "max by (instance) (max_over_time(($IN)[$W:$S]))"),
    host("sent_peak", "max by (instance) (max_over_time(($OUT)[$W:$S]))"),
    host(
        "connections",
        "max by (instance) (sum by (job, instance) ({__name__=~\"node_sockstat_(TCP|TCP6|UDP|UDP6)_inuse\",$H}))",
    ),
    container("state", "max by (instance, name, state) (seamark_container_state{$H} == 1)"),
    container("health", "max by (instance, name, status) (seamark_container_health_status{$H} == 1)"),
    container("started", "max by (instance, name) (seamark_container_started_timestamp_seconds{$H})"),
    container("restarts", "sum by (instance, name) (round(increase(seamark_container_restarts_total{$H}[$W]))) > 0"),
    container("exits", "sum by (instance, name, reason) (round(increase(seamark_container_exits_total{$H}[$W]))) > 0"),
    container("exit_code", "max by (instance, name) (seamark_container_last_exit_code{$H})"),
    container(
        "container_cpu",
        "max by (instance, name) (sum by (job, instance, name) (increase(container_cpu_usage_seconds_total{name!=\"\",$H}[$W]))) / $SECONDS",
    ),
    container(
        "container_memory",
        "max by (instance, name) (avg_over_time(container_memory_working_set_bytes{name!=\"\",$H}[$W]))",
    ),
    container(
        "container_traffic",
        "max by (instance, name) (sum by (job, instance, name) (increase(container_network_receive_bytes_total{name!=\"\",$H}[$W])) \
         + sum by (job, instance, name) (increase(container_network_transmit_bytes_total{name!=\"\",$H}[$W])))",
    ),
    container("life_cpu", "max by (instance, name) (avg_over_time(($CORES)[$L:$P]))"),
    container("life_cpu_lowest", "max by (instance, name) (min_over_time(($CORES)[$L:$P]))"),
    container("life_cpu_highest", "max by (instance, name) (max_over_time(($CORES)[$L:$P]))"),
    container(
        "life_memory",
        "max by (instance, name) (avg_over_time(container_memory_working_set_bytes{name!=\"\",$H}[$L]))",
    ),
    container(
        "life_memory_lowest",
        "max by (instance, name) (min_over_time(container_memory_working_set_bytes{name!=\"\",$H}[$L]))",
    ),
    container(
        "life_memory_highest",
        "max by (instance, name) (max_over_time(container_memory_working_set_bytes{name!=\"\",$H}[$L]))",
    ),
];

/// The age of the oldest container, asked first: it says how far back the others have to look.
pub(super) const OLDEST_CONTAINER: &str = "max(time() - seamark_container_created_timestamp_seconds{$H})";
/// Where hosts answered, as lines.
pub(super) const PRESENCE: &str = "max by (instance) (node_boot_time_seconds{$H})";
/// The part of all processors that works.
pub(super) const CPU: &str = "max by (instance) ($CPU)";
/// The part of the memory that is used.
pub(super) const MEMORY: &str =
    "max by (instance) (1 - node_memory_MemAvailable_bytes{$H} / node_memory_MemTotal_bytes{$H})";
/// Bits a second.
pub(super) const RECEIVED: &str = "max by (instance) ($IN)";
/// Bits a second.
pub(super) const SENT: &str = "max by (instance) ($OUT)";
/// How much is too much, by check; the lowest of all hosts, so that one line is right for each of them.
pub(super) const THRESHOLDS: &str =
    "min by (check) (seamark_threshold{check=~\"host_(cpu|memory|network)\",severity=\"warning\",$H} < +Inf)";

/// Expressions that several questions are made of.
const PARTS: [(&str, &str); 4] = [
    (
        "$CPU",
        "1 - sum by (job, instance) (rate(node_cpu_seconds_total{mode=~\"idle|iowait\",$H}[$R])) \
         / sum by (job, instance) (rate(node_cpu_seconds_total{$H}[$R]))",
    ),
    ("$IN", "sum by (job, instance) (rate(node_network_receive_bytes_total{$D}[$R])) * 8"),
    ("$OUT", "sum by (job, instance) (rate(node_network_transmit_bytes_total{$D}[$R])) * 8"),
    ("$CORES", "sum by (job, instance, name) (rate(container_cpu_usage_seconds_total{name!=\"\",$H}[$Q]))"),
];

/// File systems that hold nobody's data.
const NO_FILE_SYSTEMS: &str = "fstype!~\"tmpfs|ramfs|devtmpfs|overlay|squashfs|iso9660|erofs|nsfs|proc|sysfs|cgroup2?fs|cgroup|autofs|fuse[.]lxcfs\"";
/// Devices whose traffic is counted at another one already.
const NO_DEVICES: &str = "device!~\"lo|veth.*|br-.*|docker.*|cni.*|flannel.*|cali.*|virbr.*\"";

/// What stands for the `$` words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    /// A matcher on `instance`.
    pub hosts: String,
    /// The window.
    pub window: Duration,
    /// The life of the oldest container.
    pub life: Duration,
}

/// A rate is never taken over less: the scrape interval may be a minute or two.
const SHORTEST_RATE: Duration = Duration::from_mins(5);
/// Steps within a window.
const STEPS: u32 = 288;
/// Nobody asks Prometheus for more of a container's life.
const LONGEST_LIFE: Duration = Duration::from_hours(30 * 24);

impl Words {
    /// `globs`: names of hosts in which `*` and `?` stand for anything; none stands for all.
    pub fn new(globs: &[String], window: Duration) -> Self {
        let any = globs.iter().map(|glob| regex(glob)).collect::<Vec<_>>().join("|");
        let hosts = if any.is_empty() { "instance!=\"\"".to_owned() } else { format!("instance=~\"{any}\"") };
        Self { hosts, window, life: window }
    }

    /// With the age of the oldest container.
    pub fn with_life(self, age: Duration) -> Self {
        let life = age.clamp(self.window, LONGEST_LIFE.max(self.window));
        Self { life, ..self }
    }

    /// The step within the window.
    pub fn step(&self) -> Duration {
        step(self.window)
    }

    /// The question as Prometheus is asked it.
    pub fn put_into(&self, expr: &str) -> String {
        let in_seconds = |time: Duration| format!("{}s", time.as_secs().max(1));
        let parts = PARTS.iter().fold(expr.to_owned(), |expr, (word, part)| expr.replace(word, part));
        parts
            .replace("$F", &format!("{},{NO_FILE_SYSTEMS}", self.hosts))
            .replace("$D", &format!("{},{NO_DEVICES}", self.hosts))
            .replace("$H", &self.hosts)
            .replace("$SECONDS", &self.window.as_secs().max(1).to_string())
            .replace("$S", &in_seconds(self.step()))
            .replace("$R", &in_seconds(self.step().max(SHORTEST_RATE)))
            .replace("$W", &in_seconds(self.window))
            .replace("$L", &in_seconds(self.life))
            .replace("$P", &in_seconds(step(self.life)))
            .replace("$Q", &in_seconds(step(self.life).max(SHORTEST_RATE)))
    }
}

/// A whole number of minutes, so that a day has 288 steps.
fn step(window: Duration) -> Duration {
    Duration::from_secs((window.as_secs() / u64::from(STEPS)).div_ceil(60).max(1) * 60)
}

/// A glob as a regular expression of Prometheus', which is anchored at both ends.
fn regex(glob: &str) -> String {
    let letter = |letter: char| match letter {
        '*' => ".*".to_owned(),
        '?' => ".".to_owned(),
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | ':' => letter.to_string(),
        // What would have to be escaped twice is in no host's name.
        '\\' | '"' | '^' | '[' | ']' | '\n' => ".".to_owned(),
        other => format!("[{other}]"),
    };
    glob.chars().map(letter).collect()
}

/// Whether a name fits one of the globs; with none, any does.
pub(super) fn fits(globs: &[String], name: &str) -> bool {
    globs.is_empty() || globs.iter().any(|glob| fits_one(glob.as_bytes(), name.as_bytes()))
}

fn fits_one(glob: &[u8], name: &[u8]) -> bool {
    match (glob.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            fits_one(rest, name) || name.split_first().is_some_and(|(_, behind)| fits_one(glob, behind))
        }
        (Some((b'?', rest)), Some((_, behind))) => fits_one(rest, behind),
        (Some((letter, rest)), Some((first, behind))) => letter == first && fits_one(rest, behind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_every_question_is_replaced() {
        let words = Words::new(&["web-*".to_owned(), "db.1".to_owned()], Duration::from_hours(24));
        let others = [OLDEST_CONTAINER, PRESENCE, CPU, MEMORY, RECEIVED, SENT, THRESHOLDS];
        for expr in QUESTIONS.iter().map(|question| question.expr).chain(others) {
            let asked = words.put_into(expr);
            assert!(!asked.contains('$'), "{asked}");
            assert!(asked.contains(r#"instance=~"web-.*|db[.]1""#), "{asked}");
        }
    }

    #[test]
    fn a_day_is_looked_at_every_five_minutes_and_a_month_every_two_and_a_half_hours() {
        let asked = |hours| Words::new(&[], Duration::from_hours(hours)).put_into("[$W:$S] [$R]");
        assert_eq!(asked(24), "[86400s:300s] [300s]");
        assert_eq!(asked(1), "[3600s:60s] [300s]");
        assert_eq!(asked(30 * 24), "[2592000s:9000s] [9000s]");
    }

    #[test]
    fn names_fit_globs() {
        let globs = ["web-?".to_owned(), "db*".to_owned()];
        let fitting = ["web-1", "db", "db-9", "web-12", "a-db"].map(|name| fits(&globs, name));
        assert_eq!(fitting, [true, true, true, false, false]);
        assert!(fits(&[], "anything"));
    }
}

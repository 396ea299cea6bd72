//! The alerts whose names the relay knows: what they measure, and what they are called in the reader's language.

use super::alert::{NAME, annotation};
use super::catalogue::Arg;
use super::unit::{Unit, people};
use super::{Voice, excerpt};
use crate::alert::Alert;

/// A rule of the project that measures something.
struct Measure {
    alert: &'static str,
    unit: Unit,
    /// The label that says of what, where a host has several.
    object: Option<&'static str>,
}

const MEASURES: &[Measure] = &[
    Measure { alert: "HostCpuHigh", unit: Unit::Usage, object: None },
    Measure { alert: "HostMemoryHigh", unit: Unit::Usage, object: None },
    Measure { alert: "HostSwapHigh", unit: Unit::Usage, object: None },
    Measure { alert: "HostDiskSpaceHigh", unit: Unit::Usage, object: Some("mountpoint") },
    Measure { alert: "HostInodesHigh", unit: Unit::Usage, object: Some("mountpoint") },
    Measure { alert: "HostNetworkReceiveHigh", unit: Unit::BitsPerSecond, object: Some("device") },
    Measure { alert: "HostNetworkTransmitHigh", unit: Unit::BitsPerSecond, object: Some("device") },
    Measure { alert: "HostConnectionsHigh", unit: Unit::Count, object: None },
];

/// Rules of the project that do not measure; `alert-name` of the catalogues has words for these and for [`MEASURES`].
const STATES: &[&str] = &[
    "HostDown",
    "DockerUnavailable",
    "SeamarkRelayDown",
    "ContainerCrashed",
    "ContainerExitedUnexpectedly",
    "ContainerRestarted",
    "ContainerRestartLoop",
    "ContainerUnhealthyEvent",
    "ContainerRemovedUnexpectedly",
    "ContainerStopped",
    "ContainerStarted",
    "HostDiskWillFillSoon",
    "HostFilesystemReadOnly",
    "HostFilesystemError",
    "HostDiskIoSaturated",
    "HostLoadHigh",
    "HostOomKill",
    "HostMemoryPressure",
    "HostIoPressure",
    "HostCpuSteal",
    "HostRebooted",
    "HostClockSkew",
    "HostTooManyOpenFiles",
    "HostTemperatureHigh",
    "HostSystemdUnitFailed",
    "HostRaidDegraded",
    "HostConntrackNearLimit",
    "HostNetworkErrors",
    "HostTcpListenDrops",
    "HostTcpRetransmitsHigh",
    "ContainerMissing",
    "ContainerNotRunning",
    "ContainerPaused",
    "ContainerOomKilled",
    "ContainerRestarting",
    "ContainerStartFailed",
    "ContainerCpuHigh",
    "ContainerCpuThrottled",
    "ContainerMemoryHigh",
    "ContainerMemoryPressure",
    "ContainerNetworkHigh",
    "ContainerPidsNearLimit",
    "ContainerLogLarge",
    "ContainerImageChanged",
    "ContainerImageOutdated",
    "ContainerLabelMalformed",
    "ContainerUnhealthy",
    "ContainerHealthStartingTooLong",
    "ContainerHealthFailingStreak",
    "ContainerHealthcheckMissing",
    "ContainerHealthcheckSlow",
    "ProbeFailed",
    "ProbeSlow",
    "ProbeHttpStatusBad",
    "CertificateExpiresSoon",
    "CertificateExpiresVerySoon",
    "ServiceDown",
    "HttpErrorRateHigh",
    "HttpLatencyHigh",
    "HttpTrafficStopped",
    "AppJobFailuresHigh",
    "AppExternalApiErrors",
    "PostgresDown",
    "PostgresConnectionsHigh",
    "PostgresLongTransaction",
    "PostgresDeadlocks",
    "PostgresCacheHitLow",
    "PostgresRollbacksHigh",
    "PostgresReplicationLag",
    "PostgresExporterError",
    "RedisDown",
    "RedisMemoryHigh",
    "RedisConnectionsHigh",
    "RedisRejectedConnections",
    "RedisHitRatioLow",
    "RedisEvictions",
    "RedisRdbSaveFailed",
    "NginxDown",
    "NginxConnectionsDropped",
    "NginxRequestsDropToZero",
    "CeleryWorkerDown",
    "CeleryNoWorkers",
    "CeleryQueueBacklog",
    "CeleryQueueBacklogCritical",
    "CeleryTaskFailuresHigh",
    "CeleryTaskSlow",
    "MicroserviceDown",
    "MicroserviceFlapping",
    "MicroserviceDegraded",
    "StorageSpaceLow",
    "StorageCountFailed",
    "DockerDiskUsageHigh",
    "DockerReclaimableSpace",
    "MongodbDown",
    "MysqlDown",
    "SeamarkCollectorFailing",
    "SeamarkCollectorStuck",
    "SeamarkEventStreamDown",
    "SeamarkAlertmanagerUnreachable",
    "SeamarkEventAlertsDropped",
    "SeamarkStateFileUnwritable",
    "SeamarkScrapeSlow",
    "SeamarkConfigReloadFailed",
    "SeamarkWatchdogMissing",
    "SeamarkNotificationsFailing",
    "SeamarkChannelRefused",
    "SeamarkOutboxStuck",
    "SeamarkDeadLetters",
    "SeamarkRateLimited",
    "SeamarkWebhookRefused",
    "SeamarkWebhookTooLarge",
    "SeamarkWebhookUnauthorized",
    "SeamarkStoreFailing",
    "SeamarkRequestsLimited",
    "SeamarkUnknownChannel",
    "SeamarkTemplateErrors",
    "SeamarkPanelStale",
    "SeamarkReportDue",
    "SeamarkReportMissed",
    "SeamarkReportFailing",
    "Watchdog",
    "PrometheusRuleFailures",
    "PrometheusConfigReloadFailed",
    "PrometheusTargetFileUnreadable",
    "PrometheusNotConnectedToAlertmanager",
    "PrometheusNotificationsDropped",
    "PrometheusStorageNearRetention",
    "AlertmanagerConfigReloadFailed",
    "AlertmanagerNotificationsFailing",
    "AlertmanagerClusterDegraded",
    "MonitoringTargetDown",
];

/// What a rule of the project is called in the reader's language; `None` for everybody else's rules.
pub(super) fn known_name(voice: &Voice, name: &str) -> Option<String> {
    let mut names = MEASURES.iter().map(|measure| measure.alert).chain(STATES.iter().copied());
    let known = names.find(|known| *known == name)?;
    Some(voice.words("alert-name", &[("alert", Arg::Choice(known))]))
}

/// What an alert measured: `85.2% (threshold 80%)`.
pub(super) struct Reading {
    /// What was measured, such as `Disk usage (/data)`; `None` where the rule is not known.
    pub(super) name: Option<String>,
    /// How much there is, or was.
    pub(super) value: String,
    /// How much is too much.
    pub(super) threshold: Option<String>,
}

impl Reading {
    /// `None` where the alert has no annotation `value`.
    pub(super) fn of(voice: &Voice, alert: &Alert) -> Option<Self> {
        let measure = MEASURES.iter().find(|measure| measure.alert == alert.name());
        let unit = annotation(alert, "unit").and_then(Unit::from_word);
        let unit = unit.or(measure.map(|measure| measure.unit)).unwrap_or(Unit::Count);
        let name = measure.and_then(|measure| {
            let words = known_name(voice, measure.alert)?;
            let object = measure.object.and_then(|label| alert.labels.get(label));
            Some(match object {
                Some(object) => voice.words(
                    "measure-of",
                    &[("measure", Arg::from(&words)), ("object", Arg::from(&excerpt(object, NAME)))],
                ),
                None => words,
            })
        });
        let in_words = |text: &str| excerpt(&people(voice, text, unit), NAME);
        Some(Self {
            name,
            value: in_words(annotation(alert, "value")?),
            threshold: annotation(alert, "threshold").map(in_words),
        })
    }

    /// Value and threshold.
    pub(super) fn words(&self, voice: &Voice) -> String {
        match &self.threshold {
            Some(threshold) => {
                voice.words("reading", &[("value", Arg::from(&self.value)), ("threshold", Arg::from(threshold))])
            }
            None => self.value.clone(),
        }
    }

    /// What was measured and how much of it; `None` where the rule is not known.
    pub(super) fn summary(&self, voice: &Voice) -> Option<String> {
        let value = ("value", Arg::from(&self.words(voice)));
        Some(voice.words("measure-is", &[("measure", Arg::from(self.name.as_ref()?)), value]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::compose::Locale;

    fn rules_of_the_project() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prometheus/rules");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let texts = files.filter(|path| path.extension().is_some_and(|end| end == "yml"));
        let texts = texts.map(|path| fs::read_to_string(path).unwrap());
        let names = |text: String| {
            text.lines().filter_map(|line| Some(line.trim().strip_prefix("- alert: ")?.to_owned())).collect::<Vec<_>>()
        };
        texts.flat_map(names).collect()
    }

    #[test]
    fn every_rule_of_the_project_has_a_name_of_its_own_in_every_language() {
        let rules = rules_of_the_project();
        assert!(rules.contains("HostCpuHigh") && rules.contains("Watchdog"), "{rules:?}");
        for (_, locale) in Locale::CHOICES {
            let voice = Voice::new(*locale, TimeZone::UTC);
            let default = known_name(&voice, "HostCpuHigh");
            for rule in &rules {
                let name = known_name(&voice, rule);
                assert!(name.is_some(), "{rule}");
                assert!(rule == "HostCpuHigh" || name != default, "{rule} has no words in {locale:?}");
            }
        }
    }
}

# Seamark relay, English. Every language has the same keys with the same variables.
# $container, $host and the like are names; counts are numbers and may take plural forms.

## Containers

crash-title = 💥 { $container } { $cause ->
    [oom] ran out of memory
   *[other] crashed
} on { $host } (exit code { $code })
crash-body = Container { $container } on { $host } ended unexpectedly: { $cause }.
crash-body-after = Container { $container } on { $host } ended unexpectedly after running for { $uptime }: { $cause }.
crash-over-title = ✅ { $container } recovered on { $host } after { $duration }
crash-over-body = The crash of container { $container } on { $host } (exit code { $code }) is over; it lasted { $duration }.

restarted-title = 🔄 { $container } restarted on { $host } (exit code { $code })
restarted-body = Container { $container } on { $host } ended and was started again at once. Cause: { $cause }.
stopped-title = 🛑 { $container } was stopped on { $host } (exit code { $code })
stopped-body = Container { $container } on { $host } was asked to stop, and has stopped.
started-title = 🟢 { $container } started on { $host }
started-body = Container { $container } on { $host } is running.

unhealthy-title = 🤒 { $container } is unhealthy on { $host }
unhealthy-body = The health check of container { $container } on { $host } fails.
unhealthy-body-streak = { $count ->
    [one] The last health check of container { $container } on { $host } has failed.
   *[other] The last { $count } health checks of container { $container } on { $host } have failed.
}
unhealthy-over-title = { $how ->
    [healthy] ✅ { $container } is healthy again on { $host } after { $duration }
    [restarted] 🔄 { $container } was restarted on { $host } after being unhealthy for { $duration }
    [down] ⏹️ { $container } has ended on { $host } after being unhealthy for { $duration }
    [removed] 🗑️ { $container } was removed from { $host } after being unhealthy for { $duration }
   *[other] ☑️ { $container } is no longer reported as unhealthy on { $host } after { $duration }
}
unhealthy-over-body = { $how ->
    [healthy] The health check of container { $container } on { $host } succeeds again; it failed for { $duration }.
    [restarted] Container { $container } on { $host } runs anew; what its health check says now is not known yet.
    [down] Container { $container } on { $host } no longer runs, so its health is no longer checked.
    [removed] Container { $container } no longer exists on { $host }.
   *[other] Nothing has been heard of the health of container { $container } on { $host } lately.
}
loop-title = 🔁 { $container } keeps restarting on { $host } (exit code { $code })
loop-body = { $count ->
    [one] Docker has started container { $container } on { $host } again { $count } time within 15 minutes. The last cause: { $cause }.
   *[other] Docker has started container { $container } on { $host } again { $count } times within 15 minutes. The last cause: { $cause }.
}
loop-over-title = { $how ->
    [calm] ✅ { $container } runs without restarts again on { $host }
    [down] ⏹️ { $container } no longer restarts on { $host }: it is down
    [removed] 🗑️ { $container } no longer restarts on { $host }: it was removed
   *[other] ☑️ { $container } is no longer reported as restarting on { $host }
}
loop-over-body = { $how ->
    [calm] Container { $container } on { $host } has run for ten minutes. The loop lasted { $duration }.
   *[other] The restarts of container { $container } on { $host } are over; they went on for { $duration }.
}
removed-title = 🗑️ { $container } was removed unexpectedly from { $host }
removed-body = Container { $container } on { $host } was removed by force, has vanished, or is missed, and nothing has taken its place within half a minute.

cause-exit = the program exited with code { $code }
cause-oom = it ran out of memory and the kernel killed it
cause-killed = it was killed (SIGKILL), perhaps because memory ran out
cause-aborted = the program aborted itself (SIGABRT)
cause-segfault = the program accessed memory that is not its own (SIGSEGV, segmentation fault)
cause-signal = the signal { $signal } ended it
cause-not-executable = its command could not be executed (exit code 126)
cause-not-found = its command was not found (exit code 127)
cause-clean = the program ended by itself without an error
cause-stopped = it was asked to stop
cause-unknown = the reason is not known

restart-policy = { $policy ->
    [no] none
    [always] always
    [unless-stopped] unless stopped
    [on-failure] on failure
   *[other] { $words }
}
restart-policy-limited = on failure, at most { $count ->
    [one] { $count } time
   *[other] { $count } times
}

## Alerts of every kind

firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $summary }
resolved-title = ✅ Resolved, was: { $summary }
resolved-title-after = ✅ Resolved after { $duration }, was: { $summary }
resolved-body = While it was firing: { $description }
severity = { $severity ->
    [critical] critical
    [info] info
   *[warning] warning
}

alert-name = { $alert ->
    [HostMemoryHigh] Memory usage
    [HostSwapHigh] Swap usage
    [HostDiskSpaceHigh] Disk usage
    [HostInodesHigh] Inode usage
    [HostNetworkReceiveHigh] Incoming traffic
    [HostNetworkTransmitHigh] Outgoing traffic
    [HostConnectionsHigh] Connections
    [HostDown] Host does not answer
    [DockerUnavailable] Docker does not answer
    [SeamarkRelayDown] The relay does not answer
    [ContainerCrashed] Container crashed
    [ContainerExitedUnexpectedly] Container exited
    [ContainerRestarted] Container restarted
    [ContainerRestartLoop] Container keeps restarting
    [ContainerUnhealthyEvent] Container unhealthy
    [ContainerRemovedUnexpectedly] Container removed unexpectedly
    [ContainerStopped] Container stopped
    [ContainerStarted] Container started
    [HostDiskWillFillSoon] Disk will be full soon
    [HostFilesystemReadOnly] File system has become read-only
    [HostFilesystemError] File system cannot be looked at
    [HostDiskIoSaturated] Disk is busy without a pause
    [HostLoadHigh] Load is high
    [HostOomKill] Process killed for want of memory
    [HostMemoryPressure] Host stands still for want of memory
    [HostIoPressure] Host stands still waiting for its disks
    [HostCpuSteal] Hypervisor takes CPU time away
    [HostRebooted] Host has been rebooted
    [HostClockSkew] Clock is off
    [HostTooManyOpenFiles] Running out of file handles
    [HostTemperatureHigh] Temperature is high
    [HostSystemdUnitFailed] systemd unit has failed
    [HostRaidDegraded] RAID lacks a disk
    [HostConntrackNearLimit] Connection table is nearly full
    [HostNetworkErrors] Network device has errors
    [HostTcpListenDrops] Connections are turned away
    [HostTcpRetransmitsHigh] Many TCP retransmissions
    [ContainerMissing] Container is missing
    [ContainerNotRunning] Container is not running
    [ContainerPaused] Container is paused
    [ContainerOomKilled] Process in container killed for want of memory
    [ContainerRestarting] Container does not come back
    [ContainerStartFailed] Container could not be started
    [ContainerCpuHigh] CPU of container is busy
    [ContainerCpuThrottled] Container is held back by its CPU limit
    [ContainerMemoryHigh] Container is near its memory limit
    [ContainerMemoryPressure] Container stands still for want of memory
    [ContainerNetworkHigh] Container has much traffic
    [ContainerPidsNearLimit] Container is running out of threads
    [ContainerLogLarge] Log of container is large
    [ContainerImageChanged] Container has another image
    [ContainerImageOutdated] Container runs an old image
    [ContainerLabelMalformed] Label of container says nothing
    [ContainerUnhealthy] Container is unhealthy
    [ContainerHealthStartingTooLong] Container does not become healthy
    [ContainerHealthFailingStreak] Health checks have begun to fail
    [ContainerHealthcheckMissing] Container has no health check
    [ContainerHealthcheckSlow] Health check is slow
    [ProbeFailed] Probe fails
    [ProbeSlow] Probe is answered slowly
    [ProbeHttpStatusBad] Bad HTTP status
    [CertificateExpiresSoon] Certificate expires soon
    [CertificateExpiresVerySoon] Certificate expires very soon
    [ServiceDown] Service does not answer
    [HttpErrorRateHigh] Many HTTP errors
    [HttpLatencyHigh] HTTP answers are slow
    [HttpTrafficStopped] No HTTP requests any more
    [AppJobFailuresHigh] Jobs fail
    [AppExternalApiErrors] External API refuses requests
    [PostgresDown] PostgreSQL does not answer
    [PostgresConnectionsHigh] PostgreSQL is running out of connections
    [PostgresLongTransaction] Transaction does not end
    [PostgresDeadlocks] Deadlock in PostgreSQL
    [PostgresCacheHitLow] PostgreSQL reads much from the disk
    [PostgresRollbacksHigh] Many rollbacks in PostgreSQL
    [PostgresReplicationLag] PostgreSQL replica lags behind
    [PostgresExporterError] postgres_exporter cannot read everything
    [RedisDown] Redis does not answer
    [RedisMemoryHigh] Redis has nearly filled its memory
    [RedisConnectionsHigh] Redis is running out of connections
    [RedisRejectedConnections] Redis turns clients away
    [RedisHitRatioLow] Redis rarely has what it is asked for
    [RedisEvictions] Redis throws keys away
    [RedisRdbSaveFailed] Redis cannot save its data
    [NginxDown] nginx does not answer
    [NginxConnectionsDropped] nginx drops connections
    [NginxRequestsDropToZero] nginx has no requests any more
    [CeleryWorkerDown] Celery worker is gone
    [CeleryNoWorkers] No Celery worker is left
    [CeleryQueueBacklog] Tasks wait in a Celery queue
    [CeleryQueueBacklogCritical] Very many tasks wait in a Celery queue
    [CeleryTaskFailuresHigh] Celery task fails
    [CeleryTaskSlow] Celery task takes long
    [MicroserviceDown] Microservice does not answer
    [MicroserviceFlapping] Microservice comes and goes
    [MicroserviceDegraded] Some replicas do not answer
    [StorageSpaceLow] Storage is nearly full
    [StorageCountFailed] Storage cannot be counted
    [DockerDiskUsageHigh] Docker fills the disk
    [DockerReclaimableSpace] Docker could be tidied up
    [MongodbDown] MongoDB does not answer
    [MysqlDown] MySQL does not answer
    [SeamarkCollectorFailing] Collector cannot read everything
    [SeamarkCollectorStuck] Collector hangs
    [SeamarkEventStreamDown] No events of Docker arrive
    [SeamarkAlertmanagerUnreachable] Exporter does not reach Alertmanager
    [SeamarkEventAlertsDropped] Alerts did not reach Alertmanager
    [SeamarkStateFileUnwritable] State file cannot be written
    [SeamarkScrapeSlow] Scrapes are slow
    [SeamarkConfigReloadFailed] New configuration was refused
    [SeamarkWatchdogMissing] Alertmanager is silent
    [SeamarkNotificationsFailing] Nothing gets through to a channel
    [SeamarkChannelRefused] Channel is gone, or its token is wrong
    [SeamarkOutboxStuck] Messages wait
    [SeamarkDeadLetters] Messages were refused for good
    [SeamarkRateLimited] Chat slows the relay down
    [SeamarkWebhookRefused] Request was no notification
    [SeamarkWebhookTooLarge] Notification was too large
    [SeamarkWebhookUnauthorized] Calls without the right token
    [SeamarkStoreFailing] Relay cannot store what it is sent
    [SeamarkRequestsLimited] Relay is called too often
    [SeamarkUnknownChannel] Unknown channel
    [SeamarkTemplateErrors] Template fails
    [SeamarkPanelStale] Status panel is old
    [SeamarkReportDue] Report is due
    [SeamarkReportMissed] Report was missed
    [SeamarkReportFailing] Report cannot be made
    [Watchdog] Alerting works
    [PrometheusRuleFailures] Prometheus cannot evaluate rules
    [PrometheusConfigReloadFailed] Prometheus refused its configuration
    [PrometheusTargetFileUnreadable] File of targets cannot be read
    [PrometheusNotConnectedToAlertmanager] Prometheus knows no Alertmanager
    [PrometheusNotificationsDropped] Prometheus could not hand over alerts
    [PrometheusStorageNearRetention] Prometheus deletes history to keep its size
    [AlertmanagerConfigReloadFailed] Alertmanager refused its configuration
    [AlertmanagerNotificationsFailing] Alertmanager cannot deliver notifications
    [AlertmanagerClusterDegraded] Alertmanagers have lost each other
    [MonitoringTargetDown] Part of the monitoring does not answer
   *[HostCpuHigh] CPU usage
}
unnamed-alert = Alert without a name
list-separator = {", "}
measure-of = { $measure } ({ $object })
measure-is = { $measure } at { $value }
reading = { $value } (threshold { $threshold })

group-firing-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $firing ->
    [one] { $firing } alert
   *[other] { $firing } alerts
} firing: { $subject }
group-mixed-title = { $severity ->
    [critical] 🔴
    [info] ℹ️
   *[warning] ⚠️
} { $firing } firing, { $resolved } resolved: { $subject }
group-resolved-title = ✅ { $resolved ->
    [one] { $resolved } alert
   *[other] { $resolved } alerts
} resolved: { $subject }

field-container = 📦 Container
field-host = 🖥️ Host
field-exit-code = 🔢 Exit code
field-restart-policy = 🔄 Restart policy
field-uptime = ⏱️ Had run for
field-time = ⏰ Time
field-severity = 🚦 Severity
field-value = 📊 Value
field-value-then = 📊 Value while firing
field-threshold = 📏 Threshold
field-since = ⏰ Since
field-began = ⏰ Began
field-ended = 🏁 Ended
field-duration = ⏱️ Lasted
field-check-output = 📋 Output of the check
field-log = 📋 Last lines of the log
field-labels = 🏷️ Labels
more-labels = { $count ->
    [one] and { $count } more label
   *[other] and { $count } more labels
}

link-runbook = 📖 Runbook
link-dashboard = 📈 Dashboard
link-source = 🔎 Source
link-silence = 🔕 Silence

## Many at once

over-before-told = { $count ->
    [one] { $count } alert was resolved before the message that it fires could be sent.
   *[other] { $count } alerts were resolved before the messages that they fire could be sent.
}
digest-storm-title = 🌊 { $alerts ->
    [one] { $alerts } alert
   *[other] { $alerts } alerts
} of { $groups ->
    [one] { $groups } group
   *[other] { $groups } groups
} at once: { $totals }
digest-catch-up-title = 🕰️ Catching up with { $alerts ->
    [one] { $alerts } alert
   *[other] { $alerts } alerts
} of { $groups ->
    [one] { $groups } group
   *[other] { $groups } groups
} that waited for this chat: { $totals }
digest-firing = { $severity ->
    [critical] 🔴 { $count } critical
    [info] ℹ️ { $count } info
   *[warning] ⚠️ { $count } warning
}
digest-resolved = ✅ { $count } resolved
digest-between = {", "}
digest-since = since { $began }
digest-lasted = since { $began }, lasted { $duration }

## Around a message

more-items = { $number } more not shown here.
maybe-repeated = ↻ May be a repeat: an earlier try may have arrived.
cut-by-alertmanager = { $count ->
    [one] Alertmanager left out { $count } more alert.
   *[other] Alertmanager left out { $count } more alerts.
}
unknown-channel = Sent here because there is no such channel, or it is off: { $names }
unknown-host = unknown host
unknown-container = unknown
unknown-code = unknown
unreadable-title = ❓ A stored notification can no longer be read: { $problem }

## The relay itself

notice-started-title = 🟢 Seamark relay started
notice-started-body = Version { $version }. Channels in use: { $channels }.
notice-started-off = Off, because they have no address: { $channels }.
notice-started-alone = No fallback_channel is set: unless Alertmanager's receiver “fallback” has an address of its own, nobody would hear of my death.
notice-stopping-title = 🛑 Seamark relay is stopping
notice-stopping-body = Alertmanager keeps its notifications until the relay is back.
notice-watchdog-missing-title = 🔴 Alertmanager's Watchdog is missing
notice-watchdog-missing-body = The Watchdog alert always fires, and nothing has been heard of it for five minutes: other alerts may not arrive either. Check whether Prometheus and Alertmanager are running.
notice-watchdog-back-title = ✅ Alertmanager's Watchdog is back
notice-watchdog-back-body = Alerts from Prometheus and Alertmanager arrive again.
notice-test-title = 🧪 Test message of the Seamark relay
notice-test-body = Nothing has happened. Somebody ran send-test to see whether messages arrive here.

## Trouble with a channel, told in the fallback channel

trouble-dead-title = 🪦 Channel { $channel } refused a message for good
trouble-dead-body = “{ $title }” was refused in every form: { $reason }. `seamark-relay dead-letters list` shows it, and others that may follow for the same reason.
trouble-gone-title = 🔌 Channel { $channel } cannot be reached any more
trouble-gone-body = The chat says that the destination is gone or that the token is wrong: { $reason }. Its messages are kept. Correct its address in relay.yml and reload.
trouble-back-title = ✅ Channel { $channel } takes messages again
trouble-back-body = What waited for it is sent now.
trouble-moved-title = 📦 Channel { $channel } has moved
trouble-moved-body = It is now { $reason }. The relay has followed; please change relay.yml as well.

## Durations

duration-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
duration-hours = { $hours } h
duration-minutes = { $minutes } min
duration-seconds = { $seconds } s
duration-instant = less than 1 s

## Reports

report-title = 📊 { $name }: { $verdict }
report-title-of = {" "}({ $of })
report-verdict-well = ✅ all well
report-verdict-problems = { $severity ->
    [critical] 🔴
   *[warning] ⚠️
} { $count ->
    [one] { $count } open problem
   *[other] { $count } open problems
}
report-verdict-gaps = ⚠️ nothing wrong is known, but not everything could be checked
report-count-hosts = { $count ->
    [one] { $count } host
   *[other] { $count } hosts
}
report-count-containers = { $count ->
    [one] { $count } container
   *[other] { $count } containers
}
report-line = { $what }: { $value }
report-between = {", "}
report-more = and { $count ->
    [one] { $count } more
   *[other] { $count } more
}
report-problems = 🚨 Open problems
report-for = for { $duration }
report-silenced = 🔕 silenced
report-alerts = 🔔 Alerts
report-quiet = Nothing fired.
report-fired = Fired: { $fired } (before: { $before }), resolved: { $resolved }
report-longest = Longest: { $what }, { $duration }{ $still ->
    [open] {" "}and still firing
   *[over] {""}
}
report-noisiest = Most often: { $rules }
report-alerts-cut = There were more alerts than are counted here.
report-cpu = CPU
report-memory = Memory
report-swap = Swap
report-disk = Disk ({ $mountpoint })
report-received = In
report-sent = Out
report-connections = Connections
report-uptime = Uptime
report-at-most = max { $value }
report-in-all = { $bytes } in all
report-full-in = full in about { $duration }
report-reboots = 🔄 rebooted { $count ->
    [one] { $count } time
   *[other] { $count } times
}
report-down = does not answer
report-no-data = ⚠️ No data { $from } – { $to }
report-hosts = 🖥️ Hosts
report-columns = Host, CPU, memory, fullest disk:
report-had-gaps = ⚠️ Without data for a time: { $hosts }
report-containers = 🐳 Containers: { $count }, running: { $running }
report-unhealthy = unhealthy: { $count }
report-state = { $state ->
    [exited] exited
    [paused] paused
    [created] created
    [restarting] restarting
    [removing] being removed
    [dead] dead
   *[running] running
}
report-health = { $health ->
    [unhealthy] unhealthy
    [starting] health check starting
   *[healthy] healthy
}
report-state-health = { $state } ({ $health })
report-exit-code = exit code { $code }
report-restarts = { $count ->
    [one] { $count } restart
   *[other] { $count } restarts
}
report-exit = { $reason ->
    [crash] crash
    [oom] out of memory
    [signal] killed by a signal
    [stopped] stopped
    [clean] ended by itself
   *[unknown] unknown reason
}
report-ends = Restarts and exits
report-top-cpu = Most CPU
report-top-memory = Most memory
report-top-traffic = Most traffic
report-life = { $container }, over its life: CPU { $cpu }, memory { $memory }
report-records = 🏆 Records
report-record-traffic = Traffic of all hosts: { $bytes } (sent: { $sent })
report-record-champion = Champion by traffic: { $host }, { $bytes }
report-record-busiest = Busiest host: { $host }, CPU { $share } on average
report-record-longest = Longest running container: { $container }, { $duration }
report-record-full = First disk to be full: { $disk }, in about { $duration }
report-gaps = 🕳️ What is missing
report-gap-no-prometheus = No numbers: no Prometheus is set in relay.yml.
report-gap-prometheus = Prometheus did not answer everything, so some numbers are missing: { $why }
report-gap-alertmanager = Alertmanager did not answer; the open problems are those that the relay has heard of, silenced ones included: { $why }
report-gap-record = The relay’s own record of alerts cannot be read: { $why }
report-gap-hosts = Prometheus knows nothing of: { $hosts }
report-window = ⏰ { $from } – { $to }
report-next = next: { $at }
report-way-late = 🕰️ Late: it was due at { $due }.
report-way-by-relay = 🛟 Alertmanager did not ask for it, so the relay sends it by itself. Check whether Alertmanager is running.
report-way-on-demand = 👤 Sent on request.
amount-bytes = { $number } { $unit ->
    [kib] KiB
    [mib] MiB
    [gib] GiB
    [tib] TiB
    [pib] PiB
   *[b] B
}
amount-bits = { $number } { $unit ->
    [kbps] kbps
    [mbps] Mbps
    [gbps] Gbps
    [tbps] Tbps
   *[bps] bps
}
amount-cores = { $number } cores
chart-cpu = CPU usage
chart-memory = Memory usage
chart-network = Traffic
chart-received = in
chart-sent = out
chart-threshold = threshold { $value }
chart-no-data = no data
chart-left-out = { $count ->
    [one] { $count } more host is not drawn
   *[other] { $count } more hosts are not drawn
}
chart-describes = Charts of { $what } from { $from } to { $to }

## Panel

panel-title = { $light } { $up } of { $hosts ->
    [one] { $hosts } server
   *[other] { $hosts } servers
} up
panel-running = { $running } of { $containers ->
    [one] { $containers } container
   *[other] { $containers } containers
} running
panel-no-hosts = 🟡 Prometheus knows no server yet
panel-waiting = 🟡 Waiting for the first figures
panel-unknown = 🟡 No new figures: { $problem }
panel-stopped = ⏹️ The relay stopped at { $time }; this is no longer kept up to date
panel-cpu = CPU { $value }
panel-memory = RAM { $used } of { $total }
panel-disk = disk { $mount } { $value }
panel-up-for = up { $duration }
panel-host-down = does not answer
panel-host-silent = answers, but there are no figures of it
panel-docker-down = Docker does not answer: what is said of its containers is old
panel-state = { $state ->
    [running] running
    [healthy] healthy
    [unhealthy] unhealthy
    [starting] health check starting
    [exited] ended
    [restarting] restarting
    [paused] paused
    [created] never started
    [dead] dead
    [removing] being removed
    [missing] missing
   *[other] state unknown
}
panel-ended = { $reason ->
    [clean] finished
    [stopped] stopped
    [crash] crashed
    [oom] out of memory
    [signal] killed
   *[other] ended
} ({ $code })
panel-ago = { $duration } ago
panel-last-exit = last end: { $exit }
panel-restarts = { $count ->
    [one] { $count } restart
   *[other] { $count } restarts
}
panel-more-containers = … and { $count ->
    [one] { $count } more container
   *[other] { $count } more containers
}: { $lights }
panel-more-hosts = … and { $count ->
    [one] { $count } more server
   *[other] { $count } more servers
}
panel-missing = ⚠️ Some figures are missing: { $problems }
panel-updated = 🕒 As of { $time }

## Bot

bot-start-title = 👋 What would you like to know?
bot-start-body = Choose a server or a question.
bot-command-start = Servers and questions as buttons
bot-command-status = All servers at a glance
bot-command-server = One server in detail
bot-command-top = Who takes most CPU, memory and traffic
bot-command-containers = Containers, of all servers or of one
bot-command-alerts = What fires now
bot-command-silence = Silence an alert for a while
bot-command-report = Have a report made now
bot-command-help = What I can do
bot-help-title = ❓ What I can do
bot-button-status = 📊 Overview
bot-button-top = 🏆 Top
bot-button-containers = 📦 Containers
bot-button-alerts = 🚨 Alerts
bot-button-silence = 🔕 Silence
bot-button-report = 📰 Report
bot-button-help = ❓ Help
bot-button-refresh = 🔄 Refresh
bot-button-back = ⬅️ Back
bot-button-undo = ↩️ Undo
bot-button-hours = { $hours } h
bot-longest = ⏳ Running longest: { $container } on { $host }, { $duration }
bot-traffic = 📤 Traffic of all containers: ↓ { $received } ↑ { $sent }
bot-champion = 🏅 Most traffic: { $host }, { $amount }
bot-field-memory = 🧠 Memory
bot-field-disks = 💾 Disks
bot-field-network = 🌐 Network
bot-field-uptime = ⏱️ Up for
bot-field-containers = 📦 Containers
bot-average = on average { $cpu }, { $memory }
bot-top-title = 🏆 Who takes most
bot-top-cpu = CPU
bot-top-memory = Memory
bot-top-traffic = Traffic
bot-containers-title = 📦 Containers
bot-containers-none = There are no containers.
bot-alerts-title = 🚨 { $count ->
    [one] { $count } alert fires
   *[other] { $count } alerts fire
}
bot-alerts-none = ✅ Nothing fires
bot-alert-since = since { $time }
bot-alert-silenced = 🔕 silenced
bot-alert-kept-back = 🔇 kept back
bot-silence-which = 🔕 Which alert is to be silenced?
bot-silence-none = ✅ Nothing fires that could be silenced
bot-silence-what = 🔕 What is to be silenced?
bot-silence-how-long = 🔕 For how long?
bot-scope-alert = This alert only
bot-scope-host = All of server { $host }
bot-scope-container = All of container { $container }
bot-silenced-title = 🔕 Silenced until { $time }
bot-silenced-body = Whatever has { $matchers }. Made by { $who }.
bot-unsilenced-title = 🔔 The silence is over
bot-unsilenced-body = Ended by { $who }; alerts are told again.
bot-silence-comment = Made in Telegram by { $who }
bot-alert-gone = ☑️ This alert no longer fires
bot-report-which = 📰 Which report?
bot-report-none = 📰 No report is configured
bot-report-started = 📰 The report { $name } is being prepared for channel { $channel }
bot-report-again = 📰 The report { $name } was asked for a moment ago; it comes once, in channel { $channel }
bot-unknown-server = ❓ There is no server { $name }
bot-unknown-report = ❓ There is no report { $name }
bot-unknown-command = ❓ I do not know { $command }
bot-failed = ⚠️ That did not work: { $problem }
bot-no-prometheus = ⚠️ No Prometheus is configured, so there are no figures
bot-no-alertmanager = ⚠️ No Alertmanager is configured
bot-slow-down = ⏳ Too much at once. Please wait a few seconds.
bot-more-lines = … and { $count } more

#!/usr/bin/env bash
# One alert of each kind through the routes of prometheus/alertmanager.yml: does it reach the receivers it should?
set -euo pipefail
cd "$(dirname "$0")/../.."

failed=0
# goes_to RECEIVERS LABEL...
goes_to() {
  local expected=$1
  shift
  if amtool config routes test --config.file=prometheus/alertmanager.yml --verify.receivers="$expected" "$@" >/dev/null 2>&1; then
    echo "ok: $* -> $expected"
  else
    echo "FAILED: $*: expected receivers \`$expected\`, found \`$(
      amtool config routes test --config.file=prometheus/alertmanager.yml "$@" 2>/dev/null
    )\`" >&2
    failed=1
  fi
}

goes_to seamark alertname=ContainerCrashed seamark_kind=event severity=critical
goes_to seamark-once alertname=ContainerRestarted seamark_kind=event severity=warning
goes_to seamark-once alertname=ContainerStopped seamark_kind=event severity=info
goes_to seamark-once alertname=ContainerStarted seamark_kind=event severity=info
goes_to seamark alertname=ContainerUnhealthyEvent seamark_kind=event severity=warning
goes_to seamark alertname=ContainerRestartLoop seamark_kind=event severity=critical
goes_to seamark-once alertname=ContainerRemovedUnexpectedly seamark_kind=event severity=warning
goes_to seamark alertname=ContainerExitedUnexpectedly severity=critical
goes_to seamark alertname=ContainerRestartLoop severity=critical
goes_to seamark alertname=DockerUnavailable severity=critical
goes_to seamark alertname=HostDown severity=critical
# What needs its host, its container, its service; each area of the rules once.
goes_to seamark alertname=HostCpuHigh check=host_cpu severity=warning
goes_to seamark alertname=HostNetworkReceiveHigh check=host_network_receive severity=critical
goes_to seamark alertname=ContainerUnhealthy severity=critical
goes_to seamark alertname=ProbeFailed severity=critical
goes_to seamark alertname=HttpErrorRateHigh job=shop severity=warning
goes_to seamark alertname=PostgresDown severity=critical
goes_to seamark alertname=RedisMemoryHigh severity=warning
goes_to seamark alertname=NginxDown severity=critical
goes_to seamark alertname=CeleryNoWorkers severity=critical
goes_to seamark alertname=MicroserviceDegraded service=shop severity=warning
goes_to seamark alertname=StorageSpaceLow severity=critical
goes_to seamark alertname=PrometheusRuleFailures severity=critical
goes_to seamark alertname=SeamarkReportMissed report=daily severity=warning
goes_to seamark alertname=HostRebooted severity=info
# The relay cannot tell these of itself.
for alert in SeamarkRelayDown SeamarkWatchdogMissing SeamarkNotificationsFailing SeamarkChannelRefused SeamarkOutboxStuck \
  SeamarkStoreFailing SeamarkWebhookTooLarge AlertmanagerNotificationsFailing; do
  goes_to fallback,seamark alertname=$alert severity=critical
done
goes_to seamark-watchdog alertname=Watchdog severity=none
goes_to seamark-report alertname=SeamarkReportDue report=daily due_at=1795253820 seamark_kind=report severity=none
goes_to seamark alertname=AnythingElse severity=info
exit "$failed"

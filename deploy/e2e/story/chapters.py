"""The story, chapter by chapter."""

import time

from . import docker, host as host_metrics, metrics, storm
from .chat import Chat
from .wait import until
from .web import Alertmanager, Prometheus, get

CRASHES = 20
# One every five seconds makes 24 messages a minute, recoveries included: below the 30 that Discord takes from one chat,
# so that the figure is the stack's and not the limit's.
CRASH_EVERY = 5.0
# What has been told after this long was told; nothing more comes. Longer than the restart window (5 s) and than
# Alertmanager's interval for a group (10 s) together.
QUIET = 20.0
# Ends with code 3 when it is first started; runs on when it is started again.
CRASH_ONCE = "if [ -e /again ]; then exec sleep 3600; fi; touch /again; sleep 1; exit 3"
ODD = 'quote " backslash \\ line\nbreak 中文 {x="y"}'


def tell(stack, verdict):
    """The whole story."""
    host = docker.host_name()
    chapter("With nothing configured")
    comes_up(stack, verdict)
    chapter("With a Discord webhook")
    chat = Chat(stack.start_stand_in())
    stack.up()
    prometheus = Prometheus(stack.url("prometheus", 9090))
    alertmanager = Alertmanager(stack.url("alertmanager", 9093))
    everything_is_scraped(stack, verdict, prometheus, host)
    chapter("A container exits with code 3")
    one_crash(stack, verdict, chat, prometheus, alertmanager, host)
    chapter(f"{CRASHES} crashes")
    many_crashes(stack, verdict, chat)
    chapter("A health check fails")
    unhealthy(stack, verdict, chat, host)
    chapter("What is no crash")
    no_crash(stack, verdict, chat)
    chapter("Names and values")
    odd_labels(stack, verdict, prometheus)
    metrics.are_well_formed(stack, verdict)
    chapter("The host's numbers in a container")
    host_metrics.tells_of_the_host(stack, verdict)
    # At the end: the chat is given a minute's pause after it.
    chapter(f"{storm.CONTAINERS} crashes at once")
    storm.many_at_once(stack, verdict, chat)


def tell_of_a_storm(stack, verdict):
    """The last chapter alone."""
    comes_up(stack, verdict)
    chat = Chat(stack.start_stand_in())
    stack.up()
    chapter(f"{storm.CONTAINERS} crashes at once")
    storm.many_at_once(stack, verdict, chat)


def chapter(title):
    """A headline with the time."""
    print(f"{time.strftime('%H:%M:%S')} {title}", flush=True)


def comes_up(stack, verdict):
    stack.build()
    began = time.monotonic()
    stack.up()
    services = stack.services()
    verdict.check(f"every service is healthy {time.monotonic() - began:.0f} s after `up -d`",
                  services and set(services.values()) == {"healthy"}, services)
    expected = {"exporter", "docker-proxy", "relay", "alertmanager", "prometheus"} | ({"grafana"} if stack.with_grafana else set())
    verdict.equal("the services are those of the compose file", set(services), expected)


def everything_is_scraped(stack, verdict, prometheus, host):
    expected = {("seamark", host): "up", ("seamark-relay", "relay"): "up", ("prometheus", "prometheus"): "up",
                ("alertmanager", "alertmanager"): "up"}

    def without_grafana():
        found = prometheus.targets()
        grafana = found.pop(("grafana", "grafana"), None)
        return found if found == expected and (grafana == "up" or not stack.with_grafana) else None

    try:
        found = until("all targets up", without_grafana, deadline=60)
    except TimeoutError:
        found = prometheus.targets()
    verdict.equal("all targets are up" + ("" if stack.with_grafana else ", but for Grafana"), found, expected)
    page = get(f"{prometheus.url}/consoles/HostDown.md")
    verdict.check("the runbook that alerts link to opens", page.startswith("# HostDown"), page[:200])


def one_crash(stack, verdict, chat, prometheus, alertmanager, host):
    name = stack.container("api", CRASH_ONCE)
    told = until("the message about the crash", lambda: chat.messages(name))
    title = f"{name} crashed on {host} (exit code 3)"
    verdict.check("the message names container, host and exit code", title in told[0].text, told)
    pushed = alertmanager.alerts(alertname="ContainerCrashed", name=name)
    verdict.check("Alertmanager holds one alert about it", len(pushed) == 1, pushed)
    identity = ("job", "instance", "id", "name")
    series = f'seamark_container_last_exit_code{{name="{name}"}}'
    scraped = until("the scraped exit code", lambda: prometheus.series(series), deadline=45)
    verdict.equal("the pushed and the scraped alert have the same job, instance, id and name",
                  [{label: each.get(label) for label in identity} for each in pushed],
                  [{label: each.get(label) for label in identity} for each in scraped])
    docker.docker("start", name)
    until("the message about the recovery", lambda: len(chat.messages(name)) > 1)
    time.sleep(QUIET)
    messages = chat.messages(name)
    verdict.check("one message when it crashed and one when it ran again, no more",
                  kinds(messages, name) == ["crashed", "recovered"], messages)
    verdict.check("the crash is red, the recovery green",
                  [hue(each.color) for each in messages] == ["red", "green"], messages)


def many_crashes(stack, verdict, chat):
    names, delays = [], []
    for number in range(1, CRASHES + 1):
        began = time.monotonic()
        name = stack.container(f"crash-{number:02}", CRASH_ONCE)
        told = until(f"the message about {name}", lambda name=name: chat.messages(name))
        names.append(name)
        delays.append(told[0].at - docker.finished_at(name))
        docker.docker("start", name)
        time.sleep(max(0.0, CRASH_EVERY - (time.monotonic() - began)))
    until("all recoveries", lambda: all(len(chat.messages(name)) >= 2 for name in names), deadline=60)
    time.sleep(QUIET)
    told = {name: kinds(chat.messages(name), name) for name in names}
    verdict.check(f"exactly one firing and one resolved message for each of {CRASHES} crashes",
                  all(each == ["crashed", "recovered"] for each in told.values()), told)
    delays.sort()
    # The nearest rank: of 20, the 19th.
    p95 = delays[-(-95 * len(delays) // 100) - 1]
    print(f"  from exit to accepted message: median {delays[len(delays) // 2]:.2f} s, p95 {p95:.2f} s, "
          f"longest {delays[-1]:.2f} s, shortest {delays[0]:.2f} s")
    verdict.check(f"from exit to accepted message: p95 {p95:.2f} s is under 2 s", 0 <= delays[0] and p95 < 2, delays)


def unhealthy(stack, verdict, chat, host):
    check = "test -e /well || { echo 'GET http://me:hunter2@db/ refused'; exit 7; }"
    options = ("--health-cmd", check, "--health-interval", "1s", "--health-timeout", "2s", "--health-retries", "2")
    name = stack.container("patient", "touch /well; exec sleep 3600", *options)
    until("the container is healthy", lambda: docker.health_changes(name).get("healthy"))
    docker.docker("exec", name, "rm", "/well")
    told = until("the message about the health check", lambda: chat.messages(name))
    # Docker lists events of whole seconds only: the message is here before its event can be asked for.
    delay = told[0].at - until("Docker lists its event", lambda: docker.health_changes(name).get("unhealthy"))
    verdict.check(f"from Docker's event to accepted message: {delay:.2f} s is under 2 s", 0 <= delay < 2)
    verdict.check("the message says what the check wrote, and no password",
                  f"{name} is unhealthy on {host}" in told[0].text and "refused" in told[0].text
                  and "hunter2" not in told[0].text, told)
    docker.docker("exec", name, "touch", "/well")
    until("the message about the recovery", lambda: len(chat.messages(name)) > 1)
    time.sleep(QUIET)
    healthy_at = docker.health_changes(name)["healthy"]
    messages = chat.messages(name)
    verdict.check("one message when it became unhealthy and one when it was healthy again, no more",
                  kinds(messages, name) == ["is unhealthy", "is healthy again"], messages)
    verdict.check("the recovery comes after Docker said so", messages[-1].at >= healthy_at, messages)
    verdict.check("unhealthy is yellow, the recovery green",
                  [hue(each.color) for each in messages] == ["yellow", "green"], messages)


def no_crash(stack, verdict, chat):
    stopped = stack.container("stopped", "exec sleep 3600")
    docker.docker("stop", "--time", "1", stopped)
    clean = stack.container("clean", "exit 0")
    silent = stack.container("silent", "sleep 1; exit 3", "--label", "seamark.alerts=off")
    restarted = stack.container("bounced", CRASH_ONCE, "--restart", "on-failure")
    until("the message about the restart", lambda: chat.messages(restarted))
    time.sleep(QUIET)
    verdict.equal("`docker stop` tells nothing", chat.messages(stopped), [])
    verdict.equal("an exit with code 0 tells nothing", chat.messages(clean), [])
    verdict.equal("a container labelled seamark.alerts=off tells nothing", chat.messages(silent), [])
    messages = chat.messages(restarted)
    verdict.check("a restart by policy is told once, in yellow, and as no crash",
                  kinds(messages, restarted) == ["restarted"] and hue(messages[0].color) == "yellow", messages)


def kinds(messages, name):
    """What each message says has happened to the container."""
    words = ("crashed", "ran out of memory", "recovered", "restarted", "was stopped", "started", "is unhealthy",
             "is healthy again")
    return [next((word for word in words if f"{name} {word} " in each.text), each.text) for each in messages]


def hue(color):
    """The name that people would give to the colour beside a message."""
    red, green, blue = (color or 0) >> 16, (color or 0) >> 8 & 255, (color or 0) & 255
    if blue > 128:
        return "another"
    names = {(True, True): "yellow", (True, False): "red", (False, True): "green"}
    return names.get((red > 180, green > 180), "another")


def odd_labels(stack, verdict, prometheus):
    labels = ["--label", f"com.docker.compose.project={ODD}", "--label", f"com.docker.compose.service={ODD[::-1]}"]
    name = stack.container("odd", "exec sleep 3600", *labels)
    series = f'seamark_container_info{{name="{name}"}}'
    scraped = until("the series of the container with odd labels", lambda: prometheus.series(series), deadline=45)
    verdict.equal("quotes, backslashes, line breaks and Chinese survive the scrape",
                  [(each["compose_project"], each["compose_service"]) for each in scraped], [(ODD, ODD[::-1])])

"""What somebody does with a bare server: install, look, change, upgrade, take away."""

import json
import re
import time

from story.docker import BUSYBOX, docker as run
from story.wait import until

from .server import CHECKOUT

INSTALL = f"cd {CHECKOUT} && deploy/systemd/install.sh"
PROGRAMS = ("exporter", "relay")
# What an administrator types to use the variables that the service has.
AS_SERVICE = "set -a; . /etc/default/seamark-relay; set +a"
# Accounts leave copies of the files they were in; systemd keeps books of its own.
NOT_OURS = re.compile(r"^(/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?|/etc/\.pwd\.lock|/etc|/var/log/(wtmp|btmp|lastlog|faillog)"
                      r"|/var/lib/systemd(/.*)?|/var/cache(/.*)?|/root(/.*)?) ")


def tell(server, verdict, binaries):
    """All chapters."""
    say("A bare Debian")
    server.start()
    server.bring(binaries)
    before = server.files()
    looks_first(server, verdict, before)
    say("Install")
    installs(server, verdict)
    say("A chat")
    reaches_a_chat(server, verdict)
    say("Killed")
    comes_back(server, verdict)
    say("Upgrade")
    upgrades(server, verdict)
    refuses_a_broken_file(server, verdict)
    say("systemd holds the socket")
    waits_at_the_socket(server, verdict)
    say("Take it away")
    is_gone(server, verdict, before)
    comes_again(server, verdict)
    say("The Debian packages")
    are_packages(server, verdict)


def say(title):
    print(f"{time.strftime('%H:%M:%S')} {title}", flush=True)


def looks_first(server, verdict, before):
    said = server.says(f"{INSTALL} --dry-run")
    verdict.check("--dry-run says what it would do", "would run: useradd" in said and "would run: systemctl enable" in said, said[-500:])
    verdict.equal("and does nothing", sorted(server.files() ^ before), [])
    failed = server.fails(f"{INSTALL} --sideways")
    verdict.check("an unknown option is refused by name", failed is not None and "`--sideways`" in failed, failed)


def installs(server, verdict):
    said = server.says(INSTALL)
    verdict.check("it ends with where the settings and the logs are", "/etc/seamark/" in said and "journalctl" in said, said)
    are_active(server, verdict, "both services are active and start with the system")
    for program in PROGRAMS:
        pid = server.says(f"systemctl show --value --property MainPID seamark-{program}")
        verdict.equal(f"the {program} is not root", server.says(f"stat -c %U /proc/{pid}"), "seamark")
        verdict.equal(f"the {program} has no capability", server.says(f"grep CapBnd /proc/{pid}/status").split()[1], "0" * 16)
    are_scraped(server, verdict, "Prometheus scrapes both")
    listen_here(server, verdict, "both listen on this host alone")
    verdict.equal("the host has its name", server.prometheus.series("node_uname_info")[0]["nodename"], "bare-1")
    verdict.equal("secrets are for root, configurations for the service",
                  server.says("stat -c '%n %U:%G %a' /etc/default/seamark-relay /etc/seamark/relay.yml").splitlines(),
                  ["/etc/default/seamark-relay root:root 600", "/etc/seamark/relay.yml root:seamark 640"])


def listen_here(server, verdict, sentence):
    """Whether no other address than 127.0.0.1 (0100007F) takes calls on our ports, which are 2695 and 2696."""
    listening = server.says("cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == \"0A\" {print $2}'").split()
    ours = sorted(each for each in listening if each.endswith((":2695", ":2696")))
    verdict.equal(sentence, ours, ["0100007F:2695", "0100007F:2696"])


def are_active(server, verdict, sentence):
    states = {name: server.says(f"systemctl is-active seamark-{name} || true") for name in PROGRAMS}
    enabled = {name: server.says(f"systemctl is-enabled seamark-{name} || true") for name in PROGRAMS}
    verdict.equal(sentence, (states, enabled), (dict.fromkeys(PROGRAMS, "active"), dict.fromkeys(PROGRAMS, "enabled")))


def are_scraped(server, verdict, sentence):
    wanted = {("seamark", "127.0.0.1:9877"): "up", ("seamark-relay", "127.0.0.1:9878"): "up"}
    try:
        until("both are up", lambda: server.prometheus.targets() == wanted)
    except TimeoutError:
        pass
    verdict.equal(sentence, server.prometheus.targets(), wanted)


def reaches_a_chat(server, verdict):
    server.says("echo DISCORD_WEBHOOK_URL=http://127.0.0.1:8080/api/webhooks/1/token >>/etc/default/seamark-relay"
                " && systemctl restart seamark-relay")
    told = len(server.chat.messages())
    said = server.says(f"{AS_SERVICE}; seamark-relay send-test ops-discord")
    verdict.check("a test message is delivered", len(server.chat.messages()) == told + 1, said)
    posted(server, "first")
    arrives(server, verdict, "an alert is told", "first is on fire")


def posted(server, name):
    """Posts an alert as Alertmanager would, with the token that the relay has made; an error where it is not taken."""
    token = server.says("cat /run/seamark/relay_token")
    labels = {"alertname": "Fire", "severity": "critical", "instance": name}
    alert = {"status": "firing", "labels": labels, "annotations": {"summary": f"{name} is on fire"},
             "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "1"}
    body = {"version": "4", "groupKey": f"{{}}:{{instance={name}}}", "truncatedAlerts": 0, "status": "firing", "receiver": "relay",
            "groupLabels": labels, "commonLabels": labels, "commonAnnotations": {}, "externalURL": "http://localhost:9093",
            "alerts": [alert]}
    run("run", "--rm", "--network", f"container:{server.name}", BUSYBOX, "wget", "-q", "-O", "-",
        "--header", f"Authorization: Bearer {token}", "--header", "Content-Type: application/json",
        "--post-data", json.dumps(body), "http://127.0.0.1:9878/api/v1/alerts")


def arrives(server, verdict, sentence, *words):
    try:
        until(sentence, lambda: server.chat.messages(*words))
    except TimeoutError:
        pass
    found = server.chat.messages(*words)
    verdict.check(sentence, len(found) == 1, [each.text[:200] for each in server.chat.messages()])


def comes_back(server, verdict):
    for program in PROGRAMS:
        old = server.says(f"systemctl show --value --property MainPID seamark-{program}")
        server.says(f"kill -9 {old}")
        until("it is back", lambda name=program: server.says(f"systemctl is-active seamark-{name} || true") == "active"
              and server.says(f"systemctl show --value --property MainPID seamark-{name}") not in ("0", old))
    are_active(server, verdict, "both are back after a kill")


def upgrades(server, verdict):
    server.says("echo '# mine' >>/etc/seamark/exporter.yml")
    server.says(f"echo '# newer' >>{CHECKOUT}/target/stage/exporter/etc/seamark/exporter.yml")
    told = len(server.chat.messages("first is on fire"))
    said = server.says(INSTALL)
    verdict.check("an upgrade says that a changed configuration is kept", "/etc/seamark/exporter.yml is kept as it is" in said, said)
    verdict.equal("it is", server.says("tail -n 1 /etc/seamark/exporter.yml"), "# mine")
    verdict.equal("and the new default lies beside it", server.says("tail -n 1 /etc/seamark/exporter.yml.new"), "# newer")
    are_active(server, verdict, "both are active after it")
    are_scraped(server, verdict, "and scraped")
    posted(server, "first")
    posted(server, "second")
    arrives(server, verdict, "what comes after it is told", "second is on fire")
    verdict.equal("what was told before is not told again: the outbox was kept", len(server.chat.messages("first is on fire")), told)


def refuses_a_broken_file(server, verdict):
    pid = server.says("systemctl show --value --property MainPID seamark-relay")
    server.says("cp /etc/seamark/relay.yml /root/relay.yml && echo 'chanels: {}' >>/etc/seamark/relay.yml")
    failed = server.fails(INSTALL)
    verdict.check("with a configuration that is refused, it ends with the place and what to do",
                  failed is not None and "chanels" in failed and "systemctl enable --now seamark-relay" in failed, failed)
    verdict.equal("and what runs goes on", server.says("systemctl show --value --property MainPID seamark-relay"), pid)
    server.says("cp /root/relay.yml /etc/seamark/relay.yml && rm /root/relay.yml && systemctl reload seamark-relay")
    verdict.equal("a reload restarts nothing", server.says("systemctl show --value --property MainPID seamark-relay"), pid)


def waits_at_the_socket(server, verdict):
    server.says("systemctl disable --quiet --now seamark-exporter.service && systemctl enable --quiet --now seamark-exporter.socket")
    until("the first call starts it", lambda: server.says("systemctl is-active seamark-exporter || true") == "active")
    are_scraped(server, verdict, "with the socket held by systemd, both are scraped")
    listen_here(server, verdict, "and both still listen on this host alone")
    server.says("systemctl disable --quiet --now seamark-exporter.socket seamark-exporter.service"
                " && systemctl enable --quiet --now seamark-exporter.service")


def is_gone(server, verdict, before):
    said = server.says(f"{INSTALL} --uninstall")
    verdict.check("the removal says what is left", "/var/lib/seamark holds" in said, said)
    after = {line for line in server.files() if not NOT_OURS.match(line)}
    left = sorted(line for line in after - before if not re.match(r"/var/lib(/seamark(/.*)?)? ", line))
    verdict.equal("nothing is left but the state directory", left, [])
    missing = sorted(line for line in before - server.files() if not NOT_OURS.match(line) and not line.startswith("/var/lib "))
    verdict.equal("nothing is gone that was there before", missing, [])
    for kept in ("relay.db", "exporter.state"):
        verdict.check(f"{kept} is still there", any(line.startswith(f"/var/lib/seamark/{kept} ") for line in after), None)
    verdict.equal("nor is the token", server.says("ls -d /run/seamark 2>/dev/null || true"), "")
    verdict.equal("nor does anything run", server.says("systemctl list-units --all --no-legend --plain 'seamark*'"), "")
    verdict.equal("and the account is gone", server.says("getent passwd seamark || true"), "")


def comes_again(server, verdict):
    server.says(INSTALL)
    are_active(server, verdict, "installed again, both are active")
    verdict.equal("with the configuration of before", server.says("tail -n 1 /etc/seamark/exporter.yml"), "# mine")
    posted(server, "first")
    posted(server, "third")
    arrives(server, verdict, "and the outbox of before", "third is on fire")
    verdict.equal("so that nothing is told twice", len(server.chat.messages("first is on fire")), 1)


def are_packages(server, verdict):
    # The one thing they depend on that is missing here is `ca-certificates`.
    install = f"dpkg --install --force-depends {CHECKOUT}/target/packages/*.deb"
    server.says(f"{INSTALL} --uninstall && rm -r /var/lib/seamark")
    server.says(install)
    are_active(server, verdict, "installed as packages, both are active")
    are_scraped(server, verdict, "and scraped")
    server.says(f"echo '# mine' >>/etc/seamark/exporter.yml; {install}")
    verdict.equal("installed over themselves, they keep a changed configuration", server.says("tail -n 1 /etc/seamark/exporter.yml"), "# mine")
    are_active(server, verdict, "and are active")
    server.says("dpkg --remove seamark-exporter seamark-relay")
    verdict.equal("removed, nothing of them runs", server.says("systemctl list-units --no-legend --plain 'seamark*'"), "")
    verdict.equal("and the configuration stays", server.says("tail -n 1 /etc/seamark/exporter.yml"), "# mine")
    server.says("dpkg --purge seamark-exporter seamark-relay")
    verdict.equal("purged, what was stored is all that is left of them",
                  server.says("find / -xdev -name '*seamark*' -not -path '/opt/*' -not -path '/proc/*' -not -path '/var/log/*' | sort"),
                  "/var/lib/seamark")

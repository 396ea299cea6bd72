"""What `promtool check metrics` says about the metrics of both programs."""

import subprocess

from . import docker
from .web import get
from .wait import until

# What it says of cAdvisor's own names, which is not at hand to be asked: dashboards query them as they are.
OF_CADVISOR = {'container_memory_failcnt counter metrics should have "_total" suffix'}


def are_well_formed(stack, verdict):
    """Nothing about names that are ours; about foreign names only what the original is told too."""
    original = complaints(node_exporter(stack)) | OF_CADVISOR
    for service, port in (("exporter", 9877), ("relay", 9878)):
        text = get(f"{stack.url(service, port)}/metrics")
        verdict.check(f"the {service} serves metrics of its own", f"seamark_{service}_build_info{{" in text, text[:500])
        found = complaints(text)
        ours = sorted(each for each in found if each.startswith("seamark_"))
        verdict.equal(f"promtool says nothing about seamark_* of the {service}", ours, [])
        verdict.equal(f"about foreign names of the {service}, promtool says only what it says of node_exporter's and cAdvisor's",
                      sorted(found - original - set(ours)), [])


def complaints(text):
    """What promtool says about an exposition, a line each."""
    command = ["promtool", "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    said = {line for line in (done.stdout + done.stderr).splitlines() if line.strip()}
    # 3: it had something to say; anything else is no answer.
    if done.returncode not in (0, 3):
        raise docker.DockerError(f"promtool cannot read the metrics: {sorted(said)[:5]}")
    return said


def node_exporter(stack):
    """The metrics of node_exporter on this host."""
    name = stack.name("node-exporter")
    docker.docker(
        "run", "--detach", "--name", name, "--label", stack.label, "--publish", "127.0.0.1:0:9100",
        "--volume", "/proc:/host/proc:ro", "--volume", "/sys:/host/sys:ro", docker.NODE_EXPORTER,
        "--path.procfs=/host/proc", "--path.sysfs=/host/sys",
    )  # fmt: skip
    address = docker.docker("port", name, "9100").splitlines()[0]

    def answer():
        try:
            return get(f"http://{address}/metrics")
        except OSError:
            return None

    return until("node_exporter answers", answer)

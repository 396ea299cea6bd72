"""What deploy/permissions.md says of each container, and what is so."""

import json
import re

from .stack import TOP

PAGE = TOP / "deploy" / "permissions.md"
# Names that images use.
NUMBERS = {"nobody": "65534", "root": "0", "": "0"}
# Images of ours say it themselves.
OF_IMAGES = {"app": "65532", "traffic": "65532"}


def rows(head):
    """The rows of the table whose head begins so, each a dictionary of its cells."""
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith(head))
    names = cells(lines[start])
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return table
        table.append(dict(zip(names, cells(line), strict=True)))
    return table


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def running(stack, verdict):
    """Each container of the stack is what its row says, and each has one."""
    table = {row["Container"].strip("`"): row for row in rows("| Container | User | Capabilities | Root file system | Mounts")}
    verdict.equal("each container has its row in deploy/permissions.md", set(table), set(stack.services()))
    for service in sorted(table.keys() & set(stack.services())):
        found = facts(service, stack.inspect(service))
        told = claims(table[service])
        verdict.equal(f"{service} may what its row says", found, told)
    unjustified = [name for name, row in table.items() if row["User"] == "0" and not row["Root"]]
    verdict.equal("no root without a reason", unjustified, [])


def claims(row):
    network, _, port = row["Network"].partition("; port ")
    return {
        "user": row["User"],
        "capabilities": [] if row["Capabilities"] == "none" else row["Capabilities"].split(", "),
        "read-only": row["Root file system"] == "ro",
        "mounts": sorted(each.replace("`", "") for each in row["Mounts"].split(", ")),
        "networks": network.split(", "),
        "ports": ["127.0.0.1"] if port else [],
        "privileged, host's namespaces": [],
        "may gain": False,
    }


def facts(service, container):
    config, host = container["Config"], container["HostConfig"]
    user = config["User"].split(":")[0]
    open_to = {binding["HostIp"] for bindings in host["PortBindings"].values() for binding in bindings}
    spaces = ("NetworkMode", "PidMode", "IpcMode", "UsernsMode")
    return {
        "user": NUMBERS.get(user, user),
        # What is dropped, and taken again one by one.
        "capabilities": sorted(host["CapAdd"] or []) if host["CapDrop"] == ["ALL"] else "not dropped",
        "read-only": host["ReadonlyRootfs"],
        "mounts": sorted({mount(each) for each in container["Mounts"]}),
        "networks": sorted(name.rpartition("_")[2] for name in container["NetworkSettings"]["Networks"]),
        "ports": sorted(open_to),
        "privileged, host's namespaces": [each for each in spaces if host[each] == "host"] + ["privileged"] * host["Privileged"],
        "may gain": "no-new-privileges:true" not in (host["SecurityOpt"] or []),
    }


def mount(found):
    """One mount as the table writes it: what it is, and ` ro`."""
    if found["Type"] == "volume":
        name = found["Name"].partition("_")[2]
    elif found["Destination"].startswith("/run/secrets/"):
        name = "secrets"
    elif found["Source"] in ("/", "/proc", "/sys"):
        name = found["Source"]
    else:
        name = found["Destination"].rpartition("/")[2]
    return name + ("" if found["RW"] else " ro")


def committed(stack, verdict):
    """Each service that a profile brings is what its row says."""
    table = {name: row for row in rows("| Container | User | Capabilities | Root file system | Root |")
             for name in re.findall(r"`([a-z-]+)`", row["Container"])}
    everything = json.loads(stack.compose("--profile", "*", "config", "--format", "json"))["services"]
    of_profiles = {name: service for name, service in everything.items() if service.get("profiles")}
    verdict.equal("each service of a profile has its row in deploy/permissions.md", set(table), set(of_profiles))
    for name in sorted(table.keys() & of_profiles.keys()):
        service, row = of_profiles[name], table[name]
        told = (row["User"], [] if row["Capabilities"] == "none" else row["Capabilities"].split(", "),
                row["Root file system"] == "ro")
        user = service.get("user", OF_IMAGES.get(name, "the image's")).split(":")[0]
        verdict.equal(f"{name} may what its row says", (user, sorted(service.get("cap_add") or []), service.get("read_only", False)), told)
        verdict.check(f"{name} is no root without a reason", row["Root"] or not (user == "0" or service.get("cap_add")))

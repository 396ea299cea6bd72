"""Files that are changed, broken and put right, and reload-monitoring.sh."""

from .wait import until
from .web import get, get_json


def tell(stack, verdict):
    """A file of each sort."""
    relay = stack.folder / "deploy" / "examples" / "relay.yml"
    rules = stack.folder / "prometheus" / "rules" / "network.yml"
    whole = relay.read_text(encoding="utf-8")

    write_into(relay, whole.replace("notices: true", "notices: false"))
    before = started(stack)
    code, said = stack.script("reload")
    verdict.check("a file that is written into is read again by the same container", code == 0 and started(stack) == before, said)

    replace(relay, whole.replace("locale:", "locake:", 1))
    code, said = stack.script("reload")
    verdict.check("a broken relay.yml is refused, with its line",
                  code != 0 and "unknown key `locake`; did you mean `locale`?" in said and "nothing was reloaded" in said, said)
    verdict.check("and the relay runs on with the old one", started(stack) == before and healthy(stack))

    replace(relay, whole)
    code, said = stack.script("reload")
    after = started(stack)
    changed = {service for service, since in after.items() if since != before[service]}
    verdict.equal("a file that was replaced, as editors do it, makes the container anew, and only that one", (code, changed), (0, {"relay"}))
    verdict.check("which is said", "its file was replaced" in said, said)
    verdict.check("and it is healthy", healthy(stack))

    good = rules.read_text(encoding="utf-8")
    replace(rules, good + "      - alert: Broken\n        expr: sum(\n")
    count = groups(stack)
    code, said = stack.script("reload")
    verdict.check("a broken rule is refused, and the old rules go on", code != 0 and "prometheus" in said and groups(stack) == count, said)
    replace(rules, good + "  - name: story\n    rules: [{record: 'story:one', expr: '1'}]\n")
    code, said = stack.script("reload")
    until("the new rule", lambda: "story" in groups(stack))
    verdict.check("a good one is there after the reload", code == 0, said)

    alertmanager = stack.folder / "prometheus" / "alertmanager.yml"
    good = alertmanager.read_text(encoding="utf-8")
    replace(alertmanager, good.replace("receiver: seamark-watchdog", "receiver: nobody", 1))
    code, said = stack.script("reload")
    verdict.check("so is an Alertmanager file with a receiver that there is none of", code != 0 and "nobody" in said, said)
    replace(alertmanager, good.replace("repeat_interval: 12h", "repeat_interval: 11h", 1))
    code, said = stack.script("reload")
    status = get_json(f"{stack.url('alertmanager', 9093)}/api/v2/status")["config"]["original"]
    verdict.check("and the right one is in use", code == 0 and "11h" in status, said)


def write_into(path, text):
    path.write_text(text, encoding="utf-8")


def replace(path, text):
    """Another file under the same name."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.rename(path)


def started(stack):
    return {service: stack.inspect(service)["State"]["StartedAt"] for service in ("relay", "exporter", "alertmanager", "prometheus")}


def healthy(stack):
    return "healthy" in get(f"{stack.url('relay', 9878)}/-/healthy")


def groups(stack):
    answer = get_json(f"{stack.url('prometheus', 9090)}/api/v1/rules")
    return {group["name"] for group in answer["data"]["groups"]}

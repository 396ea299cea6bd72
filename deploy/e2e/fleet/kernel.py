"""What the kernel's own files say of a container, as series: read by nobody's code but this."""

import os
import re

CGROUP = "/sys/fs/cgroup"
IS_V2 = os.path.exists(f"{CGROUP}/cgroup.controllers")
ID = re.compile(r"[0-9a-f]{64}")
NOTHING = frozenset()
DEVICES = {}


def directories(ids, without_unified=False):
    """Each container's directory in each hierarchy, found by its name alone."""
    found = {identity: {} for identity in ids}
    roots = [CGROUP] if IS_V2 else [f"{CGROUP}/{name}" for name in os.listdir(CGROUP)]
    for root in roots:
        hierarchy = "" if IS_V2 else os.path.basename(root)
        if hierarchy == "unified" and without_unified:
            continue
        for parent, names, _ in os.walk(root):
            for name in names:
                identity = ID.search(name)
                if identity and identity[0] in found:
                    found[identity[0]][hierarchy] = f"{parent}/{name}"
    return found


def read(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return None


def fields(text):
    pairs = (line.split() for line in (text or "").splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def number(text):
    return int(text) if text and text.strip().isdigit() else None


def limit(text):
    """0 is none: v1 writes 2^63 in whole pages for it."""
    if text is None:
        return None
    return 0 if text.strip() == "max" or int(text) > 1 << 62 else int(text)


def scaled(value, scale):
    return None if value is None else value / scale


class Reading:
    """One look at everything: counters, gauges, and what was set."""

    def __init__(self, places, pid, log_path, has_quota):
        self.counters, self.gauges, self.limits = {}, {}, {}
        self.has_quota = has_quota
        if "" in places:
            self.v2(places[""])
        elif places:
            self.v1(places)
        self.pressure(places.get("") or places.get("unified"))
        if pid:
            self.network(pid)
        if log_path and os.path.exists(log_path):
            self.counters["seamark_container_log_size_bytes", NOTHING] = os.path.getsize(log_path)

    def count(self, family, value, **labels):
        if value is not None:
            self.counters[family, frozenset(labels.items())] = value

    def gauge(self, family, value):
        if value is not None:
            self.gauges[family, NOTHING] = value

    def set(self, family, value):
        if value is not None:
            self.limits[family, NOTHING] = value

    def time(self, stat):
        self.count("container_cpu_usage_seconds_total", scaled(stat.get("usage_usec"), 1e6), cpu="total")
        self.count("container_cpu_user_seconds_total", scaled(stat.get("user_usec"), 1e6))
        self.count("container_cpu_system_seconds_total", scaled(stat.get("system_usec"), 1e6))

    def throttling(self, stat, key, scale):
        if self.has_quota:
            self.count("container_cpu_cfs_periods_total", stat.get("nr_periods"))
            self.count("container_cpu_cfs_throttled_periods_total", stat.get("nr_throttled"))
            self.count("container_cpu_cfs_throttled_seconds_total", scaled(stat.get(key), scale))

    def memory(self, usage, stat, cache, rss, mapped, active, inactive):
        self.gauge("container_memory_usage_bytes", usage)
        self.gauge("container_memory_cache", stat.get(cache))
        self.gauge("container_memory_rss", stat.get(rss))
        self.gauge("container_memory_mapped_file", stat.get(mapped))
        self.gauge("container_memory_total_active_file_bytes", stat.get(active))
        self.gauge("container_memory_total_inactive_file_bytes", stat.get(inactive))
        if usage is not None and inactive in stat:
            self.gauge("container_memory_working_set_bytes", max(usage - stat[inactive], 0))

    def faults(self, stat, prefix):
        for kind in ("pgfault", "pgmajfault"):
            for scope, key in (("container", kind), ("hierarchy", prefix + kind)):
                self.count("container_memory_failures_total", stat.get(key), failure_type=kind, scope=scope)

    def pids(self, place):
        threads = number(read(f"{place}/pids.current"))
        self.gauge("container_threads", threads)
        text = read(f"{place}/cgroup.procs")
        self.gauge("container_processes", None if text is None else len(text.split()))
        self.set("container_threads_max", limit(read(f"{place}/pids.max")))

    def v2(self, place):
        stat = fields(read(f"{place}/cpu.stat"))
        self.time(stat)
        self.throttling(stat, "throttled_usec", 1e6)
        stat = fields(read(f"{place}/memory.stat"))
        self.memory(number(read(f"{place}/memory.current")), stat, "file", "anon", "file_mapped",
                    "active_file", "inactive_file")
        self.faults(stat, "")
        self.gauge("container_memory_kernel_usage", stat.get("kernel"))
        self.gauge("container_memory_swap", number(read(f"{place}/memory.swap.current")))
        self.count("container_memory_max_usage_bytes", number(read(f"{place}/memory.peak")))
        events = fields(read(f"{place}/memory.events"))
        self.count("container_memory_failcnt", events.get("max"))
        self.count("container_memory_events_max_total", events.get("max"))
        self.count("container_memory_events_high_total", events.get("high"))
        self.count("container_oom_events_total", events.get("oom_kill"))
        for family, file in (("limit", "max"), ("swap_limit", "swap.max"), ("reservation_limit", "low")):
            self.set(f"container_spec_memory_{family}_bytes", limit(read(f"{place}/memory.{file}")))
        self.pids(place)
        quota, period = (read(f"{place}/cpu.max") or "max 0").split()
        self.quota(quota, int(period) or None)
        weight = number(read(f"{place}/cpu.weight"))
        # As cAdvisor has it.
        self.set("container_spec_cpu_shares", weight and 2 + (weight - 1) * 262142 // 9999)
        for line in (read(f"{place}/io.stat") or "").splitlines():
            words = line.split()
            told = dict(word.split("=") for word in words[1:])
            for key, operation in (("r", "Read"), ("w", "Write"), ("d", "Discard")):
                if f"{key}bytes" in told:
                    self.disk(words[0], operation, int(told[f"{key}bytes"]), int(told[f"{key}ios"]))

    def v1(self, places):
        hierarchies = ("cpu", "memory", "pids", "blkio", "cpuacct")
        cpu, memory, pids, blkio, times = (places.get(name, "/nowhere") for name in hierarchies)
        if "unified" in places:
            self.time(fields(read(f"{places['unified']}/cpu.stat")))
        else:
            stat = fields(read(f"{times}/cpuacct.stat"))
            self.count("container_cpu_usage_seconds_total", scaled(number(read(f"{times}/cpuacct.usage")), 1e9), cpu="total")
            self.count("container_cpu_user_seconds_total", scaled(stat.get("user"), 100))
            self.count("container_cpu_system_seconds_total", scaled(stat.get("system"), 100))
        self.throttling(fields(read(f"{cpu}/cpu.stat")), "throttled_time", 1e9)
        stat = fields(read(f"{memory}/memory.stat"))
        self.memory(number(read(f"{memory}/memory.usage_in_bytes")), stat, "total_cache", "total_rss", "total_mapped_file",
                    "total_active_file", "total_inactive_file")
        self.faults(stat, "total_")
        self.gauge("container_memory_kernel_usage", number(read(f"{memory}/memory.kmem.usage_in_bytes")))
        self.gauge("container_memory_swap", stat.get("total_swap"))
        self.count("container_memory_max_usage_bytes", number(read(f"{memory}/memory.max_usage_in_bytes")))
        self.count("container_memory_failcnt", number(read(f"{memory}/memory.failcnt")))
        self.count("container_oom_events_total", fields(read(f"{memory}/memory.oom_control")).get("oom_kill"))
        for family, file in (("limit", "limit"), ("swap_limit", "memsw.limit"), ("reservation_limit", "soft_limit")):
            self.set(f"container_spec_memory_{family}_bytes", limit(read(f"{memory}/memory.{file}_in_bytes")))
        self.pids(pids)
        self.quota(read(f"{cpu}/cpu.cfs_quota_us"), number(read(f"{cpu}/cpu.cfs_period_us")))
        self.set("container_spec_cpu_shares", number(read(f"{cpu}/cpu.shares")))
        told = {}
        for place, file in enumerate(("io_service_bytes", "io_serviced")):
            for line in (read(f"{blkio}/blkio.throttle.{file}_recursive") or "").splitlines():
                words = line.split()
                if len(words) == 3:
                    told.setdefault((words[0], words[1]), [None, None])[place] = int(words[2])
        for (device, operation), (size, times) in told.items():
            self.disk(device, operation, size, times)

    def quota(self, quota, period):
        self.set("container_spec_cpu_period", period)
        if quota and quota.strip().isdigit():
            self.set("container_spec_cpu_quota", int(quota))

    def disk(self, device, operation, size, times):
        if device not in DEVICES:
            DEVICES[device] = os.path.basename(os.path.realpath(f"/sys/dev/block/{device}"))
        name, (major, minor) = f"/dev/{DEVICES[device]}", device.split(":")
        self.count("container_blkio_device_usage_total", size, device=name, major=major, minor=minor, operation=operation)
        word = {"Read": "reads", "Write": "writes"}.get(operation)
        if word:
            self.count(f"container_fs_{word}_bytes_total", size, device=name)
            self.count(f"container_fs_{word}_total", times, device=name)

    def pressure(self, place):
        for resource in ("cpu", "memory", "io"):
            for line in (read(f"{place}/{resource}.pressure") or "").splitlines():
                word = {"some": "waiting", "full": "stalled"}[line.split()[0]]
                total = int(line.rpartition("total=")[2]) / 1e6
                self.count(f"container_pressure_{resource}_{word}_seconds_total", total)

    def network(self, pid):
        """What was dropped is not here: each end of a pair counts that for itself."""
        for line in (read(f"/proc/{pid}/net/dev") or "").splitlines()[2:]:
            name, _, rest = line.partition(":")
            columns = [int(word) for word in rest.split()]
            if name.strip().startswith("eth"):
                for way, first in (("receive", 0), ("transmit", 8)):
                    for column, what in enumerate(("bytes", "packets", "errors")):
                        self.count(f"container_network_{way}_{what}_total", columns[first + column], interface=name.strip())

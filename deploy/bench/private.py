"""A network, processes and mounts of the bench's own: all that is made in them ends with the bench, however that ends."""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

MARK = "SEAMARK_BENCH_DIRECTORY"


def directory():
    """Where this run keeps its files; `None` outside."""
    return os.environ.get(MARK)


def run_again(clean=lambda: None, output=subprocess.PIPE):
    """Runs this program again inside, and does `clean` afterwards."""
    if os.geteuid() != 0:
        sys.exit("this needs root: it makes network devices and cgroups")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Not /tmp, which may be memory.
    made = tempfile.mkdtemp(prefix="seamark-bench-", dir="/var/tmp")
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, *sys.argv]
    try:
        # When this is interrupted `run` kills unshare, unshare its child, and the kernel with that one all that are inside.
        environment = {**os.environ, MARK: made}
        return subprocess.run(command, env=environment, stdout=output, check=False, preexec_fn=end_with_parent)
    finally:
        clean()
        shutil.rmtree(made, ignore_errors=True)


def end_with_parent():
    """Even if that is killed. Constants of linux/prctl.h."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def settle():
    """Shows /sys as this network has it, with the cgroups that were there."""
    kept = os.path.join(directory(), "cgroup")
    os.mkdir(kept)
    run("mount", "--rbind", "/sys/fs/cgroup", kept)
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    run("mount", "--rbind", kept, "/sys/fs/cgroup")
    run("umount", "--recursive", "--lazy", kept)
    os.rmdir(kept)
    run("ip", "link", "set", "lo", "up")


def run(*command, text=None):
    subprocess.run(command, input=text, text=True, check=True)

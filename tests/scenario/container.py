"""A Debian 12 with a systemd of its own: a folder that debootstrap made, booted by systemd-nspawn, entered by nsenter.

The folder is made once a machine and kept in CACHE; each container boots a copy. It shares the host's network, so that
the receivers of a test are on its loopback too."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from processes import wait_until

CACHE = pathlib.Path("/var/cache/trialwatch-tests")
BOOTING_SECONDS = 60
ENDING_SECONDS = 20
# What the tests run in it, beside the package: systemd-analyze asks man for the pages of a unit.
TOOLS = ["man-db"]
# Of no use to a test, and half of what each would copy.
NOT_COPIED = ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt/lists")
NAMESPACES = ("--mount", "--uts", "--ipc", "--pid", "--cgroup")


def run(*command, seconds=600, **options):
    """Fails with what the command wrote when it does not end well."""
    options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
    finished = subprocess.run([str(word) for word in command], timeout=seconds, check=False, **options)
    assert finished.returncode == 0, f"{' '.join(map(str, command))}: {finished.stdout}{finished.stderr}"
    return finished.stdout


def why_none_can_run():
    """A reason, or ""."""
    if os.geteuid() != 0:
        return "a container needs root"
    for program in ("debootstrap", "systemd-nspawn", "nsenter", "dpkg-deb"):
        if not shutil.which(program):
            return f"{program} is not there"
    tried = subprocess.run(["unshare", *NAMESPACES, "--fork", "mount", "-t", "tmpfs", "none", "/mnt"], check=False,
                           capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if tried.returncode != 0:
        return f"namespaces are not allowed here: {tried.stderr.strip()}"
    return "" if own_cgroups() else "no cgroup can be made here"


def own_cgroups():
    """The folders of the cgroup hierarchies in which systemd sorts processes, where this process is in them."""
    folders = []
    for line in pathlib.Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "name=systemd"):
            hierarchy = ["unified", ""] if controllers == "" else ["systemd"]
            tops = [pathlib.Path("/sys/fs/cgroup") / name for name in hierarchy]
            folders += [top / path.lstrip("/") for top in tops if (top / "cgroup.procs").exists()][:1]
    return [folder for folder in folders if os.access(folder, os.W_OK)]


@contextlib.contextmanager
def locked(path):
    """Alone with it, also among pytest's workers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sources():
    """Where the host gets Debian 12 from, as lines for apt."""
    listed = run("apt-get", "indextargets", "Created-By: Packages",
                 "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)")
    found = [line for line in listed.splitlines() if re.fullmatch(r"deb \S*debian\S* bookworm\S* main", line)]
    return found or ["deb http://deb.debian.org/debian bookworm main"]


def dependencies(package):
    """The names in a package's Depends, the first of each choice."""
    depends = run("dpkg-deb", "--field", package, "Depends")
    return sorted(re.match(r"\s*([^\s(|:]+)", part).group(1) for part in depends.split(","))


def make_base(folder, packages):
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as place:
        root = pathlib.Path(place) / "root"
        run("debootstrap", "--variant=minbase", "--include=systemd-sysv,dbus", "bookworm", root,
            sources()[0].split()[1], seconds=900)
        (root / "etc/apt/sources.list").write_text("\n".join(sources()) + "\n", encoding="ascii")
        for command in (("update",), ("upgrade", "-y"), ("install", "-y", "--no-install-recommends", *packages)):
            run("systemd-nspawn", "--quiet", f"--directory={root}", "--register=no", "--keep-unit", "--pipe",
                "--setenv=DEBIAN_FRONTEND=noninteractive", "apt-get", *command)
        (root / "etc/machine-id").write_text("", encoding="ascii")
        (root / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n", encoding="ascii")
        for dropped in NOT_COPIED:
            shutil.rmtree(root / dropped)
        root.rename(folder)


def base_for(package):
    """The folder of a Debian with systemd and what the package depends on, made unless it is there: one for each list of
    packages, so that trees which differ in it do not take it from each other."""
    packages = sorted(dependencies(package) + TOOLS)
    folder = CACHE / f"bookworm-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"
    with locked(CACHE / "lock"):
        if not folder.exists():
            make_base(folder, packages)
    return folder


class Container:
    """One that runs between boot() and close()."""

    def __init__(self, place, base):
        self.root = place / "machine"
        run("cp", "--archive", "--reflink=auto", base, self.root)
        self.name = f"trialwatch-{os.getpid()}-{time.monotonic_ns()}"
        self.console = open(place / "console", "w", encoding="utf-8")
        self.cgroups = [folder / self.name for folder in own_cgroups()]
        self.process = None
        self.leader = 0

    def boot(self):
        for folder in self.cgroups:
            folder.mkdir(exist_ok=True)
        # A cgroup of its own, or two containers would sort their processes into the same ones.
        script = ('for folder; do [ "$folder" = -- ] && break; echo $$ >"$folder/cgroup.procs"; shift; done; '
                  'shift; exec "$@"')
        self.process = subprocess.Popen(
            ["sh", "-c", script, "sh", *map(str, self.cgroups), "--", "systemd-nspawn", "--quiet", "--boot",
             f"--directory={self.root}", f"--machine={self.name}", "--register=no", "--keep-unit", "--console=pipe",
             "--resolv-conf=off", "--link-journal=no"],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
        self.leader = wait_until(self.find_leader, "the container's first process", BOOTING_SECONDS)
        wait_until(self.is_up, "the container to boot", BOOTING_SECONDS)

    def find_leader(self):
        """Its process 1, as the host counts; 0 while there is none."""
        assert self.process.poll() is None, f"the container ended: see {self.console.name}"
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for child in map(int, children.read_text(encoding="ascii").split()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = pathlib.Path(f"/proc/{child}/status").read_text(encoding="utf-8")
                if re.search(r"^NSpid:.*\t1$", status, re.MULTILINE):
                    return child
        return 0

    def is_up(self):
        """"degraded" is up too: a unit that has no place in a container may fail."""
        return self.attempt("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def attempt(self, *command, user=None, seconds=60):
        """Runs it inside, however it ends."""
        words = [str(word) for word in command]
        if user:
            words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *words]
        enter = ["nsenter", f"--target={self.leader}", *NAMESPACES, "--root", "--wdns=/", "env", "--ignore-environment",
                 "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        return subprocess.run(enter + words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=seconds)

    def run(self, *command, **options):
        """Its output; fails unless it ends well."""
        finished = self.attempt(*command, **options)
        assert finished.returncode == 0, f"{' '.join(map(str, command))}: {finished.returncode}: " \
                                         f"{finished.stdout}{finished.stderr}"
        return finished.stdout

    def path(self, path):
        """That of the host for an absolute one inside. Not for links, which would lead back to the host."""
        return self.root / path.lstrip("/")

    def write(self, path, text, mode=0o644):
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def mode(self, path):
        """As "640 root trialwatch"."""
        return self.run("stat", "--format=%a %U %G", path).strip()

    def reboot(self):
        """With --keep-unit systemd-nspawn ends with 133 in place of booting again."""
        self.attempt("systemctl", "reboot")
        assert self.process.wait(ENDING_SECONDS) == 133
        self.boot()

    def close(self):
        """Powers it off and leaves nothing behind."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.console.close()
        for folder in self.cgroups:
            for inner in sorted(folder.glob("**/"), reverse=True):
                with contextlib.suppress(OSError):
                    inner.rmdir()
        with contextlib.suppress(OSError):
            (pathlib.Path("/run/systemd/nspawn/propagate") / self.name).rmdir()
        shutil.rmtree(self.root)

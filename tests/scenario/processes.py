"""The programs of a scenario test and their clock: the simulated registry, the daemon, runs of the client."""

import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

REGISTRY_PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "registry" / "registry.py"

PATIENCE_SECONDS = 20
ENDING_SECONDS = 10
SANITIZER_LINE = re.compile(r"ERROR: \w+Sanitizer|SUMMARY: \w+Sanitizer|runtime error:")


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
    """The condition's first true value; the test fails, saying what it waited for, when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


class TestClock:
    """Shifts the time of the programs that read TRIALWATCH_TEST_CLOCK (daemon/base/clock.h); it only goes forward."""

    __test__ = False

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.offset_seconds = self.jumped_seconds = 0
        self._write()

    def _write(self):
        fresh = self.path.with_suffix(".new")
        offsets = [self.offset_seconds] + ([self.jumped_seconds] if self.jumped_seconds else [])
        fresh.write_text(" ".join(str(int(seconds * 1_000_000)) for seconds in offsets), encoding="ascii")
        fresh.replace(self.path)

    def now(self):
        return time.time() + self.offset_seconds + self.jumped_seconds

    def advance(self, seconds):
        self.offset_seconds += seconds
        self._write()

    def set(self, date, hour=14):
        """To that hour, UTC, of a date: 14 is after the registry's refresh."""
        moment = datetime.fromisoformat(date).replace(hour=hour, tzinfo=timezone.utc)
        self.offset_seconds = moment.timestamp() - self.jumped_seconds - time.time()
        self._write()

    def jump(self, seconds):
        """Somebody sets the clock, forward or back: no time passes."""
        self.jumped_seconds += seconds
        self._write()


class Registry:
    """The simulated registry as a process of its own (tests/registry/)."""

    def __init__(self, place, *folders, date=None, generate=0, tls=None):
        arguments = [option for folder in folders for option in ("--data", str(folder))]
        arguments += ["--date", date] if date else []
        arguments += ["--generate", str(generate)] if generate else []
        arguments += ["--tls", *map(str, tls)] if tls else []
        self.errors = open(place / "registry.err", "w", encoding="utf-8")
        self.process = subprocess.Popen([sys.executable, str(REGISTRY_PROGRAM), *arguments], stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        assert line, (place / "registry.err").read_text(encoding="utf-8")
        ready = json.loads(line)
        self.url, self.control = ready["url"], f"http://127.0.0.1:{ready['control']}"

    def order(self, path, /, **wish):
        request = urllib.request.Request(self.control + path, json.dumps(wish).encode())
        return self._ask(request)

    def _ask(self, request):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def move_to(self, date):
        return self.order("/clock", date=date)

    def refresh(self, days=1):
        """A new dataTimestamp, so many days later; returns it."""
        return self.order("/refresh", days=days)["timestamp"]

    def put(self, *records, date=None):
        return self.order("/record", records=list(records), date=date)

    def remove(self, nct_id):
        return self.order("/remove", id=nct_id)

    def fault(self, kind, **wish):
        return self.order("/fault", kind=kind, **wish)

    def clear_faults(self):
        return self.order("/faults/clear")

    def clear_log(self):
        return self.order("/log/clear")

    def state(self):
        return self._ask(self.control + "/state")

    def log(self, since=0):
        return self._ask(f"{self.control}/log?since={since}")

    def requests(self, path=""):
        return [entry for entry in self.log()["requests"] if entry["path"].endswith(path)]

    def stop(self):
        self.process.terminate()
        self.process.wait(ENDING_SECONDS)
        self.process.stdout.close()
        self.errors.close()


class Result:
    """How a run of the client ended."""

    def __init__(self, finished):
        self.code, self.out, self.err = finished.returncode, finished.stdout, finished.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def json_lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Daemon:
    def __init__(self, house, settings):
        self.house, self.settings = house, settings
        self.stderr_path = house.place / f"daemon-{len(house.daemons)}.err"
        self.stdout_path = house.place / f"daemon-{len(house.daemons)}.out"
        self.process = None
        self.must_end_well = False

    def start(self, *arguments, ready=True, environment=None):
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.process = subprocess.Popen(
                [self.house.daemon_program, "--config", str(self.settings), *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**self.house.environment, **(environment or {})})
        if ready:
            self.must_end_well = True
            wait_until(self.listens, "the daemon's control socket")
        return self

    def listens(self):
        assert self.process.poll() is None, f"the daemon ended with {self.process.returncode}:\n{self.log}"
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.house.socket_path)) == 0

    @property
    def log(self):
        return self.stderr_path.read_text(encoding="utf-8", errors="replace") if self.stderr_path.exists() else ""

    @property
    def printed(self):
        return self.stdout_path.read_text(encoding="utf-8", errors="replace")

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def wait(self, seconds=ENDING_SECONDS):
        return self.process.wait(seconds)

    def stop(self):
        """Asks it to end; returns how long it took and fails unless it ended well."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.wait() == 0, f"the daemon ended with {self.process.returncode}:\n{self.log}"
        return time.monotonic() - began

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        """As a crash or a power cut would."""
        self.must_end_well = False
        self.process.kill()
        self.process.wait()

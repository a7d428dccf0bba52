"""What tests/bench/poll measures with: the simulated registry with copies of records, and the daemon's own numbers."""

import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "registry"), str(TESTS / "scenario")]
from copies import Original, make_copies  # pylint: disable=wrong-import-position
from generate import generate_records  # pylint: disable=wrong-import-position
from inprocess import Registry  # pylint: disable=wrong-import-position
from settings import yaml_lines  # pylint: disable=wrong-import-position
from store import Store  # pylint: disable=wrong-import-position

MADE_UP, MADE_UP_SITES = 200, 8
FIRST_DAY = "2026-01-05"
PATIENCE_SECONDS = 7200
MAX_PATCH_BYTES = 16 * 1024  # half of them; the others post results, which would make most records several times as big


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def load_records(folder):
    """The real records, or made-up ones where those are missing."""
    records = [load(path) for path in sorted(folder.glob("records/NCT*.json"))] if folder.is_dir() else []
    return records or list(generate_records(MADE_UP, site_count=MADE_UP_SITES))


def apply(record, patch):
    """The registry's own patch of another record, as far as this one has the places of which it speaks."""
    record = json.loads(json.dumps(record))
    for operation in patch:
        *way, last = [int(key) if key.isdigit() else key for key in operation["path"].split("/")[1:]]
        try:
            place = record
            for key in way:
                place = place[key]
            if operation["op"] == "remove":
                del place[last]
            elif operation["op"] == "add" and isinstance(place, list):
                place.insert(last, operation["value"])
            else:
                place[last] = operation["value"]
        except (KeyError, IndexError, TypeError):
            continue
    return record


def load_edits(folder, records):
    """(before, after) of each record, edited as the registry's editors edit, in an order that means nothing."""
    paths = sorted(folder.glob("patches/*.json")) if folder.is_dir() else []
    patches = [load(path)["patch"] for path in paths if path.stat().st_size <= MAX_PATCH_BYTES]
    edits = [(record, apply(record, patches[number % len(patches)]) if patches else close_or_open(record))
             for number, record in enumerate(records)]
    random.Random(1).shuffle(edits)
    return [(before, after) for before, after in edits if before != after]


def close_or_open(record):
    """The same for a study of which no edit is known."""
    record = json.loads(json.dumps(record))
    protocol = record["protocolSection"]
    status = protocol["statusModule"]
    opens = status["overallStatus"] != "RECRUITING"
    status["overallStatus"] = "RECRUITING" if opens else "ACTIVE_NOT_RECRUITING"
    status["lastUpdateSubmitDate"] = FIRST_DAY
    for site in protocol.get("contactsLocationsModule", {}).get("locations", []):
        site.pop("status", None)
        if opens:
            site["status"] = "RECRUITING"
    return record


class Published:
    """A simulated registry of so many copies of the records, of which each of the shares is edited one day."""

    def __init__(self, records, edits, count, shares):
        copies = make_copies([Original(record) for record in records], count)
        originals = [Original(before) for before, _ in edits]
        self.afters = [Original(after) for _, after in edits]
        self.edited = []
        left = copies[:]
        for share in shares:
            step = len(left) // max(1, int(count * share))
            self.edited.append(left[::step][:max(1, int(count * share))])
            del left[:step * len(self.edited[-1]):step]
        for edited in self.edited:
            for number, copy in enumerate(edited):
                copy.original = originals[number % len(originals)]
        store = Store(date=FIRST_DAY)
        store.put_versions(copies)
        self.registry = Registry(store)
        self.store, self.server = store, self.registry.server
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/v2"

    @property
    def ids(self):
        return sorted(self.store.current)

    def refresh(self, edited=()):
        """The next day, on which one of self.edited is, or nothing."""
        self.store.refresh()
        self.store.put_versions(type(copy)(copy.nct_id, self.afters[number % len(self.afters)])
                                for number, copy in enumerate(edited))
        self.server.traffic.clear()

    def traffic(self):
        """(requests, bytes on the wire, when the last answer with records had been sent) since the refresh."""
        requests = self.server.traffic.report()["requests"]
        pages = [entry for entry in requests if entry["path"].endswith("/studies") and entry["seconds"] is not None]
        end = max((entry["time"] + entry["seconds"] for entry in pages), default=0)
        return len(requests), sum(entry["bytes"] for entry in requests), end

    def stop(self):
        self.registry.stop()


class Daemon:
    """The real daemon, watching all of it."""

    def __init__(self, build, place, published, watch):
        self.build, self.place = pathlib.Path(build), place
        self.history = place / "history.db"
        self.environment = {**os.environ, "TRIALWATCH_SOCKET": str(place / "control.sock"),
                            "TRIALWATCH_HISTORY": str(self.history), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        settings = {
            "registry": {"url": published.url, "every": "24h", "spacing": "0ms", "contact": "bench@example.org",
                         "timeout": "10m"},
            "history": {"path": str(self.history)}, "control": {"socket": str(place / "control.sock")},
            "watches": [{"name": "bench", **watch, "notify": ["here"]}],
            # Delivering is another bench's business.
            "channels": [{"name": "here", "console": {}, "digest": "daily 00:00 UTC"}],
        }
        path = place / "trialwatch.yaml"
        path.write_text("\n".join(yaml_lines(settings)) + "\n", encoding="utf-8")
        self.errors = open(place / "daemon.err", "wb")
        self.process = subprocess.Popen([self.build / "trialwatchd", "--config", path], stdin=subprocess.DEVNULL,
                                        stdout=self.errors, stderr=self.errors, env=self.environment)

    def query(self, statement):
        """From the history, read beside the daemon, so that the reading costs the daemon nothing."""
        try:
            with sqlite3.connect(f"file:{self.history}?mode=ro", uri=True, timeout=10) as database:
                return database.execute(statement).fetchone()
        except sqlite3.OperationalError:
            return None

    def wait_for_look(self, number):
        """Until that many looks have ended, the last of them well."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = self.query("SELECT count(*), max(outcome = 3), max(reason) FROM polls WHERE outcome <> 0")
            assert not (found and found[1]), f"a look failed: {found[2]}"
            if found and found[0] >= number:
                return
            time.sleep(0.05)
        raise AssertionError("the daemon did not look: " + (self.place / "daemon.err").read_text(encoding="utf-8"))

    def client(self, *arguments):
        return subprocess.run([self.build / "trialwatch", *arguments], env=self.environment, check=True,
                              capture_output=True, text=True).stdout

    def cpu_seconds(self):
        """Of all its threads; the scheduler counts nanoseconds."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9

    def peak_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024

    def metric(self, name):
        lines = subprocess.run(["curl", "-sS", "--unix-socket", self.environment["TRIALWATCH_SOCKET"],
                                "http://trialwatch/metrics"], check=True, capture_output=True,
                               text=True).stdout.splitlines()
        return float(next(line for line in lines if line.startswith(name + " ")).split()[1])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        self.errors.close()

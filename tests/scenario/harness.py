"""What a scenario test is made of: one test's world (House), which starts the daemon, the simulated registry and the
receivers, runs the client, and ends everything. All of it lives in the test's own folder, on ports that the kernel gives.

A test asks the `house` fixture (conftest.py) for what it needs and waits for events with wait_until(), never for time.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess

from processes import ENDING_SECONDS, SANITIZER_LINE, Daemon, Registry, Result, TestClock, wait_until
from receivers import WebhookReceiver
from settings import yaml_lines
from slack import SlackReceiver

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
STORY = TOP / "tests" / "registry" / "story"
FREEDOM, ESCAPE = "NCT04614467", "NCT03508609"


def find_program(name):
    """In the build folder that TRIALWATCH_BUILD names, or else in PATH; None when it is in neither."""
    build = os.environ.get("TRIALWATCH_BUILD")
    if not build:
        return shutil.which(name)
    path = pathlib.Path(build) / name
    assert path.exists(), f"TRIALWATCH_BUILD={build} has no {name}"
    return str(path)


def real_registry_folder():
    """The folder of real registry records, or None."""
    folder = pathlib.Path(os.environ.get("TRIALWATCH_REGISTRY") or TOP.parent / "shared" / "registry")
    return folder if folder.is_dir() else None


def load_record(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def canonical(record):
    """The record without what is no change: the versionHolder, and the objects that its removal leaves empty."""
    record = json.loads(json.dumps(record))
    derived = record.get("derivedSection", {})
    if "versionHolder" in derived.get("miscInfoModule", {}):
        del derived["miscInfoModule"]["versionHolder"]
        if not derived["miscInfoModule"]:
            del derived["miscInfoModule"]
        if not derived:
            del record["derivedSection"]
    return record


class House:
    """One test's world. What is started through it ends with it."""

    def __init__(self, place, daemon_program, client_program):
        self.place = place
        self.daemon_program, self.client_program = daemon_program, client_program
        self.history_path, self.socket_path = place / "history.db", place / "control.sock"
        self.clock = TestClock(place / "clock")
        self.registries, self.receivers, self.daemons = [], [], []
        self.environment = {
            **os.environ, "TRIALWATCH_TEST_CLOCK": str(self.clock.path), "TZ": "UTC", "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
            "TRIALWATCH_HISTORY": str(self.history_path), "TRIALWATCH_SOCKET": str(self.socket_path),
        }

    @property
    def registry(self):
        """The one that was started last."""
        return self.registries[-1]

    def start_registry(self, *folders, **options):
        self.registries.append(Registry(self.place, *folders, **options))
        if options.get("date"):
            self.clock.set(options["date"])
        return self.registry

    def start_story(self, date="2020-11-04"):
        return self.start_registry(STORY, date=date)

    def start_webhook(self, **options):
        self.receivers.append(WebhookReceiver(**options))
        return self.receivers[-1]

    def start_slack(self, **options):
        self.receivers.append(SlackReceiver(**options))
        return self.receivers[-1]

    def secret(self, name, text):
        """A file with a secret, as a setting's value."""
        path = self.place / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return f"file:{path}"

    def webhook_channel(self, receiver, name="hook", **more):
        """The settings of a channel that tells a WebhookReceiver."""
        options = {"url": self.secret(f"{name}.url", receiver.url)}
        if receiver.secret:
            options["secret"] = self.secret(f"{name}.secret", receiver.secret)
        return {"name": name, "webhook": options, **more}

    def slack_channel(self, receiver, name="slack", **more):
        return {"name": name, "slack": {"url": self.secret(f"{name}.url", receiver.url)}, **more}

    def write_settings(self, watches, channels, name="trialwatch.yaml", **sections):
        """registry=, log= … are merged into what every test needs."""
        settings = {
            "registry": {"url": self.registry.url if self.registries else "http://127.0.0.1:9/api/v2", "every": "1h",
                         "spacing": "10ms", "contact": "tests@example.org", "timeout": "10s"},
            "history": {"path": str(self.history_path)},
            "control": {"socket": str(self.socket_path)},
            "watches": watches, "channels": channels,
        }
        for section, values in sections.items():
            settings[section] = {**settings.get(section, {}), **values} if isinstance(values, dict) else values
        path = self.place / name
        path.write_text("\n".join(yaml_lines(settings)) + "\n", encoding="utf-8")
        return path

    def start_daemon(self, settings, *arguments, **options):
        self.daemons.append(Daemon(self, settings))
        return self.daemons[-1].start(*arguments, **options)

    def watch(self, studies, channels, **watch):
        """The daemon with one watch that tells all these channels."""
        notify = [channel["name"] for channel in channels]
        watches = [{"name": "watch", "studies": list(studies), **watch, "notify": notify}]
        return self.start_daemon(self.write_settings(watches, channels))

    def trialwatch(self, *arguments, environment=None, seconds=60, typed=None):
        finished = subprocess.run([self.client_program, *map(str, arguments)], capture_output=True, text=True,
                                  timeout=seconds, input=typed, env={**self.environment, **(environment or {})}, check=False)
        assert not SANITIZER_LINE.search(finished.stderr), finished.stderr
        return Result(finished)

    def ask(self, *arguments):
        """The JSON of a command that must go well."""
        result = self.trialwatch(*arguments, "--json")
        assert result.code == 0, f"trialwatch {' '.join(map(str, arguments))}: {result.code}: {result.err}{result.out}"
        return result.json

    def status(self):
        """The JSON of `trialwatch status`, whether healthy or not."""
        result = self.trialwatch("status", "--json")
        return json.loads(result.out) if result.out.strip() else {}

    def channel(self, name):
        """What status says of a channel."""
        return next(channel for channel in self.status()["channels"] if channel["name"] == name)

    def check(self, settings):
        """The daemon's judgement on the settings."""
        return Result(subprocess.run([self.daemon_program, "-c", settings, "--check-config"], capture_output=True,
                                     text=True, timeout=60, env=self.environment, check=False))

    def trouble(self):
        """Why the last look at the registry failed, "" when it went well."""
        return self.status().get("registry", {}).get("trouble") or ""

    def is_settled(self, refresh):
        """Whether that refresh was taken in whole and every alert of it has been told. While a look is under way status
        has its refresh already."""
        status = self.status()
        registry = status.get("registry", {})
        looked = registry.get("state") == "waiting" and not registry.get("trouble")
        pending = any(channel["due"] + channel["sending"] for channel in status.get("channels", []))
        return looked and registry.get("refresh", "").startswith(refresh) and not pending

    def settle(self, refresh=None):
        refresh = refresh or self.registry.state()["timestamp"]
        wait_until(lambda: self.is_settled(refresh), f"the refresh of {refresh} to be taken in and told")

    def go_to(self, date):
        """A day comes: the registry publishes, the daemon looks and tells."""
        self.registry.move_to(date)
        self.clock.set(date)
        self.poll()
        self.settle(date)

    def poll(self):
        """Asks for a look now; that one is under way already is as good."""
        return self.trialwatch("poll")

    def close(self):
        """Ends everything. Returns what was not as it should be."""
        problems = []
        for daemon in self.daemons:
            if daemon.runs:
                daemon.process.send_signal(signal.SIGTERM)
        for daemon in self.daemons:
            problems += self._end(daemon)
        for part in (*self.receivers, *self.registries):
            part.stop()
        return problems

    def _end(self, daemon):
        problems = []
        try:
            daemon.wait()
        except subprocess.TimeoutExpired:
            daemon.kill()
            problems.append(f"the daemon did not end within {ENDING_SECONDS} s of SIGTERM")
        if daemon.must_end_well and daemon.process.returncode != 0:
            problems.append(f"the daemon ended with {daemon.process.returncode}:\n{daemon.log}")
        if SANITIZER_LINE.search(daemon.log):
            problems.append(f"a sanitizer spoke up:\n{daemon.log}")
        return problems


@contextlib.contextmanager
def taken_in_story(place, programs, begin, dates):
    """A house over the history of the story from begin through dates, told to a webhook. What the block does happens
    before the daemon stops."""
    house = House(place, *programs)
    try:
        house.start_story(begin)
        house.watch([FREEDOM, ESCAPE], [house.webhook_channel(house.start_webhook())])
        house.settle(begin)
        for date in dates:
            house.go_to(date)
        yield house
    finally:
        problems = house.close()
    assert not problems, "\n".join(problems)

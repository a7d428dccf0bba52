#!/usr/bin/env python3
"""Replays the story of NCT04614467 from the simulated registry: six years in under a minute.

The registry's clock and the daemon's are moved together from one dated version to the next; what is printed is what the
daemon's console channel prints, and at the end the client's history and sites of the study."""

import argparse
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
STORY = HERE / "story"
STUDY = "NCT04614467"
STEP_SECONDS = 20  # a step that takes longer means that something is broken

SETTINGS = """\
registry:
  url: {url}
  every: 1h
  spacing: 10ms
  contact: replay@localhost
history:
  path: {place}/history.db
control:
  socket: {place}/control.sock
watches:
  - name: story
    studies: [{studies}]
    near: {{lat: 39.14, lon: -84.52, within: 20000km}}
    highlight: [diabetes, hypertension]
    notify: [terminal]
channels:
  - name: terminal
    console: {{}}
"""


def story_dates():
    return sorted({path.stem for path in STORY.glob("NCT*/*.json")})


class Registry:
    """The simulated registry as a child process."""

    def __init__(self):
        command = [sys.executable, str(HERE / "registry.py"), "--data", str(STORY), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ports = json.loads(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{ports['port']}/api/v2"
        self.control = f"http://127.0.0.1:{ports['control']}"

    def move_to(self, date):
        body = json.dumps({"date": date}).encode()
        request = urllib.request.Request(f"{self.control}/clock", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass


class Clock:
    """Moves the daemon's time by a file that it reads (daemon/base/clock.h)."""

    def __init__(self, path):
        self.path = path
        os.environ["TRIALWATCH_TEST_CLOCK"] = str(path)

    def move_to(self, date):
        noon = datetime.datetime.fromisoformat(date).replace(hour=14, tzinfo=datetime.timezone.utc)
        offset_usec = int((noon.timestamp() - time.time()) * 1_000_000)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(offset_usec), encoding="ascii")
        fresh.replace(self.path)


def client(place, *arguments):
    command = ["trialwatch", "--history", f"{place}/history.db", "--socket", f"{place}/control.sock", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def wait_for(condition, what):
    deadline = time.monotonic() + STEP_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"replay: waited {STEP_SECONDS} s for {what}")
        time.sleep(0.02)


def settled(place, date):
    """Whether the refresh of that date was taken in whole and everything about it was told."""
    try:
        status = json.loads(client(place, "status", "--json").stdout)
    except json.JSONDecodeError:
        return False
    registry = status.get("registry", {})
    looked = registry.get("state") == "waiting" and registry.get("refresh", "").startswith(date)
    return looked and not any(channel["due"] + channel["sending"] for channel in status.get("channels", []))


def replay(place):
    place = pathlib.Path(place)
    dates = story_dates()
    registry, clock = Registry(), Clock(place / "clock")
    settings = place / "trialwatch.yaml"
    studies = ", ".join(sorted(path.name for path in STORY.glob("NCT*")))
    settings.write_text(SETTINGS.format(url=registry.url, place=place, studies=studies), encoding="utf-8")

    registry.move_to(dates[0])
    clock.move_to(dates[0])
    daemon = subprocess.Popen(["trialwatchd", "--config", str(settings)])
    try:
        for date in dates:
            print(f"\n── {date} ──", flush=True)
            registry.move_to(date)
            clock.move_to(date)
            if date != dates[0]:
                client(place, "poll")
            wait_for(lambda date=date: settled(place, date), f"the refresh of {date}")
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=10)
    finally:
        for process in (daemon, registry.process):
            process.kill()
            process.wait()


def show(place, *arguments):
    print(f"\n$ trialwatch {' '.join(arguments)}", flush=True)
    answer = client(place, *arguments)
    print(answer.stdout, end="", flush=True)
    return answer.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--place", required=True, help="folder for settings, history and socket")
    place = parser.parse_args().place
    replay(place)
    return show(place, "history", STUDY) or show(place, "sites", STUDY)


if __name__ == "__main__":
    sys.exit(main())

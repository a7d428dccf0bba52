"""The daemon as a service: what it refuses and how it says so, reload, stop, the notify protocol, the files it is shipped
with."""

import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from harness import ESCAPE, FREEDOM, STORY, TOP
from processes import wait_until

CONSOLE = [{"name": "here", "console": {}}]
WATCH = [{"name": "freedom", "studies": [FREEDOM], "notify": ["here"]}]


def refused(house, settings, **options):
    """Starts a daemon that must end by itself with 1; returns what it said."""
    daemon = house.start_daemon(settings, ready=False, **options)
    assert daemon.wait() == 1, daemon.log
    return daemon.log


@pytest.fixture
def running(house):
    house.start_registry(STORY)
    daemon = house.start_daemon(house.write_settings(WATCH, CONSOLE))
    house.settle()
    return daemon


# What it refuses


def test_a_file_that_is_no_history_is_refused_and_left_as_it_is(house):
    house.history_path.write_text("somebody's diary\n" * 100, encoding="utf-8")
    before = house.history_path.read_bytes()
    assert str(house.history_path) in refused(house, house.write_settings(WATCH, CONSOLE))
    assert house.history_path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_as_it_is(house):
    with sqlite3.connect(house.history_path) as database:
        database.execute("CREATE TABLE bookmarks (url)")
    before = house.history_path.read_bytes()
    assert "trialwatch" in refused(house, house.write_settings(WATCH, CONSOLE))
    assert house.history_path.read_bytes() == before


def test_a_newer_schema_is_refused_and_left_as_it_is(house):
    house.start_registry(STORY)
    settings = house.write_settings(WATCH, CONSOLE)
    house.start_daemon(settings).stop()
    with sqlite3.connect(house.history_path) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    before = house.history_path.read_bytes()
    assert re.search(r"newer|999", refused(house, settings))
    assert house.history_path.read_bytes() == before


def test_a_second_daemon_on_the_same_history_is_refused(house, running):
    other = house.write_settings(WATCH, CONSOLE, name="other.yaml", control={"socket": str(house.place / "other.sock")})
    said = refused(house, other)
    assert str(house.history_path) in said
    assert running.runs and house.status()["healthy"]


def test_a_second_daemon_on_the_same_socket_is_refused(house, running):
    other = house.write_settings(WATCH, CONSOLE, name="other.yaml", history={"path": str(house.place / "other.db")})
    assert "another process listens" in refused(house, other)
    assert running.runs and house.status()["healthy"]


def test_the_socket_of_a_daemon_that_was_killed_is_no_hindrance(house):
    house.start_registry(STORY)
    settings = house.write_settings(WATCH, CONSOLE)
    house.start_daemon(settings).kill()
    assert house.socket_path.exists()
    house.start_daemon(settings)
    house.settle()


@pytest.mark.parametrize("secret, sentence", [
    ("file:/nowhere/slack", "the secret in /nowhere/slack cannot be read: No such file or directory"),
    ("credential:slack", "the credential slack cannot be read: $CREDENTIALS_DIRECTORY is not set"),
    ("https://hooks.slack.com/services/T0/B0/x", "a secret does not belong in this file"),
])
def test_a_missing_secret_is_answered_with_its_line(house, secret, sentence):
    settings = house.write_settings(WATCH, [{"name": "here", "slack": {"url": secret}}])
    line = next(n for n, text in enumerate(settings.read_text().splitlines(), 1) if secret in text)
    said = refused(house, settings)
    assert f"{settings}:{line}: channel here: slack.url: {sentence}" in said
    assert "hooks.slack.com" not in said


def test_check_config_tells_every_mistake_and_starts_nothing(house):
    settings = house.write_settings(WATCH, CONSOLE)
    good = subprocess.run([house.daemon_program, "-c", settings, "--check-config"], capture_output=True, text=True,
                          check=False)
    assert (good.returncode, good.stdout) == (0, f"{settings}: ok, 1 watch, 1 channel\n")
    settings.write_text(settings.read_text() + 'log: {level: "loud"}\nzebra: 1\n')
    bad = subprocess.run([house.daemon_program, "-c", settings, "--check-config"], capture_output=True, text=True,
                         check=False)
    assert bad.returncode == 1
    assert len([line for line in bad.stderr.splitlines() if re.match(rf"{settings}:\d+: ", line)]) == 2
    assert not house.history_path.exists()


@pytest.mark.parametrize("where", ["channel", "heartbeat"])
def test_check_config_says_what_it_could_not_read(house, where):
    if where == "channel":
        settings = house.write_settings(WATCH, [{"name": "here", "slack": {"url": "credential:slack"}}])
    else:
        settings = house.write_settings(WATCH, CONSOLE, health={"heartbeat": "credential:switch"})
    checked = subprocess.run([house.daemon_program, "-c", settings, "--check-config"], capture_output=True, text=True,
                             check=True)
    assert checked.stdout.splitlines()[1].startswith("Secrets of the form credential:NAME are only there in the service")


# What it says while it runs


def test_at_the_start_it_says_what_it_watches_and_what_the_registry_holds(house, running):
    wait_until(lambda: "The next look is at " in running.log, "the first lines")
    assert f"Watching 1 study: {FREEDOM}; alerts go to here" in running.log
    assert re.search(rf"{FREEDOM} .*: Terminated, 7 sites, as of the registry's refresh of 2023-", running.log)


def test_an_id_that_the_registry_does_not_know_is_a_trouble(house):
    house.start_registry(STORY)
    watch = [{"name": "typing", "studies": [FREEDOM, "NCT99999999"], "notify": ["here"]}]
    house.start_daemon(house.write_settings(watch, CONSOLE))
    wait_until(lambda: house.status()["registry"]["missing"] == ["NCT99999999"], "the missing study in status")
    status = house.status()
    assert not status["healthy"]
    assert "The registry does not know NCT99999999: check the number in the settings" in status["troubles"]
    assert house.trialwatch("status").code == 1
    assert house.ask("history", FREEDOM)


def test_a_registry_that_cannot_be_reached_is_a_trouble(house):
    house.start_daemon(house.write_settings(WATCH, CONSOLE))
    wait_until(lambda: house.status()["registry"]["failures"], "the failed look in status")
    assert any(trouble.startswith("The registry could not be read") for trouble in house.status()["troubles"])


def test_a_long_silence_of_the_registry_is_told_and_its_end_too(house):
    house.start_registry(STORY)
    receiver = house.start_webhook()
    hook = house.webhook_channel(receiver, name="here")
    house.start_daemon(house.write_settings(WATCH, [hook], health={"after": "6h"}))
    house.settle()
    house.registry.fault("status", status=503, times=-1)
    for _ in range(8):
        house.clock.advance(3600)
        house.poll()
        wait_until(lambda: house.status()["registry"]["state"] == "backing-off", "the failed look")
    wait_until(lambda: receiver.received, "the message of the silence")
    assert "The registry cannot be read" in receiver.received[0].body.decode()
    house.registry.clear_faults()
    house.clock.advance(2 * 3600)  # the longest wait after failures, and its jitter
    wait_until(lambda: len(receiver.received) > 1, "the message of its end")
    assert "The registry can be read again" in receiver.received[1].body.decode()
    assert house.status()["healthy"]
    assert len(receiver.received) == 2


@pytest.mark.parametrize("no_color, coloured", [(None, True), ("", True), ("1", False)])
def test_on_a_terminal_an_error_is_red_unless_no_color_says_so(house, no_color, coloured):
    house.history_path.write_text("somebody's diary\n" * 100, encoding="utf-8")
    environment = {**house.environment, **({} if no_color is None else {"NO_COLOR": no_color})}
    ours, theirs = pty.openpty()
    ended = subprocess.run([house.daemon_program, "-c", house.write_settings(WATCH, CONSOLE)], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=theirs, env=environment, check=False)
    os.close(theirs)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert ended.returncode == 1 and str(house.history_path) in said
    assert ("\033[31m" in said) == coloured and ("\033" in said) == coloured


# Reload and stop


@pytest.mark.parametrize("way", ["hangup", "client"])
def test_reload_takes_new_settings_in(house, running, way):
    watch = [{**WATCH[0], "studies": [FREEDOM, ESCAPE]}]
    house.write_settings(watch, CONSOLE)
    if way == "hangup":
        running.reload()
    else:
        assert house.trialwatch("reload").code == 0
    wait_until(lambda: house.status()["registry"]["studies"] == 2, "the second study")
    house.settle()
    assert house.ask("history", ESCAPE)


@pytest.mark.parametrize("way", ["hangup", "client"])
def test_reload_of_a_bad_file_keeps_what_ran_and_says_so(house, running, way):
    settings = house.write_settings([{**WATCH[0], "notify": ["nobody"], "changes": ["weather"]}], CONSOLE)
    if way == "hangup":
        running.reload()
    else:
        answer = house.trialwatch("reload")
        mistakes = [line for line in answer.err.splitlines() if re.match(rf"{re.escape(str(settings))}:\d+: ", line)]
        assert answer.code == 1 and len(mistakes) == 2
        assert any("nobody" in line for line in mistakes) and any("weather" in line for line in mistakes)
        assert answer.err.splitlines()[-1] == "trialwatch: the settings from before stay in force"
    wait_until(lambda: not house.status()["healthy"], "the mistake in status")
    assert "The settings files have mistakes; the settings from before are in force" in house.status()["troubles"]
    assert 'no channel is named "nobody"' in running.log
    assert house.status()["watches"][0]["channels"] == ["here"]
    house.write_settings(WATCH, CONSOLE)
    assert house.trialwatch("reload").code == 0
    wait_until(lambda: house.status()["healthy"], "health")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_stops_within_a_second(house, running, name):
    began = time.monotonic()
    running.process.send_signal(getattr(signal, name))
    assert running.wait() == 0
    assert time.monotonic() - began < 1
    assert not house.socket_path.exists()


def test_it_stops_within_a_second_while_the_registry_does_not_answer(house):
    house.start_registry(STORY)
    house.registry.fault("slow", bytes_per_second=1, times=-1)
    daemon = house.start_daemon(house.write_settings(WATCH, CONSOLE))
    wait_until(lambda: house.status()["registry"]["state"] == "asking", "the look to begin")
    assert daemon.stop() < 1


def test_once_looks_tells_and_ends(house):
    house.start_registry(STORY)
    settings = house.write_settings(WATCH, CONSOLE)
    daemon = house.start_daemon(settings, "--once", ready=False)
    assert daemon.wait() == 0, daemon.log
    assert house.ask("history", FREEDOM)
    house.registry.stop()
    house.registries.clear()
    daemon = house.start_daemon(settings, "--once", ready=False)
    assert daemon.wait() == 1
    assert "The registry could not be read" in daemon.log


def test_a_client_that_does_not_wait_for_its_answer_harms_nothing(house, running):
    running.process.send_signal(signal.SIGSTOP)
    for _ in range(5):
        with socket.socket(socket.AF_UNIX) as hasty:
            hasty.connect(str(house.socket_path))
            hasty.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    running.process.send_signal(signal.SIGCONT)
    assert house.status()["healthy"]


# systemd's side


class NotifySocket:
    """What a service manager hears. It listens all the time, as systemd does: its queue is short, and who finds it full
    waits."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.heard += self.socket.recv(4096).decode().splitlines()


def test_the_notify_protocol(house):
    notify = NotifySocket(house.place / "notify")
    house.start_registry(STORY)
    daemon = house.start_daemon(house.write_settings(WATCH, CONSOLE),
                                environment={"NOTIFY_SOCKET": str(notify.path), "WATCHDOG_USEC": "200000"})
    wait_until(lambda: "READY=1" in notify.heard, "READY=1")
    assert daemon.listens()
    house.settle()
    wait_until(lambda: any(re.match(r"STATUS=next look .*, 0 alerts pending$", line) for line in notify.heard),
               "STATUS with the next look")
    wait_until(lambda: notify.heard.count("WATCHDOG=1") >= 3, "the watchdog")
    notify.heard.clear()
    daemon.reload()
    wait_until(lambda: "READY=1" in notify.heard, "READY=1 after the reload")
    heard = [line for line in notify.heard if line.startswith(("RELOADING", "MONOTONIC_USEC", "READY"))]
    assert heard[0] == "RELOADING=1" and heard[1].startswith("MONOTONIC_USEC=") and heard[2] == "READY=1"
    daemon.stop()
    assert "STOPPING=1" in notify.heard


def test_not_ready_when_the_history_is_refused(house):
    notify = NotifySocket(house.place / "notify")
    house.history_path.write_text("no history\n" * 100, encoding="utf-8")
    refused(house, house.write_settings(WATCH, CONSOLE), environment={"NOTIFY_SOCKET": str(notify.path)})
    assert "READY=1" not in notify.heard


def test_a_socket_that_systemd_passed_is_used_and_left(house):
    """As systemd does it: the listening socket is descriptor 3, named control."""
    house.start_registry(STORY)
    settings = house.write_settings(WATCH, CONSOLE, control={"socket": str(house.place / "unused.sock")})
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(house.socket_path))
        listening.listen()

        def become():
            os.dup2(listening.fileno(), 3)
            os.environ["LISTEN_PID"] = str(os.getpid())

        environment = {**house.environment, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "control"}
        script = 'import os, sys; os.environ["LISTEN_PID"] = str(os.getpid()); os.execv(sys.argv[1], sys.argv[1:])'
        process = subprocess.Popen(["/usr/bin/python3", "-c", script, house.daemon_program, "-c", str(settings)],
                                   env=environment, preexec_fn=become, pass_fds=(3,), stderr=subprocess.DEVNULL)
        try:
            house.settle()
            assert not (house.place / "unused.sock").exists()
        finally:
            process.terminate()
            assert process.wait(10) == 0
    assert house.socket_path.exists()


# A full disk


def fill(place):
    with open(place / "ballast", "wb", buffering=0) as ballast:
        try:
            while ballast.write(b"\0" * 4096):
                pass
        except OSError:
            pass


def test_a_full_disk_is_said_and_loses_nothing(house, small_disk):
    house.history_path = small_disk / "history.db"
    house.environment["TRIALWATCH_HISTORY"] = str(house.history_path)
    house.start_registry(STORY)
    notify = NotifySocket(house.place / "notify")
    house.start_daemon(house.write_settings(WATCH, CONSOLE),
                       environment={"NOTIFY_SOCKET": str(notify.path), "WATCHDOG_USEC": "100000"})
    house.settle()
    fill(small_disk)
    house.write_settings([{**WATCH[0], "studies": [FREEDOM, ESCAPE]}], CONSOLE)
    house.trialwatch("reload")
    wait_until(lambda: house.status()["history"]["error"], "the full disk in status")
    assert any(trouble.startswith("The history cannot be written") for trouble in house.status()["troubles"])
    assert house.ask("history", FREEDOM)
    house.clock.advance(86400)  # no restart makes room: the watchdog goes on being told that the daemon is alive
    house.poll()
    alive = notify.heard.count("WATCHDOG=1")
    wait_until(lambda: notify.heard.count("WATCHDOG=1") > alive + 2, "the watchdog")
    (small_disk / "ballast").unlink()
    wait_until(lambda: house.poll() and house.status()["healthy"], "health after there is room")
    assert house.ask("history", ESCAPE)


# The files beside it


def units(tmp_path):
    """The units with their paths filled in, and programs that are there."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("trialwatchd", "trialwatch"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    paths = {"@bindir@": programs, "@sbindir@": programs, "@confdir@": "/etc/trialwatch",
             "@statedir@": "/var/lib/trialwatch", "@rundir@": "/run/trialwatch"}
    made = []
    for source in sorted((TOP / "systemd").iterdir()):
        name = source.name.removesuffix(".in")
        if not name.endswith((".service", ".socket", ".timer")):
            continue
        text = source.read_text()
        for name_of_path, path in paths.items():
            text = text.replace(name_of_path, str(path))
        made.append(tmp_path / name)
        made[-1].write_text(text)
    return made


def analyze(*arguments):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there")
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_the_units_are_valid(tmp_path):
    result = analyze("verify", "--man=no", *units(tmp_path))
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", ["trialwatchd.service", "trialwatch-once.service"])
def test_the_services_are_hardened(tmp_path, name):
    unit = next(path for path in units(tmp_path) if path.name == name)
    result = analyze("security", "--offline=yes", "--threshold=12", unit)
    assert result.returncode == 0, result.stdout


@pytest.mark.skipif(not shutil.which("apparmor_parser"), reason="apparmor_parser is not there")
def test_the_apparmor_profile_compiles():
    profile = TOP / "contrib/apparmor/usr.sbin.trialwatchd"
    compiled = subprocess.run(["apparmor_parser", "--skip-kernel-load", "--skip-cache", "--stdout", profile],
                              capture_output=True, check=False)
    assert compiled.returncode == 0 and b"trialwatchd" in compiled.stdout, compiled.stderr


def test_every_event_has_a_text_in_the_catalog_and_back():
    events = set(re.findall(r'"([0-9a-f]{32})"', (TOP / "daemon/base/events.h").read_text()))
    catalog = re.findall(r"^-- ([0-9a-f]{32})$", (TOP / "systemd/trialwatch.catalog").read_text(), re.MULTILINE)
    assert events and len(catalog) == len(set(catalog)) and set(catalog) == events


def test_every_event_is_used():
    text = "".join(path.read_text() for path in pathlib.Path(TOP / "daemon").glob("*/*.c"))
    names = re.findall(r"#define (EVENT_\w+)", (TOP / "daemon/base/events.h").read_text())
    assert [name for name in names if name not in text] == []


def test_the_manual_is_clean_mdoc(house):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not there")
    page = house.place / "trialwatch.yaml.5"
    page.write_bytes(subprocess.run([house.daemon_program, "--print-manual"], capture_output=True, check=True).stdout)
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, check=False)
    assert lint.stdout == ""

"""The package in a real systemd: installed, configured, started, reloaded, hung, killed, rebooted, upgraded, purged.

Each test has a container of its own (container.py). The registry, Slack and the mail server are those of the other
scenarios, on the loopback that container and host share."""

import json
import os
import re
import shutil

import pytest

import mailserver
from container import Container, base_for, locked, run, why_none_can_run
from harness import ESCAPE, FREEDOM, STORY, TOP
from processes import Registry, wait_until
from settings import yaml_lines
from slack import SlackReceiver
from receivers import HANG

SETTINGS = "/etc/trialwatch/trialwatch.yaml"
DROP_IN = "/etc/systemd/system/trialwatchd.service.d/test.conf"
EVENTS = dict(re.findall(r'#define EVENT_(\w+) "(\w+)"',
                         (TOP / "daemon/base/events.h").read_text(encoding="utf-8")))
STARTED, CHANGED, CHANGE, DELIVERED, RELOADED = (
    EVENTS[name] for name in ("STARTED", "STUDY_CHANGED", "CHANGE", "ALERT_DELIVERED", "RELOADED"))


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """The .deb of this tree, made and looked over by lintian once a session, for all workers."""
    reason = why_none_can_run()
    if reason:
        pytest.skip(reason)
    shared = tmp_path_factory.getbasetemp()
    folder = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "packages"
    with locked(folder / "lock"):
        if not list(folder.glob("trialwatch_*.deb")):
            run(TOP / "contrib/packaging/build-deb.sh", folder, seconds=1200)
    return next(folder.glob("trialwatch_*.deb"))


@pytest.fixture(scope="session")
def newer_package(package):
    """The same with a higher version."""
    folder = package.parent
    with locked(folder / "lock"):
        newer = folder / "newer.deb"
        if not newer.exists():
            tree = folder / "newer"
            run("dpkg-deb", "--raw-extract", package, tree)
            control = tree / "DEBIAN/control"
            control.write_text(re.sub(r"^Version: .*", r"\g<0>+next", control.read_text(encoding="utf-8"),
                                      flags=re.MULTILINE), encoding="utf-8")
            run("dpkg-deb", "--root-owner-group", "--build", tree, newer)
            shutil.rmtree(tree)
    return newer


class Server(Container):
    """A server on which the package is installed, with the story's registry and a Slack beside it."""

    def __init__(self, place, package, registry, slack):
        super().__init__(place, base_for(package))
        self.registry, self.slack = registry, slack

    def install(self, package):
        shutil.copy(package, self.path("/root/trialwatch.deb"))
        return self.run("apt-get", "install", "--yes", "--no-install-recommends", "/root/trialwatch.deb", seconds=120)

    def configure(self, channels=None, unit="", **sections):
        """Settings that tell Slack, whose URL is a credential of the unit."""
        channels = channels or [{"name": "ward", "slack": {"url": "credential:slack-ward"}}]
        settings = {
            "registry": {"url": self.registry.url, "every": "1h", "spacing": "10ms", "contact": "tests@example.org"},
            "watches": [{"name": "freedom", "studies": [FREEDOM], "notify": [channel["name"] for channel in channels]}],
            "channels": channels, **sections,
        }
        self.write(SETTINGS, "\n".join(yaml_lines(settings)) + "\n", 0o640)
        self.run("chgrp", "trialwatch", SETTINGS)
        self.write("/etc/trialwatch/slack-ward", self.slack.url + "\n", 0o600)
        self.write(DROP_IN, "[Service]\nLoadCredential=slack-ward:/etc/trialwatch/slack-ward\n" + unit)
        self.run("systemctl", "daemon-reload")

    def ask_unit(self, name, unit="trialwatchd"):
        return self.run("systemctl", "show", "--value", "--property", name, unit).strip()

    @property
    def pid(self):
        return int(self.ask_unit("MainPID"))

    def is_active(self, unit="trialwatchd"):
        return self.ask_unit("ActiveState", unit) == "active"

    def journal(self, *filters):
        """What it holds by these filters, oldest first."""
        lines = self.run("journalctl", "--output=json", "--no-pager", *filters).splitlines()
        return [json.loads(line) for line in lines]

    def status(self):
        """The daemon's own, {} while it does not answer."""
        asked = self.attempt("trialwatch", "status", "--json")
        return json.loads(asked.stdout) if asked.returncode in (0, 1) else {}

    def wait_for_refresh(self, date):
        def has_taken_it_in():
            registry = self.status().get("registry", {})
            return registry.get("state") == "waiting" and registry.get("refresh", "").startswith(date)
        wait_until(has_taken_it_in, f"the refresh of {date}")

    def start(self):
        self.run("systemctl", "enable", "--now", "trialwatchd")
        self.wait_for_refresh("2020-11-04")

    def go_to(self, date):
        self.registry.move_to(date)
        self.run("trialwatch", "poll")


@pytest.fixture
def server(tmp_path, package):
    registry, slack = Registry(tmp_path, STORY, date="2020-11-04"), SlackReceiver()
    machine = Server(tmp_path, package, registry, slack)
    try:
        machine.boot()
        machine.install(package)
        yield machine
    finally:
        machine.close()
        slack.stop()
        registry.stop()


def test_starts_when_it_is_configured_and_enabled_and_not_before(server):
    assert server.ask_unit("ActiveState") == "inactive"
    assert server.ask_unit("UnitFileState") == "disabled"
    assert server.ask_unit("UnitFileState", "trialwatchd.socket") == "disabled"
    assert server.mode("/etc/trialwatch") == server.mode("/etc/trialwatch/conf.d") == "750 root trialwatch"
    assert not server.path("/var/lib/trialwatch").exists()

    server.configure()
    server.run("systemctl", "enable", "--now", "trialwatchd")
    # started means that it answers: this is the first question, and the start waited for READY
    assert server.attempt("trialwatch", "status").returncode in (0, 1)
    server.wait_for_refresh("2020-11-04")
    assert server.attempt("trialwatch", "status").returncode == 0
    assert server.ask_unit("NRestarts") == "0"
    assert server.ask_unit("MemoryMax") == str(512 * 1024 * 1024)
    assert server.journal(f"MESSAGE_ID={STARTED}")

    assert server.mode("/var/lib/trialwatch") == "750 trialwatch trialwatch"
    assert server.mode("/var/lib/trialwatch/history.db") == "640 trialwatch trialwatch"
    assert server.mode("/run/trialwatch") == "750 trialwatch trialwatch"
    assert server.mode("/run/trialwatch/control.sock") == "660 trialwatch trialwatch"

    server.run("systemctl", "stop", "trialwatchd")
    began, ended = (int(server.ask_unit(f"{name}TimestampMonotonic")) for name in ("ActiveExit", "InactiveEnter"))
    assert 0 < ended - began < 1_000_000
    assert server.ask_unit("Result") == "success"


def test_is_not_ready_when_it_cannot_answer(server):
    server.configure(unit="Restart=no\n")
    server.run("systemctl", "start", "trialwatchd")
    server.run("systemctl", "stop", "trialwatchd")
    server.run("mkdir", "/run/trialwatch/control.sock")
    assert server.attempt("systemctl", "start", "trialwatchd").returncode != 0
    assert server.ask_unit("ActiveState") == "failed"
    assert "no socket" in server.run("journalctl", "--unit=trialwatchd")


def test_takes_in_good_settings_on_reload_and_refuses_bad_ones(server):
    server.configure()
    server.start()
    pid = server.pid

    server.configure([{"name": "ward", "slack": {"url": "credential:slack-ward"}}, {"name": "here", "console": {}}])
    server.run("systemctl", "reload", "trialwatchd")
    assert [channel["name"] for channel in server.status()["channels"]] == ["ward", "here"]
    assert server.journal(f"MESSAGE_ID={RELOADED}")

    server.write(SETTINGS, server.path(SETTINGS).read_text(encoding="utf-8").replace("every:", "everyy:"))
    assert server.attempt("systemctl", "reload", "trialwatchd").returncode != 0
    assert server.is_active() and server.pid == pid
    assert [channel["name"] for channel in server.status()["channels"]] == ["ward", "here"]
    said = server.run("journalctl", "--unit=trialwatchd", "--output=cat")
    assert re.search(r"trialwatch\.yaml:\d+.*everyy", said), said


def test_jq_programs_run_bounded_in_the_sandbox_of_the_unit(server):
    watches = [{"name": "endless", "studies": [FREEDOM], "notify": ["ward"], "when": "def f: f; f"}]
    ward = {"name": "ward", "slack": {"url": "credential:slack-ward"}, "payload": "{text: .headline}"}
    server.configure([ward], watches=watches)
    server.start()
    server.go_to("2021-01-19")
    wait_until(lambda: server.slack.accepted, "the alert whose condition counts as true")
    assert set(server.slack.accepted[0].json) == {"text"}
    said = server.run("journalctl", "--unit=trialwatchd", "--output=cat")
    assert "took longer than 2 s" in said
    assert server.ask_unit("NRestarts") == "0" and server.is_active()


def test_no_alert_is_lost_when_it_hangs_or_is_killed(server):
    server.configure(unit="WatchdogSec=4\nRestartSec=100ms\n")
    server.start()
    server.run("trialwatch", "test", "ward")
    assert len(server.slack.accepted) == 1

    for count, (date, signal) in enumerate((("2021-01-19", "STOP"), ("2021-03-16", "KILL")), start=1):
        server.slack.plan(HANG)
        heard = len(server.slack.received)
        server.go_to(date)
        wait_until(lambda heard=heard: len(server.slack.received) > heard, "an attempt that gets no answer")
        told = len(server.slack.accepted)
        server.run("systemctl", "kill", f"--signal={signal}", "--kill-whom=main", "trialwatchd")
        wait_until(lambda count=count: int(server.ask_unit("NRestarts")) == count and server.is_active(),
                   f"systemd to restart what got {signal}")
        wait_until(lambda told=told: len(server.slack.accepted) > told, "the alert after all")
    assert "Watchdog timeout" in server.run("journalctl", "--unit=trialwatchd")
    assert not server.slack.refused
    alerts = json.loads(server.run("trialwatch", "alerts", "--json"))
    assert {alert["state"] for alert in alerts} == {"delivered"}
    assert json.loads(server.run("trialwatch", "verify", "--json"))["holds"]


def test_the_journal_says_what_about_whom_and_no_secret(server):
    server.configure()
    server.start()
    server.go_to("2021-01-19")
    wait_until(lambda: server.journal(f"MESSAGE_ID={DELIVERED}"), "the alert")
    alert, = json.loads(server.run("trialwatch", "alerts", "--json"))
    for field in (f"STUDY={FREEDOM}", "WATCH=freedom", "CHANNEL=ward", f"ALERT={alert['id']}"):
        lines = server.journal(f"TRIALWATCH_{field}")
        assert {CHANGED, CHANGE, DELIVERED} <= {line.get("MESSAGE_ID") for line in lines}, field
        assert {line["_SYSTEMD_UNIT"] for line in lines} == {"trialwatchd.service"}
    opened = server.journal("TRIALWATCH_CHANGE=site-opened")
    assert {line["MESSAGE_ID"] for line in opened} == {CHANGED, CHANGE}
    assert "Now recruiting: Cedars-Sinai Medical Center" in opened[-1]["MESSAGE"]
    for event, advice in ((CHANGED, f"trialwatch diff {FREEDOM}"), (CHANGE, f"trialwatch alerts {FREEDOM}"),
                          (DELIVERED, "ward was told, and answered: ")):
        assert advice in server.run("journalctl", "--catalog", f"MESSAGE_ID={event}")
    assert "notarealsecret" not in server.run("journalctl", "--output=export")


def test_the_journal_knows_who_came_went_and_was_silenced(server):
    server.configure()
    server.start()
    for change in (("add", ESCAPE, "--name", "more", "--notify", "ward"), ("pause", "more"), ("resume", "more"),
                   ("remove", "more")):
        server.run("trialwatch", "watch", *change)
    lines = server.journal("TRIALWATCH_WATCH=more")
    assert [line["MESSAGE_ID"] for line in lines] == [
        EVENTS[f"WATCH_{what}"] for what in ("ADDED", "PAUSED", "RESUMED", "REMOVED")]
    assert all("the watch more" in line["MESSAGE"] for line in lines)
    assert "trialwatch watch resume more" in server.run("journalctl", "--catalog", f"MESSAGE_ID={EVENTS['WATCH_PAUSED']}")


def test_everything_that_it_talks_to_works_inside_the_sandbox(server, certificate):
    if mailserver.missing():
        pytest.skip(mailserver.missing())
    server.write("/usr/local/bin/page", "#!/bin/sh\ncat >/var/lib/trialwatch/paged\n", 0o755)
    shutil.copy(certificate[0], server.path("/etc/trialwatch/mail.pem"))
    server.write("/etc/trialwatch/mail-password", mailserver.PASSWORD + "\n", 0o600)
    with mailserver.running(*certificate) as mail:
        channels = [
            {"name": "ward", "slack": {"url": "credential:slack-ward"}},
            {"name": "office", "email": {
                "to": [f"{mailserver.USER}@{mailserver.DOMAIN}"], "from": "trialwatch@mail.test",
                "server": mail.smtp_url, "username": mailserver.USER, "password": "credential:mail-password"}},
            {"name": "pager", "command": {"run": ["/usr/local/bin/page"]}},
        ]
        server.configure(channels, "LoadCredential=mail-password:/etc/trialwatch/mail-password\n",
                         ca_file="/etc/trialwatch/mail.pem")
        server.start()
        server.go_to("2021-01-19")
        wait_until(lambda: server.slack.accepted and mail.mails(), "Slack and the mail")
    wait_until(server.path("/var/lib/trialwatch/paged").exists, "the program to be run")
    said = server.run("journalctl", "--output=export")
    assert f"{mailserver.USER}@" not in said and mailserver.PASSWORD not in said
    server.run("trialwatch", "backup", "/var/lib/trialwatch/copy.db")
    server.run("systemctl", "start", "trialwatch-backup")
    assert list(server.path("/var/lib/trialwatch/backup").glob("history-*.db"))


def test_the_group_reads_but_does_not_act_and_others_do_neither(server):
    server.run("useradd", "--groups=trialwatch", "reader")
    server.run("useradd", "stranger")
    server.configure()
    server.start()

    assert "First seen" in server.run("trialwatch", "history", FREEDOM, user="reader")
    assert server.attempt("trialwatch", "status", user="reader").returncode == 0
    refused = server.attempt("trialwatch", "poll", user="reader")
    assert refused.returncode == 1 and "only root" in refused.stderr
    assert server.attempt("cat", SETTINGS, user="reader").returncode == 0
    assert server.attempt("cat", "/etc/trialwatch/slack-ward", user="reader").returncode != 0
    for command in (("history", FREEDOM), ("status",), ("poll",)):
        assert server.attempt("trialwatch", *command, user="stranger").returncode in (3, 4)

    server.run("systemctl", "stop", "trialwatchd")
    assert "First seen" in server.run("trialwatch", "history", FREEDOM, user="reader")


def test_the_socket_starts_the_daemon_and_outlives_it(server):
    server.configure()
    server.run("systemctl", "enable", "--now", "trialwatchd.socket")
    assert not server.is_active()
    assert server.mode("/run/trialwatch/control.sock") == "660 trialwatch trialwatch"
    assert server.attempt("trialwatch", "status").returncode in (0, 1)
    assert server.is_active()
    server.wait_for_refresh("2020-11-04")
    server.run("systemctl", "restart", "trialwatchd")
    assert server.attempt("trialwatch", "status").returncode in (0, 1)


def test_one_look_needs_no_daemon(server):
    server.configure()
    server.write("/etc/systemd/system/trialwatch-once.service.d/test.conf",
                 "[Service]\nLoadCredential=slack-ward:/etc/trialwatch/slack-ward\n")
    server.run("systemctl", "daemon-reload")
    server.run("systemctl", "start", "trialwatch-once")
    server.registry.move_to("2021-01-19")
    server.run("systemctl", "start", "trialwatch-once")
    assert len(server.slack.accepted) == 1
    assert server.mode("/var/lib/trialwatch/history.db") == "640 trialwatch trialwatch"

    server.run("systemctl", "enable", "--now", "trialwatch-once.timer")
    assert server.ask_unit("NextElapseUSecRealtime", "trialwatch-once.timer")
    server.run("systemctl", "start", "trialwatchd")
    assert server.is_active() and not server.is_active("trialwatch-once.timer")


def test_survives_reboot_upgrade_and_removal_and_goes_with_a_purge(server, newer_package):
    server.configure()
    server.start()
    server.reboot()
    wait_until(server.is_active, "the daemon after the reboot")
    server.go_to("2021-01-19")
    wait_until(lambda: server.slack.accepted, "the alert after the reboot")

    pid = server.pid
    server.install(newer_package)
    assert server.is_active() and server.pid != pid
    assert server.ask_unit("UnitFileState") == "enabled"
    server.wait_for_refresh("2021-01-19")
    assert len(json.loads(server.run("trialwatch", "history", FREEDOM, "--json"))) == 2

    server.run("apt-get", "remove", "--yes", "trialwatch")
    assert server.ask_unit("ActiveState") == "inactive"
    assert server.path("/var/lib/trialwatch/history.db").exists()
    assert server.path(SETTINGS).exists()
    server.run("apt-get", "purge", "--yes", "trialwatch")
    assert not server.path("/var/lib/trialwatch").exists()
    assert not server.path(SETTINGS).exists()
    assert server.path("/etc/trialwatch/slack-ward").exists(), "what an administrator wrote is theirs"


def test_an_upgrade_starts_nothing_that_is_not_enabled(server, newer_package):
    server.install(newer_package)
    for unit in ("trialwatchd", "trialwatchd.socket", "trialwatch-once.timer", "trialwatch-backup.timer"):
        assert not server.is_active(unit)


def guide(name):
    """Its blocks of commands."""
    text = (TOP / f"config/guides/{name}.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_guide_to_backup_and_restore_can_be_followed(server):
    server.configure()
    server.start()
    copy, daily, check, restore = guide("backup")
    server.run("sh", "-ec", copy)
    server.run("sh", "-ec", daily)
    assert server.ask_unit("NextElapseUSecRealtime", "trialwatch-backup.timer")
    server.run("systemctl", "start", "trialwatch-backup")
    made, = server.path("/var/lib/trialwatch/backup").iterdir()
    server.go_to("2021-01-19")
    wait_until(lambda: server.slack.accepted, "the alert")

    server.run("sh", "-ec", check.replace("history-Mon.db", made.name))
    server.run("sh", "-ec", restore.replace("history-Mon.db", made.name))
    wait_until(lambda: len(server.slack.accepted) == 2, "what changed since the copy to be told again")


def test_the_guide_to_moving_can_be_followed(server, package, tmp_path):
    server.configure()
    server.start()
    leave, arrive = guide("moving")
    head = re.search(r"\d+:[0-9a-f]{64}", server.run("sh", "-ec", "cd /root\n" + leave)).group()

    (tmp_path / "new").mkdir()
    new = Server(tmp_path / "new", package, server.registry, server.slack)
    try:
        new.boot()
        shutil.copy(package, new.path("/root") / package.name)
        shutil.copy(server.path("/root/trialwatch.tar"), new.path("/root"))
        new.run("sh", "-ec", "cd /root\n" + arrive.replace("HEAD ", head + " "))
        new.go_to("2021-01-19")
        wait_until(lambda: new.slack.accepted, "the alert of the new machine")
    finally:
        new.close()


@pytest.fixture(scope="session")
def units(package, tmp_path_factory):
    """The folder of an unpacked package, which has its debug symbols beside it."""
    assert list(package.parent.glob("trialwatch-dbgsym_*.deb"))
    root = tmp_path_factory.mktemp("units")
    run("dpkg-deb", "--extract", package, root)
    return root


def test_systemd_has_nothing_to_say_about_the_units(units, server):
    names = [path.name for path in (units / "lib/systemd/system").iterdir()]
    assert len(names) == 6
    said = server.attempt("systemd-analyze", "verify", *names)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_units_are_hardened_and_their_manual_is_there(units):
    folder = units / "lib/systemd/system"
    for service in folder.glob("*.service"):
        run("systemd-analyze", "security", "--offline=yes", "--threshold=12", service)
    for unit in folder.iterdir():
        for page, section in re.findall(r"man:([\w.-]+)\((\d)\)", unit.read_text(encoding="utf-8")):
            assert (units / f"usr/share/man/man{section}/{page}.{section}.gz").exists(), f"{page} of {unit.name}"

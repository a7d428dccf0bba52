"""The care of the history file: checks, old polls, copies, who may read it."""

import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from harness import FREEDOM, STORY, House
from processes import wait_until

CONSOLE = [{"name": "here", "console": {}}]
WATCH = [{"name": "freedom", "studies": [FREEDOM], "notify": ["here"]}]
WEEK_SECONDS = 7 * 86400
READERS_GROUP, READER, STRANGER = 54321, 54322, 54323


def start(house, date="2021-09-14", **history):
    house.start_registry(STORY, date=date)
    settings = house.write_settings(WATCH, CONSOLE, history={"path": str(house.history_path), **history})
    daemon = house.start_daemon(settings)
    house.settle()
    return daemon


def damage_an_index(path):
    """Zeros where an index begins that the daemon does not read by itself."""
    with sqlite3.connect(path) as database:
        page, = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'changes_by_time'").fetchone()
        size, = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


def damage_is_said(house):
    return any(trouble.startswith("The history is damaged: ") for trouble in house.status().get("troubles", []))


def attested_and_kept(house):
    """What must be the same after a restore."""
    return house.ask("verify")["head"], house.ask("history", FREEDOM), house.ask("show", FREEDOM)


# --- checks ---

def test_after_an_unclean_stop_the_history_is_checked(house):
    daemon = start(house)
    assert "The history is whole" not in daemon.log
    daemon.kill()
    daemon = house.start_daemon(daemon.settings)
    wait_until(lambda: "The history is whole" in daemon.log, "the check")
    daemon.stop()
    daemon = house.start_daemon(daemon.settings)
    house.settle()
    assert "The history is whole" not in daemon.log


def test_damage_found_after_an_unclean_stop_is_a_trouble(house):
    daemon = start(house)
    daemon.stop()
    damage_an_index(house.history_path)
    pathlib.Path(f"{house.history_path}.lock").write_text("4194305\n", encoding="ascii")  # of a writer that was killed
    house.start_daemon(daemon.settings)
    wait_until(lambda: damage_is_said(house), "the damage in status")
    assert house.trialwatch("status").code == 1


def test_once_a_week_the_whole_file_is_checked(house):
    daemon = start(house)
    for times in (1, 2):
        house.clock.advance(WEEK_SECONDS)
        wait_until(lambda: daemon.log.count("The history is whole") == times, f"check {times}")  # pylint: disable=W0640


def test_damage_found_by_the_weekly_check_is_a_trouble_until_it_is_gone(house):
    daemon = start(house)
    daemon.stop()
    whole = house.history_path.read_bytes()
    damage_an_index(house.history_path)
    daemon = house.start_daemon(daemon.settings)
    house.settle()
    assert not damage_is_said(house)
    house.clock.advance(WEEK_SECONDS)
    wait_until(lambda: damage_is_said(house), "the damage in status")
    daemon.stop()
    house.history_path.write_bytes(whole)
    house.start_daemon(daemon.settings)
    house.settle()
    assert not damage_is_said(house)


# --- old polls ---

def polls(house, outcome):
    return [poll for poll in house.ask("polls", "--limit", 0) if poll["outcome"] == outcome]


def look_hourly(house, hours):
    for _ in range(hours):
        before = len(polls(house, "unchanged"))
        house.clock.advance(3700)
        wait_until(lambda: len(polls(house, "unchanged")) > before, "the next look")  # pylint: disable=W0640


@pytest.mark.parametrize("retain", ["2d", "forever"])
def test_old_polls_without_a_change_are_dropped_when_asked_for_and_nothing_else(house, retain):
    start(house, date="2020-11-04", retain=retain)
    house.go_to("2021-01-19")
    look_hourly(house, 5)
    head = house.ask("verify")["head"]
    complete, versions = len(polls(house, "complete")), house.ask("history", FREEDOM)
    many = len(polls(house, "unchanged"))
    house.clock.advance(4 * 86400)
    wait_until(lambda: polls(house, "unchanged")[0]["started"] > "2021-01-22", "the look after four days")
    if retain == "forever":
        house.clock.advance(86400)
        house.poll()
        house.settle()
        assert len(polls(house, "unchanged")) > many
    else:
        wait_until(lambda: len(polls(house, "unchanged")) <= 3, "the old polls to be dropped")
    assert len(polls(house, "complete")) >= complete
    assert house.ask("history", FREEDOM) == versions
    assert house.ask("verify", "--against", head)["holds"]


# --- copies ---

def test_a_copy_made_while_it_runs_is_restored(house):
    daemon = start(house)
    copy = house.place / "copy.db"
    assert house.trialwatch("backup", copy).code == 0
    kept = attested_and_kept(house)
    house.go_to("2021-10-05")
    assert attested_and_kept(house) != kept
    daemon.stop()
    shutil.copy(copy, house.history_path)
    assert attested_and_kept(house) == kept
    house.start_daemon(daemon.settings)
    wait_until(lambda: len(house.ask("history", FREEDOM)) == 2, "the refresh that came after the copy")
    assert house.ask("verify", "--against", kept[0])["holds"]


def test_a_copy_is_restored_after_a_crash(house):
    """As trialwatch-history(5) says: what the dead daemon left beside the file goes too."""
    daemon = start(house)
    copy = house.place / "copy.db"
    assert house.trialwatch("backup", copy).code == 0
    kept = attested_and_kept(house)
    house.go_to("2021-10-05")
    daemon.kill()
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{house.history_path}{suffix}").unlink()
    shutil.copy(copy, house.history_path)
    assert attested_and_kept(house) == kept
    daemon = house.start_daemon(daemon.settings)
    wait_until(lambda: "The history is whole" in daemon.log, "the check")
    wait_until(lambda: len(house.ask("history", FREEDOM)) == 2, "the refresh that came after the copy")
    assert house.ask("verify", "--against", kept[0])["holds"]


# --- who may read it ---

@pytest.fixture(name="shared_house")
def shared_house_fixture(programs):
    """A house in a folder that its group may enter, as the packages make it."""
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    place = pathlib.Path(tempfile.mkdtemp(prefix="trialwatch-"))
    os.chown(place, 0, READERS_GROUP)
    place.chmod(0o2750)
    world = House(place, *programs)
    try:
        yield world
    finally:
        problems = world.close()
        shutil.rmtree(place)
    assert not problems, "\n".join(problems)


def as_user(house, user, groups, *arguments):
    # a copy, since the build may be where only its owner can go
    program = pathlib.Path(tempfile.gettempdir()) / f"{house.place.name}-client"
    shutil.copy(house.client_program, program)
    try:
        return run_as(house, user, groups, str(program), *arguments)
    finally:
        program.unlink()


def run_as(house, user, groups, *command):
    return subprocess.run(command, user=user, group=user, extra_groups=groups, cwd="/",
                          capture_output=True, text=True, env=house.environment, check=False)


@pytest.mark.parametrize("runs", [True, False])
def test_the_group_reads_the_history_and_nobody_else(shared_house, runs):
    daemon = start(shared_house)
    if not runs:
        daemon.stop()
    before = shared_house.history_path.read_bytes()
    allowed = as_user(shared_house, READER, [READERS_GROUP], "history", FREEDOM)
    assert allowed.returncode == 0 and allowed.stdout.startswith("VERSION"), allowed
    assert as_user(shared_house, READER, [READERS_GROUP], "verify").returncode == 0
    shared_house.place.chmod(0o2755)  # even where the folder is open
    refused = as_user(shared_house, STRANGER, [], "history", FREEDOM)
    assert refused.returncode == 4 and "Permission denied" in refused.stderr, refused
    for path in shared_house.place.glob("history.db*"):
        assert path.stat().st_mode & 0o007 == 0 and path.stat().st_mode & 0o020 == 0, path
    if not runs:
        assert shared_house.history_path.read_bytes() == before

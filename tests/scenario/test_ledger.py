"""A history that was tampered with: `trialwatch verify`, the attested head and the script that shares no code with us
each find it and name the entry."""

import shutil
import sqlite3
import subprocess
import sys

import pytest

from harness import FREEDOM, TOP, taken_in_story

SCRIPT = TOP / "contrib" / "verify-ledger.py"
DATES = ["2020-11-04", "2021-01-19", "2021-03-16", "2021-05-18"]


@pytest.fixture(name="story", scope="module")
def story_fixture(programs, tmp_path_factory):
    """The first steps of the story, an older copy of the history from the middle of it, and the head at its end."""
    if not shutil.which("zstd"):
        pytest.skip("the zstd command is not there, which the script unpacks bodies with")
    with taken_in_story(tmp_path_factory.mktemp("ledger"), programs, "2020-06-16", DATES[:2]) as house:
        assert house.trialwatch("backup", house.place / "older.db").code == 0
        for date in DATES[2:]:
            house.go_to(date)
        house.head = house.ask("verify")["head"]
    return house


@pytest.fixture(name="copy")
def copy_fixture(story, tmp_path):
    """A copy of the history to tamper with."""
    path = tmp_path / "copy.db"
    shutil.copy(story.history_path, path)
    return path


def tamper(path, *statements):
    """As somebody who may write the file would, the triggers out of the way."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert database.execute(statement).rowcount != 0, statement
    database.close()


def value(path, query):
    database = sqlite3.connect(path)
    try:
        return database.execute(query).fetchone()[0]
    finally:
        database.close()


def run_script(path, *arguments):
    return subprocess.run([sys.executable, SCRIPT, path, *arguments], capture_output=True, text=True, check=False)


def entry_of_version(path, number):
    return value(path, "SELECT l.number FROM ledger l JOIN versions v ON v.id = l.row JOIN studies s ON s.id = v.study "
                       f"WHERE l.subject = 0 AND v.number = {number} AND s.nct_id = '{FREEDOM}'")


def assert_both_name(story, path, entry):
    """The client and the script name the same first entry."""
    ours = story.trialwatch("--history", path, "verify")
    assert ours.code == 1 and f"ledger entry {entry} does not hold" in ours.out, ours.out
    theirs = run_script(path)
    assert theirs.returncode == 1 and f"entry {entry} does not hold" in theirs.stderr, theirs.stderr


FREEDOM_VERSION = f"study = (SELECT id FROM studies WHERE nct_id = '{FREEDOM}') AND number"


def test_an_untouched_history_holds(story, copy):
    before = story.history_path.read_bytes()
    assert story.ask("verify", "--against", story.head)["holds"]
    result = run_script(story.history_path, story.head)
    assert (result.returncode, result.stdout) == (0, "every entry holds\n"), result.stderr
    assert story.history_path.read_bytes() == before
    assert run_script(copy, story.head).returncode == 0


@pytest.mark.parametrize("number", [1, 3])
def test_a_flipped_byte_in_a_body_is_found(story, copy, number):
    body = bytearray(value(copy, f"SELECT body FROM versions WHERE {FREEDOM_VERSION} = {number}"))
    body[len(body) // 2] ^= 1
    tamper(copy, f"UPDATE versions SET body = x'{body.hex()}' WHERE {FREEDOM_VERSION} = {number}")
    assert_both_name(story, copy, entry_of_version(copy, number))


def test_a_flipped_byte_in_a_versions_hash_is_found(story, copy):
    digest = bytearray(value(copy, f"SELECT hash FROM versions WHERE {FREEDOM_VERSION} = 2"))
    digest[0] ^= 128
    tamper(copy, f"UPDATE versions SET hash = x'{digest.hex()}' WHERE {FREEDOM_VERSION} = 2")
    assert_both_name(story, copy, entry_of_version(copy, 2))


def test_a_flipped_byte_in_the_ledger_is_found(story, copy):
    digest = bytearray(value(copy, "SELECT hash FROM ledger WHERE number = 4"))
    digest[31] ^= 1
    tamper(copy, f"UPDATE ledger SET hash = x'{digest.hex()}' WHERE number = 4")
    assert_both_name(story, copy, 4)


def test_a_time_that_was_moved_is_found(story, copy):
    tamper(copy, f"UPDATE versions SET seen_usec = seen_usec - 86400000000 WHERE {FREEDOM_VERSION} = 2")
    assert_both_name(story, copy, entry_of_version(copy, 2))


def test_a_poll_that_was_changed_is_found(story, copy):
    entry = value(copy, "SELECT number FROM ledger WHERE subject = 1 ORDER BY number LIMIT 1")
    poll = value(copy, f"SELECT row FROM ledger WHERE number = {entry}")
    tamper(copy, f"UPDATE polls SET records = records + 1 WHERE id = {poll}")
    assert_both_name(story, copy, entry)


def test_a_deleted_version_is_found(story, copy):
    entry = entry_of_version(copy, 4)
    tamper(copy, f"DELETE FROM versions WHERE {FREEDOM_VERSION} = 4")
    assert_both_name(story, copy, entry)


def test_a_deleted_poll_is_found(story, copy):
    entry = value(copy, "SELECT l.number FROM ledger l JOIN polls p ON p.id = l.row "
                        "WHERE l.subject = 1 AND p.outcome = 2 ORDER BY 1 LIMIT 1")
    tamper(copy, f"DELETE FROM polls WHERE id = (SELECT row FROM ledger WHERE number = {entry})")
    assert_both_name(story, copy, entry)


def test_a_deleted_entry_is_found(story, copy):
    tamper(copy, "DELETE FROM ledger WHERE number = 3")
    assert_both_name(story, copy, 3)


def test_a_version_deleted_together_with_its_entry_is_found(story, copy):
    entry = entry_of_version(copy, 2)
    row = value(copy, f"SELECT row FROM ledger WHERE number = {entry}")
    tamper(copy, f"DELETE FROM versions WHERE id = {row}", f"DELETE FROM ledger WHERE number = {entry}",
           f"UPDATE ledger SET number = number - 1 WHERE number > {entry}")
    assert_both_name(story, copy, entry)


def test_two_versions_that_were_swapped_are_found(story, copy):
    tamper(copy, f"UPDATE versions SET number = 99 WHERE {FREEDOM_VERSION} = 2",
           f"UPDATE versions SET number = 2 WHERE {FREEDOM_VERSION} = 3",
           f"UPDATE versions SET number = 3 WHERE {FREEDOM_VERSION} = 99")
    assert_both_name(story, copy, min(entry_of_version(copy, 2), entry_of_version(copy, 3)))


def test_a_version_put_in_past_the_ledger_is_found(story, copy):
    tamper(copy, "INSERT INTO versions (study, origin, number, seen_usec, refresh, poll, change_count, hash, "
                 "canonical_bytes, base, body) SELECT study, origin, 99, seen_usec, refresh, poll, change_count, "
                 f"hash, canonical_bytes, base, body FROM versions WHERE {FREEDOM_VERSION} = 1")
    ours, theirs = story.trialwatch("--history", copy, "verify"), run_script(copy)
    assert ours.code == 1 and f"version 99 of {FREEDOM} has no ledger entry" in ours.out
    assert theirs.returncode == 1 and "has no entry" in theirs.stderr


def test_a_change_that_was_altered_is_found(story, copy):
    change = value(copy, "SELECT min(id) FROM changes WHERE kind = 'site-opened'")
    entry = value(copy, f"SELECT min(number) FROM ledger WHERE subject = 3 AND row >= {change}")
    tamper(copy, f"UPDATE changes SET seen_usec = seen_usec + 86400000000 WHERE id = {change}")
    assert_both_name(story, copy, entry)


def test_a_deleted_change_is_found(story, copy):
    entry = value(copy, "SELECT number FROM ledger WHERE subject = 3 ORDER BY number LIMIT 1 OFFSET 1")
    tamper(copy, f"DELETE FROM changes WHERE id = (SELECT row FROM ledger WHERE number = {entry})")
    assert_both_name(story, copy, entry)


@pytest.mark.parametrize("statement", [
    "UPDATE attempts SET outcome = 2, code = 500 WHERE id = 1",
    "UPDATE attempts SET answer = answer || '.' WHERE id = 1",
    "DELETE FROM attempts WHERE id = 1",
    "UPDATE messages SET channel = 'others' WHERE id = (SELECT message FROM attempts WHERE id = 1)",
    "UPDATE alerts SET changes = '[99]' WHERE message = (SELECT message FROM attempts WHERE id = 1)",
    "DELETE FROM alerts WHERE message = (SELECT message FROM attempts WHERE id = 1)",
])
def test_who_was_told_and_of_what_cannot_be_altered(story, copy, statement):
    entry = value(copy, "SELECT min(number) FROM ledger WHERE subject = 2")
    tamper(copy, statement)
    assert_both_name(story, copy, entry)


def test_an_alert_that_never_went_out_cannot_be_called_delivered(story, copy):
    tamper(copy, "INSERT INTO alerts (alert_id, channel, study, version, refresh, weight, state, created_usec,"
                 " due_usec, finished_usec, watches, changes, gathered) SELECT 'al_false', channel, study, version,"
                 " refresh, weight, 3, created_usec, due_usec, created_usec, watches, changes, gathered FROM alerts"
                 " WHERE state = 3 LIMIT 1")
    ours, theirs = story.trialwatch("--history", copy, "verify"), run_script(copy)
    assert ours.code == 1 and "alert al_false is called delivered, but no attempt delivered it" in ours.out
    assert theirs.returncode == 1 and "al_false" in theirs.stderr


def test_an_older_copy_in_the_place_of_the_file_is_found_by_the_head(story):
    older = story.place / "older.db"
    assert story.trialwatch("--history", older, "verify").code == 0  # by itself it holds
    ours = story.trialwatch("--history", older, "verify", "--against", story.head)
    assert ours.code == 1 and f"ends before entry {story.head.split(':')[0]}" in ours.out
    theirs = run_script(older, story.head)
    assert theirs.returncode == 1 and story.head in theirs.stderr


def test_another_history_of_the_same_length_is_found_by_the_head(story, copy):
    """Written anew with every hash made to fit: only what went out with the alerts tells it apart."""
    number, _, digest = story.head.partition(":")
    false_head = f"{number}:{digest[::-1]}"
    ours = story.trialwatch("--history", copy, "verify", "--against", false_head)
    assert ours.code == 1 and f"entry {number} has hash {digest}" in ours.out
    assert run_script(copy, false_head).returncode == 1

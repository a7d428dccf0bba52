"""The client as a user types it, over the story of NCT04614467: answers, forms, exit statuses, with the daemon and
without."""

import csv
import io
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess

import pytest

from harness import ESCAPE, FREEDOM, TOP, taken_in_story
from processes import wait_until

DATES = ["2020-11-04", "2021-01-19", "2021-03-16", "2021-05-18", "2021-06-22", "2021-08-17", "2021-09-14", "2021-10-05",
         "2022-03-15", "2022-06-14", "2022-10-11", "2023-02-14"]
ESCAPES = re.compile(r"\x1b")


@pytest.fixture(name="story", scope="module")
def story_fixture(programs, tmp_path_factory):
    """The whole story taken in, the daemon stopped: what the history alone can answer. No test changes it."""
    with taken_in_story(tmp_path_factory.mktemp("story"), programs, "2020-06-16", DATES) as house:
        pass
    return house


@pytest.fixture(name="beginning")
def beginning_fixture(house):
    """The daemon running, the first step taken in."""
    house.start_story("2021-09-14")
    house.watch([FREEDOM], [house.webhook_channel(house.start_webhook())])
    house.settle("2021-09-14")
    return house


def on_terminal(house, *arguments, columns=100, **environment):
    """What the command prints on a terminal of that width, without a pager unless one is named."""
    ours, theirs = pty.openpty()
    settings = {**house.environment, "TERM": "xterm", "PAGER": "cat", "COLUMNS": str(columns), **environment}
    process = subprocess.Popen([house.client_program, *arguments], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                               env=settings)
    os.close(theirs)
    seen = b""
    while select.select([ours], [], [], 20)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    process.communicate(timeout=20)
    return seen.decode().replace("\r\n", "\n")


def rows_of(result):
    return list(csv.DictReader(io.StringIO(result.out, newline="")))


# --- the file alone ---

def test_history_is_a_line_each_and_an_object_each(story):
    versions = story.ask("history", FREEDOM)
    assert [version["version"] for version in versions] == list(range(1, 12))
    assert versions[0]["changes"] == [] and all(version["changes"] for version in versions[1:])
    assert versions[-1]["refresh"].startswith("2023-02-14")
    lines = story.trialwatch("history", FREEDOM).out.splitlines()
    assert lines[0].split() == ["VERSION", "SEEN", "KIND", "CHANGE"]
    assert any("Now recruiting: Memorial Regional Hospital, Hollywood, Florida" in line for line in lines)
    assert any(re.search(r"No longer recruiting at \d sites, with the whole study", line) for line in lines)
    rows = rows_of(story.trialwatch("history", FREEDOM, "--csv"))
    assert {row["version"] for row in rows} == {str(version) for version in range(2, 12)}


def test_show_reads_like_a_page_now_and_then(story):
    now = story.trialwatch("show", FREEDOM).out
    assert re.search(r"^Status +Terminated$", now, re.M) and re.search(r"^Sponsor +Lisata Therapeutics", now, re.M)
    then = story.trialwatch("show", FREEDOM, "--at", "2021-12-01").out
    assert re.search(r"^Status +Recruiting$", then, re.M) and re.search(r"^Sponsor +Caladrius", then, re.M)
    assert "refresh 2021-10-05" in then
    assert story.ask("show", FREEDOM, "--at", "2021-12-01") == story.ask("show", FREEDOM, "--version", 7)


def test_a_day_means_its_end(story):
    assert story.trialwatch("show", FREEDOM, "--at", "2020-11-03").code == 1
    assert story.trialwatch("show", FREEDOM, "--at", "2020-11-04").code == 0


def test_diff_names_what_changed_between_versions_and_between_days(story):
    changes = story.ask("diff", FREEDOM, "6", "7")
    opened, = (change for change in changes if change["kind"] == "site-opened")
    assert "Memorial Regional Hospital" in opened["text"]
    by_day = story.ask("diff", FREEDOM, "--from", "2021-09-14", "--to", "2021-12-01")
    assert by_day == changes
    newest = story.trialwatch("diff", FREEDOM).out
    assert "→ Terminated" in newest
    assert story.trialwatch("diff", FREEDOM, "7", "7").out.rstrip().endswith("No difference.")


def test_a_rename_is_seen_across_many_versions(story):
    kinds = [change["kind"] for change in story.ask("diff", FREEDOM, "1", "11")]
    assert kinds.count("site-renamed") == 1 and "site-removed" not in kinds


def test_sites_now_then_and_through_time(story):
    assert len(story.ask("sites", FREEDOM)) == 7
    then = story.ask("sites", FREEDOM, "--at", "2021-02-01")
    assert [site["facility"] for site in then] == ["Cedars-Sinai Medical Center", "The Christ Hospital"]
    assert {site["status"] for site in then} == {"RECRUITING"}
    timeline = story.ask("sites", FREEDOM, "--timeline")
    christ = [event for event in timeline if event["number"] == then[1]["number"]]
    assert [event["event"] for event in christ[:2]] == ["listed", "renamed"]
    assert christ[1]["when"].startswith("2021-06-22")
    assert "The Christ Hospital" in christ[1]["from"] and "Health Network" in christ[1]["to"]
    assert any(event["event"] == "closed" and event["with_study"] for event in christ)


def test_changes_are_filtered(story):
    opened = story.ask("changes", "--kind", "site-opened", "--study", FREEDOM)
    assert len(opened) == 6 and {change["kind"] for change in opened} == {"site-opened"}
    assert opened == story.ask("changes", "--kind", "site-opened", "--country", "US")
    assert story.ask("changes", "--kind", "site-opened", "--country", "CA") == []
    assert len(story.ask("changes", "--limit", 2)) == 2
    few = story.trialwatch("changes", "--limit", 9, "--until", "2022-07-01").out.splitlines()
    assert len(few) == 10 and any("No longer recruiting at 7 sites" in line for line in few)
    since = story.ask("changes", "--since", "2022-10-01")
    assert since and all(change["seen"] >= "2022-10-01" for change in since)
    assert len(rows_of(story.trialwatch("changes", "--csv", "--limit", 0))) == len(story.ask("changes", "--limit", 0))


def test_alerts_say_who_was_told_and_what_the_receiver_answered(story):
    alerts = story.ask("alerts", FREEDOM)
    assert alerts and {alert["state"] for alert in alerts} == {"delivered"}
    assert all(alert["attempts"][-1]["outcome"] == "delivered" for alert in alerts)
    assert story.ask("alerts", "--failed") == []
    assert "hook" in story.trialwatch("alerts").out


def test_find_answers_which_centres_recruit_and_as_of_when(story):
    found = story.ask("find", "--condition", "coronary microvascular", "--near", "39.14,-84.52")
    by_id = {study["nct_id"]: study for study in found}
    assert set(by_id) == {FREEDOM, ESCAPE}
    freedom = by_id[FREEDOM]
    assert freedom["status"] == "TERMINATED" and len(freedom["sites"]) == 7
    assert freedom["refresh"].startswith("2023-02-14")
    distances = [site["distance_km"] for site in freedom["sites"] if site["distance_km"] is not None]
    assert distances == sorted(distances) and distances[0] < 30
    none = story.trialwatch("find", "--condition", "coronary microvascular", "--recruiting").out
    assert re.search(rf"^{FREEDOM} +Terminated +7 +2023-02-14T", none, re.M) and "with 0 centres" in none
    near = story.trialwatch("find", "--near", "39.14,-84.52", "--within", "300km", "--mentions", "diabetes").out
    assert re.search(r"The Christ Hospital Health Network +Cincinnati", near) and "Uncontrolled diabetes" in near
    assert "Mayo Clinic" not in near and "refresh 2023-02-14" in near
    assert near == story.trialwatch("find", "--near", "39.14,-84.52", "--within", "300km", "--mentions", "diabetes",
                                    "--country", "us").out
    far = story.trialwatch("find", "--country", "DE", "--mentions", "diabetes").out
    assert "with 0 centres" in far and re.search(rf"^{FREEDOM}\n  diabetes: .*diabetes", far, re.M)
    nothing = story.trialwatch("find", "--mentions", "unicorns").out
    assert "No line of its eligibility mentions these words." in nothing
    exact = story.trialwatch("find", "--json").out
    assert "39.1271" in exact and "0000000" not in exact
    assert "No study of this history fits" in story.trialwatch("find", "--intervention", "aspirin").out


def test_export_is_a_stream_of_everything(story):
    lines = [json.loads(line) for line in story.trialwatch("export").out.splitlines()]
    types = {line["type"] for line in lines}
    assert types == {"version", "change", "alert", "poll"}
    assert len([line for line in lines if line["type"] == "version"]) == 13
    assert len(rows_of(story.trialwatch("export", "--format", "csv"))) == len(
        [line for line in lines if line["type"] == "change"])
    recent = [json.loads(line) for line in story.trialwatch("export", "--since", "2023-01-01").out.splitlines()]
    assert 0 < len(recent) < len(lines)


def test_verify_holds_and_proves_what_was_attested(story):
    whole = story.ask("verify")
    assert whole["holds"] and whole["versions"] == 13
    assert story.ask("verify", "--against", whole["head"])["holds"]
    number, _, digest = whole["head"].partition(":")
    false_head = f"{number}:{'0' * len(digest)}"
    result = story.trialwatch("verify", "--against", false_head, "--json")
    assert result.code == 1 and not json.loads(result.out)["holds"]


def test_preview_is_what_a_channel_would_be_told(story):
    message = story.ask("preview", "hook", FREEDOM, "7")
    study, = message["studies"]
    assert study["nct_id"] == FREEDOM and study["version"] == 7
    assert "Memorial Regional Hospital" in story.trialwatch("preview", "hook", FREEDOM, "7").out


def test_times_are_local_or_utc(story):
    there = story.trialwatch("polls", "--limit", 1, environment={"TZ": "America/New_York"}).out
    assert re.search(r"E[SD]T", there)
    assert re.search(r"T\d\d:\d\d:\d\dZ", story.trialwatch("polls", "--limit", 1, "--utc").out)


def test_a_stopped_daemon_is_said_and_the_history_answers(story):
    result = story.trialwatch("status")
    assert result.code == 3 and "not running" in result.out and FREEDOM in result.out
    document = json.loads(story.trialwatch("status", "--json").out)
    assert document["running"] is False and document["healthy"] is False and len(document["studies"]) == 2
    assert story.trialwatch("poll").code == 3


# --- with the daemon ---

def test_status_says_healthy_and_its_exit_status_too(beginning):
    result = beginning.trialwatch("status")
    assert result.code == 0 and result.out.startswith("Healthy.") and "hook" in result.out
    beginning.registry.stop()
    beginning.poll()
    wait_until(lambda: beginning.trialwatch("status").code == 1, "the trouble to be said")
    assert beginning.trialwatch("status").out.startswith("Not healthy:")


def test_a_channel_is_tested_and_an_unknown_one_named(beginning):
    result = beginning.trialwatch("test", "hook")
    assert result.code == 0 and "delivered" in result.out
    assert beginning.receivers[-1].take()[0]["test"] is True
    unknown = beginning.trialwatch("test", "no-such-channel")
    assert unknown.code == 1 and "no-such-channel" in unknown.err


def test_a_test_that_is_not_delivered_says_why(beginning):
    beginning.receivers[-1].refuse()
    result = beginning.trialwatch("test", "hook")
    assert result.code == 1 and "connect" in result.err


def test_an_alert_is_dropped_and_an_unknown_one_named(beginning):
    beginning.receivers[-1].refuse()
    beginning.registry.move_to("2021-10-05")
    beginning.clock.set("2021-10-05")
    beginning.poll()
    alert = wait_until(lambda: beginning.ask("alerts", "--open"), "the alert")[0]
    assert beginning.trialwatch("drop", alert["id"]).code == 0
    assert beginning.ask("alerts")[0]["state"] == "dropped"
    assert beginning.trialwatch("retry", "al_" + "0" * 32).code == 1


def test_a_reload_with_a_mistake_names_it(beginning):
    settings = pathlib.Path(beginning.daemons[-1].settings)
    assert beginning.trialwatch("reload").code == 0
    settings.write_text(settings.read_text(encoding="utf-8").replace("watches:", "watchez:"), encoding="utf-8")
    result = beginning.trialwatch("reload")
    assert result.code == 1 and f"{settings}:" in result.err and "watchez" in result.err


def test_a_backup_is_a_history_of_its_own(beginning):
    copy = beginning.place / "copy.db"
    assert beginning.trialwatch("backup", copy).code == 0
    assert beginning.trialwatch("--history", copy, "history", FREEDOM).code == 0
    assert beginning.trialwatch("backup", copy).code == 1


# --- manners ---

def test_mistakes_on_the_command_line_are_usage(house):
    for words, sentence in (
            (["hsitory"], "did you mean 'history'?"),
            (["changes", "--sicne", "7d"], "did you mean --since?"),
            (["changes", "--kind", "site-opend"], "did you mean 'site-opened'?"),
            (["show"], "show wants STUDY"),
            (["show", FREEDOM, "x"], "one argument too many"),
            (["changes", "--since", "yesterday"], "'yesterday' is no time"),
            (["show", "--csv", FREEDOM], "no --csv"),
            ([], "A command is missing")):
        result = house.trialwatch(*words)
        assert result.code == 2 and sentence in result.err, words


def test_a_history_that_cannot_be_read_is_said(house):
    assert house.trialwatch("history", FREEDOM).code == 4
    house.history_path.write_text("no database at all " * 100, encoding="utf-8")
    result = house.trialwatch("history", FREEDOM)
    assert result.code == 4 and str(house.history_path) in result.err


def test_every_command_helps_without_a_history(house):
    commands = [line.split("\t")[0] for line in house.trialwatch("complete", "commands").out.splitlines()]
    assert "history" in commands and "complete" not in commands
    for command in commands:
        result = house.trialwatch(command, "--help")
        assert result.code == 0 and result.out.startswith(f"usage: trialwatch {command}")
        assert result.out == house.trialwatch("help", command).out


def test_colours_and_width_are_the_terminals(story):
    wide = on_terminal(story, "history", FREEDOM, columns=200)
    assert ESCAPES.search(wide)
    narrow = on_terminal(story, "history", FREEDOM, columns=60, NO_COLOR="1")
    assert not ESCAPES.search(narrow) and "…" in narrow
    assert max(len(line) for line in narrow.splitlines()) <= 60
    assert not ESCAPES.search(on_terminal(story, "sites", FREEDOM, TERM="dumb"))
    assert not ESCAPES.search(story.trialwatch("history", FREEDOM).out)


def test_long_answers_go_through_the_pager_on_a_terminal_only(story):
    assert on_terminal(story, "history", FREEDOM, PAGER="sed s/^/paged:/").startswith("paged:")
    assert not on_terminal(story, "--no-pager", "history", FREEDOM, PAGER="sed s/^/paged:/").startswith("paged:")
    assert not story.trialwatch("history", FREEDOM, environment={"PAGER": "sed s/^/paged:/"}).out.startswith("paged:")
    assert on_terminal(story, "history", FREEDOM, PAGER="head -n 1").count("\n") == 1


@pytest.mark.parametrize("arguments, words", [
    (["export"], "Lines exported: 25"),
    (["export", "--format", "csv"], "Lines exported: 25"),
    (["verify"], r"Recomputing the ledger: (\d+) of \1 \(100%\)"),
])
def test_long_work_says_how_far_it_is_on_a_terminal_only(story, arguments, words):
    ours, theirs = pty.openpty()
    done = subprocess.run([story.client_program, *arguments], stdout=subprocess.PIPE, stderr=theirs, text=True,
                          env=story.environment, check=True)
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)
    assert re.search(words, told) and told.endswith("\r\033[K"), told
    quiet = story.trialwatch(*arguments)
    assert quiet.out == done.stdout and quiet.err == ""


def test_the_manual_has_every_exit_status(programs):
    del programs
    header = (TOP / "daemon/client/client.h").read_text(encoding="utf-8")
    manual = (TOP / "daemon/trialwatch.1").read_text(encoding="utf-8")
    section = manual.partition(".Sh EXIT STATUS")[2].partition(".Sh ")[0]
    assert re.findall(r"^\.It (\d+)$", section, re.MULTILINE) == re.findall(r"CLIENT_\w+ = (\d+)", header)


def test_a_reader_that_goes_away_is_no_mishap(story):
    line = f"{story.client_program} history {FREEDOM} | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, env=story.environment, check=True)
    assert done.stderr == ""


def test_output_that_cannot_be_written_is_a_failure(story):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([story.client_program, "history", FREEDOM], stdout=full, stderr=subprocess.PIPE,
                              text=True, env=story.environment, check=False)
    assert done.returncode == 5 and "could not be written" in done.stderr


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not there")
def test_bash_completes_studies_channels_and_options(story):
    script = """
        compopt() { :; }
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
        _trialwatch; printf '%s\\n' "${COMPREPLY[@]}"
    """
    tools = story.place / "bin"
    tools.mkdir()
    (tools / "trialwatch").symlink_to(pathlib.Path(story.client_program).resolve())
    environment = {**story.environment, "PATH": f"{tools}:{os.environ['PATH']}"}

    def complete(*words):
        done = subprocess.run(["bash", "-c", script, "bash", TOP / "contrib/completions/trialwatch.bash", *words],
                              capture_output=True, text=True, env=environment, check=True)
        assert done.stderr == ""
        return done.stdout.split()

    assert complete("trialwatch", "hist") == ["history"]
    assert complete("trialwatch", "show", "NCT046") == [FREEDOM]
    assert complete("trialwatch", "test", "h") == ["hook"]
    assert complete("trialwatch", "changes", "--kind", "site-op") == ["site-opened"]
    assert "--timeline" in complete("trialwatch", "sites", FREEDOM, "--t")

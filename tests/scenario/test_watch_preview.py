"""The backtest: which alerts a watch would have sent, of what the history holds."""

import csv
import datetime
import io
import os
import pty
import subprocess

import pytest

from harness import ESCAPE, FREEDOM, taken_in_story
from test_backfill import FIRST_SEEN, archived, start
from test_client import DATES
from test_query import QUERY, RECRUITING, settle_told, watch_query
from test_whole import NEXT_DAY, STUDIES, change_status, made_up, watch_all

WHOLE = ("--since", "2020-01-01")


@pytest.fixture(name="story", scope="module")
def story_fixture(programs, tmp_path_factory):
    """The whole story taken in by a watch of both studies, the daemon stopped. No test changes it."""
    with taken_in_story(tmp_path_factory.mktemp("story"), programs, "2020-06-16", DATES) as house:
        pass
    return house


def preview(house, *arguments):
    return house.ask("watch", "preview", *arguments)


def refused(house, *arguments, code=2):
    result = house.trialwatch("watch", "preview", *arguments)
    assert result.code == code, f"{result.code}: {result.out}{result.err}"
    return result.err


def essence(alerts):
    return sorted((alert["nct_id"], alert["version"], alert["refresh"], tuple(alert["changes"])) for alert in alerts)


def test_the_watch_that_ran_would_have_sent_what_it_sent(story):
    sent = story.ask("alerts", "--limit", 0)
    assert len(sent) >= 10
    assert essence(preview(story, "watch", *WHOLE)) == essence(sent)


def test_headlines_are_those_that_were_sent(story):
    told = {study["nct_id"] + str(study["version"]): study["headline"]
            for message in story.receivers[0].take() for study in message["studies"]}
    assert told
    for alert in preview(story, "watch", *WHOLE):
        assert told[alert["nct_id"] + str(alert["version"])] == alert["headline"]


def test_they_come_newest_first_with_the_monday_of_their_week(story):
    alerts = preview(story, "watch", *WHOLE)
    assert [alert["seen"] for alert in alerts] == sorted((alert["seen"] for alert in alerts), reverse=True)
    for alert in alerts:
        week, seen = (datetime.date.fromisoformat(alert[key][:10]) for key in ("week", "seen"))
        assert week.weekday() == 0 and 0 <= (seen - week).days < 7


def test_other_filters_make_a_watch_quieter(story):
    whole, openings = preview(story, "watch", *WHOLE), preview(story, "watch", *WHOLE, "--kinds", "site-opened")
    assert 0 < len(openings) < len(whole)
    assert all("ecruiting" in alert["headline"] for alert in openings)
    near = preview(story, "watch", *WHOLE, "--kinds", "site-opened", "--state", "Florida")
    assert 0 < len(near) < len(openings)
    assert preview(story, "watch", *WHOLE, "--kinds", "site-opened", "--country", "Japan") == []


def test_a_place_is_tried_as_a_circle_on_a_named_watch_and_on_a_study(story):
    """Hollywood, Florida: one of the sites that open is within 60 km, others of Florida are farther."""
    openings = ("--kinds", "site-opened", *WHOLE)
    circle = ("--near", "26.01,-80.15", "--within")
    near = preview(story, "watch", *openings, *circle, "60km")
    wider = preview(story, "watch", *openings, *circle, "600km")
    assert 0 < len(near) < len(wider) < len(preview(story, "watch", *openings))
    assert any("Hollywood, Florida" in line for alert in near for line in alert["lines"])
    assert not any("Gainesville" in line for alert in near for line in alert["lines"])
    assert preview(story, FREEDOM, *openings, *circle, "60km") == near
    assert preview(story, "watch", *openings, "--near", "47.8,13.04", "--within", "50km") == []
    assert "--near goes with --within" in refused(story, "watch", "--near", "26.01,-80.15")


def test_a_condition_is_asked_of_each_alert(story):
    whole = preview(story, "watch", *WHOLE)
    urgent = [alert for alert in whole if alert["weight"] == "urgent"]
    assert 0 < len(urgent) < len(whole)
    assert preview(story, "watch", *WHOLE, "--when", '.weight == "urgent"') == urgent


def test_since_bounds_what_is_looked_at_and_is_a_year_without_it(story):
    whole = preview(story, "watch", *WHOLE)
    late = preview(story, "watch", "--since", "2021-08-01")
    assert late == [alert for alert in whole if alert["seen"] >= "2021-08-01"] != whole
    assert preview(story, "watch") == [alert for alert in whole if alert["seen"] >= "2022-02-15"] != []
    assert preview(story, "watch", "--since", "1y") == preview(story, "watch")
    assert "lies ahead" in refused(story, "watch", "--since", "2031-01-01")


def test_studies_that_nobody_watched_so_are_previewed_too(story):
    alerts = preview(story, FREEDOM.lower(), *WHOLE)
    assert alerts and {alert["nct_id"] for alert in alerts} == {FREEDOM}
    assert essence(alerts) == essence(alert for alert in preview(story, "watch", *WHOLE) if alert["nct_id"] == FREEDOM)
    result = story.trialwatch("watch", "preview", "NCT00000001", *WHOLE)
    assert result.code == 0 and "does not know 1 of the studies" in result.out


def test_a_new_question_goes_by_its_words_and_says_so(story):
    arguments = ("watch", "preview", "--condition", "microvascular", "--intervention", "CLBS16", *WHOLE)
    assert essence(story.ask(*arguments)) == essence(preview(story, "watch", *WHOLE))
    assert essence(preview(story, "--condition", "freedom", *WHOLE)) == essence(preview(story, FREEDOM, *WHOLE))
    result = story.trialwatch(*arguments, "--json")
    assert "Only the registry's search knows" in result.err and "Only the registry's search knows" not in result.out
    assert "Only the registry's search knows" in story.trialwatch(*arguments).out
    assert preview(story, "--condition", "hay fever", *WHOLE) == []
    assert "--sponsor is for the registry's own search" in refused(story, "--sponsor", "Caladrius")


def test_mistakes_are_answered_with_what_would_be_right(story):
    assert "there is no watch watsh; did you mean watch?" in refused(story, "watsh", code=1)
    assert "trialwatch watch preview NAME" in refused(story)
    assert "keeps its own question" in refused(story, "watch", "--condition", "angina")
    assert "site-opened" in refused(story, "watch", "--kinds", "site-openend")
    result = story.trialwatch("watch", "list", "--since", "7d")
    assert result.code == 2 and "--since goes with trialwatch watch preview" in result.err


def test_people_see_how_many_a_week(story):
    alerts = preview(story, "watch", *WHOLE)
    out = story.trialwatch("watch", "preview", "watch", *WHOLE).out
    weeks = {}
    for alert in alerts:
        weeks[alert["week"]] = weeks.get(alert["week"], 0) + 1
    lines = [line.split() for line in out.splitlines()]
    for week, count in weeks.items():
        assert [week, str(count), "#" * count] in lines
    assert any(line[1:3] == ["and", line[2] if len(line) > 2 else ""] and line[-1] == "0" for line in lines if line)
    assert out.endswith("Mutes, pauses, digests and surges are left out of account.\n")
    assert f"{len(alerts)} alerts in " in out and "a week; the most in one week: " in out
    # Weeks before the history begins do not count as quiet ones.
    assert "The history of its studies begins 2020-06-16" in out
    first = lines[lines.index(["WEEK", "OF", "ALERTS"]) + 1][0]
    assert first == "2020-06-15"
    assert all(alert["headline"][:30] in out for alert in alerts)


def test_csv_has_a_row_for_each_alert(story):
    result = story.trialwatch("watch", "preview", "watch", *WHOLE, "--csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [row["headline"] for row in rows] == [alert["headline"] for alert in preview(story, "watch", *WHOLE)]


def test_a_query_counts_a_study_while_it_answered(house):
    hook = watch_query(house, QUERY, "2020-06-16")
    for date in ("2020-11-04", "2021-01-08", "2021-01-19"):
        assert settle_told(house, hook, date)
    sent = house.ask("alerts", "--limit", 0)
    assert {alert["nct_id"] for alert in sent} == {ESCAPE, FREEDOM}
    assert essence(preview(house, "cd34", *WHOLE)) == essence(sent)
    assert any(alert["headline"].startswith("New study") for alert in preview(house, "cd34"))
    assert "What its query finds is known since 2020-06-16" in house.trialwatch("watch", "preview", "cd34").out


def test_what_happens_after_a_study_left_is_not_the_querys(house):
    hook = watch_query(house, RECRUITING, "2021-10-05")
    assert settle_told(house, hook, "2022-06-14")
    assert settle_told(house, hook, "2023-02-14") == []
    alert, = preview(house, "cd34", *WHOLE)
    assert any("No longer answers the watch" in line for line in alert["lines"])
    assert essence([alert]) == essence(house.ask("alerts"))


def test_a_backfilled_year_is_previewed_before_anything_was_seen_to_change(house):
    start(house)
    assert preview(house, "watch", *WHOLE) == []
    assert house.trialwatch("backfill", FREEDOM, "--wait").code == 0
    alerts = preview(house, "watch", *WHOLE)
    assert alerts and all(alert["origin"] == "archive" and alert["changes"] == [] for alert in alerts)
    assert all(alert["seen"] < FIRST_SEEN for alert in alerts)
    changed = {version["version"] for version in archived(house, FREEDOM) if version["changes"]}
    assert {alert["version"] for alert in alerts} == changed
    assert any(alert["headline"].startswith("Now recruiting: ") for alert in alerts)
    assert "begins" in house.trialwatch("watch", "preview", "watch", *WHOLE).out


def test_a_watch_of_the_whole_registry_is_previewed_with_the_studies_that_were_new(house):
    hook = watch_all(house)
    change_status(house, 3, "SUSPENDED")
    record = house.ask("show", made_up(4))
    record["protocolSection"]["identificationModule"]["nctId"] = made_up(900)
    house.registry.put(record, date=NEXT_DAY)
    assert settle_told(house, hook, NEXT_DAY)
    sent = house.ask("alerts", "--limit", 0)
    assert {alert["nct_id"] for alert in sent} == {made_up(3), made_up(900)}
    assert essence(preview(house, "whole")) == essence(sent)
    assert [alert["nct_id"] for alert in preview(house, "whole", "--kinds", "status")] == [made_up(3)]
    # Another one of all: which studies were new is known of the watch that ran.
    assert [alert["nct_id"] for alert in preview(house, "--all")] == [made_up(3)]
    assert "no study is listed or unlisted" in house.trialwatch("watch", "preview", "--all").out


def test_a_long_preview_says_how_far_it_is_on_a_terminal_only(house):
    hook = watch_all(house, changes=["results"])
    house.registry.order("/generate", count=500, first=STUDIES + 1, date=NEXT_DAY)
    assert settle_told(house, hook, NEXT_DAY) == []
    ours, theirs = pty.openpty()
    done = subprocess.run([house.client_program, "watch", "preview", "--all"], stdout=subprocess.PIPE, stderr=theirs,
                          text=True, env=house.environment, check=True)
    os.close(theirs)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert f"Studies looked through: 500 of {STUDIES + 500} (93%)" in said and said.endswith("\r\033[K")
    quiet = house.trialwatch("watch", "preview", "--all")
    assert quiet.out == done.stdout and quiet.err == ""


def test_a_watch_of_a_study_and_a_query_counts_the_study_always(house):
    hook = watch_query(house, RECRUITING, "2021-10-05", studies=[FREEDOM])
    for date in ("2022-06-14", "2022-10-11", "2023-02-14"):
        assert settle_told(house, hook, date)
    sent = house.ask("alerts", "--limit", 0)
    assert len(sent) == 3
    assert essence(preview(house, "cd34", *WHOLE)) == essence(sent)

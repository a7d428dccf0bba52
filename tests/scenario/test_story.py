"""The story of NCT04614467 and NCT03508609 from end to end: which alert comes at which step, and which does not."""

import json

import pytest

from apply import apply_changes
from harness import ESCAPE, FREEDOM, STORY, canonical, load_record
from processes import wait_until

SITE_KINDS = {"site-opened", "site-closed"}
CHANGES = ["site-opened", "site-closed", "status", "results"]
CINCINNATI = {"lat": 39.14, "lon": -84.52, "within": "300km"}

# date: what is told, as (kind, facility or None), by a watch on CHANGES.
TOLD = {
    "2020-06-16": [],
    "2020-11-04": [],  # the first time that NCT04614467 is seen
    "2021-01-08": [("results", None)],
    "2021-01-19": [("site-opened", "Cedars-Sinai Medical Center")],
    "2021-03-16": [("site-opened", "University of Florida")],  # Emory is listed, but not yet recruiting
    "2021-05-18": [("site-opened", "Emory University Hospital")],
    "2021-06-22": [],  # The Christ Hospital has another name
    "2021-08-17": [("site-opened", "Mayo Clinic")],
    "2021-09-14": [],  # the versionHolder
    "2021-10-05": [("site-opened", "Memorial Regional Hospital")],
    "2022-03-15": [("site-opened", "Research Site")],
    "2022-06-14": [("site-closed", None), ("status", None)],
    "2022-10-11": [],  # the sponsor has another name
    "2023-02-14": [("status", None)],
}


def told(messages):
    """(kind, facility or None) of everything that the messages tell, each once. Sites that went with their study are
    one entry without a facility."""
    changes = [change for message in messages for study in message["studies"] for change in study["changes"]]
    return sorted({(c["kind"], c["site"]["facility"] if c.get("site") else None) for c in changes},
                  key=lambda pair: (pair[0], pair[1] or ""))


def studies_of(messages):
    return {study["nct_id"] for message in messages for study in message["studies"]}


def story_record(nct_id, date):
    return canonical(load_record(STORY / nct_id / f"{date}.json"))


def watch_story(house, *watches, date="2020-06-16"):
    """Starts everything with a webhook a watch, and waits for the first look."""
    house.start_story(date)
    hooks = [house.start_webhook() for _ in watches]
    channels = [house.webhook_channel(hook, name=f"hook-{number}") for number, hook in enumerate(hooks)]
    settings = [{"name": f"watch-{number}", "studies": [FREEDOM, ESCAPE], **watch, "notify": [f"hook-{number}"]}
                for number, watch in enumerate(watches)]
    house.start_daemon(house.write_settings(settings, channels))
    house.settle(date)
    return hooks


def test_every_step_is_told_once_and_only_what_was_asked_for(house):
    precise, usual = watch_story(house, {"changes": CHANGES}, {})
    for date, expected in TOLD.items():
        house.go_to(date)
        messages = precise.take()
        assert told(messages) == sorted(expected, key=lambda pair: (pair[0], pair[1] or "")), date
        assert len(messages) == (1 if expected else 0), date
        assert studies_of(messages) <= ({ESCAPE} if date == "2021-01-08" else {FREEDOM}), date
        by_default = {kind for kind, _ in told(usual.take())}
        assert {kind for kind, _ in expected} <= by_default, date
        if not any(kind in SITE_KINDS for kind, _ in expected):
            assert not any(kind.startswith("site-") for kind in by_default), date


def test_a_watch_near_cincinnati_hears_of_no_far_site(house):
    near, = watch_story(house, {"changes": CHANGES, "near": CINCINNATI})
    for date in TOLD:
        house.go_to(date)
    kinds = [pair for pair in told(near.take()) if pair[0] == "site-opened"]
    assert kinds == []


def test_the_alert_says_what_a_reader_needs(house):
    hook, = watch_story(house, {"changes": CHANGES, "highlight": ["diabetes", "hypertension"],
                                "near": {"lat": 26.0, "lon": -80.2, "within": "50km"}}, date="2021-09-14")
    house.go_to("2021-10-05")
    message, = hook.take()
    study, = message["studies"]
    assert "Memorial Regional Hospital" in message["headline"]
    assert message["channel"] == "hook-0" and message["test"] is False
    assert study["url"].endswith(FREEDOM) and study["watches"] == ["watch-0"]
    assert study["refresh"].startswith("2021-10-05")
    change, = study["changes"]
    assert change["site"]["city"] == "Hollywood" and change["site"]["status"] == "RECRUITING"
    assert 0 < change["site"]["distance_km"] < 50
    assert {item["word"] for item in study["highlights"]} == {"diabetes", "hypertension"}
    assert any("HbA1c" in item["line"] for item in study["highlights"])


def test_the_history_holds_every_version_and_reads_back_equal(house):
    watch_story(house, {"changes": CHANGES})
    for date in TOLD:
        house.go_to(date)
    dates = sorted(path.stem for path in (STORY / FREEDOM).glob("*.json") if path.stem != "2021-09-14")
    for number, date in enumerate(dates, start=1):
        assert house.ask("show", FREEDOM, "--version", number) == story_record(FREEDOM, date), date
    assert house.ask("show", FREEDOM) == story_record(FREEDOM, dates[-1])
    assert house.trialwatch("show", FREEDOM, "--version", len(dates) + 1).code == 1
    assert house.ask("show", ESCAPE, "--version", 2) == story_record(ESCAPE, "2021-01-08")


def test_a_site_keeps_its_identity_through_a_rename_and_a_closing(house):
    watch_story(house, {"changes": CHANGES}, date="2020-11-04")
    first, = house.ask("sites", FREEDOM)
    assert first["facility"] == "The Christ Hospital"
    for date in (date for date in TOLD if date > "2020-11-04"):
        house.go_to(date)
    sites = house.ask("sites", FREEDOM)
    assert len(sites) == 7
    renamed, = (site for site in sites if site["facility"] == "The Christ Hospital Health Network")
    assert renamed["number"] == first["number"]
    kinds = [change["kind"] for change in house.ask("changes", "--study", FREEDOM, "--limit", 0)]
    assert kinds.count("site-renamed") == 1
    assert kinds.count("site-opened") == 6 and kinds.count("site-added") == 1 and kinds.count("site-removed") == 0
    assert {"dates", "sponsor", "status", "why-stopped"} <= set(kinds)


def test_polls_are_kept_although_nothing_changed(house):
    watch_story(house, {"changes": CHANGES}, date="2021-08-17")
    before = len(house.ask("polls"))
    house.go_to("2021-09-14")
    polls = house.ask("polls")
    assert len(polls) > before
    assert max(polls, key=lambda poll: poll["id"])["changed"] == 0


def test_the_daemon_looks_by_itself_when_its_time_comes(house):
    hook, = watch_story(house, {"changes": CHANGES}, date="2021-09-14")
    looks = len(house.registry.requests("/version"))
    house.registry.move_to("2021-10-05")
    house.clock.set("2021-10-05")
    house.settle("2021-10-05")
    assert len(hook.take()) == 1
    assert len(house.registry.requests("/version")) > looks


def test_records_are_fetched_only_when_the_registry_has_refreshed(house):
    watch_story(house, {"changes": CHANGES}, date="2021-09-14")
    house.registry.clear_log()
    house.clock.advance(2 * 3600)
    wait_until(lambda: house.registry.requests("/version"), "the next look")
    house.settle()
    assert house.registry.requests("/studies") == []


def test_an_alert_survives_a_crash_before_it_was_told(house):
    hook, = watch_story(house, {"changes": CHANGES}, date="2021-09-14")
    hook.refuse()
    house.registry.move_to("2021-10-05")
    house.clock.set("2021-10-05")
    house.poll()
    wait_until(lambda: house.ask("alerts"), "the alert to be due")
    house.daemons[-1].kill()
    hook.accept()
    house.start_daemon(house.daemons[-1].settings)
    house.clock.advance(3600)
    wait_until(hook.messages, "the alert")
    house.settle("2021-10-05")
    assert told(hook.take()) == [("site-opened", "Memorial Regional Hospital")]


@pytest.mark.parametrize("clean", [True, False])
def test_a_restart_tells_nothing_twice(house, clean):
    hook, = watch_story(house, {"changes": CHANGES}, date="2021-09-14")
    house.go_to("2021-10-05")
    assert len(hook.take()) == 1
    daemon = house.daemons[-1]
    daemon.stop() if clean else daemon.kill()
    house.start_daemon(daemon.settings)
    house.settle("2021-10-05")
    house.registry.refresh()
    house.clock.advance(86400)
    house.poll()
    house.settle()
    assert hook.take() == []


def test_the_changes_applied_to_each_version_give_the_next(house):
    watch_story(house, {"changes": CHANGES})
    for date in TOLD:
        house.go_to(date)
    changes = house.ask("changes", "--study", FREEDOM, "--limit", 0)
    versions = sorted({change["version"] for change in changes})
    assert versions == list(range(2, 12))
    for version in versions:
        of_version = sorted((c for c in changes if c["version"] == version), key=lambda c: c["id"])
        before = house.ask("show", FREEDOM, "--version", version - 1)
        after = house.ask("show", FREEDOM, "--version", version)
        assert apply_changes(before, of_version) == after, json.dumps(of_version, indent=1)

"""The registry's own archive: what it has from before a study was first seen, fetched slowly, stored beside what was
seen, and asked for by the usual commands."""

import pytest

from harness import ESCAPE, FREEDOM
from processes import wait_until
from test_real_records import studies_in

FIRST_SEEN = "2021-09-14"
ARCHIVE = "/api/int/"


def start(house, studies=(FREEDOM,), **sections):
    house.start_story(FIRST_SEEN)
    hook = house.start_webhook()
    channel = house.webhook_channel(hook)
    watches = [{"name": "watch", "studies": list(studies), "changes": ["silent"], "notify": [channel["name"]]}]
    daemon = house.start_daemon(house.write_settings(watches, [channel], **sections))
    house.settle(FIRST_SEEN)
    return daemon, hook


def archived(house, study):
    return [version for version in house.ask("history", study) if version["origin"] == "archive"]


def asked_versions(house):
    """Of the archive, in the order of asking."""
    paths = [request["path"] for request in house.registry.log()["requests"] if ARCHIVE in request["path"]]
    return [path.rsplit("/history", 1)[1].lstrip("/") for path in paths]


@pytest.fixture(name="backfilled")
def backfilled_fixture(house):
    _, hook = start(house)
    result = house.trialwatch("backfill", FREEDOM, "--wait")
    assert result.code == 0, result.err
    house.hook = hook
    return house


def test_earlier_versions_are_listed_before_those_that_were_seen(backfilled):
    versions = backfilled.ask("history", FREEDOM)
    assert [version["origin"] for version in versions] == ["archive"] * (len(versions) - 1) + ["seen"]
    assert [version["version"] for version in versions[:-1]] == list(range(len(versions) - 1))
    assert len(versions) > 4
    assert all(version["changes"] for version in versions[1:-2])
    assert versions[-2]["changes"] == []  # on that day the registry published only what it derives
    text = backfilled.trialwatch("history", FREEDOM).out
    assert "First in the registry's archive" in text and " a1 " in text


def test_nothing_differs_across_the_border(backfilled):
    newest = archived(backfilled, FREEDOM)[-1]["version"]
    assert backfilled.ask("diff", FREEDOM, f"a{newest}", "1") == []
    assert backfilled.ask("diff", FREEDOM) == []
    assert backfilled.ask("history", FREEDOM)[-1]["changes"] == []


def test_nobody_is_alerted_and_the_ledger_holds(backfilled):
    assert backfilled.ask("alerts") == [] and backfilled.hook.take() == []
    assert backfilled.ask("changes", "--limit", 0) == []
    assert backfilled.trialwatch("verify").code == 0
    backfilled.go_to("2021-10-05")
    assert backfilled.ask("history", FREEDOM)[-1]["version"] == 2
    assert {alert["version"] for alert in backfilled.ask("alerts")} == {2}


def test_the_past_can_be_asked_for(backfilled):
    then, now = backfilled.ask("show", FREEDOM, "--at", "2021-02-01"), backfilled.ask("show", FREEDOM)
    assert then["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] <= "2021-02-01"
    assert set(then) == {"protocolSection"} and then["protocolSection"] != now["protocolSection"]
    assert backfilled.ask("show", FREEDOM, "--at", FIRST_SEEN) == now
    assert backfilled.ask("show", FREEDOM, "--version", "a0")["protocolSection"]["identificationModule"] == \
        now["protocolSection"]["identificationModule"]
    differences = backfilled.ask("diff", FREEDOM, "--from", "2021-02-01")
    assert differences and not any(change["path"].startswith("derivedSection") for change in differences)
    assert "from the registry's archive, submitted" in backfilled.trialwatch("show", FREEDOM, "--version", "a1").out
    assert backfilled.ask("sites", FREEDOM, "--at", "2021-02-01")
    missing = backfilled.trialwatch("show", FREEDOM, "--version", "a99")
    assert missing.code == 1 and "has no version a99" in missing.err


def test_one_request_at_a_time_and_none_twice(backfilled):
    first = asked_versions(backfilled)
    assert first == [""] + [str(version["version"]) for version in archived(backfilled, FREEDOM)]
    assert backfilled.registry.log()["max_in_flight"] == 1
    assert backfilled.trialwatch("backfill", FREEDOM, "--wait").code == 0
    assert asked_versions(backfilled) == first + [""]


def test_it_goes_on_after_a_crash(house):
    daemon, _ = start(house)
    house.registry.fault("delay", path="/history/3", seconds=60)
    assert house.trialwatch("backfill", FREEDOM).code == 0
    wait_until(lambda: len(archived(house, FREEDOM)) == 3, "three versions to be stored")
    daemon.kill()
    house.registry.clear_faults()
    house.registry.clear_log()
    daemon.start()
    house.settle(FIRST_SEEN)
    assert house.trialwatch("backfill", FREEDOM, "--wait").code == 0
    assert asked_versions(house)[:2] == ["", "3"]
    numbers = [version["version"] for version in archived(house, FREEDOM)]
    assert numbers == list(range(len(numbers))) and len(numbers) > 3


def test_the_setting_fetches_every_watched_study(house):
    start(house, (FREEDOM, ESCAPE), history={"backfill": "true"})
    wait_until(lambda: house.status()["backfill"]["complete"] == 2, "both studies to be fetched")
    assert archived(house, FREEDOM) and archived(house, ESCAPE)
    house.registry.clear_log()
    house.daemons[-1].stop()
    house.daemons[-1].start()
    wait_until(lambda: house.status().get("backfill", {}).get("complete") == 2, "the daemon to know that it has them")
    assert asked_versions(house) == []


def test_an_archive_that_is_gone_breaks_nothing(house):
    start(house)
    house.registry.fault("status", path=ARCHIVE, status=404, text="gone", times=-1)
    result = house.trialwatch("backfill", FREEDOM, "--wait")
    assert result.code == 1 and "registry's archive" in result.err and "404" in result.err
    assert house.status()["healthy"] and house.status()["backfill"]["failed"] == 1
    house.go_to("2021-10-05")
    assert len(house.ask("history", FREEDOM)) == 2


def test_an_archive_of_another_shape_breaks_nothing(house):
    start(house)
    house.registry.fault("shape", path=ARCHIVE, times=-1)
    result = house.trialwatch("backfill", FREEDOM, "--wait")
    assert result.code == 1 and "another form" in result.err
    assert archived(house, FREEDOM) == []


def test_a_look_does_not_wait_for_the_archive(house):
    start(house, registry={"spacing": "200ms"})
    assert house.trialwatch("backfill", FREEDOM).code == 0
    wait_until(lambda: len(archived(house, FREEDOM)) == 1, "the first version to be stored")
    house.go_to("2021-10-05")
    wait_until(lambda: house.status()["backfill"]["complete"] == 1, "the study to be fetched")
    log = house.registry.log()
    assert log["max_in_flight"] == 1
    assert house.ask("history", FREEDOM)[-1]["version"] == 2
    assert house.ask("diff", FREEDOM, f"a{archived(house, FREEDOM)[-1]['version']}", "1") == []


def test_a_study_that_was_never_seen_is_refused(house):
    start(house)
    result = house.trialwatch("backfill", ESCAPE)
    assert result.code == 1 and "was never seen" in result.err
    assert house.trialwatch("backfill").code == 2


def test_no_real_study_differs_across_the_border(house, real_records):
    folder = real_records / "versions"
    studies = studies_in(folder)
    house.start_registry(folder)
    channel = house.webhook_channel(house.start_webhook())
    watches = [{"name": "watch", "studies": studies, "notify": [channel["name"]]}]
    house.start_daemon(house.write_settings(watches, [channel], history={"backfill": "true"}))
    wait_until(lambda: house.status().get("backfill", {}).get("complete") == len(studies), "all to be fetched",
               seconds=300)
    for study in studies:
        versions = house.ask("history", study)
        assert len(versions) > 1 and versions[-1]["origin"] == "seen", study
        assert versions[-1]["changes"] == [], study

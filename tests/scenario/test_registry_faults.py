"""Bad days of the registry: what is known is kept, nobody is told anything false, status says so, and when the registry
is well again everything that was missed is told once."""

import json
import socket
from email.utils import formatdate

import pytest

from harness import ESCAPE, FREEDOM, STORY, load_record
from processes import wait_until

BEFORE, AFTER = "2021-09-14", "2021-10-05"
HOUR = 3600
FOR_EVER = {"times": -1}
VERSION, STUDIES = {"path": "/version"}, {"path": "/studies"}

# Whatever the registry does for as long as it lasts, the look must fail.
FAILING = {
    "forbidden": {"kind": "status", "status": 403, "text": "<html>blocked</html>", "content_type": "text/html"},
    "too-many": {"kind": "status", "status": 429},
    "unavailable": {"kind": "status", "status": 503},
    "unavailable-html": {"kind": "html", "status": 503},
    "server-error": {"kind": "status", "status": 500},
    "not-found": {"kind": "status", "status": 404},
    "html-as-200": {"kind": "html"},
    "html-as-json": {"kind": "html", "content_type": "application/json"},
    "empty-body": {"kind": "bytes", "hex": ""},
    "binary-body": {"kind": "bytes", "hex": "00ff80fe"},
    "array": {"kind": "shape", "body": []},
    "empty-object": {"kind": "shape", "body": {}},
    "null": {"kind": "shape", "body": None},
    "number": {"kind": "shape", "body": 7},
    "truncated": {"kind": "truncate"},
    "cut": {"kind": "cut"},
    "reset": {"kind": "reset"},
    "reset-in-body": {"kind": "reset", "after_bytes": 20},
}

FAILING_PAGES = {
    "studies-a-string": {"kind": "shape", "body": {"studies": "none today"}},
    "studies-null": {"kind": "shape", "body": {"studies": None}},
    "page-without-studies": {"kind": "shape", "body": {"nextPageToken": "abc"}},
    "token-for-ever": {"kind": "empty-page"},
    "one-study-left-out": {"kind": "omit", "count": 1},
    "bomb": {"kind": "bomb", "mebibytes": 600},
    "gzip-damaged": {"kind": "damage"},
    "gzip-checksum-wrong": {"kind": "damage", "fraction": 0.9999},
}


@pytest.fixture
def hook(house):
    """The story just before Memorial Regional joins, watched, its first look done."""
    house.start_story(BEFORE)
    receiver = house.start_webhook()
    house.watch([FREEDOM, ESCAPE], [house.webhook_channel(receiver)], changes=["urgent", "notable"])
    house.settle(BEFORE)
    return receiver


def knowledge(house):
    """All that the history says of the two studies."""
    return [house.ask(*what) for what in (("sites", FREEDOM), ("show", FREEDOM), ("show", ESCAPE))]


def look_in_vain(house):
    """The registry has news, but the look at it fails."""
    house.registry.move_to(AFTER)
    house.clock.set(AFTER)
    house.poll()
    wait_until(house.trouble, "status to say that the look failed")


def look_again_until_well(house):
    """Time passes, more than any wait after a failure."""
    house.clock.advance(2 * HOUR)
    house.settle(AFTER)


def assert_told_once(hook):
    message, = hook.take()
    study, = message["studies"]
    assert [change["kind"] for change in study["changes"]] == ["site-opened"]
    assert study["changes"][0]["site"]["facility"] == "Memorial Regional Hospital"


@pytest.mark.parametrize("where", [VERSION, STUDIES], ids=["version", "studies"])
@pytest.mark.parametrize("name", FAILING)
def test_nothing_vanishes_and_nothing_is_told(house, hook, name, where):
    known = knowledge(house)
    house.registry.fault(**FAILING[name], **where, **FOR_EVER)
    look_in_vain(house)
    assert house.trialwatch("status").code != 0
    assert knowledge(house) == known and hook.take() == []
    house.registry.clear_faults()
    look_again_until_well(house)
    assert house.trouble() == ""
    assert_told_once(hook)


@pytest.mark.parametrize("name", FAILING_PAGES)
def test_a_listing_that_is_not_whole_is_no_news(house, hook, name):
    known = knowledge(house)
    house.registry.fault(**FAILING_PAGES[name], **STUDIES, **FOR_EVER)
    look_in_vain(house)
    assert knowledge(house)[0] == known[0] or name == "one-study-left-out"  # the other one may be taken in
    assert not any("closed" in json.dumps(m) or "removed" in json.dumps(m) for m in hook.messages())
    house.registry.clear_faults()
    look_again_until_well(house)
    assert_told_once(hook)


def test_status_says_that_what_came_was_damaged(house, hook):
    house.registry.fault(**FAILING_PAGES["gzip-damaged"], **STUDIES, **FOR_EVER)
    look_in_vain(house)
    assert "the registry's answer broke off or was damaged: 127.0.0.1: the gzip data of the answer" in house.trouble()
    assert hook.take() == []


def test_a_registry_that_is_not_there_is_named_and_waited_for(house, hook):
    known = knowledge(house)
    port = int(house.registry.url.split(":")[2].split("/")[0])
    house.registry.stop()
    house.registries.clear()
    with socket.socket() as nobody:  # keeps the port from being given to somebody else
        nobody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        nobody.bind(("127.0.0.1", port))
        house.clock.set(AFTER)
        house.poll()
        wait_until(house.trouble, "status to say that the look failed")
    assert knowledge(house) == known and hook.take() == []


def test_an_empty_registry_closes_nothing(house, hook):
    """Every tracked study left out: named as missing, but kept with all its sites."""
    known = knowledge(house)
    house.registry.move_to(AFTER)
    house.registry.remove(FREEDOM)
    house.registry.remove(ESCAPE)
    house.clock.set(AFTER)
    house.poll()
    wait_until(lambda: house.status()["registry"].get("missing"), "the missing studies to be named")
    assert knowledge(house) == known
    assert not any("site-" in json.dumps(message) for message in hook.messages())


def test_a_study_the_registry_does_not_know_is_named_and_the_others_are_watched(house):
    house.start_story(BEFORE)
    receiver = house.start_webhook()
    house.watch(["NCT99999999", FREEDOM], [house.webhook_channel(receiver)])
    house.settle(BEFORE)
    assert "NCT99999999" in json.dumps(house.status())
    house.go_to(AFTER)
    assert len(receiver.take()) == 1


def test_an_unknown_id_that_refuses_the_whole_request_is_survived(house):
    house.start_story(BEFORE)
    house.registry.fault("unknown-id", times=-1)
    receiver = house.start_webhook()
    house.watch(["NCT99999999", FREEDOM, ESCAPE], [house.webhook_channel(receiver)])
    house.settle(BEFORE)
    house.go_to(AFTER)
    assert len(receiver.take()) == 1


def test_a_study_is_followed_under_an_alias(house):
    house.start_story(BEFORE)
    record = load_record(STORY / FREEDOM / f"{AFTER}.json")
    record["protocolSection"]["identificationModule"]["nctIdAliases"] = ["NCT80000001"]
    house.registry.put(record)
    receiver = house.start_webhook()
    house.watch(["NCT80000001"], [house.webhook_channel(receiver)], changes=["status"])
    house.settle(BEFORE)
    assert len(house.ask("sites", "NCT80000001")) == 6
    record["protocolSection"]["statusModule"]["overallStatus"] = "SUSPENDED"
    house.registry.put(record, date=AFTER)
    house.go_to(AFTER)
    message, = receiver.take()
    assert message["studies"][0]["nct_id"] == FREEDOM


def merged(**status):
    """The record into which the registry takes FREEDOM, whose id is an alias of it from now on."""
    record = load_record(STORY / FREEDOM / f"{BEFORE}.json")
    record["protocolSection"]["identificationModule"].update(nctId="NCT80000002", nctIdAliases=[FREEDOM])
    record["protocolSection"]["statusModule"].update(status)
    return record


def test_an_id_that_becomes_an_alias_is_followed_under_the_new_one(house, hook):
    house.registry.remove(FREEDOM)
    house.registry.put(merged(), date="2021-09-20")
    house.go_to("2021-09-20")
    assert not house.status()["registry"].get("missing") and hook.take() == []
    house.registry.put(merged(overallStatus="SUSPENDED"), date="2021-09-21")
    house.go_to("2021-09-21")
    message, = hook.take()
    assert message["studies"][0]["nct_id"] == "NCT80000002"
    assert "status" in [change["kind"] for change in message["studies"][0]["changes"]]


def test_a_study_that_is_withdrawn_and_comes_back_has_not_closed_or_opened(house, hook):
    record = load_record(STORY / FREEDOM / f"{BEFORE}.json")
    sites = house.ask("sites", FREEDOM)
    house.registry.remove(FREEDOM)
    house.registry.refresh()
    house.poll()
    wait_until(lambda: house.status()["registry"].get("missing"), "the missing study to be named")
    assert house.ask("sites", FREEDOM) == sites
    house.registry.put(record)
    house.registry.refresh()
    house.poll()
    wait_until(lambda: not house.status()["registry"].get("missing"), "the study to be back")
    house.settle()
    assert house.ask("sites", FREEDOM) == sites and hook.take() == []


@pytest.mark.parametrize("retry_after", [1800, "date"])
def test_retry_after_is_honoured_even_for_a_person(house, hook, retry_after):
    if retry_after == "date":
        retry_after = formatdate(house.clock.now() + 1800, usegmt=True)
    house.registry.fault("status", status=429, retry_after=retry_after, **VERSION)
    house.registry.move_to(AFTER)
    house.poll()
    wait_until(house.trouble, "status to say that the look failed")
    asked = len(house.registry.log()["requests"])
    house.clock.advance(900)
    refused = house.poll()
    assert refused.code == 1 and refused.err
    assert len(house.registry.log()["requests"]) == asked
    house.clock.advance(1000)
    house.settle(AFTER)
    assert_told_once(hook)


def test_looks_come_later_and_later_while_the_registry_fails(house, hook):
    house.registry.fault("status", status=503, **VERSION, **FOR_EVER)
    house.registry.clear_log()
    house.clock.advance(HOUR)
    for _ in range(24):
        house.clock.advance(HOUR / 2)
        wait_until(house.trouble, "a failed look")
    assert len(house.registry.requests("/version")) <= 24
    house.registry.clear_faults()
    house.registry.move_to(AFTER)
    look_again_until_well(house)
    assert_told_once(hook)


def test_a_refresh_between_two_pages_is_listed_anew(house):
    house.start_registry(date=BEFORE, generate=30)
    ids = [f"NCT{90000000 + number:08d}" for number in range(1, 31)]
    receiver = house.start_webhook()
    house.registry.fault("refresh", path="/studies")
    house.watch(ids, [house.webhook_channel(receiver)])
    wait_until(lambda: house.is_settled(house.registry.state()["timestamp"]), "the refresh that came in between")
    assert all(house.trialwatch("show", nct_id).code == 0 for nct_id in ids)
    assert receiver.take() == [] and house.trouble() == ""


def test_an_empty_page_with_a_token_is_gone_past(house, hook):
    house.registry.fault("empty-page", **STUDIES)
    house.go_to(AFTER)
    assert_told_once(hook)


def test_a_registry_without_a_timestamp_is_still_watched(house):
    """Only apiVersion is certain to be there."""
    house.start_story(BEFORE)
    house.registry.fault("shape", body={"apiVersion": "2.0.5"}, **VERSION, **FOR_EVER)
    receiver = house.start_webhook()
    house.watch([FREEDOM], [house.webhook_channel(receiver)])
    wait_until(lambda: house.trialwatch("sites", FREEDOM).code == 0, "the first look")
    house.registry.move_to(AFTER)
    house.clock.set(AFTER)
    house.poll()
    wait_until(receiver.messages, "the alert")
    assert_told_once(receiver)


def test_a_slow_registry_is_waited_for_up_to_the_timeout(house, hook):
    house.registry.fault("slow", bytes_per_second=20000, **STUDIES)
    house.go_to(AFTER)
    assert_told_once(hook)


def test_a_hanging_registry_ends_with_the_timeout_and_the_loop_turns_meanwhile(house, hook):
    house.registry.fault("delay", seconds=600, **VERSION)
    house.registry.move_to(AFTER)
    house.poll()
    wait_until(lambda: house.registry.log()["in_flight"], "the request to hang")
    assert house.trialwatch("poll", seconds=5).code in (0, 1)
    wait_until(house.trouble, "the request's timeout (libcurl's own time, which no test moves)")
    look_again_until_well(house)
    assert_told_once(hook)


def test_requests_are_polite(house):
    """One at a time, a second apart (real seconds: the clock is not moved), by an agent that says who it is."""
    house.start_story(BEFORE)
    receiver = house.start_webhook()
    channel = house.webhook_channel(receiver)
    watches = [{"name": "watch", "studies": [FREEDOM, ESCAPE], "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [channel], registry={"spacing": "1s"}))
    house.settle(BEFORE)
    log = house.registry.log()
    assert log["max_in_flight"] == 1
    assert log["smallest_gap_seconds"] >= 1.0
    for request in log["requests"]:
        assert request["user_agent"].startswith("trialwatch/") and "tests@example.org" in request["user_agent"]
        assert "gzip" in request["accept_encoding"]
        assert request["status"] == 200

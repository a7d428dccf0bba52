"""How the simulated registry's faults strike, and what it measures."""

import http.client
import json
import threading
import time
import zlib

import pytest

from faults import KINDS
from generate import generate_records
from inprocess import fetch

FREEDOM, ESCAPE = "NCT04614467", "NCT03508609"


def test_refusals_come_with_and_without_retry_after(story):
    for status in (403, 429, 503):
        story.order("/fault", kind="status", status=status)
        story.order("/fault", kind="status", status=status, retry_after=7)
        first, second, third = (story.get("/version") for _ in range(3))
        assert (first.status, first.headers["Retry-After"]) == (status, None)
        assert (second.status, second.headers["Retry-After"]) == (status, "7")
        assert third.status == 200


def test_a_fault_strikes_where_when_and_as_often_as_ordered(story):
    story.order("/fault", kind="status", status=503, path="/studies", after=1, times=2)
    assert story.get("/version").status == 200
    assert [story.get("/studies").status for _ in range(4)] == [200, 503, 503, 200]
    story.order("/fault", kind="status", status=503, times=-1)
    assert story.get("/version").status == story.get("/version").status == 503
    story.order("/faults/clear")
    assert story.get("/version").status == 200


def test_a_truncated_body_is_shorter_than_its_length_and_a_cut_one_is_not(story):
    story.order("/fault", kind="truncate")
    with pytest.raises(http.client.IncompleteRead):
        story.get("/studies")
    story.order("/fault", kind="cut")
    with pytest.raises(ValueError):
        story.get("/studies").json
    assert len(story.get("/studies").ids) == 2


def test_a_damaged_body_has_its_length_and_one_bit_that_is_wrong(story):
    packed = {"Accept-Encoding": "gzip"}
    whole = story.get("/studies", **packed).body
    story.order("/fault", kind="damage", fraction=0.25)
    damaged = story.get("/studies", **packed).body
    assert len(damaged) == len(whole)
    assert [(i, a ^ b) for i, (a, b) in enumerate(zip(whole, damaged)) if a != b] == [(len(whole) // 4, 1)]


@pytest.mark.parametrize("after_bytes", [0, 100])
def test_a_reset_reaches_the_client(story, after_bytes):
    story.order("/fault", kind="reset", after_bytes=after_bytes)
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        story.get("/studies")


def test_slow_and_delayed_answers_take_their_time(story):
    story.order("/fault", kind="delay", seconds=0.3)
    story.order("/fault", kind="slow", bytes_per_second=400)
    began = time.monotonic()
    story.get("/version")
    assert time.monotonic() - began >= 0.3
    began = time.monotonic()
    story.get("/version")
    assert time.monotonic() - began >= 0.1


def test_answers_that_are_not_what_the_api_promises(story):
    story.order("/fault", kind="html")
    page = story.get("/version")
    assert (page.status, page.type) == (200, "text/html") and page.body.startswith(b"<!DOCTYPE html>")
    story.order("/fault", kind="html", content_type="application/json")
    assert story.get("/version").type == "application/json"
    story.order("/fault", kind="shape", body=["not", "an", "object"])
    assert story.get("/studies").json == ["not", "an", "object"]
    story.order("/fault", kind="bytes", hex="00ff")
    assert story.get("/studies").body == b"\x00\xff"


def test_a_refresh_between_two_pages_makes_the_token_stale(serve):
    registry = serve(records=generate_records(25))
    registry.order("/fault", kind="refresh", path="pageToken=")
    token = registry.get("/studies").json["nextPageToken"]
    assert registry.get(f"/studies?pageToken={token}").status == 400
    assert registry.get("/version").json["dataTimestamp"] == "2021-10-06T09:00:05"


def test_an_empty_page_has_a_token_that_leads_on(serve):
    registry = serve(records=generate_records(5))
    registry.order("/fault", kind="empty-page")
    empty = registry.get("/studies")
    assert empty.ids == []
    assert len(registry.get(f"/studies?pageToken={empty.json['nextPageToken']}").ids) == 5


def test_studies_are_left_out_of_a_listing(story):
    story.order("/fault", kind="omit", ids=[FREEDOM])
    story.order("/fault", kind="omit", count=1)
    assert story.get("/studies").ids == [ESCAPE]
    assert len(story.get("/studies").ids) == 1
    assert len(story.get("/studies").ids) == 2


def test_an_unknown_id_refuses_the_whole_request(story):
    story.order("/fault", kind="unknown-id", times=-1)
    assert story.get(f"/studies?filter.ids={FREEDOM},NCT99999999").status == 400
    assert story.get(f"/studies?filter.ids={FREEDOM}").status == 200


def test_a_gzip_bomb_is_small_on_the_wire(story):
    story.order("/fault", kind="bomb", mebibytes=64)
    answer = story.get("/studies")
    assert answer.headers["Content-Encoding"] == "gzip" and len(answer.body) < 1 << 20
    unpacked = zlib.decompressobj(31).decompress(answer.body)
    assert len(unpacked) > 64 << 20 and json.loads(unpacked)["studies"]


def test_orders_that_make_no_sense_are_refused(story):
    port = story.control.server_address[1]
    for path, wish in (("/fault", {"kind": "flood"}), ("/fault", {"kind": "reset", "speed": 1}), ("/clock", {}),
                       ("/fault", {"kind": "reset", "path": "("}), ("/clock", {"date": "soon"}),
                       ("/remove", {"id": "NCT1"}), ("/record", {"record": {}})):
        assert fetch(port, "POST", path, json.dumps(wish)).status == 400, (path, wish)
    assert set(KINDS) >= {"slow", "reset", "truncate", "status", "html", "shape", "refresh", "empty-page", "bomb"}


def test_the_log_has_every_request_and_measures_politeness(story):
    story.get("/version", **{"User-Agent": "trialwatch/1 (+trials@example.org)"})
    time.sleep(0.05)
    story.get(f"/studies/{FREEDOM}?fields=NCTId")
    log = story.log()
    assert [(r["path"], r["status"]) for r in log["requests"]] == [
        ("/api/v2/version", 200), (f"/api/v2/studies/{FREEDOM}", 200)]
    assert log["requests"][0]["user_agent"] == "trialwatch/1 (+trials@example.org)"
    assert log["requests"][1]["bytes"] > 0
    assert log["max_in_flight"] == 1 and 0.05 <= log["smallest_gap_seconds"] < 5


def test_requests_in_flight_are_counted(story):
    story.order("/fault", kind="delay", seconds=0.3, times=3)
    threads = [threading.Thread(target=story.get, args=("/version",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert story.log()["max_in_flight"] == 3

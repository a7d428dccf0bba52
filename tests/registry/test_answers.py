"""What the simulated registry holds, and how it answers questions."""

import gzip
import json
import os
import threading

import pytest

import essie
import query
from generate import generate_record, generate_records
from inprocess import STORY

FREEDOM, ESCAPE = "NCT04614467", "NCT03508609"


def made(number, **identification):
    record = generate_record(number, 2)
    record["protocolSection"]["identificationModule"].update(identification)
    return record


def sites_of(answer):
    return answer.json["protocolSection"]["contactsLocationsModule"]["locations"]


def test_a_study_has_its_newest_version_and_is_absent_before_its_first(serve):
    registry = serve(STORY, date="2020-10-01")
    assert registry.get(f"/studies/{FREEDOM}").status == 404
    registry.order("/clock", date="2020-11-04")
    assert len(sites_of(registry.get(f"/studies/{FREEDOM}"))) == 1
    registry.order("/clock", date="2021-02-01")
    assert len(sites_of(registry.get(f"/studies/{FREEDOM}"))) == 2


def test_a_refresh_moves_the_timestamp_and_the_version_holder_of_every_record(story):
    before = story.get(f"/studies/{FREEDOM}").json
    assert story.get("/version").json == {"apiVersion": "2.0.5", "dataTimestamp": "2021-10-05T09:00:05"}
    story.order("/refresh")
    assert story.get("/version").json["dataTimestamp"] == "2021-10-06T09:00:05"
    after = story.get(f"/studies/{FREEDOM}").json
    assert after["derivedSection"]["miscInfoModule"].pop("versionHolder") == "2021-10-06"
    assert before["derivedSection"]["miscInfoModule"].pop("versionHolder") == "2021-10-05"
    assert before == after


def test_the_story_step_of_september_2021_moves_the_version_holder_only():
    paths = [os.path.join(STORY, FREEDOM, f"{day}.json") for day in ("2021-08-17", "2021-09-14")]
    before, after = (json.load(open(path, encoding="utf-8")) for path in paths)
    assert before != after
    for record in (before, after):
        del record["derivedSection"]["miscInfoModule"]["versionHolder"]
    assert before == after


def test_every_story_record_says_that_it_is_synthetic():
    for nct_id in (FREEDOM, ESCAPE):
        for name in os.listdir(os.path.join(STORY, nct_id)):
            with open(os.path.join(STORY, nct_id, name), encoding="utf-8") as file:
                description = json.load(file)["protocolSection"]["descriptionModule"]["detailedDescription"]
            assert "Synthetic record for tests, written by hand from public facts." in description


def test_records_are_put_removed_and_come_back_at_a_reset(story):
    story.order("/record", record=made(1))
    assert story.get("/studies/NCT90000001").status == 200
    story.order("/remove", id=FREEDOM)
    assert story.get(f"/studies/{FREEDOM}").status == 404
    assert story.order("/reset")["studies"] == 2
    assert story.get(f"/studies/{FREEDOM}").status == 200
    assert story.get("/studies/NCT90000001").status == 404


def test_flat_and_dated_folders_are_merged(serve, tmp_path):
    (tmp_path / "NCT90000001.json").write_text(json.dumps(made(1)))
    (tmp_path / "README.md").write_text("not a record")
    registry = serve(str(tmp_path), STORY, date="2020-01-01")
    assert registry.get("/studies?countTotal=true").json["totalCount"] == 1
    registry.order("/clock", date="2022-01-01")
    assert registry.get("/studies?countTotal=true").json["totalCount"] == 3


def test_pages_follow_each_other_and_the_last_has_no_token(serve):
    registry = serve(records=generate_records(25))
    first = registry.get("/studies?countTotal=true")
    assert len(first.ids) == 10 and first.json["totalCount"] == 25
    second = registry.get(f"/studies?pageSize=20&pageToken={first.json['nextPageToken']}")
    assert len(set(first.ids) | set(second.ids)) == 25
    assert "nextPageToken" not in second.json and "totalCount" not in second.json
    assert first.ids != sorted(first.ids)


@pytest.mark.parametrize("size, got", [("0", 10), ("1", 1), ("999", 999), ("1000", 1000), ("1001", 1000)])
def test_page_sizes_over_a_thousand_are_taken_as_a_thousand(serve, size, got):
    registry = serve(records=generate_records(1002, site_count=0))
    assert len(registry.get(f"/studies?pageSize={size}").ids) == got


def test_a_token_does_not_outlive_a_refresh_nor_serve_another_request(serve):
    registry = serve(records=generate_records(25))
    token = registry.get("/studies").json["nextPageToken"]
    assert registry.get(f"/studies?filter.overallStatus=RECRUITING&pageToken={token}").status == 400
    assert registry.get(f"/studies?pageToken={token}").status == 200
    registry.order("/refresh")
    stale = registry.get(f"/studies?pageToken={token}")
    assert (stale.status, stale.type) == (400, "text/plain")


def test_ids_are_matched_with_their_aliases_and_unknown_ones_left_out(serve):
    registry = serve(records=[made(1, nctIdAliases=["NCT80000001"]), made(2)])
    for separator in (",", "|", "%7C"):
        answer = registry.get(f"/studies?filter.ids=NCT80000001{separator}nct90000002{separator}NCT70000000")
        assert sorted(answer.ids) == ["NCT90000001", "NCT90000002"]
    moved = registry.get("/studies/NCT80000001?fields=NCTId")
    assert (moved.status, moved.headers["Location"]) == (301, "/api/v2/studies/NCT90000001?fields=NCTId")


def test_a_query_of_ids_alone_ignores_filters(story):
    assert story.get(f"/studies?query.term={FREEDOM}&filter.overallStatus=COMPLETED").ids == [FREEDOM]
    assert story.get(f"/studies?filter.ids={FREEDOM}&filter.overallStatus=COMPLETED").ids == []


@pytest.mark.parametrize("parameters, found", [
    ("query.cond=coronary+microvascular+disease", {FREEDOM, ESCAPE}),
    ("query.cond=coronary+microvascular+disease&query.intr=CD34", {FREEDOM, ESCAPE}),
    ("query.cond=migraine", set()),
    ("query.cond=%22microvascular+coronary%22", set()),
    ("query.intr=CLBS16", {FREEDOM, ESCAPE}),
    ("query.titles=FREEDOM", {FREEDOM}),
    ("query.spons=caladrius", {FREEDOM, ESCAPE}),
    ("query.lead=lisata", set()),
    ("query.locn=Cincinnati", {FREEDOM}),
    ("query.locn=Cincinnati+OR+Rochester", {FREEDOM, ESCAPE}),
    ("query.id=SYNTHETIC-FREEDOM", {FREEDOM}),
    ("query.patient=diabetes", {FREEDOM, ESCAPE}),
    ("query.outc=%22flow+reserve%22", {FREEDOM, ESCAPE}),
    ("query.term=heart", set()),
    ("filter.overallStatus=RECRUITING", {FREEDOM}),
    ("filter.overallStatus=RECRUITING|COMPLETED", {FREEDOM, ESCAPE}),
    ("filter.geo=distance(39.14,-84.52,300km)", {FREEDOM}),
    ("filter.geo=distance(34.05,-118.24,5mi)", {FREEDOM, ESCAPE}),
    ("filter.geo=distance(0,0,5)", set()),
    ("filter.advanced=AREA[LastUpdatePostDate]RANGE[2021-10-01,MAX]", {FREEDOM}),
    ("filter.advanced=AREA[LastUpdatePostDate]RANGE[2021-10-06,MAX]", set()),
    ("filter.advanced=AREA[LastUpdatePostDate]RANGE[MIN,2021-01]", {ESCAPE}),
    ("filter.advanced=AREA[Phase]PHASE2", {FREEDOM, ESCAPE}),
    ("filter.advanced=AREA[Phase]Phase+2+AND+NOT+AREA[OverallStatus]RECRUITING", {ESCAPE}),
    ("filter.advanced=AREA[Phase](PHASE3+OR+PHASE4)", set()),
    ("filter.advanced=AREA[EnrollmentCount]RANGE[21,MAX]", {FREEDOM}),
    ("filter.advanced=AREA[WhyStopped]MISSING", {FREEDOM, ESCAPE}),
])
def test_queries_and_filters(story, parameters, found):
    answer = story.get("/studies?" + parameters)
    assert answer.status == 200, answer.body
    assert set(answer.ids) == found


def test_recruiting_does_not_match_the_statuses_that_contain_the_word():
    looks_like = essie.Texts(["ACTIVE_NOT_RECRUITING"])
    assert not essie.parse("RECRUITING", "OverallStatus", query.is_area)(lambda area: looks_like)


def test_sorting_puts_the_missing_last(story):
    by_results = story.get("/studies?sort=ResultsFirstPostDate:asc").ids
    assert by_results == [ESCAPE, FREEDOM]
    assert story.get("/studies?sort=LastUpdatePostDate:desc").ids == [FREEDOM, ESCAPE]
    assert story.get("/studies?sort=LastUpdatePostDate:asc").ids == [ESCAPE, FREEDOM]
    assert story.get("/studies?sort=EnrollmentCount").ids == [ESCAPE, FREEDOM]


def test_fields_are_pieces_or_paths_and_a_branch_brings_its_leaves(story):
    record = story.get(f"/studies/{FREEDOM}?fields=NCTId,LocationCity").json
    assert record["protocolSection"]["identificationModule"] == {"nctId": FREEDOM}
    assert {"city": "Cincinnati"} in record["protocolSection"]["contactsLocationsModule"]["locations"]
    assert set(record) == {"protocolSection"}
    branch = story.get(f"/studies/{FREEDOM}?fields=protocolSection.statusModule").json
    assert branch["protocolSection"]["statusModule"]["startDateStruct"] == {"date": "2020-10-28", "type": "ACTUAL"}


@pytest.mark.parametrize("target", [
    "/studies?fields=Nonsense", "/studies?fields=", "/studies?pageSize=many", "/studies?pageToken=xyz",
    "/studies?filter.geo=here", "/studies?filter.ids=NCT1x", "/studies?filter.overallStatus=OPEN",
    "/studies?query.cnod=heart", "/studies?sort=BriefTitle", "/studies?sort=Nonsense",
    "/studies?filter.advanced=AREA[Nonsense]x", "/studies?filter.advanced=(heart", "/studies/NCTx",
    "/studies?pageSize=1&pageSize=2", "/studies?aggFilters=sex:f",
])
def test_mistakes_are_answered_with_400_in_plain_text(story, target):
    answer = story.get(target)
    assert (answer.status, answer.type) == (400, "text/plain")


def test_unknown_paths_are_answered_as_nginx_does_and_other_methods_refused(story):
    answer = story.get("/nothing")
    assert (answer.status, answer.type) == (404, "text/html") and b"nginx" in answer.body
    unknown = story.get("/studies/NCT99999999")
    assert (unknown.status, unknown.type) == (404, "text/plain")
    assert story.raw("/api/v2/version", method="POST").status == 405


def test_gzip_unpacks_to_the_same_bytes(serve):
    registry = serve(STORY, records=generate_records(300))
    plain = registry.get("/studies?pageSize=1000")
    packed = registry.get("/studies?pageSize=1000", **{"Accept-Encoding": "deflate, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.body) < len(plain.body) / 2
    assert gzip.decompress(packed.body) == plain.body


def test_the_etag_is_global_and_304_is_given_only_when_ordered(story):
    tag = story.get("/version").headers["ETag"]
    assert story.get(f"/studies/{FREEDOM}").headers["ETag"] == tag
    assert story.get("/version", **{"If-None-Match": tag}).status == 200
    story.order("/fault", kind="not-modified", times=-1)
    unchanged = story.get("/version", **{"If-None-Match": tag})
    assert (unchanged.status, unchanged.body) == (304, b"")
    story.order("/refresh")
    assert story.get("/version", **{"If-None-Match": tag}).status == 200


def test_the_archive_lists_versions_and_gives_each_with_html(story):
    changes = story.raw(f"/api/int/studies/{FREEDOM}/history").json["changes"]
    assert [change["version"] for change in changes] == list(range(8))
    assert changes[1]["moduleLabels"] == ["Study Status", "Contacts/Locations"]
    first = story.raw(f"/api/int/studies/{FREEDOM}/history/0").json
    assert first["studyVersion"] == 0
    assert "a person&#x27;s own CD34+ cells" in first["study"]["protocolSection"]["descriptionModule"]["briefSummary"]
    assert story.raw(f"/api/int/studies/{FREEDOM}/history/8").status == 404


def test_the_archive_refuses_two_requests_in_flight(story):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(
        story.raw(f"/api/int/studies/{FREEDOM}/history").status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 429 in statuses

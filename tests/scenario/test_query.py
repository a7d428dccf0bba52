"""Query watches: which studies enter and leave what a query finds, on good days and bad ones."""

import sqlite3

from harness import ESCAPE, FREEDOM, STORY, load_record
from processes import wait_until
from test_story import CINCINNATI, studies_of, told

QUERY = {"condition": "coronary microvascular disease", "intervention": "CD34"}
RECRUITING = {**QUERY, "status": "RECRUITING"}


def watch_query(house, query, date, **watch):
    house.start_story(date)
    hook = house.start_webhook()
    watches = [{"name": "cd34", "query": query, **watch, "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [house.webhook_channel(hook)]))
    house.settle(date)
    return hook


def members(house):
    """(watch, study, whether it still answers), as the history has them."""
    with sqlite3.connect(f"file:{house.history_path}?mode=ro", uri=True) as history:
        return history.execute('SELECT watch, nct_id, "left" IS NULL FROM member_log ORDER BY joined, nct_id').fetchall()


def asked(house, words):
    """The requests whose path and query have these words."""
    return [entry for entry in house.registry.log()["requests"] if words in entry["target"]]


def settle_told(house, hook, date):
    """A query's alerts wait a while for more of them, by the clock of the test."""
    house.registry.move_to(date)
    house.clock.set(date)
    house.poll()
    wait_until(lambda: house.status()["registry"]["refresh"].startswith(date)
               and house.status()["registry"]["state"] == "waiting", f"the look of {date}")
    house.clock.advance(60)
    house.settle(date)
    return hook.take()


def test_what_the_first_look_finds_is_noted_and_not_told(house):
    hook = watch_query(house, QUERY, "2020-11-04")
    assert hook.take() == []
    assert members(house) == [("cd34", ESCAPE, 1), ("cd34", FREEDOM, 1)]


def test_a_new_study_is_told_once_and_its_changes_later(house):
    hook = watch_query(house, QUERY, "2020-06-16")
    assert members(house) == [("cd34", ESCAPE, 1)]
    message, = settle_told(house, hook, "2020-11-04")
    assert told([message]) == [("listed", None)] and studies_of([message]) == {FREEDOM}
    assert message["headline"].startswith("New study")
    assert house.ask("show", FREEDOM)["protocolSection"]["identificationModule"]["nctId"] == FREEDOM
    message, = settle_told(house, hook, "2021-01-08")
    assert ("results", None) in told([message]) and studies_of([message]) == {ESCAPE}
    message, = settle_told(house, hook, "2021-01-19")
    assert ("site-opened", "Cedars-Sinai Medical Center") in told([message])


def test_two_watches_with_one_question_share_its_answer_and_keep_their_own_members(house):
    """The second comes while the first runs: it has a baseline of its own."""
    hook = watch_query(house, QUERY, "2020-06-16")
    one = {"name": "cd34", "query": QUERY, "notify": ["hook"]}
    house.write_settings([one, {**one, "name": "second"}], [house.webhook_channel(hook)])
    house.registry.move_to("2020-11-04")
    assert house.trialwatch("reload").code == 0
    message, = settle_told(house, hook, "2020-11-04")
    study, = message["studies"]
    assert study["nct_id"] == FREEDOM and study["watches"] == ["cd34"]
    assert {entry for entry in members(house) if entry[2]} == {
        (watch, study, 1) for watch in ("cd34", "second") for study in (FREEDOM, ESCAPE)}
    message, = settle_told(house, hook, "2021-01-19")
    assert message["studies"][0]["watches"] == ["cd34", "second"]


def test_a_known_study_that_only_enters_a_query_was_seen_in_that_look(house):
    house.start_story("2020-11-04")
    hook = house.start_webhook()
    named = {"name": "named", "studies": [FREEDOM, ESCAPE], "notify": ["hook"]}
    house.start_daemon(house.write_settings([named], [house.webhook_channel(hook)]))
    house.settle("2020-11-04")
    house.write_settings([named, {"name": "cd34", "query": QUERY, "notify": ["hook"]}], [house.webhook_channel(hook)])
    assert house.trialwatch("reload").code == 0
    wait_until(lambda: len(members(house)) == 2, "both to be members")
    house.settle("2020-11-04")
    with sqlite3.connect(f"file:{house.history_path}?mode=ro", uri=True) as history:
        seen = history.execute("SELECT last_poll = (SELECT max(id) FROM polls WHERE outcome = 2) FROM studies").fetchall()
    assert seen == [(1,), (1,)]


def test_a_study_leaves_the_query_by_its_status(house):
    hook = watch_query(house, RECRUITING, "2021-10-05")
    assert members(house) == [("cd34", FREEDOM, 1)]
    message, = settle_told(house, hook, "2022-06-14")
    assert ("unlisted", None) in told([message])
    change, = [c for c in message["studies"][0]["changes"] if c["kind"] == "unlisted"]
    assert "No longer answers the watch: now " in change["text"]
    assert members(house) == [("cd34", FREEDOM, 0)]
    assert settle_told(house, hook, "2023-02-14") == []  # the query does not find it any more


def test_a_query_near_a_place_finds_the_study_when_a_site_opens_there(house):
    """Cedars-Sinai in Los Angeles joins FREEDOM in January 2021."""
    near = {"lat": 34.05, "lon": -118.24, "within": "50km"}
    hook = watch_query(house, QUERY, "2020-11-04", near=near)
    assert FREEDOM not in {study for _, study, _ in members(house)}
    assert all("filter.geo=distance" in entry["target"] for entry in asked(house, "query.cond"))
    messages = settle_told(house, hook, "2021-01-19")
    assert ("listed", None) in told(messages) and FREEDOM in studies_of(messages)
    assert ("cd34", FREEDOM, 1) in members(house)


def test_an_id_that_becomes_an_alias_neither_enters_nor_leaves(house):
    hook = watch_query(house, QUERY, "2020-11-04")
    record = load_record(STORY / FREEDOM / "2020-11-04.json")
    record["protocolSection"]["identificationModule"].update(nctId="NCT80000002", nctIdAliases=[FREEDOM])
    house.registry.remove(FREEDOM)
    house.registry.put(record, date="2020-11-05")
    assert not {kind for kind, _ in told(settle_told(house, hook, "2020-11-05"))} & {"listed", "unlisted"}
    assert ("cd34", FREEDOM, 1) in members(house) and len(members(house)) == 2
    house.registry.remove("NCT80000002")
    message, = settle_told(house, hook, "2020-11-06")
    assert told([message]) == [("unlisted", None)]


def test_what_is_there_already_is_told_in_one_message_when_asked_for(house):
    house.start_story("2020-11-04")
    hook = house.start_webhook()
    house.start_daemon(house.write_settings(
        [{"name": "cd34", "query": QUERY, "announce": "existing", "notify": ["hook"]}], [house.webhook_channel(hook)]))
    wait_until(lambda: len(members(house)) == 2 and house.status()["registry"]["state"] == "waiting", "the first look")
    house.clock.advance(60)
    house.settle()
    message, = hook.take()
    assert studies_of([message]) == {ESCAPE, FREEDOM} and told([message]) == [("listed", None)]
    assert message["headline"] == "2 studies answer the watch already"
    assert all(study["headline"].startswith("Answers the watch already: ") for study in message["studies"])


def test_many_new_studies_are_one_message(house):
    hook = watch_query(house, {"sponsor": "Made-up Institute"}, "2020-11-04")
    assert members(house) == []
    house.registry.order("/generate", count=300)
    message, = settle_told(house, hook, "2020-11-05")
    assert len(members(house)) == 300 and len(studies_of([message])) == 300
    assert message["headline"].startswith("300 new studies")


def test_a_listing_that_is_not_whole_moves_nobody(house):
    hook = watch_query(house, QUERY, "2020-11-04")
    house.registry.fault("omit", ids=[FREEDOM], path="query.cond", times=-1)
    house.registry.move_to("2021-01-19")
    house.clock.set("2021-01-19")
    house.poll()
    wait_until(house.trouble, "the look to fail")
    assert "promised 2" in house.trouble()
    assert members(house) == [("cd34", ESCAPE, 1), ("cd34", FREEDOM, 1)] and hook.take() == []


def test_a_refresh_in_the_middle_of_a_listing_lists_anew(house):
    hook = watch_query(house, QUERY, "2020-11-04")
    house.registry.fault("empty-page", path="query.cond")
    house.registry.fault("refresh", path="query.cond.*pageToken=")
    house.registry.clear_log()
    house.poll()
    wait_until(lambda: len(asked(house, "query.cond")) >= 3, "the query to be asked anew")
    house.settle()
    assert members(house) == [("cd34", ESCAPE, 1), ("cd34", FREEDOM, 1)] and hook.take() == []


def test_a_token_that_expired_lists_anew(house):
    hook = watch_query(house, QUERY, "2020-11-04")
    house.registry.fault("empty-page", path="query.cond")
    house.registry.fault("status", status=400, text="invalid pageToken", path="query.cond.*pageToken=")
    house.poll()
    wait_until(lambda: all(fault["struck"] for fault in house.registry.state()["faults"]), "both faults to strike")
    house.settle()
    assert members(house) == [("cd34", ESCAPE, 1), ("cd34", FREEDOM, 1)] and hook.take() == []


def test_a_study_withdrawn_from_the_registry_leaves_and_comes_back(house):
    hook = watch_query(house, QUERY, "2020-11-04")
    record = load_record(STORY / FREEDOM / "2020-11-04.json")
    house.registry.remove(FREEDOM)
    message, = settle_told(house, hook, "2021-01-05")
    change, = message["studies"][0]["changes"]
    assert change["kind"] == "unlisted" and change["text"].endswith("the registry no longer gives it")
    assert members(house) == [("cd34", ESCAPE, 1), ("cd34", FREEDOM, 0)]
    house.registry.put(record, date="2021-01-06")
    message, = settle_told(house, hook, "2021-01-06")
    assert told([message]) == [("listed", None)] and studies_of([message]) == {FREEDOM}
    assert [row for row in members(house) if row[1] == FREEDOM] == [("cd34", FREEDOM, 0), ("cd34", FREEDOM, 1)]


def test_many_studies_that_vanish_at_once_leave_and_each_is_told_once(house):
    """More than a slice of the loop takes."""
    house.start_story("2020-11-04")
    house.registry.order("/generate", count=300)
    hook = house.start_webhook()
    watches = [{"name": "made-up", "query": {"sponsor": "Made-up Institute"}, "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [house.webhook_channel(hook)]))
    house.settle()
    ids = {nct_id for _, nct_id, _ in members(house)}
    assert len(ids) == 300 and hook.take() == []
    for nct_id in ids:
        house.registry.remove(nct_id)
    message, = settle_told(house, hook, "2020-11-05")
    assert message["surge"]["studies"] == 300
    assert set(members(house)) == {("made-up", nct_id, 0) for nct_id in ids}
    alerts = house.ask("alerts", "--limit", 0)
    assert sorted(alert["nct_id"] for alert in alerts) == sorted(ids)
    assert {alert["state"] for alert in alerts} == {"delivered"}
    assert house.trialwatch("verify").code == 0


def test_a_study_that_comes_twice_in_a_listing_enters_once(house):
    house.start_story("2020-11-04")
    house.registry.remove(FREEDOM)
    hook = house.start_webhook()
    watches = [{"name": "cd34", "query": QUERY, "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [house.webhook_channel(hook)]))
    house.settle()
    house.registry.put(load_record(STORY / FREEDOM / "2020-11-04.json"))
    house.registry.fault("repeat", path="/studies", times=-1)
    house.poll()
    message, = wait_until(hook.take, "the study to be listed")
    assert told([message]) == [("listed", None)]
    house.settle()
    assert len(members(house)) == 2
    assert hook.take() == []


def test_leaving_twice_is_told_twice_by_a_registry_without_timestamps(house):
    """Nothing of refresh and version tells the second time from the first."""
    house.start_story("2020-11-04")
    house.registry.fault("shape", body={"apiVersion": "2.0.5"}, path="/version", times=-1)
    hook = house.start_webhook()
    watches = [{"name": "cd34", "query": QUERY, "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [house.webhook_channel(hook)]))
    wait_until(lambda: len(members(house)) == 2 and house.status()["registry"]["state"] == "waiting", "the first look")
    record = load_record(STORY / FREEDOM / "2020-11-04.json")
    ids = []
    for kind, change in [("unlisted", lambda: house.registry.remove(FREEDOM)),
                         ("listed", lambda: house.registry.put(record))] * 2:
        change()
        house.poll()
        house.clock.advance(60)
        message, = wait_until(hook.take, f"the study to be {kind}")
        assert told([message]) == [(kind, None)]
        ids.append(message["id"])
    assert len(set(ids)) == 4


def test_a_query_that_the_registry_refuses_stops_no_other_watch(house):
    house.start_story("2021-09-14")
    hook = house.start_webhook()
    watches = [{"name": "bad", "query": {"advanced": "AREA[Nowhere]("}, "notify": ["hook"]},
               {"name": "freedom", "studies": [FREEDOM], "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [house.webhook_channel(hook)]))
    wait_until(lambda: "watch bad" in house.trouble(), "the refused query to be named")
    house.registry.move_to("2021-10-05")
    house.clock.set("2021-10-05")
    house.poll()
    wait_until(hook.messages, "the other watch to be told")
    assert ("site-opened", "Memorial Regional Hospital") in told(hook.take())


def test_two_watches_fetch_a_study_once(house):
    house.start_story("2021-09-14")
    hook = house.start_webhook()
    watches = [{"name": "freedom", "studies": [FREEDOM], "near": CINCINNATI, "notify": ["hook"]},
               {"name": "cd34", "query": QUERY, "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [house.webhook_channel(hook)]))
    house.settle()
    assert len(asked(house, "filter.ids=")) == 1
    messages = settle_told(house, hook, "2021-10-05")
    assert ("site-opened", "Memorial Regional Hospital") in told(messages)
    # The site is far from Cincinnati.
    assert {name for m in messages for s in m["studies"] for name in s["watches"]} == {"cd34"}

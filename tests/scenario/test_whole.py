"""`studies: all`: the whole registry is watched, and a listing of it that is interrupted goes on where it was."""

import sqlite3

import pytest

from processes import wait_until
from test_query import asked, settle_told
from test_story import studies_of, told

STUDIES, PAGE = 35, 10
DAY, NEXT_DAY = "2026-01-05", "2026-01-06"
LATER_PAGE = "pageToken="


def made_up(number):
    return f"NCT{90000000 + number:08d}"


def start(house, *others, **watch):
    """The daemon, with the whole registry watched; returns who is told."""
    house.start_registry(date=DAY)
    house.registry.order("/generate", count=STUDIES)
    house.registry.order("/pages", size=PAGE)
    hook = house.start_webhook()
    watches = [{"name": "whole", "studies": "all", **watch, "notify": ["hook"]},
               *({**other, "notify": ["hook"]} for other in others)]
    settings = house.write_settings(watches, [house.webhook_channel(hook)])
    return hook, settings


def watch_all(house, *others, **watch):
    hook, settings = start(house, *others, **watch)
    house.start_daemon(settings)
    house.settle(DAY)
    return hook


def history(house, statement):
    with sqlite3.connect(f"file:{house.history_path}?mode=ro", uri=True) as database:
        return database.execute(statement).fetchone()[0]


def change_status(house, number, status):
    record = house.ask("show", made_up(number))
    record["protocolSection"]["statusModule"]["overallStatus"] = status
    house.registry.put(record, date=NEXT_DAY)


def is_listed_whole(house):
    return history(house, "SELECT count(*) FROM studies") == STUDIES and house.is_settled(DAY)


def first_pages(house):
    return [entry for entry in asked(house, "/studies?") if LATER_PAGE not in entry["target"]]


def test_the_first_look_is_a_baseline_and_then_new_and_changed_studies_are_told(house):
    hook = watch_all(house)
    assert history(house, "SELECT count(*) FROM studies") == STUDIES and hook.take() == []
    assert len(asked(house, "/studies?")) == 4 and not asked(house, "filter.ids")
    assert house.status()["registry"]["studies"] == STUDIES
    change_status(house, 7, "SUSPENDED")
    house.registry.order("/generate", count=1, first=STUDIES + 1, date=NEXT_DAY)
    messages = settle_told(house, hook, NEXT_DAY)
    assert studies_of(messages) == {made_up(7), made_up(STUDIES + 1)}
    assert {("listed", None), ("status", None)} <= set(told(messages))
    new, = [s for m in messages for s in m["studies"] if s["nct_id"] == made_up(STUDIES + 1)]
    assert new["headline"].startswith("New study")


def test_filters_hold_for_the_whole_registry_too(house):
    hook = watch_all(house, countries=["Austria"], changes=["listed"])
    change_status(house, 7, "SUSPENDED")
    house.registry.order("/generate", count=12, first=STUDIES + 1, date=NEXT_DAY)
    messages = settle_told(house, hook, NEXT_DAY)
    there = {number for number in range(STUDIES + 1, STUDIES + 13)
             if any(site["country"] == "Austria" for site in house.ask("sites", made_up(number)))}
    assert 0 < len(there) < 12
    assert studies_of(messages) == {made_up(number) for number in there}
    assert set(told(messages)) == {("listed", None)}


def test_what_is_killed_in_the_middle_goes_on_after_its_last_whole_page(house):
    hook, settings = start(house, {"name": "named", "studies": [made_up(1), "NCT00000001"]})
    house.registry.fault("delay", seconds=30, path=LATER_PAGE, after=1)
    daemon = house.start_daemon(settings)
    wait_until(lambda: len(asked(house, LATER_PAGE)) == 2, "the third page to be asked for")
    wait_until(lambda: history(house, "SELECT count(*) FROM studies") == 2 * PAGE, "two pages to be in the history")
    daemon.kill()
    house.registry.clear_faults()
    house.registry.clear_log()
    daemon = house.start_daemon(settings)
    wait_until(lambda: is_listed_whole(house), "the rest of the registry")
    assert not first_pages(house) and len(asked(house, LATER_PAGE)) == 2
    assert f"goes on after {2 * PAGE} studies" in daemon.log
    assert hook.take() == []
    assert house.status()["registry"]["missing"] == ["NCT00000001"]
    assert history(house, "SELECT count(*) FROM progress") == 0
    # It had its baseline: what appears now is new.
    house.registry.order("/generate", count=1, first=STUDIES + 1, date=NEXT_DAY)
    assert studies_of(settle_told(house, hook, NEXT_DAY)) == {made_up(STUDIES + 1)}


def test_a_connection_that_breaks_costs_one_page(house):
    hook, settings = start(house)
    house.registry.fault("reset", after_bytes=100, path=LATER_PAGE, after=1)
    house.start_daemon(settings)
    wait_until(house.trouble, "the look to fail")
    house.clock.advance(3600)
    wait_until(lambda: is_listed_whole(house), "the rest of the registry")
    assert len(first_pages(house)) == 1 and len(asked(house, LATER_PAGE)) == 4
    assert hook.take() == []


def test_a_token_that_expired_meanwhile_lists_everything_again(house):
    hook, settings = start(house)
    house.registry.fault("reset", after_bytes=100, path=LATER_PAGE, after=1)
    daemon = house.start_daemon(settings)
    wait_until(house.trouble, "the look to fail")
    house.registry.fault("status", status=400, text="invalid pageToken", path=LATER_PAGE)
    house.clock.advance(3600)
    wait_until(lambda: is_listed_whole(house), "all of the registry")
    assert len(first_pages(house)) == 2
    assert f"all of it again, after {2 * PAGE} studies" in daemon.log
    assert hook.take() == []


def test_a_refresh_in_the_middle_lists_everything_again(house):
    hook, settings = start(house)
    house.registry.fault("refresh", path=LATER_PAGE, after=1)
    house.start_daemon(settings)
    wait_until(lambda: house.is_settled(NEXT_DAY), "the refresh")
    assert len(first_pages(house)) == 2
    assert history(house, "SELECT count(*) FROM studies") == STUDIES and hook.take() == []


def test_a_query_that_is_added_meanwhile_lists_everything_again(house):
    hook, settings = start(house)
    house.registry.fault("reset", after_bytes=100, path=LATER_PAGE, after=1)
    daemon = house.start_daemon(settings)
    wait_until(house.trouble, "the look to fail")
    house.write_settings([{"name": "whole", "studies": "all", "notify": ["hook"]},
                          {"name": "query", "query": {"sponsor": "Made-up Institute"}, "notify": ["hook"]}],
                         [house.webhook_channel(hook)])
    daemon.reload()
    house.clock.advance(3600)
    wait_until(lambda: is_listed_whole(house) and
               history(house, "SELECT count(*) FROM members") == STUDIES, "all to be members")
    assert hook.take() == []


def test_a_listing_that_is_shorter_than_promised_is_not_whole(house):
    hook, settings = start(house)
    house.registry.fault("omit", count=3, path=LATER_PAGE)
    house.start_daemon(settings)
    wait_until(house.trouble, "the look to fail")
    assert f"promised {STUDIES}" in house.trouble() and hook.take() == []
    house.clock.advance(3600)
    wait_until(lambda: is_listed_whole(house), "all of the registry")
    assert len(first_pages(house)) == 2


def test_a_place_from_which_nothing_goes_on_is_left(house):
    _, settings = start(house)
    house.registry.fault("reset", after_bytes=100, path=LATER_PAGE, after=1)
    house.start_daemon(settings)
    wait_until(house.trouble, "the look to fail")
    house.registry.fault("status", status=500, text="no such token", path=LATER_PAGE)
    house.clock.advance(3600)
    wait_until(lambda: "500" in house.trouble(), "the next look to fail")
    house.clock.advance(2 * 3600)
    wait_until(lambda: is_listed_whole(house), "all of the registry")
    assert len(first_pages(house)) == 2


def test_the_plan_says_what_the_whole_registry_costs(house):
    watch_all(house)
    request, = [r for r in house.ask("plan")["requests"] if r["subject"] == "studies"]
    assert request["watch"] == "whole" and request["records"] == STUDIES
    assert "filter" not in request["url"]


def refused(house, *arguments):
    result = house.trialwatch("watch", *arguments)
    assert result.code == 2, f"{result.code}: {result.out}{result.err}"
    return result.err


def test_the_whole_registry_is_watched_and_left_again_at_run_time(house):
    house.start_registry(date=DAY)
    house.registry.order("/generate", count=STUDIES)
    hook = house.start_webhook()
    house.start_daemon(house.write_settings([], [house.webhook_channel(hook)]))
    house.settle(DAY)
    added = house.trialwatch("watch", "add", "--all", "--kinds", "listed", "--notify", "hook")
    assert added.code == 0 and "The watch all-studies is added: all studies." in added.out, added.err
    assert "at the first look is only noted" in added.out
    wait_until(lambda: is_listed_whole(house), "the whole registry")
    assert hook.take() == []
    row, = house.ask("watch", "list")
    assert row["asks"] == "all studies" and row["origin"] == "added"
    assert row["settings"] == {"name": "all-studies", "studies": "all", "changes": ["listed"], "notify": ["hook"]}
    assert 'studies: "all"' in house.trialwatch("watch", "show", "all-studies").out
    house.registry.order("/generate", count=1, first=STUDIES + 1, date=NEXT_DAY)
    change_status(house, 7, "SUSPENDED")
    messages = settle_told(house, hook, NEXT_DAY)
    assert studies_of(messages) == {made_up(STUDIES + 1)} and set(told(messages)) == {("listed", None)}
    assert "is removed" in house.trialwatch("watch", "remove", "all-studies").out
    assert not [request for request in house.ask("plan")["requests"] if request["subject"] == "studies"]


def test_a_watch_of_all_is_refused_with_what_would_be_right(house):
    house.start_registry(date=DAY)
    house.start_daemon(house.write_settings([], [{"name": "here", "console": {}}]))
    house.settle(DAY)
    channel = "--notify", "here"
    assert f"leave out --all or {made_up(1)}" in refused(house, "add", made_up(1), "--all", *channel)
    assert "leave out --all or --condition" in refused(house, "add", "--all", "--condition", "angina", *channel)
    assert "leave out --all or --sponsor" in refused(house, "preview", "--all", "--sponsor", "Mayo")
    assert "--all goes with trialwatch watch add" in refused(house, "import", "list.txt", "--all", *channel)
    result = house.trialwatch("watch", "add", "--all", "--announce", "existing", *channel)
    assert result.code == 1 and "announce is for a watch with a query" in result.err
    assert house.ask("watch", "list") == []


@pytest.mark.parametrize("watch, mistake", [
    ({"studies": "everything"}, "studies should be a list or the word all"),
    ({"studies": ["all"]}, "studies: all watches the whole registry"),
    ({"studies": "all", "query": {"condition": "angina"}}, "leave out studies or query"),
])
def test_mistakes_are_answered_with_what_would_be_right(house, watch, mistake):
    settings = house.write_settings([{"name": "whole", **watch, "notify": ["here"]}], [{"name": "here", "console": {}}])
    daemon = house.start_daemon(settings, ready=False)
    assert daemon.wait() != 0 and mistake in daemon.log

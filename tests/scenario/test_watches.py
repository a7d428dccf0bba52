"""Watches at run time: added, paused, removed and imported while the daemon runs."""

import sqlite3

import pytest

from harness import ESCAPE, FREEDOM
from processes import wait_until
from test_story import studies_of, told

SEARCH = ("https://clinicaltrials.gov/search?cond=coronary%20microvascular%20disease&intr=CD34&locStr=Cincinnati,%20OH"
          "&lat=39.14&lng=-84.52&distance=300&aggFilters=status:rec%20act,sex:f&start=2020-01-01_&viewType=Table")
CD34 = ("--condition", "coronary microvascular disease", "--intervention", "CD34")


@pytest.fixture
def hook(house):
    """The story's beginning with one watch of the settings, on the other study."""
    house.start_story("2020-11-04")
    hook = house.start_webhook()
    house.settings = house.write_settings([{"name": "escape", "studies": [ESCAPE], "notify": ["hook"]}],
                                          [house.webhook_channel(hook)])
    house.start_daemon(house.settings)
    house.settle()
    return hook


def restart(house):
    house.daemons[-1].stop()
    house.start_daemon(house.settings)
    house.settle()


def names(house):
    return [watch["name"] for watch in house.ask("watch", "list")]


def refused(house, *arguments, code=1, **options):
    result = house.trialwatch(*arguments, **options)
    assert result.code == code, f"{result.code}: {result.out}{result.err}"
    return result.err


def add(house, *arguments):
    row = house.ask("watch", "add", *arguments)
    house.settle()
    return row


def test_a_study_that_is_added_is_told_of_without_a_restart_and_after_one(house, hook):
    row = add(house, FREEDOM.lower(), "--name", "freedom", "--notify", "hook", "--kinds", "site-opened,results")
    assert row["origin"] == "added" and row["place"] and row["since"].startswith("2020-11-04")
    assert row["settings"] == {"name": "freedom", "studies": [FREEDOM], "changes": ["site-opened", "results"],
                               "notify": ["hook"]}
    house.go_to("2021-01-19")
    assert ("site-opened", "Cedars-Sinai Medical Center") in told(hook.take())
    restart(house)
    assert names(house) == ["escape", "freedom"]
    house.go_to("2021-03-16")
    assert ("site-opened", "University of Florida") in told(hook.take())
    assert house.trialwatch("reload").code == 0
    house.settle()
    house.go_to("2021-05-18")
    assert ("site-opened", "Emory University Hospital") in told(hook.take())


def test_a_query_that_is_added_has_its_baseline_and_tells_what_comes(house, hook):
    house.registry.move_to("2020-06-16")
    row = add(house, *CD34, "--notify", "hook")
    assert row["name"] == "coronary-microvascular-disease-cd34"
    assert hook.take() == []
    house.go_to("2020-11-04")
    house.clock.advance(60)
    house.settle("2020-11-04")
    message, = hook.take()
    assert ("listed", None) in told([message]) and studies_of([message]) == {FREEDOM}
    said = house.trialwatch("watch", "show", row["name"]).out
    assert "# Its query finds 2 studies now." in said and "condition" in said


def test_every_setting_of_a_watch_can_be_given(house, hook):
    row = add(house, FREEDOM, "--name", "all", "--notify", "hook", *CD34, "--term", "angina", "--title", "FREEDOM",
              "--sponsor", "Caladrius", "--location", "Ohio", "--patient", "heart", "--id", "CLBS16", "--status",
              "RECRUITING", "--phase", "PHASE2", "--advanced", "AREA[StudyType]INTERVENTIONAL", "--announce", "existing",
              "--kinds", "urgent", "--kinds", "results", "--near", "39.14,-84.52", "--within", "50mi", "--country",
              "United States", "--country", "Canada", "--state", "Ohio", "--city", "Cincinnati", "--facility",
              "Christ Hospital", "--highlight", "diabetes")
    assert row["settings"] == {
        "name": "all", "studies": [FREEDOM], "notify": ["hook"], "announce": "existing",
        "query": {"condition": "coronary microvascular disease", "intervention": "CD34", "term": "angina",
                  "title": "FREEDOM", "sponsor": "Caladrius", "location": "Ohio", "patient": "heart", "id": "CLBS16",
                  "status": "RECRUITING", "phase": "PHASE2", "advanced": "AREA[StudyType]INTERVENTIONAL"},
        "changes": ["urgent", "results"], "near": {"lat": 39.14, "lon": -84.52, "within": "80.4672km"},
        "countries": ["United States", "Canada"], "states": ["Ohio"], "cities": ["Cincinnati"],
        "facilities": ["Christ Hospital"], "highlight": ["diabetes"]}


def test_mistakes_are_those_of_the_settings(house, hook):
    said = refused(house, "watch", "add", "NCT1234", "--name", "x", "--notify", "hok", "--kinds", "site-opend")
    assert "the watch is not added" in said
    assert '"NCT1234" is no NCT id' in said
    assert '"site-opend" is no kind of change; did you mean site-opened?' in said
    assert 'no channel is named "hok"; did you mean hook?' in said
    assert "names no studies" in refused(house, "watch", "add", "--name", "x", "--notify", "hook")
    assert "tells nobody" in refused(house, "watch", "add", FREEDOM)
    assert "no name for a watch" in refused(house, "watch", "add", FREEDOM, "--name", "a b", "--notify", "hook")
    assert "already a watch escape, at " in refused(house, "watch", "add", FREEDOM, "--name", "escape", "--notify", "hook")
    add(house, FREEDOM, "--notify", "hook")
    assert f"already a watch {FREEDOM.lower()}, added by" in refused(house, "watch", "add", FREEDOM, "--notify", "hook")
    assert "there is no watch nobody" in refused(house, "watch", "pause", "nobody")
    assert "--near goes with --within" in refused(house, "watch", "add", FREEDOM, "--near", "1,2", "--notify", "hook",
                                                  code=2)
    assert "did you mean watch remove?" in refused(house, "watch", "remov", "x", code=2)
    assert names(house) == ["escape", FREEDOM.lower()]


def test_a_watch_of_the_settings_is_paused_and_says_so(house, hook):
    add(house, FREEDOM, "--name", "freedom", "--notify", "hook")
    assert "tells nobody until it is resumed" in house.trialwatch("watch", "pause", "escape").out
    assert "is paused already" in refused(house, "watch", "pause", "escape")
    restart(house)
    house.go_to("2021-01-08")  # results of ESCAPE
    assert hook.take() == []
    assert house.ask("changes", "--kind", "results")
    listed = {watch["name"]: watch["state"] for watch in house.ask("watch", "list")}
    assert listed == {"escape": "paused", "freedom": "active"}
    assert "# Paused by " in house.trialwatch("watch", "show", "escape").out
    assert "tells again" in house.trialwatch("watch", "resume", "escape").out
    assert "is not paused" in refused(house, "watch", "resume", "escape")
    house.go_to("2021-01-19")
    assert studies_of(hook.take()) == {FREEDOM}


def test_what_is_removed_is_silent_and_forgets_its_members(house, hook):
    row = add(house, *CD34, "--notify", "hook")
    said = refused(house, "watch", "remove", "escape")
    assert "stands in the settings at" in said and "trialwatch.yaml:" in said
    assert house.trialwatch("watch", "remove", row["name"]).code == 0
    assert names(house) == ["escape"]
    with sqlite3.connect(f"file:{house.history_path}?mode=ro", uri=True) as history:
        assert history.execute("SELECT count(*) FROM members WHERE left_usec IS NULL").fetchone() == (0,)
    house.go_to("2021-01-19")
    assert studies_of(hook.take()) == {ESCAPE}
    again = add(house, *CD34, "--name", row["name"], "--notify", "hook")
    assert again["since"] != row["since"] and hook.take() == []


def test_one_added_during_a_look_is_in_force_after_it(house, hook):
    house.registry.fault("delay", path="/studies", seconds=1)
    house.poll()
    wait_until(lambda: house.status()["registry"]["state"] == "asking", "the look")
    assert house.ask("watch", "add", FREEDOM, "--name", "freedom", "--notify", "hook")["name"] == "freedom"
    house.settle()
    wait_until(lambda: house.status()["history"]["studies"] == 2, "the added study's first look")
    house.go_to("2021-01-19")
    assert ("site-opened", "Cedars-Sinai Medical Center") in told(hook.take())


def test_what_is_looked_at_already_needs_no_look(house, hook):
    add(house, FREEDOM, "--name", "one", "--notify", "hook")
    house.registry.clear_log()
    house.ask("watch", "add", FREEDOM, ESCAPE, "--name", "two", "--notify", "hook")
    house.ask("watch", "remove", "one")
    house.settle()
    assert house.registry.log()["requests"] == []


def test_a_channel_that_is_gone_is_trouble_until_it_is_back(house, hook):
    more = house.start_webhook()
    settings = house.settings.read_text(encoding="utf-8")
    house.write_settings([{"name": "escape", "studies": [ESCAPE], "notify": ["hook"]}],
                         [house.webhook_channel(hook), house.webhook_channel(more, name="more")])
    assert house.trialwatch("reload").code == 0
    house.settle()
    add(house, FREEDOM, "--name", "freedom", "--notify", "more")
    both = house.settings.read_text(encoding="utf-8")
    house.settings.write_text(settings, encoding="utf-8")
    assert house.trialwatch("reload").code == 0
    trouble, = [line for line in house.status()["troubles"] if "not in force" in line]
    assert 'The watch freedom is not in force: watch freedom: no channel is named "more"' in trouble
    assert "not in force" in house.trialwatch("watch", "list").out
    house.settings.write_text(both, encoding="utf-8")
    assert house.trialwatch("reload").code == 0
    house.settle()
    assert house.status()["healthy"]
    house.go_to("2021-01-19")
    assert ("site-opened", "Cedars-Sinai Medical Center") in told(more.take())


def test_the_settings_take_over_a_watch_of_the_same_name(house, hook):
    add(house, FREEDOM, "--name", "freedom", "--notify", "hook")
    house.write_settings([{"name": "freedom", "studies": [FREEDOM, ESCAPE], "notify": ["hook"]}],
                         [house.webhook_channel(hook)])
    assert house.trialwatch("reload").code == 0
    row, = house.ask("watch", "list")
    assert row["origin"] == "settings" and len(row["settings"]["studies"]) == 2
    assert "is now the one at" in house.daemons[-1].log


def test_settings_without_a_watch_wait_for_the_first_one(house):
    house.start_story("2020-11-04")
    hook = house.start_webhook()
    house.start_daemon(house.write_settings([], [house.webhook_channel(hook)]))
    house.settle()
    assert "Nothing is watched." in house.trialwatch("watch").out
    add(house, FREEDOM, "--notify", "hook")
    house.go_to("2021-01-19")
    assert ("site-opened", "Cedars-Sinai Medical Center") in told(hook.take())


def test_without_the_daemon_the_list_is_there_and_nothing_changes(house, hook):
    house.daemons[-1].stop()
    row, = house.ask("watch", "list")
    assert row["name"] == "escape" and row["place"].endswith(":" + row["place"].rsplit(":", 1)[1])
    assert "- name: escape" in house.trialwatch("watch", "show", "escape").out
    assert "the daemon is not running" in refused(house, "watch", "add", FREEDOM, "--notify", "hook", code=3)


def test_a_list_of_ids_becomes_a_watch(house, hook, tmp_path):
    path = tmp_path / "Cardiology list.txt"
    path.write_text(f"# ours\n{FREEDOM}  # FREEDOM\n\n{ESCAPE.lower()}, {FREEDOM}\r\n", encoding="utf-8")
    found, = house.ask("watch", "import", path, "--notify", "hook")
    assert found["watch"]["name"] == "cardiology-list"
    assert found["watch"]["settings"]["studies"] == [FREEDOM, ESCAPE, FREEDOM]
    path.write_text(f"{FREEDOM}\nNCT12\n", encoding="utf-8")
    assert 'line 2: "NCT12" is no NCT id' in refused(house, "watch", "import", path, "--notify", "hook", code=2)
    result = house.trialwatch("watch", "import", "-", "--notify", "hook", typed=f"{FREEDOM}\n{SEARCH}\n")
    assert result.code == 0, result.err
    assert "The watch coronary-microvascular-disease-cd34 is added" in result.out
    assert "imported" in names(house)


def test_the_address_of_a_search_becomes_a_query(house, hook):
    result = house.trialwatch("watch", "import", SEARCH, "--name", "pasted", "--notify", "hook")
    assert result.code == 0, result.err
    assert "Left out, since a watch cannot ask it: start=2020-01-01_" in result.out
    assert "Left out, since a watch cannot ask it: sex=f" in result.out and "viewType" not in result.out
    row, = [watch for watch in house.ask("watch", "list") if watch["name"] == "pasted"]
    assert row["settings"]["query"] == {"condition": "coronary microvascular disease", "intervention": "CD34",
                                        "status": "RECRUITING, ACTIVE_NOT_RECRUITING"}
    assert row["settings"]["near"] == {"lat": 39.14, "lon": -84.52, "within": "482.8032km"}
    said = refused(house, "watch", "import", "https://example.org/search?cond=x", "--notify", "hook", code=2)
    assert "not one of clinicaltrials.gov" in said
    assert "asks for nothing" in refused(house, "watch", "import", "https://clinicaltrials.gov/search?viewType=Card",
                                         "--notify", "hook", code=2)
    study, = house.ask("watch", "import", f"https://clinicaltrials.gov/study/{FREEDOM}?cond=x", "--notify", "hook")
    assert study["watch"]["settings"]["studies"] == [FREEDOM]


def test_an_opml_of_feeds_becomes_watches(house, hook, tmp_path):
    opml = tmp_path / "feeds.opml"
    opml.write_text("""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body><outline text="Heart">
  <outline type="rss" text="Microvascular &amp; CD34" xmlUrl="https://clinicaltrials.gov/api/rss?cond=coronary+microvascular+disease&amp;intr=CD34&amp;dateField=LastUpdatePostDate"/>
  <outline type="rss" text="Microvascular &amp; CD34" xmlUrl="https://clinicaltrials.gov/api/rss?term=CD34"/>
</outline></body></opml>""", encoding="utf-8")
    first, second = house.ask("watch", "import", opml, "--notify", "hook", "--kinds", "urgent")
    assert first["watch"]["name"] == "microvascular-cd34" and second["watch"]["name"] == "microvascular-cd34-2"
    assert first["watch"]["settings"]["query"] == {"condition": "coronary microvascular disease", "intervention": "CD34"}
    assert first["left_out"] == [] and second["watch"]["settings"]["changes"] == ["urgent"]
    assert "leave out --name" in refused(house, "watch", "import", opml, "--name", "x", "--notify", "hook", code=2)
    opml.write_text("<opml><outline", encoding="utf-8")
    assert "line 1 is not XML" in refused(house, "watch", "import", opml, "--notify", "hook", code=2)
    opml.write_text("<!DOCTYPE opml [<!ENTITY a \"b\">]><opml/>", encoding="utf-8")
    assert "document type" in refused(house, "watch", "import", opml, "--notify", "hook", code=2)
    opml.write_text('<opml><outline xmlUrl="https://example.org/rss"/></opml>', encoding="utf-8")
    said = refused(house, "watch", "import", opml, "--notify", "hook", code=2)
    assert 'the feed "https://example.org/rss": the address is not one of clinicaltrials.gov' in said

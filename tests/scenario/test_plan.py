"""`trialwatch plan`: what it prints is what the registry is then asked."""

from harness import ESCAPE, FREEDOM
from processes import wait_until

QUERY = {"condition": "coronary microvascular disease", "intervention": "CD34"}
MADE_UP = {"sponsor": "Made-up Institute"}


def watch(house, watches, date="2020-11-04"):
    house.start_story(date)
    hook = house.start_webhook()
    house.start_daemon(house.write_settings([{**watch, "notify": ["hook"]} for watch in watches],
                                            [house.webhook_channel(hook)]))
    house.settle(date)


def look(house, date):
    """The requests of one look, as the registry saw them."""
    house.registry.clear_log()
    house.registry.move_to(date)
    house.clock.set(date)
    house.poll()
    wait_until(lambda: house.status()["registry"]["refresh"].startswith(date)
               and house.status()["registry"]["state"] == "waiting", f"the look of {date}", seconds=120)
    return [entry["target"] for entry in house.registry.log()["requests"]]


def targets(plan):
    """Without the registry's address, as in its log; later pages as the question they repeat."""
    for request in plan["requests"]:
        target = "/" + request["url"].split("/", 3)[3]
        yield from [target] * request["pages"]


def without_tokens(asked):
    return [target.split("&pageToken=")[0] for target in asked]


def test_the_registry_is_asked_what_the_plan_says(house):
    watch(house, [{"name": "cd34", "query": QUERY},
                  {"name": "near", "query": {"condition": "angina"},
                   "near": {"lat": 39.14, "lon": -84.52, "within": "300km"}},
                  {"name": "named", "studies": [FREEDOM, ESCAPE, "NCT00000001"]}])
    plan = house.ask("plan")
    assert [(request["subject"], request["watch"]) for request in plan["requests"]] == [
        ("version", ""), ("query", "cd34"), ("query", "near"), ("version", ""), ("studies", ""), ("version", "")]
    assert plan["records"] == 3 and plan["all_known"] and plan["request_count"] == 6
    assert plan["at_least_sec"] == 5 * plan["spacing_sec"]
    assert all(request["url_bytes"] == len(request["url"]) < 8000 for request in plan["requests"])
    assert look(house, "2021-01-08") == list(targets(plan))
    again = house.ask("plan")
    assert again["last_look"]["requests"] == plan["request_count"] and again["requests"] == plan["requests"]


def test_watches_with_the_same_question_ask_it_once(house):
    watch(house, [{"name": name, "query": QUERY} for name in ("cd34", "cd34-too", "third", "fourth", "fifth")])
    plan = house.ask("plan")
    query, = [request for request in plan["requests"] if request["subject"] == "query"]
    assert query["watches"] == ["cd34", "cd34-too", "fifth", "fourth", "third"] and query["records"] == 2
    assert query["watch"] == "cd34, cd34-too, fifth and 2 more" and query["watch"] in house.trialwatch("plan").out
    assert look(house, "2021-01-08") == list(targets(plan))


def test_many_studies_are_many_requests_and_pages(house):
    watch(house, [{"name": "made-up", "query": MADE_UP}])
    assert house.ask("plan")["request_count"] == 4  # nothing was found: there is no study to ask for
    house.registry.order("/generate", count=1010)
    look(house, "2020-11-05")
    plan = house.ask("plan")
    query, = [request for request in plan["requests"] if request["subject"] == "query"]
    assert (query["pages"], query["records"]) == (2, 1010) and plan["records"] == 1010
    assert [request["pages"] for request in plan["requests"] if request["subject"] == "studies"] == [1, 1]
    assert without_tokens(look(house, "2020-11-06")) == list(targets(plan))


def test_a_query_that_was_never_asked_is_said_to_be_unknown(house):
    watch(house, [{"name": "named", "studies": [FREEDOM]}])
    house.registry.fault("status", status=503, times=-1)
    house.write_settings([{"name": "cd34", "query": QUERY, "notify": ["hook"]}],
                         [{"name": "hook", "webhook": {"url": "http://127.0.0.1:9/"}}])
    assert house.trialwatch("reload").code == 0
    plan = house.ask("plan")
    assert not plan["all_known"] and plan["requests"][1]["records"] is None
    said = house.trialwatch("plan").out
    assert "A query that was never asked may find more" in said


def test_people_read_it_as_a_sentence_and_a_table(house):
    watch(house, [{"name": "cd34", "query": QUERY}])
    said = house.trialwatch("plan").out
    assert "The next refresh is asked for 2 records with 5 requests" in said
    assert "ASKS FOR" in said and "query.cond=coronary%20microvascular%20disease" in said
    assert "The last one, 2020-11-04T" in said


def test_without_the_daemon_nobody_knows_the_settings(house):
    watch(house, [{"name": "cd34", "query": QUERY}])
    house.daemons[-1].stop()
    result = house.trialwatch("plan")
    assert result.code == 3 and "the daemon is not running" in result.err

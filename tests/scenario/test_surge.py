"""The registry changes very many records alike in one refresh, as it did in August 2025: what is routine of that is one
message a channel, what matters is told as always, and a crash neither loses nor doubles either."""

import collections
import random
import time

import pytest

from alerts import BEFORE
from harness import FREEDOM, STORY, load_record
from processes import wait_until

STUDIES = 60


def records():
    for number in range(STUDIES):
        record = load_record(STORY / FREEDOM / f"{BEFORE}.json")
        record["protocolSection"]["identificationModule"].update(
            {"nctId": f"NCT{20000000 + number}", "briefTitle": f"Study number {number}"})
        yield record


def sites_of(record):
    return record["protocolSection"]["contactsLocationsModule"]["locations"]


def moved(all_records, opened=None, shift=0.01):
    """Every site a little further north; of one study, one site opens too."""
    for number, record in enumerate(all_records):
        for site in sites_of(record):
            if "geoPoint" in site:
                site["geoPoint"]["lat"] = round(site["geoPoint"]["lat"] + shift, 6)
        if number == opened:
            sites_of(record).append({"facility": "Toledo Heart Hospital", "status": "RECRUITING", "city": "Toledo",
                                     "state": "Ohio", "zip": "43601", "country": "United States"})
        yield record


@pytest.fixture
def world(house):
    """Two channels that are told of everything, and one that is told of what matters."""
    house.start_story(BEFORE)
    all_records = list(records())
    house.registry.put(*all_records)
    house.hooks = {name: house.start_webhook() for name in ("all", "also", "usual")}
    channels = [house.webhook_channel(hook, name=name) for name, hook in house.hooks.items()]
    ids = [record["protocolSection"]["identificationModule"]["nctId"] for record in all_records]
    watches = [{"name": "everything", "studies": ids, "changes": ["silent"], "notify": ["all", "also"]},
               {"name": "what-matters", "studies": ids, "notify": ["usual"]}]
    house.settings = house.write_settings(watches, channels)
    house.daemon = house.start_daemon(house.settings)
    house.records = all_records
    wait_until(lambda: house.status()["registry"]["state"] == "waiting" and
               house.status()["history"]["studies"] == STUDIES, "the baseline", seconds=60)
    return house


def publish(house, changed):
    house.registry.put(*changed)
    house.registry.refresh()
    house.clock.advance(86400)


def is_quiet(house):
    status = house.status()
    return status.get("registry", {}).get("state") == "waiting" and all(
        channel["due"] + channel["held"] + channel["sending"] == 0 for channel in status["channels"])


def states(house, channel):
    return collections.Counter(alert["state"] for alert in house.ask("alerts", "--channel", channel, "--limit", 0))


def test_a_flood_of_routine_changes_is_one_message_and_what_matters_is_told(world):
    house = world
    publish(house, list(moved(house.records, opened=7)))
    house.poll()
    wait_until(lambda: house.hooks["usual"].messages(), "the urgent alert")
    wait_until(lambda: is_quiet(house) and len(house.hooks["all"].messages()) == 2, "the summary", seconds=60)
    for name in ("all", "also"):
        surge, alone = sorted(house.hooks[name].messages(), key=lambda message: len(message["studies"]))
        assert surge["headline"] == f"{STUDIES} of {STUDIES} studies changed in site position"
        assert surge["surge"]["alerts"] == STUDIES - 1 and surge["surge"]["watches"] == ["everything"]
        assert surge["surge"]["kinds"] == [{"kind": "site-geopoint", "label": "Site position", "studies": STUDIES}]
        assert surge["weight"] == "routine" and surge["studies"] == []
        assert alone["studies"][0]["nct_id"] == "NCT20000007" and alone["weight"] == "urgent"
        assert states(house, name) == {"delivered": STUDIES}
    assert [message["studies"][0]["nct_id"] for message in house.hooks["usual"].messages()] == ["NCT20000007"]
    alerts = house.ask("alerts", "--channel", "all", "--limit", 0)
    folded = [alert for alert in alerts if alert["reason"]]
    assert len(folded) == STUDIES - 1 and len({alert["message"] for alert in folded}) == 1
    assert "60 of 60 studies changed alike in this refresh (site-geopoint)" in folded[0]["reason"]
    # the next refresh is as any other: two studies, each told of its own
    publish(house, list(moved(house.records[:2])))
    house.poll()
    wait_until(lambda: is_quiet(house) and len(house.hooks["all"].messages()) == 4, "two alerts")
    assert all(message["studies"] and "surge" not in message for message in house.hooks["all"].messages()[2:])
    assert house.trialwatch("verify").code == 0


def test_a_kill_in_between_neither_loses_nor_doubles(world):
    house, chance = world, random.Random(20250812)
    publish(house, list(moved(house.records, opened=7)))
    kills = 12
    for _ in range(kills):
        time.sleep(chance.uniform(0, 0.4))  # the moment is what varies
        house.daemon.kill()
        house.daemon = house.start_daemon(house.settings)
    house.clock.advance(3600)
    wait_until(lambda: is_quiet(house), "the rest", seconds=60)
    for name in ("all", "also"):
        assert states(house, name) == {"delivered": STUDIES}
        messages = {message["id"]: message for message in house.hooks[name].messages()}
        surges = [message for message in messages.values() if "surge" in message]
        assert len(surges) == 1 and surges[0]["surge"]["alerts"] == STUDIES - 1
        assert len(messages) == 2
        assert len(house.hooks[name].messages()) - len(messages) <= kills
    assert house.trialwatch("verify").code == 0

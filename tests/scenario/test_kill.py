"""The daemon is killed again and again while alerts go out: every alert arrives at every channel, and what arrives
twice carries the same id, at most one message per kill and channel. TRIALWATCH_LONG=1 asks for many more of both."""

import collections
import os
import random
import time

from alerts import BEFORE
from harness import FREEDOM, STORY, load_record
from processes import wait_until

LONG = os.environ.get("TRIALWATCH_LONG") == "1"
STUDIES, KILLS = (500, 200) if LONG else (100, 40)
SEED = 4614467


def studies():
    """Studies that differ by their number, recruiting or not."""
    for number in range(STUDIES):
        record = load_record(STORY / FREEDOM / f"{BEFORE}.json")
        identification = record["protocolSection"]["identificationModule"]
        identification["nctId"] = f"NCT{10000000 + number}"
        identification["briefTitle"] = f"Study number {number}"
        yield record


def suspended(records):
    for record in records:
        record["protocolSection"]["statusModule"]["overallStatus"] = "SUSPENDED"
        record["protocolSection"]["statusModule"]["whyStopped"] = "The test asks for it"
        yield record


def expected_ids(records):
    return {record["protocolSection"]["identificationModule"]["nctId"] for record in records}


def arrivals(receiver):
    """By message id, the studies that came under it and how often."""
    studies_of, times = {}, collections.Counter()
    with receiver.lock:
        received = [one for one in receiver.received if one.answer and one.answer[0] // 100 == 2]
    for one in received:
        document = one.json
        if not document["studies"]:
            continue
        content = tuple(sorted((study["nct_id"], study["version"]) for study in document["studies"]))
        assert studies_of.setdefault(document["id"], content) == content, "one id for two contents"
        times[document["id"]] += 1
    return studies_of, times


def test_every_alert_arrives_although_the_daemon_is_killed_at_random_moments(house):
    chance = random.Random(SEED)
    records = list(studies())
    house.start_story(BEFORE)
    house.registry.put(*records)
    hooks = [house.start_webhook() for _ in range(3)]
    channels = [house.webhook_channel(hook, name=f"hook-{number}") for number, hook in enumerate(hooks)]
    ids = sorted(expected_ids(records))
    watches = [{"name": "all", "studies": ids, "notify": [channel["name"] for channel in channels]}]
    settings = house.write_settings(watches, channels)
    daemon = house.start_daemon(settings)
    wait_until(lambda: house.status()["registry"]["state"] == "waiting" and
               house.status()["history"]["studies"] == STUDIES, "the baseline", seconds=120)
    house.registry.put(*suspended(records))
    house.registry.refresh()
    house.clock.advance(86400)
    kills = 0
    while kills < KILLS:
        time.sleep(chance.uniform(0, 0.25 if LONG else 0.12))  # the moment is what varies
        daemon.kill()
        kills += 1
        daemon = house.start_daemon(settings)
        if kills % 5 == 0:
            house.clock.advance(60)

    def all_told():
        return all({nct for content in arrivals(hook)[0].values() for nct, _ in content} == set(ids) for hook in hooks)

    house.clock.advance(3600)
    wait_until(all_told, "every alert at every channel", seconds=180)
    wait_until(lambda: all(c["due"] + c["sending"] + c["held"] == 0 for c in house.status()["channels"]), "the rest")
    for hook in hooks:
        studies_of, times = arrivals(hook)
        told = collections.Counter(study for content in studies_of.values() for study in content)
        assert set(told.values()) == {1}, "a study of one version told under two ids"
        assert sum(times.values()) - len(times) <= kills
        print(f"{len(times)} messages, {sum(times.values()) - len(times)} of them twice, {kills} kills")
    for channel in channels:
        alerts = house.ask("alerts", "--channel", channel["name"], "--limit", 0)
        states = collections.Counter(alert["state"] for alert in alerts)
        assert states == {"delivered": STUDIES}
    assert house.trialwatch("verify").code == 0

"""The clock is set while the daemon runs: forward, as after a machine's sleep, or back, as when a wrong clock is put
right. Nothing is lost, nothing waits for a time that is not to come, and the registry is asked no more often."""

import pytest

from harness import ESCAPE, FREEDOM, STORY, load_record
from processes import wait_until
from test_story import studies_of

HOUR, DAY = 3600, 86400
BEFORE, AFTER = "2021-09-14", "2021-10-05"
JUMPS = pytest.mark.parametrize("days", [400, -400, -1], ids=["forward", "back", "back-a-day"])


def start(house, **channel):
    """The story just before Memorial Regional joins, its first look done."""
    house.start_story(BEFORE)
    hook = house.start_webhook()
    house.watch([FREEDOM, ESCAPE], [house.webhook_channel(hook, **channel)])
    house.settle(BEFORE)
    return hook


def publish(house, date=AFTER):
    """News, which the daemon fetches."""
    house.registry.move_to(date)
    house.poll()
    wait_until(lambda: house.status()["registry"]["refresh"].startswith(date)
               and house.status()["registry"]["state"] == "waiting", "the refresh to be taken in")


def pass_time(house, seconds):
    """In steps, each of which the daemon sees, so that whatever falls due on the way does so at its time."""
    for _ in range(0, seconds, HOUR):
        house.status()
        house.clock.advance(HOUR)


@JUMPS
def test_news_are_fetched_and_told_as_if_nothing_had_happened(house, days):
    hook = start(house)
    house.clock.jump(days * DAY)
    house.registry.move_to(AFTER)
    house.clock.advance(2 * HOUR)
    message, = wait_until(hook.take, "the alert")
    assert studies_of([message]) == {FREEDOM}
    house.settle(AFTER)
    assert house.trialwatch("verify").code == 0


@JUMPS
def test_what_a_receiver_refused_is_tried_again(house, days):
    hook = start(house)
    hook.always_answer((503, "not now"))
    publish(house)
    wait_until(lambda: hook.received, "the first attempt")
    wait_until(lambda: house.status()["channels"][0]["sending"], "it to be recorded")
    house.clock.jump(days * DAY)
    hook.always_answer(None)
    house.clock.advance(2 * HOUR)
    wait_until(hook.messages, "the second attempt")


@JUMPS
def test_a_digest_that_waits_is_told_within_a_day(house, days):
    hook = start(house, digest="daily 08:00 UTC")
    publish(house)
    wait_until(lambda: house.status()["channels"][0]["held"], "the alert to be held")
    house.clock.jump(days * DAY)
    pass_time(house, 25 * HOUR)
    wait_until(hook.messages, "the digest")


def test_a_rate_does_not_hold_what_comes_after_the_clock_went_back(house):
    hook = start(house, rate="1/hour")
    publish(house)
    wait_until(hook.messages, "the first alert")
    house.clock.jump(-400 * DAY)
    record = load_record(STORY / FREEDOM / f"{AFTER}.json")
    record["protocolSection"]["statusModule"]["overallStatus"] = "SUSPENDED"
    house.registry.put(record, date="2021-10-06")
    publish(house, "2021-10-06")
    pass_time(house, 3 * HOUR)
    wait_until(lambda: len(hook.messages()) == 2, "the second alert")


@JUMPS
def test_an_alert_that_was_not_told_before_the_daemon_stopped_is_told(house, days):
    hook = start(house)
    hook.refuse()
    publish(house)
    house.daemons[-1].stop()
    house.clock.jump(days * DAY)
    hook.accept()
    house.daemons[-1].start()
    house.clock.advance(2 * HOUR)
    wait_until(hook.messages, "the alert")


@JUMPS
def test_the_registry_is_asked_no_more_often(house, days):
    start(house)
    house.registry.clear_log()
    house.clock.jump(days * DAY)
    for looks in range(1, 4):
        house.clock.advance(HOUR * 1.1)
        wait_until(lambda looks=looks: len(house.registry.requests("/version")) >= looks, "a look an hour")
    house.settle(BEFORE)
    assert len(house.registry.requests("/version")) <= 4


def suspend(house, date):
    record = load_record(STORY / FREEDOM / f"{AFTER}.json")
    record["protocolSection"]["statusModule"]["overallStatus"] = "SUSPENDED"
    house.registry.put(record, date=date)


def test_a_digest_whose_hour_summer_time_skips_comes_after_the_skip(house):
    """On 27 March 2022 clocks in Berlin go from 02:00 to 03:00, at 01:00 UTC: there is no 02:30, but a 03:30."""
    hook = start(house, digest="daily 02:30 Europe/Berlin")
    house.clock.set("2022-03-26")
    suspend(house, "2022-03-26")
    publish(house, "2022-03-26")
    wait_until(lambda: house.status()["channels"][0]["held"], "the alert to be held")
    house.clock.set("2022-03-27", hour=1)
    house.clock.advance(20 * 60)
    house.poll()
    assert hook.take() == []
    house.clock.advance(15 * 60)
    wait_until(hook.messages, "the digest")


@pytest.mark.parametrize("day", ["2022-03-27", "2021-10-31"], ids=["begins", "ends"])
def test_looks_keep_their_distance_when_summer_time_begins_and_ends(house, day):
    house.environment["TZ"] = "Europe/Berlin"
    house.start_story(BEFORE)
    house.clock.set(day, hour=0)
    house.watch([FREEDOM], [house.webhook_channel(house.start_webhook())])
    house.settle(BEFORE)
    house.registry.clear_log()
    for looks in range(1, 4):
        house.clock.advance(HOUR * 1.1)
        wait_until(lambda looks=looks: len(house.registry.requests("/version")) >= looks, "a look an hour")
    house.settle(BEFORE)
    assert len(house.registry.requests("/version")) <= 4

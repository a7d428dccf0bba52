"""What the daemon says about itself: that the registry is unread, the history cannot be written, a channel is ill; once,
then daily, then that it is well again, whatever restarts lie between."""


import pytest

from alerts import BEFORE, OPENED, hostile_record, publish
from harness import FREEDOM, STORY
from processes import wait_until

HOUR, DAY = 3600, 86400


def told(receiver, words):
    """How often the channel was told a headline with these words; what is repeated after a crash has the same id."""
    return len({message["id"] for message in receiver.messages() if words in message["headline"]})


def settle(house):
    """Whatever is to be said has been said: the daemon looks at its health every 15 s of its time."""
    house.clock.advance(60)
    house.poll()
    house.status()


def restart(house):
    settings = house.daemons[-1].settings
    house.daemons[-1].stop()
    return house.start_daemon(settings)


def test_an_unread_registry_is_told_once_then_daily_whatever_restarts_lie_between(house):
    house.start_registry(STORY)
    receiver = house.start_webhook()
    watches = [{"name": "watch", "studies": [FREEDOM], "notify": ["hook"]}]
    house.start_daemon(house.write_settings(watches, [house.webhook_channel(receiver)], health={"after": "6h"}))
    house.settle()
    house.registry.fault("status", status=503, times=-1)
    for hour in range(4):  # each restart alone would begin to count anew
        house.clock.advance(2 * HOUR)
        house.poll()
        wait_until(lambda: house.status()["registry"]["failures"], "the failed look")
        if hour < 3:
            assert told(receiver, "cannot be read") == 0
            restart(house)
    wait_until(lambda: told(receiver, "cannot be read") == 1, "the first message")
    for _ in range(3):
        restart(house)
        wait_until(lambda: house.status()["registry"]["failures"], "the failed look")
        settle(house)
    assert told(receiver, "cannot be read") == 1 and told(receiver, "can be read again") == 0
    house.clock.advance(DAY)
    wait_until(lambda: told(receiver, "cannot be read") == 2, "the next day's")
    house.daemons[-1].stop()
    house.registry.clear_faults()
    house.start_daemon(house.daemons[-1].settings)
    wait_until(lambda: told(receiver, "can be read again") == 1, "the good news")
    house.clock.advance(2 * DAY)
    settle(house)
    restart(house)
    settle(house)
    assert told(receiver, "cannot be read") == 2 and told(receiver, "can be read again") == 1


def test_an_ill_channel_is_told_elsewhere_through_a_restart(house):
    gone, other = house.start_webhook(), house.start_webhook()
    other.always_answer((503, "not yet"))
    gone.always_answer((410, "gone"))
    house.start_story(BEFORE)
    house.watch([FREEDOM], [house.webhook_channel(gone, name="gone"), house.webhook_channel(other, name="other")],
                changes=["silent"])
    house.settle(BEFORE)
    house.registry.move_to(OPENED)
    house.clock.set(OPENED)
    house.poll()
    wait_until(lambda: [c for c in house.status()["channels"] if c["name"] == "gone" and c["ill"]], "the illness")
    wait_until(lambda: other.received, "an attempt to tell of it")
    restart(house)
    assert [c["ill"] for c in house.status()["channels"] if c["name"] == "gone"] == [True]
    assert not house.status()["healthy"]
    other.always_answer(None)
    house.clock.advance(2 * HOUR)
    wait_until(lambda: told(other, "Channel gone is in trouble") == 1, "the news of the illness")
    for _ in range(3):
        house.clock.advance(DAY)
        settle(house)
    wait_until(lambda: told(other, "Channel gone is in trouble") in (3, 4), "the days after")
    gone.always_answer(None)
    publish(house, hostile_record("Another title"))
    wait_until(lambda: told(other, "Channel gone is well again") == 1, "the good news")
    assert house.trialwatch("verify").code == 0


def test_a_history_that_cannot_be_written_is_told_although_that_cannot_be_written_down(house, small_disk):
    house.history_path = small_disk / "history.db"
    house.environment["TRIALWATCH_HISTORY"] = str(house.history_path)
    receiver = house.start_webhook()
    house.start_story(BEFORE)
    house.watch([FREEDOM], [house.webhook_channel(receiver)])
    house.settle(BEFORE)
    with open(small_disk / "ballast", "wb", buffering=0) as ballast:
        with pytest.raises(OSError):
            while ballast.write(b"\0" * 4096):
                pass
    house.registry.move_to(OPENED)
    house.clock.set(OPENED)
    house.poll()
    wait_until(lambda: house.status()["history"]["error"], "the full disk in status")

    def is_told(words):
        house.clock.advance(60)
        house.poll()
        return told(receiver, words)

    wait_until(lambda: is_told("The history cannot be written") == 1, "the channel to be told")
    (small_disk / "ballast").unlink()
    wait_until(lambda: is_told("The history can be written again") == 1, "the good news")
    wait_until(lambda: is_told("Memorial Regional") == 1, "the alert that the full disk had kept back")
    assert told(receiver, "The history cannot be written") == 1

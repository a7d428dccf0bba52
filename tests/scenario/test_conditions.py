"""Programs of the settings: a watch's when: decides what is told, and neither it nor a channel's payload: can hang the
daemon."""

import pytest

from alerts import BEFORE, OPENED
from harness import FREEDOM
from processes import wait_until

ENDLESS = "def f: f; f"
GREEDY = "def f: [., .] | f; f"


def told(hook):
    """What it was told of studies, and not of the health of other channels."""
    return [message for message in hook.messages() if message["studies"]]


@pytest.fixture
def with_jq(house):
    house.start_story(BEFORE)
    settings = house.write_settings([{"name": "w", "studies": [FREEDOM], "when": ".", "notify": ["here"]}],
                                    [{"name": "here", "console": {}}])
    checked = house.check(settings)
    if "without jq" in checked.err:
        pytest.skip("this trialwatch was built without jq")
    return house


def test_a_watch_is_told_only_what_its_condition_wants(with_jq):
    house = with_jq
    hook = house.start_webhook()
    channel = house.webhook_channel(hook)
    watches = [{"name": "openings", "studies": [FREEDOM], "notify": ["hook"],
                "when": 'any(.studies[].changes[]; .kind == "site-opened")'},
               {"name": "never", "studies": [FREEDOM], "notify": ["hook"], "when": "false"}]
    house.start_daemon(house.write_settings(watches, [channel]))
    house.settle()
    house.go_to(OPENED)
    assert len(hook.messages()) == 1
    assert hook.messages()[0]["studies"][0]["watches"] == ["openings"]
    house.go_to("2022-10-11")
    alerts = house.ask("alerts", "--channel", "hook")
    assert [(alert["state"], alert["reason"]) for alert in alerts] == [
        ("dropped", "when: of watches never, openings said no"), ("delivered", "")]
    assert len(hook.messages()) == 1
    assert house.trialwatch("verify").code == 0


def test_a_mistake_is_answered_with_its_line(with_jq):
    house = with_jq
    settings = house.write_settings(
        [{"name": "w", "studies": [FREEDOM], "when": ".studies | lenght", "notify": ["here"]}],
        [{"name": "here", "console": {}}])
    line = next(n for n, text in enumerate(settings.read_text().splitlines(), 1) if "lenght" in text)
    checked = house.check(settings)
    assert checked.code != 0
    assert f"{settings}:{line}: watch w: when: this is no jq program" in checked.err
    assert "lenght/0 is not defined" in checked.err


@pytest.mark.parametrize("program", [ENDLESS, GREEDY], ids=["endless", "greedy"])
def test_a_program_without_end_loses_nothing_and_stalls_nobody(with_jq, program):
    house = with_jq
    hooks = [house.start_webhook() for _ in range(3)]
    ill, asked, well = [house.webhook_channel(hook, name=name) for hook, name in zip(hooks, ("ill", "asked", "well"))]
    ill["payload"] = program
    watches = [{"name": "plain", "studies": [FREEDOM], "notify": ["ill", "well"]},
               {"name": "hung", "studies": [FREEDOM], "notify": ["asked"], "when": program}]
    daemon = house.start_daemon(house.write_settings(watches, [ill, asked, well]))
    house.settle()
    house.registry.move_to(OPENED)
    house.clock.set(OPENED)
    house.poll()
    wait_until(lambda: told(hooks[2]), "the channel without a program")
    wait_until(lambda: told(hooks[1]), "the alert whose condition counts as true")
    wait_until(lambda: house.channel("ill")["ill"], "the channel to be ill")
    assert "the program" in house.channel("ill")["last_answer"]
    assert "when:" in daemon.log and "counts as true" in daemon.log
    assert not hooks[0].messages()
    # What a look costs is measured elsewhere; two seconds of a program would show.
    assert house.status()["loop"]["longest_stall_usec"] < 1500000

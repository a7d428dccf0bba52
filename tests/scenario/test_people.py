"""What people tell the daemon: mutes, acknowledgements, drops; and that three days of refusals are enough."""

from datetime import datetime

from alerts import BEFORE, OPENED, publish
from harness import ESCAPE, FREEDOM, STORY, load_record
from processes import wait_until


def status_record(status, nct_id=FREEDOM):
    days = sorted(path.stem for path in (STORY / nct_id).glob("*.json"))
    record = load_record(STORY / nct_id / f"{max(day for day in days if day <= BEFORE)}.json")
    record["protocolSection"]["statusModule"]["overallStatus"] = status
    return record


def start(house, *watches):
    house.start_story(BEFORE)
    hook = house.start_webhook()
    channel = house.webhook_channel(hook)
    house.start_daemon(house.write_settings(
        list(watches) or [{"name": "freedom", "studies": [FREEDOM], "notify": ["hook"]}], [channel]))
    house.settle()
    return hook


def moment(text):
    return datetime.fromisoformat(text).timestamp() if text else 0


def told(house, nct_id=FREEDOM):
    return [(alert["state"], alert["reason"]) for alert in reversed(house.ask("alerts", nct_id))]


def test_a_muted_study_is_not_told_and_says_why_until_the_mute_ends(house):
    hook = start(house)
    result = house.trialwatch("mute", FREEDOM, "--for", "7d", "--note", "the sponsor is cleaning up")
    assert result.code == 0 and f"Nothing of study {FREEDOM} is told until" in result.out
    listed = house.ask("mute", "--list")
    assert [(one["subject"], one["name"], one["note"]) for one in listed] == [
        ("study", FREEDOM, "the sponsor is cleaning up")]
    assert house.status()["mutes"][0]["name"] == FREEDOM
    assert f"Muted     study {FREEDOM} until" in house.trialwatch("status").out
    publish(house, status_record("SUSPENDED"))
    wait_until(lambda: told(house), "the alert that is not told")
    (state, reason), = told(house)
    assert state == "dropped" and reason.startswith(f"study {FREEDOM} is muted until")
    house.clock.advance(8 * 86400)
    assert house.ask("mute", "--list") == []
    publish(house, status_record("TERMINATED"))
    wait_until(lambda: len(hook.messages()) == 1, "the next change")
    assert [state for state, _ in told(house)] == ["dropped", "delivered"]
    assert house.ask("mute", "--all")[0]["name"] == FREEDOM


def test_the_list_of_watches_says_who_muted_which_until_when(house):
    start(house, {"name": "sites", "studies": [FREEDOM], "notify": ["hook"]},
          {"name": "status", "studies": [FREEDOM], "changes": ["status"], "notify": ["hook"]})
    assert house.trialwatch("mute", "sites", "--for", "90d").code == 0
    assert house.trialwatch("mute", FREEDOM, "--for", "90d").code == 0
    sites, status = house.ask("watch", "list")
    assert sites["state"] == "muted" and sites["muted_by"] and sites["muted_until"].startswith("2021-")
    assert status["state"] == "active" and status["muted_until"] is None and status["muted_by"] == ""
    assert "muted " in house.trialwatch("watch", "list").out
    assert f"# Muted by {sites['muted_by']} until " in house.trialwatch("watch", "show", "sites").out
    assert house.ask("watch", "show", "sites")["muted_until"] == sites["muted_until"]
    assert house.trialwatch("watch", "pause", "sites").code == 0
    assert house.ask("watch", "list")[0]["state"] == "paused"
    assert house.trialwatch("unmute", "sites").code == 0
    assert "Muted" not in house.trialwatch("watch", "show", "sites").out


def test_a_muted_watch_leaves_the_others_theirs(house):
    hook = start(house, {"name": "sites", "studies": [FREEDOM], "changes": ["site-opened"], "notify": ["hook"]},
                 {"name": "status", "studies": [FREEDOM], "changes": ["status"], "notify": ["hook"]})
    assert house.trialwatch("mute", "sites", "--for", "90d").code == 0
    house.go_to(OPENED)
    publish(house, status_record("SUSPENDED"))
    wait_until(lambda: len(hook.messages()) == 1, "the status")
    study = hook.messages()[0]["studies"][0]
    assert study["watches"] == ["status"] and {change["kind"] for change in study["changes"]} == {"status"}


def test_unmuting_and_mistakes(house):
    hook = start(house)
    assert house.trialwatch("unmute", FREEDOM).code == 1
    for words, hint in ((["mute", "nobody", "--for", "7d"], "neither a study's NCT id nor a watch"),
                        (["mute", FREEDOM], "--for 7d"), (["mute", FREEDOM, "--for", "soon"], '"7d"'),
                        (["mute", FREEDOM, "--for", "3000d"], "366d"), (["ack", "nobody"], "neither an alert's id"),
                        (["ack", "hook"], "in no trouble"), (["ack", "registry"], "in no trouble")):
        result = house.trialwatch(*words)
        assert result.code != 0 and hint in result.err, (words, result.err)
    assert house.trialwatch("mute", "freedom", "--for", "7d").code == 0
    assert house.trialwatch("unmute", "freedom").code == 0
    publish(house, status_record("SUSPENDED"))
    wait_until(lambda: len(hook.messages()) == 1, "the change after the mute was ended")
    assert house.ask("mute", "--all")[0]["ended_by"]


def test_a_mute_holds_back_what_waits_for_a_digest(house):
    house.start_story(BEFORE)
    hook = house.start_webhook()
    channel = house.webhook_channel(hook, digest="daily 18:00 UTC")
    house.start_daemon(house.write_settings(
        [{"name": "both", "studies": [FREEDOM, ESCAPE], "notify": ["hook"]}], [channel]))
    house.settle()
    publish(house, status_record("SUSPENDED"))
    publish(house, status_record("SUSPENDED", ESCAPE), days=0)
    wait_until(lambda: house.channel("hook")["held"] == 2, "the digest's alerts")
    assert house.trialwatch("mute", FREEDOM, "--for", "2d").code == 0
    house.clock.advance(86400)
    wait_until(lambda: hook.messages(), "the digest")
    assert [study["nct_id"] for study in hook.messages()[0]["studies"]] == [ESCAPE]
    assert told(house)[0][0] == "dropped"


def test_an_acknowledged_trouble_is_not_repeated_until_it_is_well_again(house):
    house.start_story(BEFORE)
    ill, well = house.start_webhook(), house.start_webhook()
    ill.always_answer((503, "not now"))
    channels = [house.webhook_channel(ill, name="ill", give_up="30d"), house.webhook_channel(well, name="well")]
    house.start_daemon(house.write_settings(
        [{"name": "w", "studies": [FREEDOM], "notify": ["ill"]}], channels, health={"after": "1h"}))
    house.settle()
    publish(house, status_record("SUSPENDED"))
    wait_until(lambda: ill.received, "the first try")

    def pass_days(days):
        for _ in range(24 * days):
            house.clock.advance(3600)
            wait_until(lambda: moment(house.channel("ill")["next_attempt"]) > house.clock.now(), "the hour's try")

    pass_days(2)
    before = len(well.messages())
    assert before >= 2
    assert house.trialwatch("ack", "ill", "--note", "their firewall, ticket 4711").code == 0
    pass_days(3)
    assert len(well.messages()) == before
    ill.always_answer(None)
    house.clock.advance(7200)
    wait_until(lambda: len(well.messages()) == before + 1, "that it is well again")
    assert "well again" in well.messages()[-1]["headline"]
    alert, = house.ask("alerts", "--channel", "ill")
    assert house.trialwatch("ack", alert["id"]).code == 0
    assert house.ask("alerts", "--channel", "ill")[0]["acked_by"]


def test_a_dropped_alert_is_never_told(house):
    hook = start(house)
    hook.always_answer((503, "not now"))
    publish(house, status_record("SUSPENDED"))
    wait_until(lambda: hook.received, "the first try")
    alert, = house.ask("alerts", "--channel", "hook")
    assert house.trialwatch("drop", alert["id"]).code == 0
    hook.always_answer(None)
    house.clock.advance(86400)
    publish(house, status_record("TERMINATED"))
    wait_until(lambda: len(hook.messages()) == 1, "the next alert")
    assert alert["id"] not in hook.messages()[0]["studies"][0]["alerts"]
    (state, reason), (other, _) = told(house)
    assert (state, other) == ("dropped", "delivered") and reason.startswith("dropped by ")
    assert house.trialwatch("drop", alert["id"]).code == 1


def test_after_three_days_an_alert_has_failed_and_the_others_are_told(house):
    house.start_story(BEFORE)
    ill, well = house.start_webhook(), house.start_webhook()
    ill.always_answer((500, "no"))
    channels = [house.webhook_channel(ill, name="ill"), house.webhook_channel(well, name="well")]
    house.start_daemon(house.write_settings([{"name": "w", "studies": [FREEDOM], "notify": ["ill"]}], channels))
    house.settle()
    publish(house, status_record("SUSPENDED"))
    wait_until(lambda: ill.received, "the first try")
    hours = 0
    while house.channel("ill")["failed"] == 0:
        house.clock.advance(3600)
        hours += 1
        assert hours < 80
        wait_until(lambda: house.channel("ill")["failed"] or
                   moment(house.channel("ill")["next_attempt"]) > house.clock.now(), "the hour's try")
    assert 66 <= hours <= 76
    wait_until(lambda: any("could not deliver" in message["headline"] or "in trouble" in message["headline"]
                           for message in well.messages()), "that it failed")
    failed, = house.ask("alerts", "--failed")
    assert failed["channel"] == "ill" and failed["last_answer"].startswith("HTTP 500")
    ill.always_answer(None)
    assert house.trialwatch("retry", failed["id"]).code == 0
    house.clock.advance(3600)
    wait_until(lambda: len(ill.messages()) == 1, "the alert after a retry")

"""Every channel that speaks HTTP, and the command, with the real daemon: what it sends, and what it makes of a receiver
that is away, slow, cross, or somebody else."""

import json
import pathlib
import re
import stat
import subprocess

import pytest

from alerts import BEFORE, HOSPITAL, HOSTILE, OPENED, hostile_record, many_sites_record, publish
from harness import FREEDOM, TOP
from processes import wait_until
from receivers import HANG, RESET
from services import CHECKS, ServiceReceiver
from slack import SlackApiReceiver

KEYS = ("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "c2Vjb25kLWtleS1vZi10aGUtdGVzdHMtMTIz")
HOUR, DAY = 3600, 86400


def service_channel(house, receiver, name=None, **more):
    service, name = receiver.service, name or receiver.service
    if service == "ntfy":
        options = {"url": receiver.url.rstrip("/"), "topic": house.secret(f"{name}.topic", "trials")}
    else:
        options = {"url": house.secret(f"{name}.url", receiver.url)}
    return {"name": name, service: options, **more}


def start_service(house, service, **options):
    receiver = ServiceReceiver(service, **options)
    house.receivers.append(receiver)
    return receiver


def start(house, channels, date=BEFORE, certificate=None, **watch):
    house.start_story(date)
    notify = [channel["name"] for channel in channels]
    watches = [{"name": "freedom", "studies": [FREEDOM], **watch, "notify": notify}]
    sections = {"ca_file": str(certificate)} if certificate else {}
    house.start_daemon(house.write_settings(watches, channels, **sections))
    house.settle(date)


def open_site(house):
    house.registry.move_to(OPENED)
    house.clock.set(OPENED)
    house.poll()
    wait_until(lambda: house.ask("alerts"), "the alert")


def channel_status(house, name):
    return next((c for c in house.status().get("channels", []) if c["name"] == name), {})


def alerts_of(house, name):
    return house.ask("alerts", "--channel", name)


def said(receiver):
    return [received.body.decode() for received in receiver.accepted]


# What is sent


@pytest.mark.parametrize("service", CHECKS)
def test_the_opening_of_a_site_is_told_within_the_services_limits(house, certificate, service):
    receiver = start_service(house, service, tls=certificate)
    start(house, [service_channel(house, receiver)], certificate=certificate[0])
    house.go_to(OPENED)
    assert receiver.refused == [] and len(receiver.accepted) == 1
    text = json.dumps(json.loads(said(receiver)[0]), ensure_ascii=False)
    assert HOSPITAL in text and FREEDOM in text and f"trialwatch history {FREEDOM}" in text


@pytest.mark.parametrize("service", CHECKS)
def test_hundreds_of_sites_are_counted_within_the_services_limits(house, service):
    receiver = start_service(house, service)
    start(house, [service_channel(house, receiver)])
    publish(house, many_sites_record(700))
    wait_until(lambda: receiver.accepted or receiver.refused, "the alert")
    assert receiver.refused == [] and len(receiver.accepted) == 1
    if service != "webhook":
        assert re.search(r"\d+ more", said(receiver)[0])


@pytest.mark.parametrize("service", CHECKS)
def test_strangers_text_stays_text(house, service):
    receiver = start_service(house, service)
    start(house, [service_channel(house, receiver)])
    for day, text in enumerate(HOSTILE.values(), 1):
        publish(house, hostile_record(f"{text} {day}"))
        wait_until(lambda day=day: len(receiver.accepted) + len(receiver.refused) >= day, f"the alert of {text!r}")
    assert receiver.refused == []


def test_the_webhooks_document_is_the_one_that_its_schema_describes(house):
    jsonschema = pytest.importorskip("jsonschema")
    receiver = start_service(house, "webhook")
    start(house, [service_channel(house, receiver)])
    house.go_to(OPENED)
    house.trialwatch("test", "webhook")
    schema = json.loads((TOP / "config" / "alert.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for message in receiver.messages():
        jsonschema.Draft202012Validator(schema).validate(message)
    assert [message["test"] for message in receiver.messages()] == [False, True]


def test_a_webhook_is_signed_with_both_keys_while_they_change(house):
    receiver = house.start_webhook(secret=KEYS[0])
    channel = house.webhook_channel(receiver)
    channel["webhook"]["secret_next"] = house.secret("next.secret", KEYS[1])
    start(house, [channel])
    house.go_to(OPENED)
    received, = receiver.accepted
    assert len(received.headers["webhook-signature"].split(" ")) == 2
    assert receiver.signature_holds(received)
    receiver.secret = KEYS[1]
    assert receiver.signature_holds(received)
    assert received.headers["webhook-id"] == received.json["id"]
    assert abs(int(received.headers["webhook-timestamp"]) - house.clock.now()) < 60


def test_a_payload_program_makes_the_body_and_the_signature_is_of_it(house):
    receiver = house.start_webhook(secret=KEYS[0])
    start(house, [house.webhook_channel(receiver, payload='{text: .headline, ids: [.studies[].nct_id]}')])
    house.go_to(OPENED)
    received, = receiver.accepted
    assert set(received.json) == {"text", "ids"} and received.json["ids"] == [FREEDOM]
    assert HOSPITAL in received.json["text"] and receiver.signature_holds(received)


def test_a_bot_threads_the_later_alerts_of_a_study_under_its_first(house):
    receiver = SlackApiReceiver()
    house.receivers.append(receiver)
    options = {"url": house.secret("slack.url", receiver.url), "token": house.secret("slack.token", receiver.TOKEN),
               "channel": receiver.CHANNEL}
    start(house, [{"name": "slack", "slack": options}])
    house.go_to(OPENED)
    house.go_to("2022-03-15")
    house.daemons[-1].stop()
    house.start_daemon(house.daemons[-1].settings)
    house.go_to("2022-06-14")
    assert receiver.refused == []
    first, *later = receiver.accepted
    threads = [json.loads(received.body).get("thread_ts") for received in later]
    assert "thread_ts" not in first.json and len(threads) == 2
    assert set(threads) == {json.loads(first.answer[1])["ts"]}


def without_its_moment(body):
    """What a preview cannot know: the message's id, when it is made, and the ledger's head then."""
    body = re.sub(r"msg(?:\\\\)?_[0-9a-f]{32}|\bpreview\b", "ID", body)
    body = re.sub(r"\d+(?:\\\\)?:[0-9a-f]{64}", "HEAD", body)
    body = re.sub(r'"created":"[^"]*"', '"created":""', body)
    return re.sub(r'"alerts":\[[^]]*\]', '"alerts":[]', body)


@pytest.mark.parametrize("service", CHECKS)
def test_a_preview_is_what_was_sent_byte_for_byte(house, service):
    receiver = start_service(house, service)
    start(house, [service_channel(house, receiver)], changes=["silent"])
    house.go_to(OPENED)
    sent, = said(receiver)
    preview = house.trialwatch("preview", service, FREEDOM).out.partition("\n\n")[2].rstrip("\n")
    if service == "ntfy":
        sent = sent.replace('"topic":"trials"', '"topic":"***"')
    assert without_its_moment(preview) == without_its_moment(sent)


@pytest.mark.parametrize("service", CHECKS)
def test_preview_prints_what_is_sent_but_for_its_secrets(house, service):
    receiver = start_service(house, service)
    start(house, [service_channel(house, receiver)])
    house.go_to(OPENED)
    sent, = said(receiver)
    preview = house.trialwatch("preview", service, FREEDOM)
    assert preview.code == 0, preview.err
    body = json.loads(preview.out.partition("\n\n")[2])
    assert set(body) == set(json.loads(sent))
    assert HOSPITAL in json.dumps(body, ensure_ascii=False) and "notarealsecret" not in preview.out
    assert '"topic": "trials"' not in preview.out and '"topic":"trials"' not in preview.out
    assert house.trialwatch("preview", "nobody", FREEDOM).code == 1
    assert len(receiver.received) == 1


def test_preview_of_mail_is_the_whole_mail(house):
    email = {"to": ["you@example.org"], "from": "me@example.org", "server": "smtp://127.0.0.1:9"}
    start(house, [{"name": "mail", "email": email}])
    mail = house.trialwatch("preview", "mail", FREEDOM).out
    assert "To: you@example.org" in mail and "multipart/alternative" in mail and "text/html" in mail


def test_the_heartbeat_url_is_asked_after_every_good_look(house):
    beats = house.start_webhook(path="/beat")
    house.start_story(BEFORE)
    settings = house.write_settings([{"name": "freedom", "studies": [FREEDOM], "notify": ["here"]}],
                                    [{"name": "here", "console": {}}],
                                    health={"heartbeat": house.secret("beat.url", beats.url)})
    house.start_daemon(settings)
    wait_until(lambda: len(beats.received) == 1, "the first heartbeat")
    house.poll()
    wait_until(lambda: len(beats.received) == 2, "the second heartbeat")
    house.registry.fault("status", status=500)
    failures = len([poll for poll in house.ask("polls") if poll["outcome"] == "failed"])
    house.poll()
    wait_until(lambda: len([p for p in house.ask("polls") if p["outcome"] == "failed"]) > failures, "the failed look")
    assert len(beats.received) == 2
    assert beats.url not in house.daemons[-1].log


def test_mail_takes_no_payload_and_the_settings_say_so(house):
    email = {"to": ["you@example.org"], "from": "me@example.org", "server": "smtp://127.0.0.1:9"}
    settings = house.write_settings([{"name": "freedom", "studies": [FREEDOM], "notify": ["mail"]}],
                                    [{"name": "mail", "email": email, "payload": "{text: .headline}"}])
    daemon = house.start_daemon(settings, ready=False)
    assert daemon.wait() == 1 and re.search(r":\d+: channel mail: payload: mail takes none", daemon.log)


# What a receiver may do


def test_a_receiver_that_refuses_resets_or_errs_gets_it_once_it_is_back(house):
    receiver = start_service(house, "webhook")
    start(house, [service_channel(house, receiver)])
    receiver.refuse()
    open_site(house)
    wait_until(lambda: channel_status(house, "webhook").get("failures"), "the refusal")
    receiver.plan(RESET, (503, "later"), (500, "oops"), (408, "slow"))
    receiver.accept()

    def is_told():
        house.clock.advance(HOUR)
        return alerts_of(house, "webhook")[0]["state"] == "delivered"

    wait_until(is_told, "the alert")
    ids = {received.headers["webhook-id"] for received in receiver.received}
    assert len(ids) == 1 and len(receiver.received) == 5 and len(receiver.accepted) == 1
    attempts = alerts_of(house, "webhook")[0]["attempts"]
    assert [a["outcome"] for a in attempts] == ["retry"] * (len(attempts) - 1) + ["delivered"]
    assert [a["code"] for a in attempts][-5:] == [0, 503, 500, 408, 200]


def test_retry_after_is_obeyed(house):
    receiver = start_service(house, "webhook")
    start(house, [service_channel(house, receiver)])
    receiver.plan((429, "slow down", {"Retry-After": "7200"}))
    open_site(house)
    attempt = wait_until(lambda: alerts_of(house, "webhook")[0]["attempts"], "the attempt")[0]
    assert attempt["code"] == 429
    house.clock.advance(7200 - 120)
    house.poll()
    assert receiver.accepted == []
    house.clock.advance(240)
    wait_until(lambda: receiver.accepted, "the alert")
    assert len(receiver.received) == 2


def test_an_hour_of_errors_ends_well_and_without_haste(house):
    receiver = start_service(house, "webhook")
    start(house, [service_channel(house, receiver)])
    receiver.always_answer((500, "broken"))
    open_site(house)
    for minute in range(60):
        house.clock.advance(60)
        house.trialwatch("status")
    tries = len(receiver.received)
    assert 3 <= tries <= 30
    receiver.always_answer(None)
    house.clock.advance(2 * HOUR)
    wait_until(lambda: receiver.accepted, "the alert")
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    assert house.status()["healthy"]


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_what_time_will_not_mend_fails_fast_and_is_said_elsewhere(house, code):
    gone, other = start_service(house, "webhook"), house.start_webhook()
    start(house, [service_channel(house, gone, name="gone"), house.webhook_channel(other)])
    gone.always_answer((code, "no"))
    open_site(house)
    wait_until(lambda: channel_status(house, "gone").get("ill"), "the channel to be ill")
    assert [alert["state"] for alert in alerts_of(house, "gone")] == ["failed"] and len(gone.received) == 1
    told = wait_until(lambda: [m for m in other.messages() if m["studies"] == []], "the others to be told")
    assert "gone" in told[0]["headline"] and str(code) in told[0]["text"]
    assert not house.status()["healthy"] and any("gone" in trouble for trouble in house.status()["troubles"])
    assert len(house.ask("alerts", "--failed")) == 1
    gone.always_answer(None)
    assert house.trialwatch("retry", alerts_of(house, "gone")[0]["id"]).code == 0
    wait_until(lambda: gone.accepted, "the alert")
    wait_until(lambda: [m for m in other.messages() if "well again" in m["headline"]], "the good news")


@pytest.fixture
def other_name(tmp_path):
    """A certificate that is its own authority, for another name."""
    files = tmp_path / "other.pem", tmp_path / "other.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=other.test", "-addext", "subjectAltName=DNS:other.test",
                    "-out", str(files[0]), "-keyout", str(files[1])], check=True, capture_output=True)
    return files


@pytest.mark.parametrize("trusted", [True, False])
def test_a_receiver_that_is_not_who_it_should_be_gets_nothing(house, other_name, certificate, trusted):
    receiver = start_service(house, "webhook", tls=other_name)
    start(house, [service_channel(house, receiver)], certificate=(other_name if trusted else certificate)[0])
    open_site(house)
    wait_until(lambda: channel_status(house, "webhook").get("failures"), "the refusal")
    alert, = alerts_of(house, "webhook")
    assert alert["state"] == "sending" and re.search(r"SSL|certificate", alert["last_answer"])
    assert receiver.received == []


def test_a_receiver_that_never_answers_is_given_up_after_its_time_and_tried_again(house):
    receiver = start_service(house, "webhook")
    start(house, [service_channel(house, receiver)])
    receiver.plan(HANG)
    open_site(house)
    attempt = wait_until(lambda: alerts_of(house, "webhook")[0]["attempts"], "the time limit", seconds=90)[0]
    assert attempt["outcome"] == "retry" and attempt["code"] == 0 and "timed out" in attempt["answer"]
    house.clock.advance(HOUR)
    wait_until(lambda: receiver.accepted, "the alert")
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1


@pytest.mark.parametrize("limit", [20_000, 3_000])
def test_a_body_too_large_is_halved_until_the_receiver_takes_it(house, limit):
    receiver = house.start_webhook()
    sizes = []

    def judge(received):
        sizes.append(len(received.body))
        return (413, "too large", {}) if len(received.body) > limit else (204, "", {})

    receiver.judge = judge
    start(house, [house.webhook_channel(receiver)])
    publish(house, many_sites_record(400))
    wait_until(lambda: receiver.messages(), "the alert")
    message, = receiver.messages()
    assert message["studies"][0]["changes_omitted"] > 300 and HOSPITAL in message["headline"]
    assert len(sizes) <= 8 and all(later < earlier for earlier, later in zip(sizes, sizes[1:]))


def test_a_channel_that_hangs_does_not_delay_another(house):
    slow, quick = start_service(house, "webhook"), house.start_webhook()
    start(house, [service_channel(house, slow, name="slow"), house.webhook_channel(quick)])
    slow.plan(HANG)
    open_site(house)
    wait_until(quick.messages, "the alert of the other channel", seconds=5)
    wait_until(lambda: slow.received, "the attempt that hangs")
    assert slow.accepted == []


# The command


def script(house, text):
    path = house.place / "tell-me"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(stat.S_IRWXU)
    return path


def command_channel(house, text, **options):
    return {"name": "command", "command": {"run": [str(script(house, text)), "one", "$HOME; two"], **options}}


def test_a_command_gets_the_document_and_nothing_else(house):
    place = house.place
    house.environment["SECRET_OF_THE_DAEMON"] = "do not tell"
    start(house, [command_channel(house, f"cat >{place}/in.json; env >{place}/env; echo \"$2\" >{place}/args; "
                                         f"for fd in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$fd && "
                                         f"echo $fd >>{place}/fds; done; echo done")])
    house.go_to(OPENED)
    message = json.loads((place / "in.json").read_text())
    assert message["schema"] == "trialwatch.alert/1" and HOSPITAL in message["headline"]
    assert "SECRET_OF_THE_DAEMON" not in (place / "env").read_text()
    assert (place / "args").read_text() == "$HOME; two\n"
    assert not (place / "fds").exists()  # the shell's own begin at 10
    assert "done" in alerts_of(house, "command")[0]["last_answer"]


def test_a_command_that_does_not_end_is_killed_and_tried_again(house):
    place = house.place
    start(house, [command_channel(house, f"cat >/dev/null; test -e {place}/again && exit 0; touch {place}/again; "
                                         f"sleep 600 & echo $! >{place}/child; wait", timeout="1s")])
    open_site(house)
    wait_until(lambda: channel_status(house, "command").get("failures"), "the time limit")
    child = int((place / "child").read_text())
    wait_until(lambda: not pathlib.Path(f"/proc/{child}").exists() or
               "Z" in pathlib.Path(f"/proc/{child}/stat").read_text().split()[2], "its child to end")
    house.clock.advance(HOUR)
    house.settle(OPENED)
    assert alerts_of(house, "command")[0]["state"] == "delivered"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_strangers_text_does_nothing_to_a_command(house, text):
    place = house.place
    start(house, [command_channel(house, f"cat >{place}/in.json")])
    publish(house, hostile_record(text + " $(touch pwned) `touch pwned`; touch pwned"))
    wait_until(lambda: alerts_of(house, "command"), "the alert")
    house.settle()
    json.loads((place / "in.json").read_text())
    assert not list(place.rglob("pwned")) and not pathlib.Path("pwned").exists()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_strangers_text_stays_text_on_the_console(house, text):
    start(house, [{"name": "here", "console": {}}])
    publish(house, hostile_record(text + " \033]0;title\007 \033[31m"))
    daemon = house.daemons[-1]
    wait_until(lambda: HOSPITAL in daemon.printed, "the alert")
    assert "\033]0;" not in daemon.printed and not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\007]",
                                                              daemon.printed)


# When


def at(house, moment):
    """To a moment in UTC."""
    date, hour = moment.split(" ")
    house.clock.set(date, hour=int(hour[:2]))
    house.clock.advance(60 * int(hour[3:]))


def test_a_digest_comes_at_its_hour_on_both_sides_of_the_end_of_summer_time(house):
    receiver = start_service(house, "webhook")
    start(house, [service_channel(house, receiver, digest="daily 08:00 America/New_York")], date="2021-09-14")
    # until 7 November 2021, 2:00, 08:00 in New York is 12:00 UTC, after that it is 13:00
    for day, before, after in (("2021-11-06", "11:50", "12:10"), ("2021-11-08", "12:50", "13:10")):
        at(house, f"{day} 01:00")
        house.registry.put(hostile_record(f"Title of {day}"))
        house.registry.refresh()
        house.poll()
        wait_until(lambda: channel_status(house, "webhook").get("held"), "the alert to be held")
        at(house, f"{day} {before}")
        house.poll()
        assert receiver.take() == []
        at(house, f"{day} {after}")
        message, = wait_until(receiver.take, "the digest")
        assert message["studies"][0]["nct_id"] == FREEDOM


def test_quiet_hours_hold_what_is_not_urgent(house):
    receiver, urgent = start_service(house, "webhook"), house.start_webhook()
    quiet = "22:00-07:00 Europe/Berlin"
    start(house, [service_channel(house, receiver, quiet=quiet),
                  house.webhook_channel(urgent, quiet=f"{quiet} except urgent")], changes=["site-opened", "sponsor"])
    house.registry.move_to(OPENED)
    at(house, f"{OPENED} 23:00")  # 01:00 in Berlin
    house.poll()
    wait_until(urgent.messages, "the urgent one")
    assert receiver.messages() == [] and channel_status(house, "webhook")["held"] == 1
    at(house, "2021-10-06 05:10")  # 07:10 in Berlin
    wait_until(receiver.messages, "the one that was held")


def test_what_exceeds_the_rate_is_folded_not_dropped(house):
    receiver = start_service(house, "webhook")
    start(house, [service_channel(house, receiver, rate="1/hour")])
    titles = [f"Title number {number}" for number in range(4)]
    for number, title in enumerate(titles):
        house.registry.put(hostile_record(title))
        house.registry.refresh()
        house.clock.advance(60)
        house.poll()
        wait_until(lambda number=number: len(alerts_of(house, "webhook")) > number, "the alert")
    house.clock.advance(2 * HOUR)
    wait_until(lambda: all(alert["state"] == "delivered" for alert in alerts_of(house, "webhook")), "all to be told")
    assert len(receiver.accepted) == 2
    assert len({alert["message"] for alert in alerts_of(house, "webhook")}) == 2

"""The harness itself: a test that passes because its receiver is too kind shows nothing."""

import base64
import hashlib
import hmac
import json
import ssl
import urllib.error
import urllib.request

import pytest

from harness import STORY, canonical
from processes import SANITIZER_LINE, Registry, TestClock, wait_until
from receivers import RESET, WebhookReceiver
from settings import yaml_lines
from slack import SlackReceiver


@pytest.fixture
def slack():
    receiver = SlackReceiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def webhook():
    receiver = WebhookReceiver(secret="whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode())
    yield receiver
    receiver.stop()


def post(receiver, value, path=None, headers=None, context=None):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    url = receiver.url if path is None else receiver.url.replace(receiver.path, path)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=5,
                                    context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def section(text, kind="mrkdwn"):
    return {"type": "section", "text": {"type": kind, "text": text}}


def header(text):
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


GOOD = {"text": "Now recruiting", "blocks": [
    header("Now recruiting"), section("<https://clinicaltrials.gov/study/NCT04614467|FREEDOM> &amp; more"),
    {"type": "divider"}, {"type": "context", "elements": [{"type": "mrkdwn", "text": "as of 2021-10-05"}]}]}


def test_slack_takes_what_is_good_up_to_its_limits(slack):
    assert post(slack, GOOD) == (200, "ok")
    at_limits = [header("h" * 150)] + [section("s" * 3000)] * 4 + [{"type": "divider"}] * 45
    assert post(slack, {"text": "t", "blocks": at_limits}) == (200, "ok")
    assert slack.refused == []


@pytest.mark.parametrize("message, word", [
    ({"blocks": GOOD["blocks"]}, "no_text"),
    ({"text": ""}, "no_text"),
    ([], "invalid_payload"),
    (b"{not json", "invalid_payload"),
    ({"text": "t", "blocks": {}}, "invalid_blocks_format"),
    ({"text": "t", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ({"text": "t", "blocks": [section("s" * 3001)]}, "invalid_blocks"),
    ({"text": "t", "blocks": [header("h" * 151)]}, "invalid_blocks"),
    ({"text": "t", "blocks": [section("s" * 3000)] * 4 + [section("s" * 1001)]}, "msg_blocks_too_long"),
    ({"text": "t", "blocks": [{"type": "heading"}]}, "invalid_blocks"),
    ({"text": "t", "blocks": [section("")]}, "invalid_blocks"),
    ({"text": "t", "blocks": [section("x", "html")]}, "invalid_blocks"),
    ({"text": "t", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
    ({"text": "t", "blocks": [section("p < 0.05")]}, "invalid_blocks"),
    ({"text": "t", "blocks": [section("AT&T")]}, "invalid_blocks"),
    ({"text": "t", "blocks": [section("<!channel> look")]}, "invalid_blocks"),
    ({"text": "<@U123> look"}, "invalid_blocks"),
    ({"text": "t", "blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
])
def test_slack_refuses_what_slack_refuses(slack, message, word):
    assert post(slack, message) == (400, word)
    assert len(slack.refused) == 1 and slack.accepted == []


def test_slack_answers_as_slack_on_bad_days(slack):
    assert post(slack, GOOD, path="/services/elsewhere") == (404, "no_team")
    slack.plan(slack.GONE, slack.ARCHIVED, slack.rate_limited(), slack.FAILED)
    assert [post(slack, GOOD)[1] for _ in range(5)] == [
        "no_service", "channel_is_archived", "rate_limited", "rollup_error", "ok"]


def test_a_webhook_follows_its_plan_and_then_is_well(webhook):
    webhook.plan((500, "oops"), RESET)
    assert post(webhook, {"n": 1}) == (500, "oops")
    with pytest.raises((urllib.error.URLError, OSError)):
        post(webhook, {"n": 2})
    assert post(webhook, {"n": 3}) == (204, "")
    assert webhook.messages() == [{"n": 3}] and len(webhook.received) == 3


def test_a_webhook_refuses_connections_and_comes_back_at_the_same_port(webhook):
    url = webhook.url
    webhook.refuse()
    with pytest.raises(urllib.error.URLError):
        post(webhook, {})
    webhook.accept()
    assert webhook.url == url and post(webhook, {}) == (204, "")


def test_signatures_are_checked(webhook):
    body = b'{"n":1}'
    mac = hmac.new(b"0123456789abcdef01234567", b"al_1.1600000000." + body, hashlib.sha256).digest()
    headers = {"webhook-id": "al_1", "webhook-timestamp": "1600000000",
               "webhook-signature": "v1,AAAA v1," + base64.b64encode(mac).decode()}
    post(webhook, body, headers=headers)
    post(webhook, b'{"n":2}', headers=headers)
    assert [webhook.signature_holds(received) for received in webhook.received] == [True, False]


def test_https_is_served_with_a_certificate_that_can_be_trusted(certificate):
    receiver = WebhookReceiver(tls=certificate)
    try:
        with pytest.raises(urllib.error.URLError):
            post(receiver, {})
        assert post(receiver, {}, context=ssl.create_default_context(cafile=str(certificate[0]))) == (204, "")
    finally:
        receiver.stop()


def test_the_registry_runs_as_a_process_and_is_ordered_about(tmp_path):
    registry = Registry(tmp_path, STORY, date="2020-11-04")
    try:
        assert registry.state()["studies"] == 2
        assert registry.refresh() == "2020-11-05T09:00:05"
        registry.fault("status", status=503)
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(registry.url + "/version")
        assert [entry["status"] for entry in registry.requests("/version")] == [503]
        with pytest.raises(AssertionError, match="unknown kind"):
            registry.fault("flood")
    finally:
        registry.stop()


def test_the_clock_file_has_the_offset_in_microseconds(tmp_path):
    clock = TestClock(tmp_path / "clock")
    assert clock.path.read_text() == "0"
    clock.advance(3600)
    assert clock.path.read_text() == "3600000000"
    clock.set("2020-11-04")
    assert abs(clock.now() - 1604498400) < 5
    clock.jump(-3600)
    assert abs(clock.now() - 1604494800) < 5 and clock.path.read_text().endswith(" -3600000000")


def test_settings_are_written_as_yaml():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not there")
    settings = {"registry": {"every": "1h"}, "watches": [{"name": "a: b", "studies": ["NCT1"], "near": {"lat": 1.5}}],
                "channels": [{"name": "x", "console": {}}]}
    assert yaml.safe_load("\n".join(yaml_lines(settings))) == settings


def test_canonical_leaves_out_the_version_holder_and_what_it_empties():
    record = {"a": 1, "derivedSection": {"miscInfoModule": {"versionHolder": "2021-10-05"}}}
    assert canonical(record) == {"a": 1}
    record["derivedSection"]["miscInfoModule"]["removedCountries"] = []
    assert canonical(record)["derivedSection"] == {"miscInfoModule": {"removedCountries": []}}


@pytest.mark.parametrize("line", [
    "==12==ERROR: AddressSanitizer: heap-use-after-free", "SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior",
    "daemon/base/buf.c:12:3: runtime error: signed integer overflow",
    "==3==ERROR: LeakSanitizer: detected memory leaks",
])
def test_sanitizer_lines_are_noticed(line):
    assert SANITIZER_LINE.search(line)
    assert not SANITIZER_LINE.search("the registry answered with an error: 503")


def test_wait_until_says_what_it_waited_for():
    assert wait_until(lambda: 3, "three") == 3
    with pytest.raises(AssertionError, match="for pigs to fly"):
        wait_until(lambda: False, "pigs to fly", seconds=0.05)

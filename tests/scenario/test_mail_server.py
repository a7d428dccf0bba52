"""What a mail server may ask for before it takes a mail: a login by one mechanism, a size."""

import email
import email.policy
import re

import pytest

from alerts import BEFORE, HOSPITAL, OPENED, many_sites_record, publish
from harness import FREEDOM
from processes import wait_until
from strictsmtp import SECRET, USER, StrictServer


def channel(house, server, secret=SECRET, **more):
    kind = "oauth_bearer" if server.server.mechanism == "XOAUTH2" else "password"
    options = {"to": ["you@example.org"], "from": "me@example.org", "server": server.url, "tls": "none",
               "username": USER, kind: house.secret("mail.secret", secret), **more}
    return {"name": "coordinators", "email": options}


def start(house, server, **options):
    house.start_story(BEFORE)
    house.watch([FREEDOM], [channel(house, server, **options)])
    house.settle(BEFORE)


def text_of(mail):
    return email.message_from_bytes(mail, policy=email.policy.default).get_body(("plain",)).get_content()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "XOAUTH2"])
def test_every_way_to_log_in_is_spoken_as_it_is_specified(house, mechanism):
    with StrictServer(mechanism) as server:
        start(house, server)
        house.go_to(OPENED)
        assert HOSPITAL in text_of(server.mails[0]).splitlines()[0] and len(server.mails) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "XOAUTH2"])
def test_a_wrong_secret_makes_the_channel_ill_and_loses_nothing(house, mechanism):
    with StrictServer(mechanism) as server:
        start(house, server, secret="battery-staple")
        house.registry.move_to(OPENED)
        house.clock.set(OPENED)
        house.poll()
        wait_until(lambda: house.status()["channels"][0]["ill"], "the channel to be ill")
        assert house.ask("alerts")[0]["state"] == "sending" and server.mails == []
        assert "battery-staple" not in house.daemons[-1].log


@pytest.mark.parametrize("advertises", [True, False])
def test_a_mail_is_made_shorter_until_the_server_takes_it(house, advertises):
    with StrictServer(max_bytes=9000, advertises=advertises) as server:
        start(house, server)
        publish(house, many_sites_record(400))
        wait_until(lambda: server.mails, "the mail")
        text = text_of(server.mails[0])
        assert re.search(r"and \d+ more change", text) and HOSPITAL in text
        assert all(later < earlier for earlier, later in zip(server.sizes, server.sizes[1:]))
        assert len(server.sizes) <= (2 if advertises else 6) and server.sizes[-1] <= 9000
        house.settle()
        attempts = house.ask("alerts")[0]["attempts"]
        assert [attempt["outcome"] for attempt in attempts] == ["retry"] * (len(attempts) - 1) + ["delivered"]


def test_what_no_shortening_makes_fit_is_given_up_and_said_and_not_sent_again(house):
    with StrictServer(max_bytes=500) as server:
        start(house, server)
        publish(house, many_sites_record(400))
        wait_until(lambda: [alert for alert in house.ask("alerts") if alert["state"] == "failed"], "the end")
        came = len(server.sizes)
        assert came <= 8 and len(set(server.sizes)) == came
        assert "Too large" in house.ask("alerts", "--failed")[0]["last_answer"]
        house.clock.advance(14 * 86400)
        house.poll()
        house.settle()
        assert server.mails == [] and len(house.ask("alerts")) == 1

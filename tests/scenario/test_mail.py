"""Mail through a real Postfix that demands STARTTLS and a login, read back over IMAP from a real Dovecot."""

import email.utils
import html.parser
import re
import subprocess

import pytest

import mailserver
from alerts import BEFORE, HOSPITAL, HOSTILE, OPENED, hostile_record, many_sites_record, publish
from harness import FREEDOM
from plainsmtp import PlainServer
from processes import wait_until

pytestmark = pytest.mark.skipif(mailserver.missing() is not None, reason=str(mailserver.missing()))

ADDRESS, SECOND, UNKNOWN = (f"{name}@{mailserver.DOMAIN}" for name in (mailserver.USER, "second", "nobody"))


@pytest.fixture(scope="module")
def post_office(certificate):
    with mailserver.running(*certificate) as server:
        yield server


@pytest.fixture
def postfix(post_office):
    """With empty mailboxes."""
    post_office.empty()
    return post_office


def mail_channel(house, url, password=mailserver.PASSWORD, to=(ADDRESS,), **more):
    options = {"to": list(to), "from": "trialwatch@example.org", "server": url, "username": mailserver.USER,
               "password": house.secret("mail.password", password), **more}
    return {"name": "coordinators", "email": options}


def start(house, channels, certificate, date=BEFORE):
    house.start_story(date)
    notify = [channel["name"] for channel in channels]
    watches = [{"name": "freedom", "studies": [FREEDOM], "notify": notify}]
    sections = {"ca_file": str(certificate[0])} if certificate else {}
    daemon = house.start_daemon(house.write_settings(watches, channels, **sections))
    house.settle(date)
    return daemon


def open_site(house):
    """The registry lists the new site, the daemon looks; whether it can tell is the test's affair."""
    house.registry.move_to(OPENED)
    house.clock.set(OPENED)
    house.poll()
    wait_until(lambda: house.ask("alerts"), "the alert")


def delivered(server, count=1, user=mailserver.USER):
    return wait_until(lambda: len(found := server.mails(user)) >= count and found, f"{count} mails of {user}")


def channel_status(house, name="coordinators"):
    return next((c for c in house.status().get("channels", []) if c["name"] == name), None)


class Words(html.parser.HTMLParser):
    """What a person reads of HTML, and what it would fetch or run."""

    def __init__(self, text):
        super().__init__()
        self.words, self.links, self.tags = [], [], set()
        self.silent = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.silent += tag in ("style", "title")
        self.links += [value for name, value in attributes if name in ("href", "src")]
        assert not [name for name, _ in attributes if name.startswith("on")]

    def handle_endtag(self, tag):
        self.silent -= tag in ("style", "title")

    def handle_data(self, data):
        if not self.silent:
            self.words += re.findall(r"\w+", data)


def parts(mail):
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    return text, page


def test_an_alert_arrives_in_the_mailbox_over_starttls_and_a_login(house, postfix, certificate):
    start(house, [mail_channel(house, postfix.smtp_url, reply_to="team@example.org")], certificate)
    house.go_to(OPENED)
    mail, = delivered(postfix)
    log = (postfix.place / "mail.log").read_text()
    assert "sasl_username=" + mailserver.USER in log
    assert re.search(r"with ESMTPSA", mail["Received"])
    assert mail["To"] == ADDRESS and "trialwatch@example.org" in mail["From"]
    assert mail["Reply-To"] == "team@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<coordinators\.trialwatch\.example\.org>", mail["List-Id"])
    alert, = house.ask("alerts")
    assert mail["Message-ID"] == f"<{alert['message']}@example.org>"
    sent = email.utils.parsedate_to_datetime(mail["Date"])
    assert sent.strftime("%Y-%m-%d") == OPENED
    assert len(bytes(mail)) < 102_000 and not mail.defects


def test_the_text_and_the_html_say_the_same_and_fetch_nothing(house, postfix, certificate):
    start(house, [mail_channel(house, postfix.smtp_url)], certificate)
    house.go_to(OPENED)
    text, page = parts(delivered(postfix)[0])
    read = Words(page)
    assert not read.tags & {"img", "script", "link", "iframe", "form"}
    assert all(re.match(r"https://clinicaltrials\.gov/|mailto:|tel:", link) for link in read.links), read.links
    assert HOSPITAL in text.splitlines()[0]
    plain = [word for word in re.findall(r"\w+", text)]
    only_text = set(plain) - set(read.words) - set(re.findall(r"\w+", " ".join(read.links)))
    assert only_text == set() and set(read.words) - set(plain) == set()
    assert f"trialwatch history {FREEDOM}" in text


def test_the_mails_about_a_study_are_one_thread(house, postfix, certificate):
    start(house, [mail_channel(house, postfix.smtp_url)], certificate)
    house.go_to(OPENED)
    house.go_to("2022-03-15")
    first, second = delivered(postfix, 2)
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Subject"].removeprefix("Re: ") == second["Subject"].removeprefix("Re: ")


def test_an_unknown_recipient_is_named_to_who_asks_and_the_others_get_the_mail(house, postfix, certificate):
    hook = house.start_webhook()
    channel = mail_channel(house, postfix.smtp_url, to=(ADDRESS, UNKNOWN, SECOND))
    daemon = start(house, [channel, house.webhook_channel(hook)], certificate)
    house.go_to(OPENED)
    assert len(delivered(postfix)) == len(delivered(postfix, user="second")) == 1
    alert, = house.ask("alerts", "--channel", "coordinators")
    assert alert["state"] == "delivered" and UNKNOWN in alert["last_answer"] and "550" in alert["last_answer"]
    assert ADDRESS not in alert["last_answer"]
    answers = {answer["address"]: answer["outcome"] for answer in alert["recipients"]}
    assert answers == {ADDRESS: "delivered", SECOND: "delivered", UNKNOWN: "failed"}
    said = wait_until(lambda: [m for m in hook.messages() if m["studies"] == []], "the other channel to be told")
    assert "recipient" in said[0]["headline"] and UNKNOWN in said[0]["text"]
    assert any(UNKNOWN in trouble for trouble in house.status()["troubles"]) and not house.status()["healthy"]
    assert f"…@{mailserver.DOMAIN}" in daemon.log and "550" in daemon.log
    for recipient in (ADDRESS, UNKNOWN, SECOND):
        assert recipient not in daemon.log and recipient.split("@")[0] + "@" not in daemon.log


def test_who_has_it_and_who_was_put_off_is_known_after_a_crash(house, postfix, certificate):
    """second@ is put off by the server, the daemon is killed: nobody gets it twice, and second@ gets it later."""
    daemon = start(house, [mail_channel(house, postfix.smtp_url, to=(ADDRESS, SECOND))], certificate)
    with postfix.putting_off(SECOND):
        open_site(house)
        alert = wait_until(lambda: next((a for a in house.ask("alerts") if a["attempts"]), None), "the attempt")
        assert alert["state"] == "sending" and "450" in alert["last_answer"]
        daemon.kill()
    house.clock.advance(600)
    house.start_daemon(daemon.settings)
    assert len(delivered(postfix, user="second")) == 1
    alert = wait_until(lambda: next((a for a in house.ask("alerts") if a["state"] == "delivered"), None), "the end")
    assert len(postfix.mails()) == 1
    assert [(answer["address"], answer["code"]) for answer in alert["recipients"]] == [
        (ADDRESS, 250), (SECOND, 450), (SECOND, 250)]


def test_a_wrong_password_loses_nothing(house, postfix, certificate):
    hook = house.start_webhook()
    wrong = mail_channel(house, postfix.smtp_url, password="battery-staple")
    start(house, [wrong, house.webhook_channel(hook)], certificate)
    open_site(house)
    wait_until(lambda: channel_status(house)["ill"], "the channel to be ill")
    assert wait_until(lambda: [m for m in hook.messages() if "coordinators" in m["headline"]], "the others to be told")
    assert [alert["state"] for alert in house.ask("alerts", "--channel", "coordinators")] == ["sending"]
    failures = channel_status(house)["failures"]
    house.clock.advance(3600)
    wait_until(lambda: channel_status(house)["failures"] > failures, "another attempt")
    house.secret("mail.password", mailserver.PASSWORD)
    assert house.trialwatch("reload").code == 0
    house.clock.advance(2 * 3600)
    assert HOSPITAL in parts(delivered(postfix)[0])[0]
    wait_until(lambda: not channel_status(house)["ill"], "the channel to be well")
    assert wait_until(lambda: [m for m in hook.messages() if "well again" in m["headline"]], "the good news")
    assert "battery-staple" not in house.daemons[-1].log


@pytest.fixture
def strangers_certificate(tmp_path):
    """Valid, for another name."""
    files = tmp_path / "other.pem", tmp_path / "other.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=other.test", "-addext", "subjectAltName=DNS:other.test",
                    "-out", str(files[0]), "-keyout", str(files[1])], check=True, capture_output=True)
    return files


@pytest.mark.parametrize("trouble", ["wrong name", "unknown authority"])
def test_a_server_that_is_not_who_it_should_be_gets_nothing(house, certificate, strangers_certificate, trouble):
    shown = strangers_certificate if trouble == "wrong name" else certificate
    trusted = strangers_certificate  # of the wrong name it is trusted, of the other it is not the issuer
    with mailserver.running(*shown) as server:
        start(house, [mail_channel(house, server.smtp_url)], trusted)
        open_site(house)
        wait_until(lambda: channel_status(house)["failures"], "the refusal")
        alert, = house.ask("alerts")
        assert alert["state"] == "sending" and re.search(r"SSL|certificate|TLS", alert["last_answer"])
        assert server.mails() == []
        log = (server.place / "mail.log").read_text()
        assert "sasl_username" not in log and "queue" not in log.replace(str(server.place), "")


def test_a_server_without_starttls_hears_neither_password_nor_mail(house, certificate):
    with PlainServer() as server:
        start(house, [mail_channel(house, server.url)], certificate)
        open_site(house)
        wait_until(lambda: channel_status(house)["failures"], "the refusal")
        alert, = house.ask("alerts")
        assert alert["state"] == "sending" and "STARTTLS" in alert["last_answer"]
        assert {command.split()[0].upper() for command in server.heard} <= {"EHLO", "HELO", "QUIT", "RSET", "NOOP"}


def test_a_mail_too_large_for_the_server_is_shortened_with_a_count(house, certificate):
    with mailserver.running(*certificate, size_limit=30_000) as server:
        start(house, [mail_channel(house, server.smtp_url)], certificate)
        publish(house, many_sites_record(400))
        text, page = parts(delivered(server)[0])
        assert re.search(r"and \d+ more", text) and re.search(r"and \d+ more", page)
        attempts = house.ask("alerts")[0]["attempts"]
        assert len(attempts) <= 2 and attempts[-1]["outcome"] == "delivered"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_strangers_text_stays_text_in_a_mail(house, postfix, certificate, text):
    start(house, [mail_channel(house, postfix.smtp_url)], certificate)
    publish(house, hostile_record(text))
    mail, = delivered(postfix)
    assert mail["Bcc"] is None and mail.get_all("Subject") and len(mail.get_all("Subject")) == 1
    assert mail["To"] == ADDRESS and "\n" not in mail["Subject"]
    plain, page = parts(mail)
    read = Words(page)
    assert not read.tags & {"img", "script"}
    assert not any("evil.example" in link for link in read.links)
    for shown in (mail["Subject"], plain, page):
        assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069\ufeff]", shown)
    assert HOSPITAL in plain.splitlines()[0]


def test_letters_of_all_scripts_arrive_in_subject_and_body(house, postfix, certificate):
    title = "Étude de l’angor microvasculaire – 冠微小血管疾患 – Исследование 🫀"
    start(house, [mail_channel(house, postfix.smtp_url)], certificate)
    publish(house, hostile_record(title))
    mail, = delivered(postfix)
    assert "Étude de l’angor" in mail["Subject"] and "冠微小血管疾患" in mail["Subject"]
    assert "🫀" in parts(mail)[0] and "🫀" in parts(mail)[1]
    assert mail._headers and all(ord(letter) < 128 for letter in mail.as_bytes().decode("ascii", "replace")[:2000])


def test_an_address_outside_ascii_gets_its_mail(house, postfix, certificate):
    channel = mail_channel(house, postfix.smtp_url, to=(f"{mailserver.UTF8_USER}@{mailserver.DOMAIN}", ADDRESS))
    start(house, [channel], certificate)
    house.go_to(OPENED)
    for user in ("utf8", mailserver.USER):
        mail, = delivered(postfix, user=user)
        assert "UTF8SMTPSA" in mail["Received"] and HOSPITAL in parts(mail)[0]
        assert mailserver.UTF8_USER in mail["To"]


def test_the_test_command_answers_with_what_postfix_said(house, postfix, certificate):
    start(house, [mail_channel(house, postfix.smtp_url)], certificate)
    result = house.trialwatch("test", "coordinators")
    assert result.code == 0, result.err
    mail, = delivered(postfix)
    assert "test" in mail["Subject"].lower()

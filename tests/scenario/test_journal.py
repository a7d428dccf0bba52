"""What the daemon says at its usual level of changes and deliveries. The fields that the journal keeps with each line are
looked at in test_systemd.py."""

import re
import subprocess
import sys

from alerts import BEFORE, OPENED, many_sites_record, publish
from harness import FREEDOM, TOP
from processes import wait_until

sys.path.insert(0, str(TOP / "tests/registry"))
from generate import generate_records  # pylint: disable=wrong-import-position

LINES_PER_STUDY, STUDIES_PER_LOOK = 10, 100


def watch_freedom(house, date=BEFORE, **watch):
    house.start_story(date)
    hook = house.start_webhook()
    daemon = house.watch([FREEDOM], [house.webhook_channel(hook)], **watch)
    house.settle(date)
    return daemon


def test_a_change_and_its_delivery_are_a_line_each(house):
    daemon = watch_freedom(house)
    house.go_to(OPENED)
    alert, = house.ask("alerts")
    assert re.search(rf"^{FREEDOM} has changed: version 2, \d+ changes, 1 alert due$", daemon.log, re.MULTILINE)
    assert re.search(rf"^{FREEDOM}: Now recruiting: Memorial Regional Hospital, Hollywood, Florida", daemon.log,
                     re.MULTILINE), daemon.log
    assert f"Channel hook took message {alert['message']}: 1 alert\n" in daemon.log


def test_a_channel_that_refuses_is_a_line_with_its_answer_and_no_secret(house):
    house.start_story(BEFORE)
    hook = house.start_webhook()
    daemon = house.watch([FREEDOM], [house.webhook_channel(hook)])
    house.settle(BEFORE)
    hook.plan((503, "later"))
    house.registry.move_to(OPENED)
    house.clock.set(OPENED)
    house.poll()
    wait_until(lambda: "Channel hook did not take message" in daemon.log, "the refusal")
    assert "503" in daemon.log and hook.url not in daemon.log


def test_a_version_of_a_thousand_sites_is_a_few_lines(house):
    daemon = watch_freedom(house)
    publish(house, many_sites_record(1569))
    wait_until(lambda: "Channel hook took" in daemon.log, "the delivery")
    lines = [line for line in daemon.log.splitlines() if line.startswith(f"{FREEDOM}: ")]
    assert len(lines) == LINES_PER_STUDY + 1
    assert all("Now recruiting: " in line for line in lines[:-1])
    told = re.fullmatch(rf"{FREEDOM}: (\d+) more notable or urgent changes: trialwatch diff {FREEDOM}", lines[-1])
    assert int(told.group(1)) >= 1569 - LINES_PER_STUDY


def test_a_look_in_which_every_record_changed_is_a_hundred_studies_and_a_number(house):
    records = list(generate_records(STUDIES_PER_LOOK + 30))
    studies = [record["protocolSection"]["identificationModule"]["nctId"] for record in records]
    registry = house.start_registry(date=BEFORE)
    registry.put(*records)
    hook = house.start_webhook()
    daemon = house.watch(studies, [house.webhook_channel(hook)])
    house.settle(registry.refresh())
    for record in records:
        record["protocolSection"]["identificationModule"]["briefTitle"] += " <b>marked up</b>"
    registry.put(*records)
    registry.refresh()
    house.poll()
    wait_until(lambda: "trialwatch changes lists all of them" in daemon.log, "the end of the look")
    assert len(re.findall(r"^NCT\d+ has changed: ", daemon.log, re.MULTILINE)) == STUDIES_PER_LOOK
    assert "\n30 more studies have changed in this look: trialwatch changes lists all of them\n" in daemon.log
    house.clock.advance(86400)
    registry.put(records[0] | {"hasResults": True})
    registry.refresh()
    house.poll()
    wait_until(lambda: daemon.log.count(" has changed: ") == STUDIES_PER_LOOK + 1, "the line of the next look")


def test_a_mistake_in_a_recipients_address_does_not_say_whose_it_is(house):
    mail = {"to": ["jane@doe@example.org"], "from": "trialwatch@example.org", "server": "smtp://localhost"}
    settings = house.write_settings([{"name": "watch", "studies": [FREEDOM], "notify": ["office"]}],
                                    [{"name": "office", "email": mail}])
    daemon = house.start_daemon(settings, ready=False)
    assert daemon.wait() == 1
    assert "is no mail address" in daemon.log and "jane" not in daemon.log
    checked = subprocess.run([house.daemon_program, "-c", settings, "--check-config"], capture_output=True, text=True,
                             check=False)
    assert "jane@doe@example.org" in checked.stderr

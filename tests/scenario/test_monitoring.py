"""The dashboard and the alert rules ask for metrics that the daemon has."""

import json
import re
import shutil
import socket
import subprocess

import pytest
import yaml

from harness import FREEDOM, TOP

FOLDER = TOP / "contrib/dashboards"


def metrics(house):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(house.socket_path))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def test_what_is_drawn_and_alerted_on_is_there(house):
    receiver = house.start_webhook()
    house.start_story()
    house.watch([FREEDOM], [house.webhook_channel(receiver)])
    house.settle("2020-11-04")
    there = set(re.findall(r"^(trialwatch_\w+)[{ ]", metrics(house), re.MULTILINE))

    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    dashboard = json.loads((FOLDER / "trialwatch.json").read_text(encoding="utf-8"))
    asked = [rule["expr"] for rule in rules]
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = {name for expression in asked for name in re.findall(r"trialwatch_\w+", expression)}
    assert len(named) > 10
    assert named <= there


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not there")
def test_the_alert_rules_speak_up_when_they_should():
    for command in (("check", "rules", FOLDER / "alerts.yaml"), ("test", "rules", TOP / "tests/scenario/alert_rules.yaml")):
        said = subprocess.run(["promtool", *map(str, command)], capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    tried = (TOP / "tests/scenario/alert_rules.yaml").read_text(encoding="utf-8")
    assert all(tried.count(f"alertname: {rule['alert']}\n") == 1 for rule in rules), "one that was never seen to speak up"

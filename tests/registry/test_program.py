"""The simulated registry against the OpenAPI text, and as a program."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

import openapi
import selfcheck
from api import Api
from generate import generate_record, generate_records
from inprocess import HERE, STORY, fetch
from store import Store


@pytest.fixture(scope="module")
def checker():
    found = openapi.load()
    if not found:
        pytest.skip("the OpenAPI text or PyYAML is not there")
    return found


def test_answers_are_what_the_openapi_text_promises(checker):
    story_and_made = Store([STORY], date="2023-02-14", records=generate_records(20))
    problems, tried = selfcheck.check_all(Api(story_and_made), checker)
    assert problems == [] and tried > 10
    assert not checker.unforeseen


def test_the_checker_finds_what_is_wrong(checker):
    record = generate_record(1, 1)
    assert checker.check_record(record) == []
    record["protocolSection"]["statusModule"]["overallStatus"] = "OPEN"
    record["protocolSection"]["contactsLocationsModule"]["locations"][0]["geoPoint"] = {"lat": "north"}
    record["hasResults"] = "no"
    assert len(checker.check_record(record)) == 4  # the status, lat, the missing lon, hasResults
    assert checker.check_answer("/version", 200, "application/json", {"apiVersion": "2", "more": 1})
    assert checker.check_answer("/version", 503, "text/plain", None)
    assert checker.check_answer("/studies", 200, "text/html", None)


def test_real_records_load_and_answer_as_promised(checker):
    folder = openapi.registry_data()
    if not folder:
        pytest.skip("the real registry data is not there")
    store = Store([os.path.join(folder, "records")])
    assert len(store.current) > 1000
    problems, _ = selfcheck.check_all(Api(store), checker)
    assert problems == []


def start_program(*arguments):
    return subprocess.Popen([sys.executable, os.path.join(HERE, "registry.py"), *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_program_says_where_it_is_and_ends_when_told():
    program = start_program("--data", STORY, "--date", "2020-11-04")
    try:
        ready = json.loads(program.stdout.readline())
        assert fetch(ready["port"], "GET", "/api/v2/version").json["dataTimestamp"] == "2020-11-04T09:00:05"
        assert fetch(ready["control"], "GET", "/state").json["studies"] == 2
    finally:
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=10)
    assert program.returncode == 0 and "2 studies as of 2020-11-04" in errors


def test_the_program_ends_although_a_client_hangs():
    program = start_program("--data", STORY)
    try:
        ready = json.loads(program.stdout.readline())
        fetch(ready["control"], "POST", "/fault", json.dumps({"kind": "delay", "seconds": 3600}))
        hanging = socket.create_connection(("127.0.0.1", ready["port"]))
        hanging.sendall(b"GET /api/v2/version HTTP/1.1\r\nHost: x\r\n\r\n")
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=10)
    hanging.close()
    assert program.returncode == 0


def test_the_program_checks_itself():
    program = start_program("--data", STORY, "--selfcheck")
    output, errors = program.communicate(timeout=60)
    assert program.returncode == 0, output + errors
    assert "0 problems" in output or "skipped" in output

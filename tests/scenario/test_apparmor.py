"""The AppArmor profile against what the daemon really opens, traced while it takes a study in and tells a webhook. Where
no kernel enforces profiles this is the next best thing."""

import re
import shutil
import subprocess

import pytest

from alerts import BEFORE, OPENED
from harness import FREEDOM, TOP

PROFILE = TOP / "contrib/apparmor/usr.sbin.trialwatchd"
# Of the compiler's sanitizers and of the tests' clock, which no installed daemon has.
NOT_OURS = re.compile(r"lib[alu]*san\.so|/clock$|/proc/self/(maps|cmdline|exe|environ)|/proc/\d+/")
CALL = re.compile(r'^\d+ +(\w+)\((.*)\) = (-?\d+)')

pytestmark = pytest.mark.skipif(not (shutil.which("apparmor_parser") and shutil.which("strace")),
                                reason="apparmor_parser or strace is not there")


def expand(path, variables):
    """Every path that a rule with variables stands for."""
    found = re.search(r"@\{(\w+)\}", path)
    if not found:
        return [path]
    values = variables.get(found.group(1), [])
    return [deeper for value in values for deeper in expand(path.replace(found.group(), value), variables)]


def pattern(path):
    """A rule's path as a regular expression: ** goes through folders, * does not, {a,b} is one of them."""
    meanings = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    pieces = re.findall(r"\*\*|[*?{},]|\[[^]]*\]|[^*?{},\[]+", re.sub("/+", "/", path))
    return re.compile("".join(meanings.get(piece) or (piece if piece[0] == "[" else re.escape(piece)) for piece in pieces))


def rules():
    """(pattern, permissions) of every rule about a file, those of the included abstractions too."""
    text = subprocess.run(["apparmor_parser", "--preprocess", PROFILE], capture_output=True, text=True, check=True).stdout
    variables = {}
    for name, values in re.findall(r"^\s*@\{(\w+)\}\s*\+?=\s*(.*)$", text, re.MULTILINE):
        variables.setdefault(name, []).extend(value.strip('"') for value in values.split())
    found = []
    for path, permissions in re.findall(r"^\s*(?:owner\s+)?((?:/|@\{)\S*)\s+([a-zA-Z]+),", text, re.MULTILINE):
        found += [(pattern(whole), permissions) for whole in expand(path, variables)]
    assert len(found) > 50
    return found


def opened(trace, house):
    """{(path, "r" or "w")} as they would be where the package is installed."""
    places = [(str(house.history_path), "/var/lib/trialwatch/history.db"),
              (str(house.socket_path), "/run/trialwatch/control.sock"), (str(house.place) + "/", "/etc/trialwatch/")]
    found = set()
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        call = CALL.match(line)
        path = call and re.search(r'"(/[^"]*)"', call.group(2))
        if not path or int(call.group(3)) < 0 or call.group(1) in ("execve", "readlink", "access", "getcwd"):
            continue
        if "stat" in call.group(1) or NOT_OURS.search(path.group(1)) or str(house.daemon_program) == path.group(1):
            continue
        writes = call.group(1) not in ("open", "openat", "connect") or re.search(r"O_WRONLY|O_RDWR|O_CREAT", call.group(2))
        name = "/var/lib/trialwatch/" if path.group(1) == str(house.place) else path.group(1)
        for here, there in places:
            name = name.replace(here, there)
        found.add((re.sub("/+", "/", name), "w" if writes else "r"))
    return found


def test_the_profile_allows_all_that_the_daemon_opens(house):
    trace, traced = house.place / "trace", house.place / "traced"
    traced.write_text(f"#!/bin/sh\nexec strace -D -f -qq -e trace=%file,connect,bind -o {trace} {house.daemon_program} \"$@\"\n",
                      encoding="utf-8")
    traced.chmod(0o755)
    house.daemon_program = str(traced)
    house.environment["ASAN_OPTIONS"] = "detect_leaks=0"
    house.start_story(BEFORE)
    house.watch([FREEDOM], [house.webhook_channel(house.start_webhook())])
    house.settle(BEFORE)
    house.go_to(OPENED)
    house.daemons[-1].stop()
    allowed = rules()
    needed = opened(trace, house)
    assert {("/etc/trialwatch/trialwatch.yaml", "r"), ("/var/lib/trialwatch/history.db", "w")} <= needed
    refused = [(path, how) for path, how in sorted(needed)
               if not any(how in permissions and rule.fullmatch(path) for rule, permissions in allowed)]
    assert refused == []

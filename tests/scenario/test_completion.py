"""Completion as it happens: a shell on a terminal, a command line half typed, the tab key, Enter. The words come from a
history whose daemon is stopped."""

import os
import pathlib
import pty
import select
import shutil
import subprocess
import time

import pytest

from harness import ESCAPE, FREEDOM, TOP, taken_in_story
from processes import PATIENCE_SECONDS

COMPLETIONS = TOP / "contrib/completions"
# What the shell runs in place of the client; completion asks the client itself, by `command trialwatch`.
SHOW = """trialwatch() { printf '<%s' "$@"; printf '>\\n'; }\n"""
TYPED = [
    ("trialwatch hist", "<history>"),
    ("trialwatch show NCT046", f"<show<{FREEDOM}>"),
    ("trialwatch diff NCT035", f"<diff<{ESCAPE}>"),
    ("trialwatch test h", "<test<hook>"),
    ("trialwatch changes --kind site-op", "<changes<--kind<site-opened>"),
    ("trialwatch changes --study NCT046", f"<changes<--study<{FREEDOM}>"),
    ("trialwatch alerts --channel ho", "<alerts<--channel<hook>"),
    (f"trialwatch sites {FREEDOM} --timel", f"<sites<{FREEDOM}<--timeline>"),
]


@pytest.fixture(name="told", scope="module")
def told_fixture(programs, tmp_path_factory):
    """A history of two studies and one channel that was told of them; the client is in its folder bin."""
    place = tmp_path_factory.mktemp("completion")
    with taken_in_story(place, programs, "2020-06-16", ["2020-11-04", "2021-01-19"]) as house:
        pass
    (place / "bin").mkdir()
    (place / "bin/trialwatch").symlink_to(pathlib.Path(house.client_program).resolve())
    house.environment["PATH"] = f"{place / 'bin'}:{os.environ['PATH']}"
    return house


class Shell:
    """An interactive one on a terminal of its own."""

    def __init__(self, house, *command, **environment):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**house.environment, "TERM": "xterm", "HOME": str(house.place), **environment})
        os.close(theirs)
        self.seen = ""
        self.read_until("ready")

    def read_until(self, word):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while word not in self.seen:
            waited = select.select([self.ours], [], [], max(0, deadline - time.monotonic()))
            assert waited[0], f"waited for {word}, saw: {self.seen}"
            self.seen += os.read(self.ours, 65536).decode("utf-8", "replace")

    def complete(self, line, expected):
        """Types the line, the tab key and Enter; the command must be called with these arguments."""
        self.seen = ""
        os.write(self.ours, f"{line}\t\n".encode())
        self.read_until(">\r\n")
        assert expected in self.seen

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)


def start_bash(house):
    rc = house.place / "bashrc"
    rc.write_text(f"PS1='$ '\nbind 'set bell-style none'\nsource {COMPLETIONS}/trialwatch.bash\n{SHOW}echo ready\n")
    return Shell(house, "bash", "--noprofile", "--rcfile", rc, "-i")


def start_zsh(house):
    rc = house.place / ".zshrc"
    rc.write_text(f"PS1='$ '\nunsetopt beep\nfpath=({COMPLETIONS} $fpath)\nautoload -Uz compinit\ncompinit -u -D\n{SHOW}"
                  "echo ready\n")
    return Shell(house, "zsh", "-o", "no_global_rcs", "-i", ZDOTDIR=str(house.place))


@pytest.mark.parametrize("name, start", [("bash", start_bash), ("zsh", start_zsh)])
def test_the_tab_key_completes(told, name, start):
    if not shutil.which(name):
        pytest.skip(f"{name} is not there")
    shell = start(told)
    try:
        for line, expected in TYPED:
            shell.complete(line, expected)
    finally:
        shell.close()


def fish(house, line):
    """The words that fish offers for a line."""
    done = subprocess.run(["fish", "--no-config", "--command",
                           f"source {COMPLETIONS}/trialwatch.fish; complete --do-complete '{line}'"],
                          capture_output=True, text=True, check=True, env={**house.environment, "HOME": str(house.place)})
    assert done.stderr == ""
    return [offer.split("\t")[0] for offer in done.stdout.splitlines()]


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not there")
def test_fish_offers_the_same(told):
    for line, expected in TYPED:
        assert fish(told, line) == [expected.strip("<>").split("<")[-1]], line
    assert {FREEDOM, ESCAPE} <= set(fish(told, "trialwatch history "))

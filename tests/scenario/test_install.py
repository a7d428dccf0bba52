"""What `make install` puts where, by the Makefile of the build folder; and the RPM's list of files."""

import fnmatch
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness import TOP

BUILD = os.environ.get("TRIALWATCH_BUILD")
SPEC = TOP / "contrib/packaging/trialwatch.spec"
# As a distribution sets them, here each to a place of its own.
DIRECTORIES = {
    "bindir": "/there/bin", "sbindir": "/there/sbin", "sysconfdir": "/there/etc", "localstatedir": "/there/var",
    "runstatedir": "/there/run", "datadir": "/there/share", "docdir": "/there/doc", "mandir": "/there/man",
    "systemdsystemunitdir": "/there/units", "prefix": "/usr",
}
RPM_MACROS = {"_unitdir": "/usr/lib/systemd/system", "_sysusersdir": "/usr/lib/sysusers.d",
              "_tmpfilesdir": "/usr/lib/tmpfiles.d"}

pytestmark = pytest.mark.skipif(not (BUILD and pathlib.Path(BUILD, "Makefile").exists()),
                                reason="make install wants the build folder in TRIALWATCH_BUILD")


def make(target, destination, **variables):
    words = [f"{name}={value}" for name, value in {"DESTDIR": destination, **variables}.items()]
    done = subprocess.run(["make", "--silent", "-C", BUILD, target, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def files_in(folder):
    return {f"/{path.relative_to(folder)}" for path in folder.rglob("*") if not path.is_dir()}


def test_every_directory_can_be_chosen_and_is_left_clean(tmp_path):
    make("install", tmp_path, **DIRECTORIES)
    there = files_in(tmp_path)
    assert {"/there/bin/trialwatch", "/there/sbin/trialwatchd", "/there/etc/trialwatch/trialwatch.yaml",
            "/there/man/man1/trialwatch.1", "/there/man/man5/trialwatch.yaml.5", "/there/man/man5/trialwatch-history.5",
            "/there/man/man8/trialwatchd.8", "/there/share/trialwatch/openapi.yaml", "/there/doc/guides/backup.md",
            "/there/share/bash-completion/completions/trialwatch", "/there/share/zsh/site-functions/_trialwatch",
            "/there/share/fish/vendor_completions.d/trialwatch.fish", "/there/units/trialwatchd.service"} <= there
    elsewhere = {path for path in there if not path.startswith("/there/")}
    assert all(re.match(r"/usr/lib/(sysusers\.d|tmpfiles\.d|systemd/catalog)/trialwatch", path) for path in elsewhere)
    make("uninstall", tmp_path, **DIRECTORIES)
    assert files_in(tmp_path) == set()


def test_installing_again_keeps_the_settings(tmp_path):
    make("install", tmp_path, prefix="/usr", sysconfdir="/etc")
    settings = tmp_path / "etc/trialwatch/trialwatch.yaml"
    settings.write_text("# ours\n", encoding="utf-8")
    make("install", tmp_path, prefix="/usr", sysconfdir="/etc")
    make("uninstall", tmp_path, prefix="/usr", sysconfdir="/etc")
    assert settings.read_text(encoding="utf-8") == "# ours\n"


@pytest.mark.skipif(not shutil.which("rpmspec"), reason="rpmspec is not there")
def test_the_rpm_lists_what_is_installed(tmp_path):
    macros = [word for name, value in RPM_MACROS.items() for word in ("--define", f"{name} {value}")]
    parsed = subprocess.run(["rpmspec", "--parse", *macros, SPEC], capture_output=True, text=True, check=True).stdout
    listed = [line.split()[-1] for line in parsed.partition("%files\n")[2].splitlines()
              if line and not line.startswith(("%doc", "%license", "%dir"))]
    assert listed and not [path for path in listed if "%" in path]
    make("install", tmp_path, prefix="/usr", sysconfdir="/etc", localstatedir="/var",
         systemdsystemunitdir=RPM_MACROS["_unitdir"])
    there = files_in(tmp_path)
    patterns = [f"{path}*" if path.endswith("/") else path for path in listed]
    assert [path for path in there if not any(fnmatch.fnmatch(path, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not fnmatch.filter(there, pattern)] == []

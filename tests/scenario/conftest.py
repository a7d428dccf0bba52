"""Fixtures of the scenario tests: see harness.py for what they give."""

import shutil
import subprocess

import pytest

from harness import House, find_program, real_registry_folder


@pytest.fixture(scope="session")
def programs():
    """The daemon and the client, from TRIALWATCH_BUILD or PATH."""
    found = [find_program(name) for name in ("trialwatchd", "trialwatch")]
    if None in found:
        pytest.skip("trialwatch is not built: set TRIALWATCH_BUILD to the build folder")
    return found


@pytest.fixture
def house(tmp_path, programs):
    """One test's world. At its end nothing may be left running, and no sanitizer may have spoken up."""
    world = House(tmp_path, *programs)
    try:
        yield world
    finally:
        problems = world.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def real_records():
    """The folder of real registry records; a test that needs it is skipped where it is missing."""
    folder = real_registry_folder()
    if not folder:
        pytest.skip("the real registry records are not there: set TRIALWATCH_REGISTRY to their folder")
    return folder


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(certificate, key) for 127.0.0.1 and localhost, which is its own authority."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not there to make a certificate")
    place = tmp_path_factory.mktemp("tls")
    files = place / "cert.pem", place / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-out", str(files[0]), "-keyout", str(files[1])], check=True, capture_output=True)
    return files


@pytest.fixture
def small_disk(tmp_path):
    """A file system of eight megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=False)

"""Fixtures of the simulated registry's own tests."""

import pytest

from inprocess import STORY, Registry
from store import Store


@pytest.fixture
def serve():
    started = []

    def start(*folders, **options):
        started.append(Registry(Store(folders, **options)))
        return started[-1]

    yield start
    for registry in started:
        registry.stop()


@pytest.fixture
def story(serve):
    return serve(STORY, date="2021-10-05")

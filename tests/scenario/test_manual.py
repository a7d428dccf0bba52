"""The examples of trialwatch-history(5) do what they say, on a real history."""

import re
import sqlite3

import pytest

from harness import FREEDOM, TOP

PAGE = TOP / "daemon/history/trialwatch-history.5"


def examples():
    """The literal blocks of the page."""
    return re.findall(r"\.Bd -literal.*?\n(.*?)\.Ed", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def history(house):
    """Of the trial from its first version until two sites had opened."""
    receiver = house.start_webhook()
    house.start_story()
    house.watch([FREEDOM], [house.webhook_channel(receiver)])
    house.settle("2020-11-04")
    for date in ("2021-01-19", "2021-03-16", "2022-06-14"):
        house.go_to(date)
    return house.history_path


def test_every_query_of_the_page_answers(history):
    queries = [block for block in examples() if block.startswith("SELECT")]
    assert len(queries) == 5
    with sqlite3.connect(f"file:{history}?mode=ro", uri=True) as database:
        for query in queries:
            assert database.execute(query).fetchall(), query

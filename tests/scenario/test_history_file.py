"""The history file as trialwatch-history(5) describes it to whoever opens it with other programs."""

import re
import sqlite3

import pytest

from harness import TOP, taken_in_story

PAGE = TOP / "daemon" / "history" / "trialwatch-history.5"
DATES = ["2021-01-08", "2021-10-05", "2022-06-14"]


@pytest.fixture(name="story", scope="module")
def story_fixture(programs, tmp_path_factory):
    """Some steps of the story, the daemon stopped."""
    with taken_in_story(tmp_path_factory.mktemp("story"), programs, "2020-11-04", DATES) as house:
        pass
    return house


def examples(beginning):
    """The worked examples of the page that begin so, as a reader sees them."""
    blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return [block for block in blocks if block.startswith(beginning)]


def open_read_only(house):
    return sqlite3.connect(f"file:{house.history_path}?mode=ro", uri=True)


def test_the_worked_queries_have_answers(story):
    queries = examples("SELECT")
    assert len(queries) == 5
    database = open_read_only(story)
    for query in queries:
        assert database.execute(query).fetchall(), query
    database.close()


def test_the_views_have_the_columns_that_the_page_names(story):
    text = PAGE.read_text(encoding="utf-8")
    database = open_read_only(story)
    for view in ("study", "version_log", "site_now", "change_log", "alert_log", "poll_log"):
        entry = re.search(rf"^\.It Ic {view}$(.*?)^\.(It|El)", text, re.M | re.S).group(1)
        words = [word for line in re.findall(r"^\.Li (.*)$", entry, re.M) for word in re.findall(r"\w+", line)]
        columns = [column[0] for column in database.execute(f"SELECT * FROM {view}").description]
        assert set(columns) <= set(words), view
        assert database.execute(f"SELECT count(*) FROM {view}").fetchone()[0] > 0, view
    database.close()


def test_versions_changes_and_the_ledger_cannot_be_changed_by_mistake(story):
    database = sqlite3.connect(story.history_path)
    for table in ("versions", "site_maps", "changes", "attempts", "ledger"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid" if table != "site_maps" else
                          "UPDATE site_maps SET version = version"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)
    with pytest.raises(sqlite3.IntegrityError, match="only unchanged polls may be pruned"):
        database.execute("DELETE FROM polls WHERE outcome = 2")
    database.rollback()
    database.close()

"""The auditor's reading of changes, on changes made by hand."""

import pytest

from apply import apply_changes, split_path

SITES = "contactsLocationsModule.locations"


def record(*sites):
    return {"contactsLocationsModule": {"locations": list(sites)}}


def site_change(kind, old, new, **more):
    return {"kind": kind, "path": SITES, "old_index": old, "new_index": new, **more}


def test_values_are_set_made_and_removed_with_what_they_empty():
    before = {"a": {"b": 1, "c": 2}, "d": {"e": {"f": 3}}}
    changes = [{"kind": "other", "path": "a.b", "before": 1, "after": 5},
               {"kind": "other", "path": "d.e.f", "before": 3},
               {"kind": "other", "path": r"x\.y.z", "after": 7}]
    assert apply_changes(before, changes) == {"a": {"b": 5, "c": 2}, "x.y": {"z": 7}}
    assert split_path(r"a\.b.c\\.d") == ["a.b", "c\\", "d"]


def test_sites_are_inserted_removed_and_edited():
    before = record({"facility": "A", "status": "RECRUITING"}, {"facility": "B"}, {"facility": "C"})
    changes = [
        site_change("site-opened", None, 0, after={"facility": "N"}),
        site_change("site-closed", 0, 1, before={"status": "RECRUITING"}, after={}),
        site_change("site-renamed", 0, 1, before={"facility": "A"}, after={"facility": "AA"}),
        site_change("site-removed", 1, None, before={"facility": "B"}),
    ]
    assert apply_changes(before, changes) == record({"facility": "N"}, {"facility": "AA"}, {"facility": "C"})


def test_an_order_says_where_every_entry_comes_from():
    before = record("a", "b", "c")
    changes = [site_change("site-opened", None, 1, after="n"),
               site_change("site-order", None, None, after=[2, None, 0, 1])]
    assert apply_changes(before, changes) == record("c", "n", "a", "b")


def test_a_list_that_is_emptied_vanishes_and_one_that_gets_entries_appears():
    removed = [site_change("site-removed", 0, None, before="a")]
    assert apply_changes({**record("a"), "x": 1}, removed) == {"x": 1}
    assert apply_changes({"x": 1}, [site_change("site-added", None, 0, after="a")]) == {**record("a"), "x": 1}


def test_outcomes_are_exchanged_whole():
    before = {"primaryOutcomes": [{"measure": "m"}, {"measure": "n"}]}
    changes = [{"kind": "primary-outcome", "path": "primaryOutcomes", "old_item": 1, "new_item": 1,
                "before": {"measure": "n"}, "after": {"measure": "o"}}]
    assert apply_changes(before, changes) == {"primaryOutcomes": [{"measure": "m"}, {"measure": "o"}]}


@pytest.mark.parametrize("change", [
    {"kind": "status", "path": "a.b", "before": 2, "after": 3},
    site_change("site-removed", 0, None, before="b"),
])
def test_what_does_not_fit_is_an_error(change):
    with pytest.raises(AssertionError):
        apply_changes({"a": {"b": 1}, **record("a")}, [change])

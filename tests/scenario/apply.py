"""Applies changes, as the client prints them, to an old record: an auditor's own reading, that knows nothing of the
daemon's code. A change that does not fit what is there is an error."""

import copy
import re

ORDER_NOTE = "reordered"


def split_path(path):
    """Dots separate keys; a backslash makes the next character an ordinary one."""
    return [re.sub(r"\\(.)", r"\1", key) for key in re.findall(r"(?:[^.\\]|\\.)+", path)]


def is_order(change):
    return change["kind"] == "site-order" or change.get("note") == ORDER_NOTE


def index_names(change):
    """The names of its index keys, when the change is of an entry of a list; None otherwise."""
    names = ("old_index", "new_index") if "old_index" in change else ("old_item", "new_item")
    in_list = change.get(names[0]) is not None or change.get(names[1]) is not None or is_order(change)
    return names if in_list else None


def edit_entry(entry, change):
    """A change of a site has the fields that it is about, one of an outcome the whole outcome."""
    if "old_index" not in change:
        assert entry == change["before"], change
        return change["after"]
    for field, value in change["before"].items():
        assert entry.pop(field) == value, change
    assert not set(entry) & set(change["after"]), change
    return {**entry, **change["after"]}


def apply_to_list(entries, changes):
    """The list with the changes of its entries. What is kept stays in its order unless a change gives another."""
    kept, added, order = list(enumerate(entries)), {}, None
    for change in changes:
        old, new = (change.get(name) for name in index_names(change))
        if is_order(change):
            order = change["after"]
        elif old is None:
            added[new] = change["after"]
        elif new is None:
            at = [index for index, _ in kept].index(old)
            assert kept.pop(at)[1] == change["before"], change
        else:
            at = [index for index, _ in kept].index(old)
            kept[at] = (old, edit_entry(kept[at][1], change))
    if order is not None:
        by_old = dict(kept)
        return [added[place] if old is None else by_old[old] for place, old in enumerate(order)]
    rest = iter(entry for _, entry in kept)
    return [added[place] if place in added else next(rest) for place in range(len(kept) + len(added))]


def find(record, keys):
    for key in keys:
        if not isinstance(record, dict) or key not in record:
            return None
        record = record[key]
    return record


def put(record, keys, value):
    for key in keys[:-1]:
        record = record.setdefault(key, {})
    record[keys[-1]] = value


def remove(record, keys):
    """The value, and the objects above it that this empties; never the record."""
    parents = [record]
    for key in keys[:-1]:
        parents.append(parents[-1][key])
    for parent, key in reversed(list(zip(parents, keys))):
        del parent[key]
        if parent:
            break


def apply_value(record, keys, change):
    assert find(record, keys) == change.get("before"), change
    if "after" in change:
        put(record, keys, change["after"])
    else:
        remove(record, keys)


def apply_changes(record, changes):
    """A new record."""
    record = copy.deepcopy(record)
    of_lists = {}
    for change in changes:
        if index_names(change):
            of_lists.setdefault(change["path"], []).append(change)
    for path, group in of_lists.items():
        keys = split_path(path)
        before = find(record, keys)
        after = apply_to_list(before or [], group)
        if after:
            put(record, keys, after)
        elif before:
            remove(record, keys)
    for change in changes:
        if not index_names(change):
            apply_value(record, split_path(change["path"]), change)
    return record

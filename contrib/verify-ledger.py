#!/usr/bin/env python3
"""Recomputes the ledger of a trialwatch history as trialwatch-history(5) defines it, without any code of trialwatch.

usage: verify-ledger.py HISTORY [NUMBER:HASH]

Exits with 0 when every entry holds and the history contains the head that was attested, else with 1 and the first entry
that does not. The history is only read; the zstd command unpacks the bodies.
"""
import functools
import hashlib
import json
import sqlite3
import subprocess
import sys
import tempfile

TEXTS = ["""SELECT 'version', s.nct_id, iif(origin, 'archive', 'seen'), number, v.seen_usec, f.name, poll,
    lower(hex(hash)) FROM versions v JOIN studies s ON s.id = v.study JOIN refreshes f ON f.id = v.refresh
    WHERE v.id = ?""",
    """SELECT 'poll', id, started_usec, finished_usec, CASE outcome WHEN 1 THEN 'unchanged' WHEN 2 THEN 'complete'
    ELSE 'failed' END, refresh, api_version, requests, records, changed, missing, bytes, reason, missing_ids
    FROM polls WHERE id = ?""",
    """SELECT 'attempt', p.id, m.message_id, m.channel, started_usec, latency_usec, CASE outcome WHEN 0 THEN 'delivered'
    WHEN 1 THEN 'retry' ELSE 'failed' END, retry_at_usec, code, answer, thread FROM attempts p
    JOIN messages m ON m.id = p.message WHERE p.id = ?"""]
CHANGES = """SELECT c.id, s.nct_id, v.number, c.seen_usec, kind, weight, path, before, after, site, old_index,
    new_index, old_item, new_item, with_study, effective_before, effective_after, note FROM changes c
    JOIN versions v ON v.id = c.version JOIN studies s ON s.id = c.study WHERE c.id BETWEEN ? AND ? ORDER BY c.id"""
ALERT = """SELECT m.channel, json_array(s.nct_id, v.number, json(a.changes)) FROM attempts p
    JOIN messages m ON m.id = p.message JOIN alerts a ON a.alert_id = ? AND a.channel = m.channel
    JOIN studies s ON s.id = a.study JOIN versions v ON v.id = a.version WHERE p.id = ?"""
UNCOVERED = """SELECT 'version ' || id FROM versions WHERE id NOT IN (SELECT row FROM ledger WHERE subject = 0)
    UNION ALL SELECT 'poll ' || id FROM polls WHERE outcome AND id NOT IN (SELECT row FROM ledger WHERE subject = 1)
    UNION ALL SELECT 'attempt ' || id FROM attempts WHERE id NOT IN (SELECT row FROM ledger WHERE subject = 2)
    UNION ALL SELECT 'change ' || id FROM changes WHERE id > (SELECT ifnull(max(row), 0) FROM ledger WHERE subject = 3)
    UNION ALL SELECT 'delivered alert ' || alert_id FROM alerts a WHERE state = 3
    AND NOT EXISTS (SELECT 1 FROM attempts p WHERE p.message = a.message AND outcome = 0)"""
HASHES = "SELECT id, hash FROM versions ORDER BY study, origin, number"

def unpack(body, base, place):
    with open(f"{place}/base", "wb") as file:
        file.write(base or b"")
    command = ["zstd", "-dcq", "--memory=2048MB"] + ([f"--patch-from={place}/base"] if base is not None else [])
    return subprocess.run(command, input=body, stdout=-1, stderr=-3, check=False).stdout

def versions_that_do_not_fit(db, place):
    @functools.lru_cache(maxsize=64)
    def canonical(row):
        base, body = db.execute("SELECT base, body FROM versions WHERE id = ?", (row,)).fetchone() or (None, b"")
        return unpack(body, None if base is None else canonical(base), place)
    return {row for row, digest in db.execute(HASHES) if hashlib.sha256(canonical(row)).digest() != digest}

def joined(row):
    fields = ("" if f is None else str(f).replace("\\", r"\\").replace("\t", r"\t") for f in row)
    return "\t".join(fields).replace("\n", r"\n")

def entry_of(db, subject, row, kept, last):
    if subject == 3:
        rows = "".join(joined(change) + "\n" for change in db.execute(CHANGES, (last + 1, row)))
        return f"changes\t{last + 1}\t{row}\t{hashlib.sha256(rows.encode()).hexdigest()}"
    found = db.execute(TEXTS[subject], (row,)).fetchone()
    if not found:
        return kept if (kept or "").split("\t")[4:5] == ["unchanged"] else None  # that row may have been pruned
    if subject < 2:
        return joined(found)
    alerts = kept.rpartition("\t")[2]  # a message may be made anew, but what it told stays
    told = all((db.execute(ALERT, (alert, row)).fetchone() or "  ")[1] == json.dumps(what, separators=(",", ":"))
               for alert, what in json.loads(alerts).items())
    return joined(found) + "\t" + alerts if told else None

def find_fault(db, attested, place):
    bad, chain, heads, last = versions_that_do_not_fit(db, place), bytes(32), {"0:"}, 0
    for number, (given, subject, row, kept, digest) in enumerate(db.execute("SELECT * FROM ledger ORDER BY number"), 1):
        entry = entry_of(db, subject, row, kept, last) if given == number else None
        chain = hashlib.sha256(chain + (entry or "").encode()).digest()
        if entry is None or chain != digest or kept not in (None, entry) or not subject and row in bad:
            return f"entry {number} does not hold: {entry or kept or 'it is about a row that is not there'}"
        heads.add(f"{number}:{digest.hex()}")
        last = row if subject == 3 else last
    for row, in db.execute(UNCOVERED):
        return f"{row} has no entry"
    return None if attested in heads else f"this is not the history that {attested} attested"

with tempfile.TemporaryDirectory() as folder:
    history = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    fault = find_fault(history, sys.argv[2] if len(sys.argv) > 2 else "0:", folder)
sys.exit(fault or print("every entry holds"))

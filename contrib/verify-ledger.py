#!/usr/bin/env python3
"""Recomputes the ledger of a trialwatch history as trialwatch-history(5) defines it, without any code of trialwatch.

usage: verify-ledger.py HISTORY [NUMBER:HASH]

Exits with 0 when every entry holds and the history contains the head that was attested, else with 1 and the first entry
that does not. The history is only read; the zstd command unpacks the bodies.
"""
import functools
import hashlib
import sqlite3
import subprocess
import sys
import tempfile

VERSION = """SELECT 'version', s.nct_id, iif(origin, 'archive', 'seen'), number, v.seen_usec, f.name, poll,
    lower(hex(hash)) FROM versions v JOIN studies s ON s.id = v.study JOIN refreshes f ON f.id = v.refresh WHERE v.id = ?"""
POLL = """SELECT 'poll', id, started_usec, finished_usec, CASE outcome WHEN 1 THEN 'unchanged' WHEN 2 THEN 'complete'
    ELSE 'failed' END, refresh, api_version, requests, records, changed, missing, bytes, reason, missing_ids
    FROM polls WHERE id = ?"""
UNCOVERED = """SELECT 'version ' || id FROM versions WHERE id NOT IN (SELECT row FROM ledger WHERE subject = 0)
    UNION ALL SELECT 'poll ' || id FROM polls WHERE outcome AND id NOT IN (SELECT row FROM ledger WHERE subject = 1)"""
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

def entry_of(db, subject, row, kept):
    found = db.execute(POLL if subject else VERSION, (row,)).fetchone()
    if not found:
        return kept if (kept or "").split("\t")[4:5] == ["unchanged"] else None  # that row may have been pruned
    fields = ("" if f is None else str(f).replace("\\", r"\\").replace("\t", r"\t") for f in found)
    return "\t".join(fields).replace("\n", r"\n")

def find_fault(db, attested, place):
    bad, chain, heads = versions_that_do_not_fit(db, place), bytes(32), {"0:"}
    for number, (given, subject, row, kept, digest) in enumerate(db.execute("SELECT * FROM ledger ORDER BY number"), 1):
        entry = entry_of(db, subject, row, kept) if given == number else None
        chain = hashlib.sha256(chain + (entry or "").encode()).digest()
        if entry is None or chain != digest or subject and kept != entry or not subject and row in bad:
            return f"entry {number} does not hold: {entry or kept or 'it is about a row that is not there'}"
        heads.add(f"{number}:{digest.hex()}")
    for row, in db.execute(UNCOVERED):
        return f"{row} has no entry"
    return None if attested in heads else f"this is not the history that {attested} attested"

with tempfile.TemporaryDirectory() as folder:
    history = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    fault = find_fault(history, sys.argv[2] if len(sys.argv) > 2 else "0:", folder)
sys.exit(fault or print("every entry holds"))

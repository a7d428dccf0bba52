"""The records that the simulated registry holds, and what day it is for it.

A study's record is its newest version whose date is not after the registry's present. Data folders hold `NCT….json`
(there from the beginning) or `NCT…/DATE.json` (there from that date on).
"""

import datetime
import json
import os
import re
import threading

from body import Piece

FROM_THE_BEGINNING = "0000-00-00"
WHEN_NOTHING_IS_DATED = "2021-10-05"
TIME_OF_REFRESH = "T09:00:05"
HOLDER_MARK = "\ue000versionHolder\ue000"
ID_PATTERN = re.compile(r"NCT\d{8}\Z")
DATE_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


class Version:
    """One record at one date: its bytes, cut where the versionHolder stands, which moves with every refresh."""

    __slots__ = ("nct_id", "aliases", "holder", "front", "back", "search")

    def __init__(self, record):
        identification = record["protocolSection"]["identificationModule"]
        self.nct_id = identification["nctId"]
        self.aliases = tuple(identification.get("nctIdAliases", ()))
        misc = record.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})
        self.holder = misc.get("versionHolder")
        misc["versionHolder"] = HOLDER_MARK
        front, back = compact(record).split(HOLDER_MARK.encode(), 1)
        self.front, self.back = Piece(front), Piece(back)
        self.search = {}  # filled by query.py

    def pieces(self, holder):
        return [self.front, holder, self.back]

    def tree(self, holder):
        return json.loads(self.front.plain + holder.plain + self.back.plain)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def record_files(folder):
    """(date, path) of every record in a data folder."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and ID_PATTERN.match(name):
            for dated in sorted(os.listdir(path)):
                if dated.endswith(".json") and DATE_PATTERN.match(dated[:-5]):
                    yield dated[:-5], os.path.join(path, dated)
        elif name.endswith(".json") and ID_PATTERN.match(name[:-5]):
            yield FROM_THE_BEGINNING, path


class Store:
    def __init__(self, folders=(), date=None, records=()):
        self.lock = threading.RLock()
        self.versions = {}  # id: {date: Version, or None from when the study is gone}
        self.publications = 0
        for folder in folders:
            for day, path in record_files(folder):
                with open(path, encoding="utf-8") as file:
                    self._keep(json.load(file), day)
        for record in records:
            self._keep(record, FROM_THE_BEGINNING)
        self._loaded = {nct_id: dict(dated) for nct_id, dated in self.versions.items()}
        self._start = date or self._newest_date()
        self.reset()

    def _keep(self, record, day):
        self._keep_version(Version(record), day)

    def _keep_version(self, version, day):
        self.versions.setdefault(version.nct_id, {})[day] = version

    def _newest_date(self):
        dates = [day for dated in self.versions.values() for day in dated if day != FROM_THE_BEGINNING]
        holders = [v.holder for dated in self.versions.values() for v in dated.values() if v.holder]
        return max(dates or holders or [WHEN_NOTHING_IS_DATED])

    def reset(self):
        with self.lock:
            self.versions = {nct_id: dict(dated) for nct_id, dated in self._loaded.items()}
            self.move_to(self._start)

    def move_to(self, when):
        """A date, or a date and time: the registry publishes what it has then."""
        datetime.datetime.fromisoformat(when)
        with self.lock:
            self.timestamp = when if "T" in when else when + TIME_OF_REFRESH
            self._publish()

    def refresh(self, days=1):
        with self.lock:
            now = datetime.datetime.fromisoformat(self.timestamp)
            self.timestamp = (now + datetime.timedelta(days=days)).isoformat()
            self._publish()

    def put(self, records, day=None):
        """From day on, by default today, the studies' records are these."""
        with self.lock:
            for record in records:
                self._keep(record, day or self.date)
            self._publish()

    def put_versions(self, versions):
        """The same for versions that are made elsewhere, from today on."""
        with self.lock:
            for version in versions:
                self._keep_version(version, self.date)
            self._publish()

    def remove(self, nct_id):
        with self.lock:
            self.versions[nct_id][self.date] = None
            self._publish()

    @property
    def date(self):
        return self.timestamp[:10]

    def _publish(self):
        self.publications += 1
        self.holder = Piece(self.date.encode())
        self.current, self.by_any_id = {}, {}
        for nct_id, dated in self.versions.items():
            days = [day for day in dated if day <= self.date]
            version = dated[max(days)] if days else None
            if version:
                self.current[nct_id] = version
        for version in self.current.values():
            for alias in version.aliases:
                self.by_any_id[alias] = version
        self.by_any_id.update(self.current)

    def history(self, nct_id):
        """(date, Version) of all that was published up to now, oldest first."""
        with self.lock:
            dated = self.versions.get(nct_id, {})
            return [(day, dated[day]) for day in sorted(dated) if day <= self.date and dated[day]]

"""Years pass: many studies change a little at every refresh, and afterwards the history says of any day what the simulated
registry served then.

A season by default; TRIALWATCH_LONG=1 runs 300 studies through 2,000 refreshes.
"""

import bisect
import datetime
import os
import random
import sys

from harness import TOP, canonical
from processes import wait_until

sys.path.insert(0, str(TOP / "tests" / "registry"))
from generate import generate_records  # pylint: disable=wrong-import-position

LONG = os.environ.get("TRIALWATCH_LONG") == "1"
STUDIES, REFRESHES, READS = (300, 2000, 500) if LONG else (40, 100, 40)
BEGIN = datetime.date(2015, 1, 5)
CHANGED_SHARE = 0.02  # of the studies, at a refresh
REFRESH_SECONDS = 120
STATUSES = ("RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "SUSPENDED")


class Served:
    """What the registry served, by study and day."""

    def __init__(self):
        self.days, self.records = {}, {}

    def note(self, record, day):
        nct_id = record["protocolSection"]["identificationModule"]["nctId"]
        record["derivedSection"]["miscInfoModule"]["versionHolder"] = str(day)
        if nct_id in self.records and self.records[nct_id][-1] == canonical(record):
            return  # a change that leaves things as they were
        self.days.setdefault(nct_id, []).append(day)
        self.records.setdefault(nct_id, []).append(canonical(record))

    def at(self, nct_id, day):
        return self.records[nct_id][bisect.bisect_right(self.days[nct_id], day) - 1]


def change(record, chance, number):
    """One small thing, as the registry's editors do it."""
    protocol = record["protocolSection"]
    sites = protocol["contactsLocationsModule"]["locations"]
    what = chance.randrange(5)
    if what == 0:
        protocol["statusModule"]["overallStatus"] = chance.choice(STATUSES)
    elif what == 1 and len(sites) < 30:
        sites.insert(chance.randrange(len(sites) + 1), {**chance.choice(sites), "facility": f"Made-up Clinic {number}"})
    elif what == 2 and len(sites) > 1:
        sites.pop(chance.randrange(len(sites)))
    elif what == 3:
        chance.choice(sites)["facility"] = f"Made-up Institute {number}"
    else:
        protocol["designModule"]["enrollmentInfo"]["count"] = number
    recruiting = protocol["statusModule"]["overallStatus"] == "RECRUITING"
    for site in sites:
        if recruiting:
            site.setdefault("status", "RECRUITING")
        else:
            site.pop("status", None)
    protocol["statusModule"]["lastUpdateSubmitDate"] = f"20{15 + number % 10}-{number % 12 + 1:02d}-15"


def pass_a_day(house, records, served, chance, number):
    """The next refresh; returns its day."""
    day = BEGIN + datetime.timedelta(days=number)
    changed = chance.sample(records, max(1, int(len(records) * CHANGED_SHARE)))
    for record in changed:
        change(record, chance, number)
        served.note(record, day)
    house.registry.put(*changed, date=str(day))
    house.registry.move_to(str(day))
    house.clock.set(str(day))
    house.poll()
    return day


def wait_for_refresh(house, day):
    def is_in():
        newest = house.ask("polls", "--limit", 1)
        return newest and newest[0]["outcome"] == "complete" and newest[0]["refresh"].startswith(str(day))
    wait_until(is_in, f"the refresh of {day}", seconds=REFRESH_SECONDS)


def test_any_day_of_years_reads_back_as_it_was_served(house):
    chance, served = random.Random(7), Served()
    records = list(generate_records(STUDIES))
    house.start_registry(date=str(BEGIN))
    house.registry.put(*records)
    for record in records:
        served.note(record, BEGIN)
    house.clock.set(str(BEGIN))
    studies = sorted(served.days)
    watches = [{"name": "all", "studies": studies, "notify": ["here"]}]
    daemon = house.start_daemon(house.write_settings(watches, [{"name": "here", "console": {}}],
                                                     registry={"spacing": "0ms"}, history={"retain": "30d"}))
    wait_for_refresh(house, BEGIN)
    heads, day = [], BEGIN
    for number in range(1, REFRESHES + 1):
        day = pass_a_day(house, records, served, chance, number)
        wait_for_refresh(house, day)
        if number % (REFRESHES // 4) == 0:
            heads.append(house.ask("verify", "--since", 1)["head"])
    house.settle()
    daemon.stop()

    verified = house.ask("verify")
    assert verified["versions"] == sum(len(days) for days in served.days.values())
    for head in heads:
        assert house.ask("verify", "--against", head)["holds"]
    for _ in range(READS):
        study, at = chance.choice(studies), BEGIN + datetime.timedelta(days=chance.randrange((day - BEGIN).days + 1))
        assert house.ask("show", study, "--at", str(at)) == served.at(study, at), (study, at)
    for study in studies:
        assert house.ask("show", study) == served.at(study, day), study

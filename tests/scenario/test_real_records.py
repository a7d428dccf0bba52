"""On real input: every record of the real registry data watched at once, days in which nothing happened, and every pair
of versions. Skipped, with a word, where the data is not there."""

from apply import apply_changes
from harness import canonical, load_record
from processes import wait_until

TAKING_IN_SECONDS = 300
EVERYTHING = ["silent"]


def studies_in(folder):
    return sorted(path.name.removesuffix(".json") for path in folder.glob("NCT*"))


def dates_in(folder):
    return sorted({path.stem for path in folder.glob("NCT*/*.json")})


def pairs_in(folder):
    """(before, after) of every two versions of a study that follow each other."""
    for study in studies_in(folder):
        files = sorted((folder / study).glob("*.json"))
        yield from zip(files, files[1:])


def watch_folder(house, folder, date=None):
    """Every study of a folder watched for every kind of change, the first look done."""
    registry = house.start_registry(folder, date=date)
    hook = house.start_webhook()
    house.watch(studies_in(folder), [house.webhook_channel(hook)], changes=EVERYTHING)
    timestamp = registry.state()["timestamp"]
    wait_until(lambda: house.is_settled(timestamp), "all records to be taken in", seconds=TAKING_IN_SECONDS)
    return hook


def look_at_refresh(house, timestamp):
    house.clock.advance(86400)
    house.poll()
    wait_until(lambda: house.is_settled(timestamp), f"the refresh of {timestamp}", seconds=TAKING_IN_SECONDS)


def newest_poll(house):
    return max(house.ask("polls"), key=lambda poll: poll["id"])


def test_every_record_gives_one_version_and_no_alert(house, real_records):
    folder = real_records / "records"
    studies = studies_in(folder)
    hook = watch_folder(house, folder)
    assert newest_poll(house)["records"] == len(studies)
    look_at_refresh(house, house.registry.refresh())  # the versionHolder of every record moves
    assert newest_poll(house)["records"] == len(studies)
    assert newest_poll(house)["changed"] == 0
    assert house.ask("changes", "--limit", 0) == []
    assert house.ask("alerts") == [] and hook.take() == []
    for study in studies[::50]:
        assert house.ask("show", study) == canonical(load_record(folder / f"{study}.json")), study
        assert len(house.ask("history", study)) == 1, study


def test_nothing_happens_over_the_unchanged_series(house, real_records):
    folder = real_records / "unchanged"
    dates = dates_in(folder)
    hook = watch_folder(house, folder, date=dates[0])
    for date in dates[1:]:
        house.go_to(date)
    assert house.ask("changes", "--limit", 0) == []
    assert hook.take() == []


def test_every_pair_gives_a_version_whose_changes_lead_to_it(house, real_records):
    folder = real_records / "versions"
    dates = dates_in(folder)
    watch_folder(house, folder, date=dates[0])
    for date in dates[1:]:
        house.go_to(date)
    changes = house.ask("changes", "--limit", 0)
    for study in studies_in(folder):
        files = sorted((folder / study).glob("*.json"))
        records = [canonical(load_record(path)) for path in files]
        numbers = sorted({change["version"] for change in changes if change["nct_id"] == study})
        assert numbers == list(range(2, len(files) + 1)), study
        for number, record in enumerate(records, start=1):
            assert house.ask("show", study, "--version", number) == record, (study, number)
        for number, (before, after) in enumerate(zip(records, records[1:]), start=2):
            of_version = [c for c in changes if c["nct_id"] == study and c["version"] == number]
            assert apply_changes(before, sorted(of_version, key=lambda c: c["id"])) == after, (study, number)


def test_the_diff_of_two_files_leads_from_one_to_the_other(house, real_records):
    for old, new in pairs_in(real_records / "versions"):
        result = house.trialwatch("diff", "--files", old, new, "--json")
        assert result.code in (0, 1), result.err
        before, after = canonical(load_record(old)), canonical(load_record(new))
        assert apply_changes(before, result.json_lines) == after, (old, new)


def test_the_diff_of_two_files_of_an_unchanged_series_is_empty(house, real_records):
    for old, new in pairs_in(real_records / "unchanged"):
        assert house.trialwatch("diff", "--files", old, new, "--json").out == "", (old, new)


def locations_of(path):
    return load_record(path)["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])


def test_the_site_map_of_two_files_has_every_site_once(house, real_records):
    for old, new in pairs_in(real_records / "versions"):
        rows = house.trialwatch("diff", "--files", old, new, "--site-map").json_lines
        for side, path in (("old", old), ("new", new)):
            indexes = sorted(row[side] for row in rows if row[side] is not None)
            assert indexes == list(range(len(locations_of(path)))), (path, side)


def test_a_page_of_a_thousand_records_does_not_stall_the_loop(house, real_records):
    watch_folder(house, real_records / "records")
    longest_usec = house.status()["registry"]["longest_slice_usec"]
    assert longest_usec < 500_000  # 50 ms without sanitizers and with the machine to itself

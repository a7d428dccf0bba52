"""What the tests of channels share: a study with a site about to open, and strangers' text that wants to be more."""

from harness import FREEDOM, STORY, load_record

BEFORE, OPENED = "2021-09-14", "2021-10-05"
HOSPITAL = "Memorial Regional Hospital"

# Each is harmless as text and does harm where a channel takes it for something else.
HOSTILE = {
    "line break": "Angina\r\nBcc: victim@example.org\r\n\r\nbody",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "slack": "<!channel> <@U012AB3CD> <https://evil.example|click>",
    "everyone": "@everyone @here @all @channel <@&1234>",
    "markdown": "[click](https://evil.example) **bold** `code` ```fence``` | # heading",
    "invisible": "Ang\u200bina \u202egnol \u2066isolated\u2069 \ufeffend\u00ad",
}


def hostile_record(text, nct_id=FREEDOM, date=OPENED):
    """The record of the day the site opened, with this text wherever strangers write."""
    record = load_record(STORY / nct_id / f"{date}.json")
    protocol = record["protocolSection"]
    protocol["identificationModule"]["briefTitle"] = text
    protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"] = text
    for site in protocol["contactsLocationsModule"]["locations"]:
        if site.get("facility") == HOSPITAL:
            site["facility"] = f"{HOSPITAL} {text}"
            for contact in site.get("contacts", []):
                contact["name"] = text
    return record


def many_sites_record(count, nct_id=FREEDOM):
    """The study with so many sites more that are open."""
    record = load_record(STORY / nct_id / f"{OPENED}.json")
    record["protocolSection"]["contactsLocationsModule"]["locations"] += [
        {"facility": f"Hospital number {number} of a long row of hospitals", "status": "RECRUITING",
         "city": f"Town {number}", "state": "Ohio", "zip": f"{10000 + number}", "country": "United States",
         "geoPoint": {"lat": 39 + number / 1000, "lon": -84},
         "contacts": [{"name": f"Person {number}", "role": "CONTACT", "phone": "555-0100",
                       "email": f"p{number}@example.org"}]} for number in range(count)]
    return record


def publish(house, record, days=1):
    """The registry publishes this record, the daemon looks."""
    house.registry.put(record)
    house.registry.refresh(days)
    house.clock.advance(days * 86400)
    house.poll()

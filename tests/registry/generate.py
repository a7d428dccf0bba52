"""Made-up records in any number, for measuring. The same number always gives the same record."""

import random

CITIES = (
    ("Cincinnati", "Ohio", "45219", "United States", 39.12713, -84.51435),
    ("Los Angeles", "California", "90048", "United States", 34.05223, -118.24368),
    ("Rochester", "Minnesota", "55905", "United States", 44.02163, -92.4699),
    ("Graz", None, "8036", "Austria", 47.06667, 15.45),
    ("Lyon", None, "69003", "France", 45.74848, 4.84669),
    ("Osaka", None, None, "Japan", 34.69379, 135.50107),
)
CONDITIONS = ("Angina Pectoris", "Diabetes Mellitus", "Heart Failure", "Hypertension", "Low Back Pain", "Migraine")
STATUSES = ("RECRUITING", "RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED")
WORDS = ("participants", "randomised", "blood", "pressure", "follow-up", "visit", "dose", "of", "the", "and", "weeks")


def generate_location(chance, number, recruiting):
    city, state, postcode, country, lat, lon = chance.choice(CITIES)
    location = {"facility": f"Made-up Hospital {number}"}
    if recruiting:
        location["status"] = "RECRUITING"
    location.update({"city": city, "state": state, "zip": postcode, "country": country,
                     "geoPoint": {"lat": lat, "lon": lon}})
    return {key: value for key, value in location.items() if value is not None}


def generate_record(number, site_count):
    chance = random.Random(number)
    status = chance.choice(STATUSES)
    condition = chance.choice(CONDITIONS)
    locations = [generate_location(chance, site + 1, status == "RECRUITING") for site in range(site_count)]
    text = " ".join(chance.choice(WORDS) for _ in range(250))
    start = f"20{chance.randint(10, 25)}-{chance.randint(1, 12):02d}"
    protocol = {
        "identificationModule": {
            "nctId": f"NCT{90000000 + number:08d}", "orgStudyIdInfo": {"id": f"MADE-UP-{number}"},
            "organization": {"fullName": "Made-up Institute", "class": "OTHER"},
            "briefTitle": f"Made-up Trial {number} in {condition}",
        },
        "statusModule": {
            "statusVerifiedDate": start, "overallStatus": status,
            "startDateStruct": {"date": start, "type": "ACTUAL"},
            "lastUpdateSubmitDate": f"{start}-15",
            "lastUpdatePostDateStruct": {"date": f"{start}-17", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Made-up Institute", "class": "OTHER"}},
        "descriptionModule": {"briefSummary": f"Synthetic record for tests. {text}"},
        "conditionsModule": {"conditions": [condition]},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"],
                         "enrollmentInfo": {"count": chance.randint(10, 900), "type": "ESTIMATED"}},
        "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* Age 18 or over", "sex": "ALL",
                              "minimumAge": "18 Years", "stdAges": ["ADULT", "OLDER_ADULT"]},
        "contactsLocationsModule": {"locations": locations},
    }
    return {"protocolSection": protocol, "derivedSection": {"miscInfoModule": {}}, "hasResults": False}


def generate_records(count, first=1, site_count=3):
    return (generate_record(number, site_count) for number in range(first, first + count))

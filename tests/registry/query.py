"""Which studies a request asks for, and in which order."""

import hashlib
import math
import re

import essie
from fields import is_field, path_of, split_list, values_at

NCT_ID = re.compile(r"[Nn][Cc][Tt]0*([1-9]\d{0,7})\Z")
DISTANCE = re.compile(r"distance\((-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(\d+(?:\.\d+)?)(km|mi)?\)\Z")
KM_PER_MILE = 1.609344
EARTH_RADIUS_KM = 6371.0

STATUSES = (
    "ACTIVE_NOT_RECRUITING", "COMPLETED", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING", "RECRUITING", "SUSPENDED",
    "TERMINATED", "WITHDRAWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING", "WITHHELD", "UNKNOWN",
)

TITLES = ("BriefTitle", "OfficialTitle", "Acronym")
CONDITIONS = ("Condition", "Keyword", "ConditionMeshTerm", "ConditionAncestorTerm", "NCTId") + TITLES[:2]
INTERVENTIONS = ("InterventionName", "InterventionType", "InterventionOtherName", "InterventionDescription",
                 "InterventionMeshTerm", "ArmGroupLabel", "ArmGroupDescription", "Keyword") + TITLES[:2]
IDS = ("NCTId", "NCTIdAlias", "OrgStudyId", "SecondaryId", "Acronym")
SPONSORS = ("LeadSponsorName", "CollaboratorName", "OrgFullName")
OUTCOMES = ("PrimaryOutcomeMeasure", "PrimaryOutcomeDescription", "SecondaryOutcomeMeasure",
            "SecondaryOutcomeDescription", "OtherOutcomeMeasure")
PLACES = ("LocationCity", "LocationState", "LocationCountry", "LocationFacility", "LocationZip")
TEXTS = ("BriefSummary", "DetailedDescription", "EligibilityCriteria")

# The registry's search areas: the pieces that a query looks into.
AREAS = {
    "ConditionSearch": CONDITIONS,
    "InterventionSearch": INTERVENTIONS,
    "TitleSearch": TITLES,
    "IdSearch": IDS,
    "SponsorSearch": SPONSORS,
    "OutcomeSearch": OUTCOMES,
    "LocationSearch": PLACES,
    "BasicSearch": CONDITIONS + INTERVENTIONS + IDS + SPONSORS + OUTCOMES + ("BriefSummary", "OverallStatus", "Phase"),
    "PatientSearch": CONDITIONS + INTERVENTIONS + IDS + SPONSORS + OUTCOMES + PLACES + TEXTS,
}

GEO_POINTS = "@geoPoints"  # not an area of the registry's: kept beside them

QUERIES = {
    "query.cond": "ConditionSearch",
    "query.intr": "InterventionSearch",
    "query.term": "BasicSearch",
    "query.locn": "LocationSearch",
    "query.titles": "TitleSearch",
    "query.spons": "SponsorSearch",
    "query.lead": "LeadSponsorName",
    "query.id": "IdSearch",
    "query.outc": "OutcomeSearch",
    "query.patient": "PatientSearch",
}


class BadRequest(ValueError):
    """Answered with 400 and this text."""


def normal_id(text):
    found = NCT_ID.match(text.strip())
    return f"NCT{int(found.group(1)):08d}" if found else None


def ids_in(text):
    """The ids of a filter.ids value."""
    ids = [normal_id(item) for item in split_list(text)]
    if None in ids:
        raise BadRequest("Invalid value of `filter.ids` parameter: not an NCT number")
    return ids


def ids_alone(text):
    """The ids of a query that consists of nothing else, or None."""
    ids = [normal_id(item) for item in re.split(r"[,\s]+", text.strip())]
    return None if None in ids else ids


def area_texts(version, holder, area):
    """What the version holds in an area or piece, kept with it."""
    if area not in version.search:
        tree = version.tree(holder)
        if area == GEO_POINTS:
            version.search[area] = [(point["lat"], point["lon"]) for point in geo_points(tree)]
        else:
            pieces = AREAS.get(area) or (area,)
            version.search[area] = essie.Texts([v for piece in pieces for v in values_at(tree, path_of(piece))])
    return version.search[area]


def geo_points(tree):
    locations = tree["protocolSection"].get("contactsLocationsModule", {}).get("locations", [])
    return [location["geoPoint"] for location in locations if "geoPoint" in location]


def distance_km(a, b):
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def statuses_test(text):
    wanted = split_list(text)
    for status in wanted:
        if status not in STATUSES:
            raise BadRequest(f"Invalid value of `filter.overallStatus` parameter: unknown status `{status}`")
    return lambda texts: any(status in texts("OverallStatus").values for status in wanted)


def distance_test(text):
    found = DISTANCE.match(text)
    if not found:
        raise BadRequest("Invalid value of `filter.geo` parameter: expected `distance(latitude,longitude,distance)`")
    lat, lon, radius, unit = found.groups()
    radius_km = float(radius) * (1 if unit == "km" else KM_PER_MILE)
    centre = (float(lat), float(lon))
    return lambda texts: any(distance_km(centre, point) <= radius_km for point in texts(GEO_POINTS))


def expression_test(name, text, area):
    try:
        return essie.parse(text, area, is_area)
    except essie.EssieError as error:
        raise BadRequest(f"Invalid value of `{name}` parameter: {error}") from None


def is_area(name):
    return name in AREAS or is_field(name)


PREFIXES = ("filter.", "postFilter.")
FILTERS = {
    "overallStatus": statuses_test,
    "geo": distance_test,
    "advanced": lambda text: expression_test("filter.advanced", text, "BasicSearch"),
}


def filter_tests(parameters):
    return [make(parameters[prefix + name]) for prefix in PREFIXES for name, make in FILTERS.items()
            if parameters.get(prefix + name)]


def candidates(store, parameters):
    """What the ids asked for leave of all the studies."""
    found = store.current
    for prefix in PREFIXES:
        if parameters.get(prefix + "ids"):
            wanted = by_ids(store, ids_in(parameters[prefix + "ids"]))
            found = {version.nct_id: version for version in wanted if version.nct_id in found}
    return found.values()


def select(store, parameters):
    """The versions that match, in no particular order (but the same one every time)."""
    queries = [(name, area) for name, area in QUERIES.items() if parameters.get(name)]
    for name, _ in queries:
        alone = ids_alone(parameters[name])
        if alone:
            return sorted(by_ids(store, alone), key=scattered)
    tests = [expression_test(name, parameters[name], area) for name, area in queries] + filter_tests(parameters)
    found = [version for version in candidates(store, parameters) if matches(store, version, tests)]
    return sorted(found, key=scattered)


def matches(store, version, tests):
    return all(test(lambda area: area_texts(version, store.holder, area)) for test in tests)


def by_ids(store, ids):
    found = {version.nct_id: version for version in map(store.by_any_id.get, ids) if version}
    return list(found.values())


def scattered(version):
    """The registry promises no order; a client that hopes for one is to notice."""
    return hashlib.md5(version.nct_id.encode()).digest()


def sort_key_name(item):
    name, _, direction = item.partition(":")
    if direction not in ("", "asc", "desc"):
        raise BadRequest(f"Invalid value of `sort` parameter: unknown direction `{direction}`")
    if name != "@relevance" and not is_field(name):
        raise BadRequest(f"Invalid value of `sort` parameter: unknown field `{name}`")
    if not re.search(r"Date$|Count$|^VersionHolder$|^@relevance$", name.rsplit(".", 1)[-1]):
        raise BadRequest(f"Invalid value of `sort` parameter: `{name}` is neither a date nor a number")
    descending = direction == "desc" if direction else not name.endswith("Count")
    return name, descending


def sort(store, versions, text):
    items = [sort_key_name(item) for item in split_list(text)]
    if len(items) > 2:
        raise BadRequest("Invalid value of `sort` parameter: no more than 2 items")
    for name, descending in reversed(items):
        if name == "@relevance":
            continue
        values = {version.nct_id: sort_value(store, version, name) for version in versions}
        known = [version for version in versions if values[version.nct_id] is not None]
        missing = [version for version in versions if values[version.nct_id] is None]
        known.sort(key=lambda version: values[version.nct_id], reverse=descending)
        versions = known + missing
    return versions


def sort_value(store, version, name):
    values = area_texts(version, store.holder, name).values
    if not values:
        return None
    return float(values[0]) if name.endswith("Count") else values[0]

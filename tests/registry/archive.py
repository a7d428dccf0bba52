"""The registry's own archive of versions, which is not documented: /api/int/studies/{id}/history and …/history/{n}.

Refuses with 429 as soon as two requests to it are in flight. Every text is escaped with entities, rich text is HTML.
"""

import re

import query
import richtext
from api import json_answer, not_found, text_answer

PATH = re.compile(r"/api/int/studies/([^/]+)/history(?:/(\d+))?\Z")
RICH_TEXT = frozenset((
    "armsInterventionsModule.armGroups.description", "armsInterventionsModule.interventions.description",
    "descriptionModule.briefSummary", "descriptionModule.detailedDescription", "designModule.bioSpec.description",
    "designModule.designInfo.interventionModelDescription",
    "designModule.designInfo.maskingInfo.maskingDescription", "eligibilityModule.eligibilityCriteria",
    "eligibilityModule.genderDescription", "eligibilityModule.studyPopulation",
    "ipdSharingStatementModule.accessCriteria", "ipdSharingStatementModule.description",
    "ipdSharingStatementModule.timeFrame", "outcomesModule.otherOutcomes.description",
    "outcomesModule.primaryOutcomes.description", "outcomesModule.secondaryOutcomes.description",
    "referencesModule.seeAlsoLinks.label",
))
LABELS = {
    "identificationModule": "Study Identification", "statusModule": "Study Status",
    "sponsorCollaboratorsModule": "Sponsor/Collaborators", "oversightModule": "Oversight",
    "descriptionModule": "Study Description", "conditionsModule": "Conditions", "designModule": "Study Design",
    "armsInterventionsModule": "Arms and Interventions", "outcomesModule": "Outcome Measures",
    "eligibilityModule": "Eligibility", "contactsLocationsModule": "Contacts/Locations",
    "ipdSharingStatementModule": "IPDSharing", "referencesModule": "References",
}


class Archive:
    def __init__(self, store):
        self.store = store

    def covers(self, path):
        return path.startswith("/api/int/")

    def answer(self, path, others_in_flight):
        found = PATH.match(path)
        if not found:
            return not_found()
        if others_in_flight:
            return text_answer(429, "Too Many Requests\n")
        versions = self.store.history(query.normal_id(found.group(1)) or "")
        number = None if found.group(2) is None else int(found.group(2))
        if not versions or (number is not None and number >= len(versions)):
            return not_found()
        trees = [version.tree(self.store.holder) for _, version in versions]
        return json_answer(changes_of(trees) if number is None else archived(trees[number], number))


def changes_of(trees):
    changes, before = [], {}
    for number, tree in enumerate(trees):
        protocol = tree["protocolSection"]
        status = protocol.get("statusModule", {})
        labels = [label for module, label in LABELS.items() if protocol.get(module) != before.get(module)]
        changes.append({
            "version": number, "date": status.get("lastUpdateSubmitDate"), "status": status.get("overallStatus"),
            "moduleLabels": labels if number else [],
        })
        before = protocol
    return {"changes": changes}


def in_archive_form(value, path=""):
    if isinstance(value, dict):
        return {key: in_archive_form(member, f"{path}.{key}".lstrip(".")) for key, member in value.items()}
    if isinstance(value, list):
        return [in_archive_form(item, path) for item in value]
    if not isinstance(value, str):
        return value
    return richtext.to_html(value) if path in RICH_TEXT else richtext.escape(value)


def archived(tree, number):
    return {"studyVersion": number, "study": {
        "protocolSection": in_archive_form(tree["protocolSection"]), "hasResults": tree.get("hasResults", False)}}

"""Names of fields: the registry's piece names, dotted paths, and what of a record a list of them leaves.

Piece names are those of the registry's "Study Data Structure". The table names what a client has a reason to ask for;
where the OpenAPI text is at hand, every dotted path in it is known too.
"""

import re

MODULES = {
    "protocolSection": (
        "identificationModule", "statusModule", "sponsorCollaboratorsModule", "oversightModule", "descriptionModule",
        "conditionsModule", "designModule", "armsInterventionsModule", "outcomesModule", "eligibilityModule",
        "contactsLocationsModule", "referencesModule", "ipdSharingStatementModule",
    ),
    "resultsSection": (
        "participantFlowModule", "baselineCharacteristicsModule", "outcomeMeasuresModule", "adverseEventsModule",
        "moreInfoModule",
    ),
    "annotationSection": ("annotationModule",),
    "documentSection": ("largeDocumentModule",),
    "derivedSection": ("miscInfoModule", "conditionBrowseModule", "interventionBrowseModule"),
}

# Per module: the path below it, and the piece's name.
PIECES_BELOW = {
    "protocolSection.identificationModule": """
        nctId NCTId, nctIdAliases NCTIdAlias, orgStudyIdInfo OrgStudyIdInfo, orgStudyIdInfo.id OrgStudyId,
        orgStudyIdInfo.type OrgStudyIdType, secondaryIdInfos SecondaryIdInfo, secondaryIdInfos.id SecondaryId,
        secondaryIdInfos.type SecondaryIdType, briefTitle BriefTitle, officialTitle OfficialTitle, acronym Acronym,
        organization Organization, organization.fullName OrgFullName, organization.class OrgClass""",
    "protocolSection.statusModule": """
        statusVerifiedDate StatusVerifiedDate, overallStatus OverallStatus, lastKnownStatus LastKnownStatus,
        whyStopped WhyStopped, expandedAccessInfo.hasExpandedAccess HasExpandedAccess,
        startDateStruct StartDateStruct, startDateStruct.date StartDate, startDateStruct.type StartDateType,
        primaryCompletionDateStruct PrimaryCompletionDateStruct,
        primaryCompletionDateStruct.date PrimaryCompletionDate,
        primaryCompletionDateStruct.type PrimaryCompletionDateType,
        completionDateStruct CompletionDateStruct, completionDateStruct.date CompletionDate,
        completionDateStruct.type CompletionDateType, studyFirstSubmitDate StudyFirstSubmitDate,
        studyFirstSubmitQcDate StudyFirstSubmitQCDate, studyFirstPostDateStruct StudyFirstPostDateStruct,
        studyFirstPostDateStruct.date StudyFirstPostDate, resultsFirstSubmitDate ResultsFirstSubmitDate,
        resultsFirstPostDateStruct ResultsFirstPostDateStruct, resultsFirstPostDateStruct.date ResultsFirstPostDate,
        lastUpdateSubmitDate LastUpdateSubmitDate, lastUpdatePostDateStruct LastUpdatePostDateStruct,
        lastUpdatePostDateStruct.date LastUpdatePostDate, lastUpdatePostDateStruct.type LastUpdatePostDateType""",
    "protocolSection.sponsorCollaboratorsModule": """
        responsibleParty ResponsibleParty, leadSponsor LeadSponsor, leadSponsor.name LeadSponsorName,
        leadSponsor.class LeadSponsorClass, collaborators Collaborator, collaborators.name CollaboratorName,
        collaborators.class CollaboratorClass""",
    "protocolSection.descriptionModule": "briefSummary BriefSummary, detailedDescription DetailedDescription",
    "protocolSection.conditionsModule": "conditions Condition, keywords Keyword",
    "protocolSection.designModule": """
        studyType StudyType, phases Phase, designInfo DesignInfo, designInfo.allocation DesignAllocation,
        designInfo.interventionModel DesignInterventionModel, designInfo.primaryPurpose DesignPrimaryPurpose,
        designInfo.maskingInfo.masking DesignMasking, enrollmentInfo EnrollmentInfo,
        enrollmentInfo.count EnrollmentCount, enrollmentInfo.type EnrollmentType""",
    "protocolSection.armsInterventionsModule": """
        armGroups ArmGroup, armGroups.label ArmGroupLabel, armGroups.type ArmGroupType,
        armGroups.description ArmGroupDescription, interventions Intervention, interventions.type InterventionType,
        interventions.name InterventionName, interventions.description InterventionDescription,
        interventions.otherNames InterventionOtherName""",
    "protocolSection.outcomesModule": """
        primaryOutcomes PrimaryOutcome, primaryOutcomes.measure PrimaryOutcomeMeasure,
        primaryOutcomes.description PrimaryOutcomeDescription, primaryOutcomes.timeFrame PrimaryOutcomeTimeFrame,
        secondaryOutcomes SecondaryOutcome, secondaryOutcomes.measure SecondaryOutcomeMeasure,
        secondaryOutcomes.description SecondaryOutcomeDescription, otherOutcomes OtherOutcome,
        otherOutcomes.measure OtherOutcomeMeasure""",
    "protocolSection.eligibilityModule": """
        eligibilityCriteria EligibilityCriteria, healthyVolunteers HealthyVolunteers, sex Sex,
        minimumAge MinimumAge, maximumAge MaximumAge, stdAges StdAge, studyPopulation StudyPopulation""",
    "protocolSection.contactsLocationsModule": """
        centralContacts CentralContact, centralContacts.name CentralContactName,
        overallOfficials OverallOfficial, overallOfficials.name OverallOfficialName,
        overallOfficials.affiliation OverallOfficialAffiliation, locations Location,
        locations.facility LocationFacility, locations.status LocationStatus, locations.city LocationCity,
        locations.state LocationState, locations.zip LocationZip, locations.country LocationCountry,
        locations.contacts LocationContact, locations.geoPoint LocationGeoPoint""",
    "derivedSection.miscInfoModule": "versionHolder VersionHolder, removedCountries RemovedCountry",
    "derivedSection.conditionBrowseModule": """
        meshes ConditionMesh, meshes.id ConditionMeshId, meshes.term ConditionMeshTerm,
        ancestors ConditionAncestor, ancestors.term ConditionAncestorTerm""",
    "derivedSection.interventionBrowseModule": """
        meshes InterventionMesh, meshes.id InterventionMeshId, meshes.term InterventionMeshTerm,
        ancestors InterventionAncestor, ancestors.term InterventionAncestorTerm""",
}


def capitalised(name):
    return name[0].upper() + name[1:]


def build_pieces():
    pieces = {"HasResults": ("hasResults",)}
    for section, modules in MODULES.items():
        pieces[capitalised(section)] = (section,)
        for module in modules:
            pieces[capitalised(module)] = (section, module)
    for module, table in PIECES_BELOW.items():
        for row in table.split(","):
            below, piece = row.split()
            pieces[piece] = tuple(module.split(".") + below.split("."))
    return pieces


PIECES = build_pieces()


def build_known_paths():
    paths = {path[:length] for path in PIECES.values() for length in range(1, len(path) + 1)}
    return {".".join(path) for path in paths}


KNOWN_PATHS = build_known_paths()


class UnknownField(ValueError):
    pass


def learn_paths(paths):
    """More dotted paths that may be asked for, from the OpenAPI text."""
    KNOWN_PATHS.update(paths)


def is_field(name):
    return name in PIECES or name in KNOWN_PATHS


def path_of(name):
    """The path, a tuple of keys, of a piece name or dotted path."""
    if name in PIECES:
        return PIECES[name]
    if name in KNOWN_PATHS:
        return tuple(name.split("."))
    raise UnknownField(name)


def split_list(text):
    return [item.strip() for item in re.split(r"[,|]", text)]


def values_at(tree, path):
    """Every leaf at the path or below it; lists are entered."""
    if isinstance(tree, list):
        return [leaf for item in tree for leaf in values_at(item, path)]
    if path:
        return values_at(tree[path[0]], path[1:]) if isinstance(tree, dict) and path[0] in tree else []
    if isinstance(tree, dict):
        return [leaf for item in tree.values() for leaf in values_at(item, ())]
    return [tree]


def project(tree, paths):
    """The record with only these paths in it; a branch brings its leaves."""
    if isinstance(tree, list):
        kept = [project(item, paths) for item in tree]
        return [item for item in kept if item not in ({}, None)]
    if () in paths:
        return tree
    if not isinstance(tree, dict):
        return None
    result = {}
    for key, value in tree.items():
        below = {path[1:] for path in paths if path[0] == key}
        kept = value if () in below else project(value, below) if below else None
        if kept not in (None, {}, []):
            result[key] = kept
    return result

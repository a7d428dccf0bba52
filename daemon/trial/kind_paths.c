/* Which kind a difference at a path is, for the whole record of the registry's v2 model.
 *
 * The paths are those of the registry's OpenAPI text (API v2, data model 2.0.5), and of fields met in its records that
 * the text does not name. */
#include "trial/kinds.h"

#include <string.h>

#define IDENTIFICATION "protocolSection.identificationModule"
#define STATUS "protocolSection.statusModule"
#define SPONSOR "protocolSection.sponsorCollaboratorsModule"
#define DESIGN "protocolSection.designModule"
#define OUTCOMES "protocolSection.outcomesModule"
#define ELIGIBILITY "protocolSection.eligibilityModule"
#define PLACES "protocolSection.contactsLocationsModule"

static const struct path_rule rules[] = {
    {"protocolSection", KIND_OTHER, GRAIN_LEAVES},

    {IDENTIFICATION, KIND_IDENTIFICATION, GRAIN_LEAVES},
    {IDENTIFICATION ".orgStudyIdInfo", KIND_IDENTIFICATION, GRAIN_WHOLE},
    {IDENTIFICATION ".organization", KIND_IDENTIFICATION, GRAIN_WHOLE},
    {IDENTIFICATION ".briefTitle", KIND_TITLE, GRAIN_TEXT},
    {IDENTIFICATION ".officialTitle", KIND_TITLE, GRAIN_TEXT},
    {IDENTIFICATION ".acronym", KIND_TITLE, GRAIN_WHOLE},

    /* Who asks about a status wants the overall one; what the registry adds to it is computed. */
    {STATUS, KIND_OTHER, GRAIN_LEAVES},
    {STATUS ".overallStatus", KIND_STATUS, GRAIN_WHOLE},
    {STATUS ".lastKnownStatus", KIND_DERIVED, GRAIN_WHOLE},
    {STATUS ".whyStopped", KIND_WHY_STOPPED, GRAIN_TEXT},
    {STATUS ".expandedAccessInfo", KIND_EXPANDED_ACCESS, GRAIN_WHOLE},
    {STATUS ".startDateStruct", KIND_DATES, GRAIN_WHOLE},
    {STATUS ".primaryCompletionDateStruct", KIND_DATES, GRAIN_WHOLE},
    {STATUS ".completionDateStruct", KIND_DATES, GRAIN_WHOLE},
    {STATUS ".resultsFirstPostDateStruct", KIND_RESULTS, GRAIN_WHOLE},
    {STATUS ".resultsFirstSubmitDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".resultsFirstSubmitQcDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".resultsWaived", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".statusVerifiedDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".delayedPosting", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".studyFirstSubmitDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".studyFirstSubmitQcDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".studyFirstPostDateStruct", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".dispFirstSubmitDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".dispFirstSubmitQcDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".dispFirstPostDateStruct", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".lastUpdateSubmitDate", KIND_SUBMISSION, GRAIN_WHOLE},
    {STATUS ".lastUpdatePostDateStruct", KIND_SUBMISSION, GRAIN_WHOLE},

    {SPONSOR, KIND_SPONSOR, GRAIN_LEAVES},
    {SPONSOR ".leadSponsor", KIND_SPONSOR, GRAIN_WHOLE},
    {SPONSOR ".responsibleParty", KIND_CONTACT, GRAIN_WHOLE},

    {"protocolSection.oversightModule", KIND_OVERSIGHT, GRAIN_LEAVES},

    {"protocolSection.descriptionModule", KIND_DESCRIPTION, GRAIN_LEAVES},
    {"protocolSection.descriptionModule.briefSummary", KIND_DESCRIPTION, GRAIN_TEXT},
    {"protocolSection.descriptionModule.detailedDescription", KIND_DESCRIPTION, GRAIN_TEXT},

    {"protocolSection.conditionsModule", KIND_CONDITION, GRAIN_LEAVES},

    {DESIGN, KIND_DESIGN, GRAIN_LEAVES},
    {DESIGN ".enrollmentInfo", KIND_ENROLLMENT, GRAIN_WHOLE},
    {DESIGN ".expandedAccessTypes", KIND_EXPANDED_ACCESS, GRAIN_WHOLE},
    {DESIGN ".nPtrsToThisExpAccNctId", KIND_DERIVED, GRAIN_WHOLE},

    {"protocolSection.armsInterventionsModule", KIND_INTERVENTION, GRAIN_LEAVES},

    {OUTCOMES, KIND_OUTCOME, GRAIN_LEAVES},
    {OUTCOMES ".primaryOutcomes", KIND_PRIMARY_OUTCOME, GRAIN_ITEMS},
    {OUTCOMES ".secondaryOutcomes", KIND_OUTCOME, GRAIN_ITEMS},
    {OUTCOMES ".otherOutcomes", KIND_OUTCOME, GRAIN_ITEMS},

    {ELIGIBILITY, KIND_ELIGIBILITY, GRAIN_LEAVES},
    {ELIGIBILITY ".eligibilityCriteria", KIND_ELIGIBILITY, GRAIN_TEXT},
    {ELIGIBILITY ".studyPopulation", KIND_ELIGIBILITY, GRAIN_TEXT},
    {ELIGIBILITY ".genderDescription", KIND_ELIGIBILITY, GRAIN_TEXT},
    {ELIGIBILITY ".stdAges", KIND_DERIVED, GRAIN_WHOLE}, /* computed from the ages beside it */

    {PLACES, KIND_OTHER, GRAIN_LEAVES},
    {PLACES ".centralContacts", KIND_CONTACT, GRAIN_WHOLE},
    {PLACES ".overallOfficials", KIND_CONTACT, GRAIN_WHOLE},
    {PLACES ".locations", KIND_SITE_OTHER, GRAIN_SITES},
    {PLACES ".locations_nested", KIND_DERIVED, GRAIN_WHOLE}, /* in some copies: the locations once more */

    {"protocolSection.referencesModule", KIND_REFERENCE, GRAIN_LEAVES},

    {"protocolSection.ipdSharingStatementModule", KIND_SHARING, GRAIN_LEAVES},
    {"protocolSection.ipdSharingStatementModule.description", KIND_SHARING, GRAIN_TEXT},

    {"hasResults", KIND_RESULTS, GRAIN_WHOLE},
    {"resultsSection", KIND_RESULTS, GRAIN_LEAVES},

    {"annotationSection", KIND_OTHER, GRAIN_LEAVES},
    {"annotationSection.annotationModule", KIND_OTHER, GRAIN_LEAVES},
    {"annotationSection.annotationModule.unpostedAnnotation", KIND_SUBMISSION, GRAIN_WHOLE},
    {"annotationSection.annotationModule.violationAnnotation", KIND_OVERSIGHT, GRAIN_WHOLE},

    {"documentSection", KIND_DOCUMENT, GRAIN_LEAVES},
    {"documentSection.largeDocumentModule", KIND_DOCUMENT, GRAIN_LEAVES},
    {"documentSection.largeDocumentModule.largeDocs", KIND_DOCUMENT, GRAIN_WHOLE},

    {"derivedSection", KIND_DERIVED, GRAIN_LEAVES},
    {"derivedSection.miscInfoModule", KIND_DERIVED, GRAIN_LEAVES},
    {"derivedSection.miscInfoModule.versionHolder", KIND_DERIVED, GRAIN_IGNORED},
    {"derivedSection.miscInfoModule.submissionTracking", KIND_SUBMISSION, GRAIN_WHOLE},
    {"derivedSection.conditionBrowseModule", KIND_DERIVED, GRAIN_LEAVES},
    {"derivedSection.interventionBrowseModule", KIND_DERIVED, GRAIN_LEAVES},
};

/* What is new to us. */
static const struct path_rule fallback = {"", KIND_OTHER, GRAIN_LEAVES};

/* Whether path is parent itself or lies under it. */
static bool path_within(const char *path, const char *parent, size_t parent_len)
{
    return strncmp(path, parent, parent_len) == 0 && (path[parent_len] == '\0' || path[parent_len] == '.');
}

const struct path_rule *kind_rule_for_path(const char *path)
{
    const struct path_rule *best = &fallback;
    size_t best_len = 0;

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        size_t len = strlen(rules[i].path);
        if (len > best_len && path_within(path, rules[i].path, len)) {
            best = &rules[i];
            best_len = len;
        }
    }
    return best;
}

bool kind_rule_below(const char *path)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        if (strncmp(rules[i].path, path, len) == 0 && rules[i].path[len] == '.')
            return true;
    return false;
}

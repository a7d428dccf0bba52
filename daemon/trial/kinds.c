#include "trial/kinds.h"

#include <errno.h>
#include <string.h>

static const struct kind_info kinds[KIND_COUNT] = {
    [KIND_LISTED] = {"listed", "New study", WEIGHT_URGENT, "A study that answers the watch's query appeared."},
    [KIND_UNLISTED] = {"unlisted", "Study left the query", WEIGHT_ROUTINE,
                       "A study no longer answers the watch's query, or left the registry."},

    [KIND_SITE_OPENED] = {"site-opened", "Site opened", WEIGHT_URGENT,
                          "A site began to recruit, or was newly listed as recruiting."},
    [KIND_SITE_CLOSED] = {"site-closed", "Site closed", WEIGHT_URGENT, "A site that stays listed stopped recruiting."},
    [KIND_SITE_STATUS] = {"site-status", "Site status", WEIGHT_ROUTINE,
                          "A site's status took another step than opening or closing."},
    [KIND_SITE_ADDED] = {"site-added", "Site added", WEIGHT_ROUTINE,
                         "A site was newly listed and does not recruit yet."},
    [KIND_SITE_REMOVED] = {"site-removed", "Site removed", WEIGHT_NOTABLE,
                           "A site is no longer listed; routine when it did not recruit."},
    [KIND_SITE_RENAMED] = {"site-renamed", "Site renamed", WEIGHT_ROUTINE, "The name or address of a site changed."},
    [KIND_SITE_CONTACT] = {"site-contact", "Site contact", WEIGHT_ROUTINE, "The people to ask at a site changed."},
    [KIND_SITE_GEOPOINT] = {"site-geopoint", "Site position", WEIGHT_SILENT,
                            "The coordinates that the registry computes for a site changed."},
    [KIND_SITE_ORDER] = {"site-order", "Order of sites", WEIGHT_SILENT, "The sites stand in another order."},
    [KIND_SITE_OTHER] = {"site-other", "Site, other", WEIGHT_ROUTINE,
                         "Another field of a site changed, or the list of sites as such."},

    [KIND_STATUS] = {"status", "Status", WEIGHT_URGENT, "The overall status of the study changed."},
    [KIND_WHY_STOPPED] = {"why-stopped", "Why stopped", WEIGHT_NOTABLE,
                          "The reason for stopping changed; urgent when it speaks of safety."},
    [KIND_RESULTS] = {"results", "Results", WEIGHT_URGENT,
                      "Results were posted for the first time; later edits of them are routine."},
    [KIND_DATES] = {"dates", "Dates", WEIGHT_NOTABLE, "The start, primary completion or completion date changed."},
    [KIND_ENROLLMENT] = {"enrollment", "Enrollment", WEIGHT_NOTABLE,
                         "The number of participants, or whether it is an estimate, changed."},
    [KIND_ELIGIBILITY] = {"eligibility", "Eligibility", WEIGHT_NOTABLE, "Who may take part changed."},
    [KIND_PRIMARY_OUTCOME] = {"primary-outcome", "Primary outcome", WEIGHT_NOTABLE,
                              "A primary outcome was added, dropped or reworded."},
    [KIND_OUTCOME] = {"outcome", "Outcome", WEIGHT_ROUTINE,
                      "A secondary or other outcome was added, dropped or reworded."},
    [KIND_SPONSOR] = {"sponsor", "Sponsor", WEIGHT_NOTABLE, "The lead sponsor or the collaborators changed."},
    [KIND_TITLE] = {"title", "Title", WEIGHT_ROUTINE, "A title or the acronym changed."},
    [KIND_DESCRIPTION] = {"description", "Description", WEIGHT_ROUTINE, "The summary or description changed."},
    [KIND_CONDITION] = {"condition", "Condition", WEIGHT_ROUTINE, "The conditions or keywords changed."},
    [KIND_INTERVENTION] = {"intervention", "Intervention", WEIGHT_ROUTINE, "The arms or interventions changed."},
    [KIND_DESIGN] = {"design", "Design", WEIGHT_ROUTINE, "The design of the study, its type or phase changed."},
    [KIND_OVERSIGHT] = {"oversight", "Oversight", WEIGHT_ROUTINE,
                        "What the authorities and the monitoring committee have to do with the study changed."},
    [KIND_CONTACT] = {"contact", "Contact", WEIGHT_ROUTINE,
                      "The central contacts, officials or responsible party changed."},
    [KIND_REFERENCE] = {"reference", "Reference", WEIGHT_ROUTINE, "Publications, links or available data changed."},
    [KIND_SHARING] = {"sharing", "Data sharing", WEIGHT_ROUTINE, "The plan to share participants' data changed."},
    [KIND_DOCUMENT] = {"document", "Document", WEIGHT_ROUTINE,
                       "A protocol, plan or consent form was posted or replaced."},
    [KIND_EXPANDED_ACCESS] = {"expanded-access", "Expanded access", WEIGHT_ROUTINE,
                              "Whether the treatment is to be had outside the study changed."},
    [KIND_IDENTIFICATION] = {"identification", "Identification", WEIGHT_ROUTINE,
                             "An id of the study or the organization that registers it changed."},
    [KIND_SUBMISSION] = {"submission", "Submission", WEIGHT_SILENT,
                         "The sponsor's and registry's bookkeeping: submission and posting dates, tracking."},
    [KIND_DERIVED] = {"derived", "Derived", WEIGHT_SILENT, "What the registry computes: MeSH terms, age groups."},
    [KIND_OTHER] = {"other", "Other", WEIGHT_ROUTINE, "A field of the record that has no kind of its own changed."},
};

static const char *const weights[] = {
    [WEIGHT_SILENT] = "silent",
    [WEIGHT_ROUTINE] = "routine",
    [WEIGHT_NOTABLE] = "notable",
    [WEIGHT_URGENT] = "urgent",
};

const struct kind_info *kind_info(enum kind kind)
{
    return &kinds[kind];
}

enum kind kind_from_name(const char *name)
{
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        if (strcmp(kinds[kind].name, name) == 0)
            return kind;
    return KIND_COUNT;
}

const char *weight_name(enum weight weight)
{
    return weights[weight];
}

int weight_from_name(const char *name, enum weight *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
        if (strcmp(weights[i], name) == 0) {
            *ret = (enum weight)i;
            return 0;
        }
    }
    return -EINVAL;
}

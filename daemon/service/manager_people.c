/* What people tell the daemon about alerts: mutes, and that they have seen something. */
#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "history/acks.h"
#include "history/mutes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Longer ones are forgotten by whoever set them: a watch is better taken out of the settings. */
#define MUTE_MAX_USEC (366 * USEC_PER_DAY)

/* A study by its id or an alias, or a watch of the settings. */
static int find_subject(struct manager *manager, const char *name, enum mute_subject *ret,
                        char ret_name[static MUTE_NAME_BYTES], struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];

    *ret = MUTE_WATCH;
    if (watch_set_find(manager->settings.watches, name)) {
        snprintf(ret_name, MUTE_NAME_BYTES, "%s", name);
        return 0;
    }
    if (!text_is_nct_id(name))
        return error_set(e, -ENOENT, "%s is neither a study's NCT id nor a watch of the settings", name);
    *ret = MUTE_STUDY;
    bool known = versions_resolve(manager->store, name, nct_id, NULL) >= 0;
    snprintf(ret_name, MUTE_NAME_BYTES, "%s", known ? nct_id : name);
    return 0;
}

/* Of a watch that the settings no longer have, too: its mute can still be ended. */
static void find_muted(struct manager *manager, const char *name, enum mute_subject *ret,
                       char ret_name[static MUTE_NAME_BYTES])
{
    if (find_subject(manager, name, ret, ret_name, NULL) < 0)
        snprintf(ret_name, MUTE_NAME_BYTES, "%s", name);
}

static int describe_mute(enum mute_subject subject, const char *name, int64_t until_usec, json_t **ret, struct error *e)
{
    char until[CLOCK_TEXT_BYTES];

    *ret = json_pack("{ss ss ss}", "subject", mute_subject_name(subject), "name", name, "until",
                     clock_format_utc(until_usec, until));
    return *ret ? 0 : error_set(e, -ENOMEM, "out of memory");
}

static const char *field_of(enum mute_subject subject)
{
    return subject == MUTE_STUDY ? "TRIALWATCH_STUDY" : "TRIALWATCH_WATCH";
}

int manager_mute(struct manager *manager, const struct person_wish *wish, json_t **ret, struct error *e)
{
    char name[MUTE_NAME_BYTES], until[CLOCK_TEXT_BYTES];
    struct mute mute = {.name = name, .who = wish->who, .note = wish->note, .begun_usec = clock_wall_usec()};

    if (wish->for_usec < USEC_PER_MINUTE || wish->for_usec > MUTE_MAX_USEC)
        return error_set(e, -EINVAL, "a mute lasts between 1m and 366d");
    mute.until_usec = mute.begun_usec + wish->for_usec;
    int r = find_subject(manager, wish->name, &mute.subject, name, e);
    if (r == 0)
        r = store_begin(manager->store, e);
    if (r == 0)
        r = manager_end_change(manager, mutes_begin(manager->store, &mute, e), e);
    if (r < 0)
        return r;
    log_about(LOG_NOTICE, field_of(mute.subject), name, "%s %s is muted until %s by %s",
              mute_subject_name(mute.subject), name, clock_format_utc(mute.until_usec, until), wish->who);
    return describe_mute(mute.subject, name, mute.until_usec, ret, e);
}

int manager_unmute(struct manager *manager, const struct person_wish *wish, struct error *e)
{
    char name[MUTE_NAME_BYTES];
    enum mute_subject subject;

    find_muted(manager, wish->name, &subject, name);
    int r = store_begin(manager->store, e);
    if (r == 0)
        r = manager_end_change(manager, mutes_end(manager->store, subject, name, wish->who, clock_wall_usec(), e), e);
    if (r == 0)
        log_about(LOG_NOTICE, field_of(subject), name, "%s %s is no longer muted, by %s", mute_subject_name(subject),
                  name, wish->who);
    return r;
}

static int append_mute(const struct mute *mute, void *userdata)
{
    char begun[CLOCK_TEXT_BYTES], until[CLOCK_TEXT_BYTES];

    return json_array_append_new(
        userdata, json_pack("{ss ss ss ss ss ss}", "subject", mute_subject_name(mute->subject), "name", mute->name,
                            "since", clock_format_utc(mute->begun_usec, begun), "until",
                            clock_format_utc(mute->until_usec, until), "who", mute->who, "note", mute->note));
}

json_t *manager_mutes(struct manager *manager)
{
    json_t *mutes = json_array();

    mutes_each(manager->store, true, clock_wall_usec(), append_mute, mutes, NULL);
    return mutes;
}

/* What may be in trouble, by its name. */
struct looking {
    const char *name;
    bool known, in_trouble;
};

static void look_at_channel(const struct channel_status *status, void *userdata)
{
    struct looking *looking = userdata;

    if (strcmp(status->name, looking->name) != 0)
        return;
    looking->known = true;
    looking->in_trouble = status->ill || status->failures > 0;
}

static struct looking look_for_trouble(const struct manager *manager, const char *name)
{
    struct looking looking = {.name = name};
    struct poller_status registry;
    struct store_health history;

    dispatch_each_status(manager->dispatch, look_at_channel, &looking);
    if (looking.known)
        return looking;
    poller_status(manager->poller, &registry);
    store_health(manager->store, &history);
    if (strcmp(name, "registry") == 0)
        return (struct looking){.known = true, .in_trouble = registry.failures > 0};
    if (strcmp(name, "history") == 0)
        return (struct looking){.known = true, .in_trouble = history.error < 0};
    return looking;
}

/* NULL: the registry or the history, which have no field. */
static const char *field_of_ack(const struct ack *ack)
{
    if (ack->subject == ACK_ALERT)
        return "TRIALWATCH_ALERT";
    return strcmp(ack->name, "registry") == 0 || strcmp(ack->name, "history") == 0 ? NULL : "TRIALWATCH_CHANNEL";
}

int manager_ack(struct manager *manager, const struct person_wish *wish, struct error *e)
{
    struct ack ack = {.name = wish->name, .who = wish->who, .note = wish->note, .acked_usec = clock_wall_usec()};

    struct looking looking = look_for_trouble(manager, wish->name);
    if (!looking.known && strncmp(wish->name, "al_", 3) != 0)
        return error_set(e, -ENOENT, "%s is neither an alert's id nor a channel, nor registry or history", wish->name);
    if (looking.known && !looking.in_trouble)
        return error_set(e, -ENOENT, "%s is in no trouble that could be acknowledged", wish->name);
    ack.subject = looking.known ? ACK_TROUBLE : ACK_ALERT;
    int r = store_begin(manager->store, e);
    if (r == 0)
        r = manager_end_change(manager, acks_add(manager->store, &ack, e), e);
    if (r == 0)
        log_about(LOG_INFO, field_of_ack(&ack), wish->name, "%s was acknowledged by %s", wish->name, wish->who);
    return r;
}

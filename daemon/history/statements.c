/* Every statement of the history file, in the order of the enum. */
#include "history/sql.h"

#define POLL_COLUMNS                                                                                                   \
    "id, started_usec, finished_usec, outcome, refresh, api_version, requests, records, changed, missing, bytes, "     \
    "reason, missing_ids"

#define VERSION_COLUMNS                                                                                                \
    "v.id, s.nct_id, v.number, v.origin, v.seen_usec, f.name, v.poll, v.hash, v.canonical_bytes, v.change_count"
#define VERSION_FROM " FROM versions v JOIN studies s ON s.id = v.study JOIN refreshes f ON f.id = v.refresh "

/* ?4 and ?5 are JSON arrays of kind names and countries, NULL for any; ?6 a limit, -1 for all. */
#define CHANGE_FILTER                                                                                                  \
    "c.seen_usec >= ?1 AND c.seen_usec < ?2 AND c.weight >= ?3"                                                        \
    " AND (?4 IS NULL OR c.kind IN (SELECT value FROM json_each(?4)))"                                                 \
    " AND (?5 IS NULL OR EXISTS (SELECT 1 FROM sites WHERE study = c.study AND number = c.site"                        \
    " AND country COLLATE NOCASE IN (SELECT value FROM json_each(?5))))"
#define CHANGE_KEYS(filter, direction)                                                                                 \
    "SELECT c.id FROM changes c WHERE " CHANGE_FILTER filter " ORDER BY c.seen_usec " direction ", c.id " direction    \
    " LIMIT ?6"
#define CHANGE_OF_STUDY                                                                                                \
    " AND c.study = (SELECT id FROM studies WHERE nct_id = ?7)"                                                        \
    " AND (?8 = 0 OR c.version = (SELECT id FROM versions WHERE study = c.study AND origin = 0 AND number = ?8))"

/* ?1 is a set of 1 << state. The parameters are the same for all; first names the columns of the index to use. */
#define ALERT_FILTER                                                                                                   \
    "((1 << state) & ?1) <> 0 AND created_usec >= ?2 AND due_usec <= ?3 AND (?4 IS NULL OR channel = ?4)"              \
    " AND (?5 IS NULL OR study = (SELECT id FROM studies WHERE nct_id = ?5))"                                          \
    " AND (?6 IS NULL OR alert_id = ?6)"                                                                               \
    " AND (?7 IS NULL OR message = (SELECT id FROM messages WHERE message_id = ?7))"
#define ALERT_KEYS(first, order) "SELECT id FROM alerts WHERE " first ALERT_FILTER " ORDER BY " order " LIMIT ?8"
#define ALERT_OF_STUDY "study = (SELECT id FROM studies WHERE nct_id = ?5) AND "
#define ALERT_OF_MESSAGE "message = (SELECT id FROM messages WHERE message_id = ?7) AND "
#define ALERT_WAITING "channel = ?4 AND state < 2 AND "

/* What an alert told, for the ledger. */
#define ALERT_TELLS "json_array(s.nct_id, v.number, json(a.changes))"
#define ALERT_TOLD "a.alert_id AS id, " ALERT_TELLS " AS told"
#define ALERT_TOLD_FROM " FROM alerts a JOIN studies s ON s.id = a.study JOIN versions v ON v.id = a.version"

static const char *const texts[SQL_COUNT] = {
    [SQL_PART_BEGIN] = "SAVEPOINT part",
    [SQL_PART_END] = "RELEASE part",
    [SQL_PART_UNDO] = "ROLLBACK TO part",

    [SQL_POLL_BEGIN] =
        "INSERT INTO polls (started_usec, finished_usec, outcome, refresh, api_version, requests, records, changed,"
        " missing, bytes, reason, missing_ids) VALUES (?1, NULL, 0, ?2, ?3, 0, 0, 0, 0, 0, '', '[]')",
    [SQL_POLL_FINISH] =
        "UPDATE polls SET finished_usec = ?2, outcome = ?3, refresh = ?4, api_version = ?5, requests = ?6,"
        " records = ?7, changed = ?8, missing = ?9, bytes = ?10, reason = ?11, missing_ids = ?12"
        " WHERE id = ?1 AND outcome = 0",
    [SQL_POLL_GET] = "SELECT " POLL_COLUMNS " FROM polls WHERE id = ?1",
    [SQL_POLL_KEYS] = "SELECT id FROM polls WHERE coalesce(finished_usec, 0) >= ?1 ORDER BY id DESC LIMIT ?2",
    [SQL_POLL_NEWEST] = "SELECT " POLL_COLUMNS " FROM polls WHERE outcome = ?1 ORDER BY id DESC LIMIT 1",
    [SQL_POLL_PRUNE] = "DELETE FROM polls WHERE outcome = 1 AND finished_usec < ?1 AND id NOT IN"
                       " (SELECT max(id) FROM polls WHERE outcome = 1 GROUP BY finished_usec / 86400000000)",

    [SQL_STUDY_ID] = "SELECT id FROM studies WHERE nct_id = ?1",
    [SQL_STUDY_RESOLVE] =
        "SELECT nct_id FROM studies WHERE nct_id = ?1 OR id = (SELECT study FROM aliases WHERE alias = ?1)"
        " ORDER BY nct_id <> ?1 LIMIT 1",
    [SQL_STUDY_INSERT] =
        "INSERT INTO studies (nct_id, title, overall_status, site_count, recruiting_count, refresh, version_count,"
        " first_seen_usec, last_seen_usec, last_changed_usec, last_poll)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?7, ?8)",
    [SQL_STUDY_UPDATE] =
        "UPDATE studies SET title = ?2, overall_status = ?3, site_count = ?4, recruiting_count = ?5, refresh = ?6,"
        " version_count = version_count + 1, last_seen_usec = ?7, last_changed_usec = ?7, last_poll = ?8, glance = NULL"
        " WHERE nct_id = ?1",
    [SQL_STUDY_NOTE_SEEN] = "UPDATE studies SET last_seen_usec = ?2, last_poll = ?3"
                            " WHERE nct_id = ?1",
    [SQL_GLANCE_KEY] = "SELECT bytes FROM glance_key",
    [SQL_STUDY_GLANCE] = "SELECT glance, glance_bytes, glance_day FROM studies"
                         " WHERE nct_id = ?1 AND glance IS NOT NULL",
    [SQL_STUDY_SET_GLANCE] = "UPDATE studies SET glance = ?2, glance_bytes = ?3, glance_day = ?4 WHERE nct_id = ?1",
    [SQL_STUDY_SEEN_SINCE] = "SELECT 1 FROM studies WHERE last_poll >= ?2 AND"
                             " (nct_id = ?1 OR id = (SELECT study FROM aliases WHERE alias = ?1))",
    [SQL_STUDY_COUNT_ARCHIVED] = "UPDATE studies SET version_count = version_count + 1 WHERE nct_id = ?1",
    /* None is ever deleted, and counting 600,000 would take 80 ms. */
    [SQL_STUDY_COUNT] = "SELECT ifnull(max(id), 0) FROM studies",
    [SQL_STUDY_KEYS] = "SELECT id FROM studies ORDER BY nct_id",
    [SQL_STUDY_GET] =
        "SELECT nct_id, title, overall_status, version_count, site_count, recruiting_count, first_seen_usec,"
        " last_seen_usec, last_changed_usec,"
        " coalesce((SELECT nullif(p.refresh, '') FROM polls p WHERE p.id = last_poll), refresh)"
        " FROM studies WHERE id = ?1",
    [SQL_ALIAS_SET] =
        "INSERT INTO aliases (alias, study) VALUES (?1, ?2) ON CONFLICT (alias) DO UPDATE SET study = excluded.study",

    [SQL_REFRESH_ADD] =
        "INSERT INTO refreshes (name) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM refreshes WHERE name = ?1)",
    [SQL_VERSION_INSERT] =
        "INSERT INTO versions (study, origin, number, seen_usec, refresh, poll, change_count, hash, canonical_bytes,"
        " base, body) VALUES (?1, ?2, ?3, ?4, (SELECT id FROM refreshes WHERE name = ?5), ?6, ?7, ?8, ?9, ?10, ?11)",
    [SQL_VERSION_NEWEST] =
        "SELECT " VERSION_COLUMNS VERSION_FROM "WHERE s.nct_id = ?1 AND v.origin = ?2 ORDER BY v.number DESC LIMIT 1",
    [SQL_VERSION_GET] =
        "SELECT " VERSION_COLUMNS VERSION_FROM "WHERE s.nct_id = ?1 AND v.origin = ?2 AND v.number = ?3",
    [SQL_VERSION_BY_ID] = "SELECT " VERSION_COLUMNS VERSION_FROM "WHERE v.id = ?1",
    [SQL_VERSION_AT] =
        "SELECT " VERSION_COLUMNS VERSION_FROM
        "WHERE s.nct_id = ?1 AND v.seen_usec <= ?2 ORDER BY v.origin, v.seen_usec DESC, v.number DESC LIMIT 1",
    [SQL_VERSION_KEYS] = "SELECT v.id" VERSION_FROM "WHERE s.nct_id = ?1 ORDER BY v.seen_usec, v.origin DESC, v.number",
    [SQL_VERSION_KEYS_FROM] = "SELECT id FROM versions WHERE +id >= ?1 AND +id <= ?2 ORDER BY study, origin, number",
    [SQL_BODY_GET] = "SELECT base, canonical_bytes, body FROM versions WHERE id = ?1",
    [SQL_BODY_BASE] = "SELECT base FROM versions WHERE id = ?1",
    [SQL_BODY_COUNT] = "SELECT count(*) FROM versions WHERE study = ?1 AND origin = ?2",
    [SQL_BODY_NTH] = "SELECT id FROM versions WHERE study = ?1 AND origin = ?2 ORDER BY number LIMIT 1 OFFSET ?3",
    [SQL_BODY_PATTERN] = "SELECT id, study FROM versions WHERE base IS NULL AND canonical_bytes BETWEEN 8192 AND 65536"
                         " ORDER BY id DESC LIMIT 1",

    [SQL_CHANGE_INSERT] =
        "INSERT INTO changes (version, study, seen_usec, kind, weight, path, before, after, site, old_index, new_index,"
        " with_study, effective_before, effective_after, note, old_item, new_item)"
        " VALUES (?1, (SELECT study FROM versions WHERE id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
        " ?14, ?15, ?16)",
    [SQL_CHANGE_COUNT] = "SELECT kind FROM changes c WHERE study = (SELECT id FROM studies WHERE nct_id = ?1)"
                         " AND version = (SELECT id FROM versions WHERE study = c.study AND origin = 0 AND number = ?2)"
                         " AND seen_usec >= ?3",
    [SQL_CHANGE_KEYS] = CHANGE_KEYS("", "ASC"),
    [SQL_CHANGE_KEYS_NEWEST] = CHANGE_KEYS("", "DESC"),
    [SQL_CHANGE_KEYS_BY_STUDY] = CHANGE_KEYS(CHANGE_OF_STUDY, "ASC"),
    [SQL_CHANGE_KEYS_BY_STUDY_NEWEST] = CHANGE_KEYS(CHANGE_OF_STUDY, "DESC"),
    [SQL_CHANGE_GET] =
        "SELECT c.id, s.nct_id, v.number, c.seen_usec, f.name, s.title, c.kind, c.weight, c.path, c.before, c.after,"
        " c.site, c.old_index, c.new_index, c.with_study, c.effective_before, c.effective_after, c.note,"
        " c.old_item, c.new_item FROM changes c JOIN versions v ON v.id = c.version JOIN refreshes f ON f.id = "
        "v.refresh"
        " JOIN studies s ON s.id = c.study WHERE c.id = ?1",

    [SQL_SITE_UPSERT] =
        "INSERT INTO sites (study, number, position, facility, city, state, zip, country, status, latitude, longitude,"
        " contacts, listed_usec, status_usec, opened_usec, closed_usec, unlisted_usec)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, iif(?9 = 'RECRUITING', ?13, NULL), NULL,"
        " NULL) ON CONFLICT (study, number) DO UPDATE SET position = excluded.position, facility = excluded.facility,"
        " city = excluded.city, state = excluded.state, zip = excluded.zip, country = excluded.country,"
        " status = excluded.status, latitude = excluded.latitude, longitude = excluded.longitude,"
        " contacts = excluded.contacts, status_usec = iif(status = excluded.status, status_usec, ?13),"
        " opened_usec = iif(status <> 'RECRUITING' AND excluded.status = 'RECRUITING', ?13, opened_usec),"
        " closed_usec = iif(status = 'RECRUITING' AND excluded.status <> 'RECRUITING', ?13, closed_usec)"
        " WHERE (position, facility, city, state, zip, country, status, latitude, longitude, contacts) IS NOT"
        " (excluded.position, excluded.facility, excluded.city, excluded.state, excluded.zip, excluded.country,"
        " excluded.status, excluded.latitude, excluded.longitude, excluded.contacts)",
    [SQL_SITE_UNLIST] = "UPDATE sites SET position = NULL, unlisted_usec = ?3,"
                        " closed_usec = iif(status = 'RECRUITING', ?3, closed_usec) WHERE study = ?1 AND number = ?2",
    [SQL_SITE_LAST_NUMBER] = "SELECT coalesce(max(number), 0) FROM sites WHERE study = ?1",
    [SQL_SITE_KEYS] = "SELECT number FROM sites WHERE study = (SELECT id FROM studies WHERE nct_id = ?1)"
                      " ORDER BY position IS NULL, position, number",
    [SQL_SITE_GET] =
        "SELECT s.number, s.position, s.facility, s.city, s.state, s.zip, s.country, s.status, s.listed_usec,"
        " s.status_usec, s.unlisted_usec, s.latitude, s.longitude, s.contacts"
        " FROM sites s JOIN studies t ON t.id = s.study WHERE t.nct_id = ?1 AND s.number = ?2",
    [SQL_SITE_STATUS_SINCE] = "SELECT iif(status = ?3, status_usec, 0) FROM sites"
                              " WHERE study = (SELECT id FROM studies WHERE nct_id = ?1) AND number = ?2",
    [SQL_SITE_MAP_INSERT] = "INSERT INTO site_maps (study, version, numbers) VALUES (?1, ?2, ?3)",
    [SQL_SITE_MAP_GET] =
        "SELECT numbers FROM site_maps WHERE study = ?1 AND version <= ?2 ORDER BY version DESC LIMIT 1",

    [SQL_ALERT_INSERT] =
        "INSERT INTO alerts (alert_id, channel, study, version, refresh, weight, state, created_usec, due_usec,"
        " finished_usec, message, watches, changes, gathered, reason)"
        " VALUES (?1, ?2, (SELECT study FROM versions WHERE id = ?3), ?3, ?4,"
        " ?5, ?9, ?6, ?10, iif(?9 = 5, ?6, NULL), NULL, ?7, ?8, ?9 = 1, ?11) ON CONFLICT (alert_id) DO NOTHING",
    [SQL_ALERT_STATE] = "SELECT id, state, channel, message FROM alerts WHERE alert_id = ?1",
    [SQL_ALERT_MOVE] =
        "UPDATE alerts SET state = ?2, due_usec = coalesce(?3, due_usec), finished_usec = ?4, gathered = 0,"
        " surge = iif(?2 = 0, NULL, surge) WHERE id = ?1",
    [SQL_ALERT_EXPLAIN] = "UPDATE alerts SET reason = ?2 WHERE id = ?1",
    [SQL_GATHERED_REFRESH] = "SELECT refresh FROM alerts WHERE gathered = 1 LIMIT 1",
    /* ?2 is a list of kinds with a comma before and behind each: an alert of nothing else is one of the surge ?3. */
    [SQL_GATHERED_JUDGE] =
        "UPDATE alerts SET gathered = 0, surge = iif(b.alike, ?3, NULL), state = iif(b.alike, 1, 0),"
        " due_usec = iif(b.alike, due_usec, ?4) FROM (SELECT a.id AS id, ?3 IS NOT NULL AND NOT EXISTS (SELECT 1"
        " FROM json_each(a.changes) j JOIN changes c ON c.id = j.value WHERE instr(?2, ',' || c.kind || ',') = 0)"
        " AS alike FROM alerts a WHERE a.gathered = 1 AND a.refresh = ?1 LIMIT ?5) b WHERE alerts.id = b.id",
    [SQL_ALERT_SEND] = "UPDATE alerts SET state = 2, due_usec = ?2, message = ?3, gathered = 0 WHERE id = ?1",
    [SQL_ALERT_FINISH_MESSAGE] = "UPDATE alerts SET state = ?2, finished_usec = ?3 WHERE message = ?1 AND state = 2",
    [SQL_ALERT_DELAY_MESSAGE] = "UPDATE alerts SET due_usec = ?2 WHERE message = ?1 AND state = 2",
    [SQL_ALERT_DETACH] = "UPDATE alerts SET message = NULL WHERE id = ?1",
    [SQL_ALERT_GET] =
        "SELECT a.alert_id, a.channel, s.nct_id, s.title, a.refresh, v.number, a.weight, a.state, a.created_usec,"
        " a.due_usec, a.finished_usec, m.message_id, a.watches, a.changes,"
        " (SELECT count(*) FROM attempts p WHERE p.message = a.message),"
        " (SELECT p.answer FROM attempts p WHERE p.message = a.message ORDER BY p.id DESC LIMIT 1),"
        " coalesce(a.reason, (SELECT g.sentence FROM surges g WHERE g.id = a.surge)),"
        " (SELECT k.who FROM acks k WHERE k.name = a.alert_id AND k.subject = 0 ORDER BY k.id DESC LIMIT 1)"
        " FROM alerts a JOIN studies s ON s.id = a.study JOIN versions v ON v.id = a.version"
        " LEFT JOIN messages m ON m.id = a.message WHERE a.id = ?1",
    [SQL_ALERT_KEYS] = ALERT_KEYS("", "id"),
    [SQL_ALERT_KEYS_NEWEST] = ALERT_KEYS("", "id DESC"),
    [SQL_ALERT_KEYS_BY_ID] = ALERT_KEYS("alert_id = ?6 AND ", "id"),
    [SQL_ALERT_KEYS_BY_MESSAGE] = ALERT_KEYS(ALERT_OF_MESSAGE, "id"),
    [SQL_ALERT_KEYS_BY_MESSAGE_NEWEST] = ALERT_KEYS(ALERT_OF_MESSAGE, "id DESC"),
    [SQL_ALERT_KEYS_BY_STUDY] = ALERT_KEYS(ALERT_OF_STUDY, "id"),
    [SQL_ALERT_KEYS_BY_STUDY_NEWEST] = ALERT_KEYS(ALERT_OF_STUDY, "id DESC"),
    [SQL_ALERT_KEYS_WAITING] = ALERT_KEYS(ALERT_WAITING, "due_usec, id"),
    [SQL_ALERT_KEYS_WAITING_NEWEST] = ALERT_KEYS(ALERT_WAITING, "id DESC"),
    [SQL_ALERT_COUNTS] = "SELECT state, sum(alerts) FROM alert_counts WHERE ?1 IS NULL OR channel = ?1 GROUP BY state",
    [SQL_ALERT_THREAD] =
        "SELECT p.thread FROM alerts a JOIN attempts p ON p.message = a.message WHERE a.channel = ?1"
        " AND a.study = (SELECT id FROM studies WHERE nct_id = ?2) AND p.thread IS NOT NULL ORDER BY p.id LIMIT 1",

    [SQL_PROGRESS_GET] = "SELECT refresh, token, records, total, first_poll, questions FROM progress",
    [SQL_PROGRESS_SET] =
        "INSERT INTO progress (id, refresh, token, records, total, first_poll, questions)"
        " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET refresh = excluded.refresh,"
        " token = excluded.token, records = excluded.records, total = excluded.total,"
        " first_poll = excluded.first_poll, questions = excluded.questions",
    [SQL_PROGRESS_CLEAR] = "DELETE FROM progress",

    [SQL_QUERY_RUNS] = "SELECT 1 FROM queries WHERE watch = ?1 AND question = ?2",
    [SQL_QUERY_SET] =
        "INSERT INTO queries (watch, question, since_usec) VALUES (?1, ?2, ?3) ON CONFLICT (watch) DO UPDATE SET"
        " question = excluded.question, since_usec = excluded.since_usec WHERE question <> excluded.question",
    [SQL_MEMBER_IDS] =
        "SELECT s.nct_id FROM members m JOIN studies s ON s.id = m.study WHERE m.watch = ?1 AND m.left_usec IS NULL"
        " ORDER BY s.nct_id",
    [SQL_MEMBER_STAYS] = "SELECT s.nct_id, m.joined_usec, m.left_usec FROM members m JOIN studies s ON s.id = m.study"
                         " WHERE m.watch = ?1 ORDER BY s.nct_id, m.joined_usec",
    [SQL_MEMBER_JOIN] =
        "INSERT INTO members (watch, study, joined_usec) SELECT ?1, id, ?3 FROM studies WHERE nct_id = ?2"
        " ON CONFLICT (watch, study) WHERE left_usec IS NULL DO NOTHING",
    [SQL_MEMBER_LEAVE] = "UPDATE members SET left_usec = ?3 WHERE watch = ?1 AND left_usec IS NULL"
                         " AND study = (SELECT id FROM studies WHERE nct_id = ?2)",
    [SQL_MEMBER_LEAVE_ALL] = "UPDATE members SET left_usec = ?2 WHERE watch = ?1 AND left_usec IS NULL",
    [SQL_QUERY_END] = "DELETE FROM queries WHERE watch = ?1",

    [SQL_WATCH_PUT] =
        "INSERT INTO watches (name, settings, origin, place, since_usec, trouble) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, place = excluded.place,"
        " since_usec = iif(origin = excluded.origin, since_usec, excluded.since_usec), origin = excluded.origin,"
        " trouble = excluded.trouble",
    [SQL_WATCH_REMOVE] = "DELETE FROM watches WHERE name = ?1",
    [SQL_WATCH_PAUSE] = "UPDATE watches SET paused_usec = ?2, paused_by = ?3 WHERE name = ?1",
    [SQL_WATCH_KEYS] = "SELECT id FROM watches WHERE ?1 IS NULL OR name = ?1 ORDER BY name",
    [SQL_WATCH_GET] =
        "SELECT name, settings, origin, place, since_usec, paused_usec, paused_by, trouble FROM watches WHERE id = ?1",

    [SQL_REFRESH_KIND_COUNT] = "INSERT INTO refresh_kinds (refresh, kind, studies) VALUES (?1, ?2, 1)"
                               " ON CONFLICT (refresh, kind) DO UPDATE SET studies = studies + 1",
    [SQL_REFRESH_KINDS] = "SELECT kind, studies FROM refresh_kinds WHERE refresh = ?1",
    [SQL_SURGE_INSERT] =
        "INSERT INTO surges (refresh, decided_usec, studies, kinds, sentence) VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_SURGE_OPEN] = "SELECT id, kinds FROM surges WHERE refresh = ?1"
                       " AND NOT EXISTS (SELECT 1 FROM messages WHERE surge = surges.id) ORDER BY id DESC LIMIT 1",
    [SQL_SURGE_DUE] = "SELECT surge, channel, max(weight), count(*), (SELECT sentence FROM surges WHERE id = surge)"
                      " FROM alerts WHERE surge IS NOT NULL AND state = 1 GROUP BY surge, channel LIMIT 1",
    [SQL_SURGE_MESSAGE] =
        "INSERT INTO messages (message_id, channel, state, created_usec, next_attempt_usec, finished_usec, attempts,"
        " alert_count, surge) SELECT ?1, ?2, 0, ?5, ?3, NULL, 0, count(*), ?4 FROM alerts"
        " WHERE surge = ?4 AND channel = ?2 AND state = 1",
    [SQL_SURGE_SEND] =
        "UPDATE alerts SET state = 2, due_usec = ?3, message = ?4 WHERE surge = ?1 AND channel = ?2 AND state = 1",
    [SQL_SURGE_OF_MESSAGE] =
        "SELECT g.refresh, g.studies, m.alert_count, g.kinds, (SELECT json_group_array(name) FROM (SELECT DISTINCT"
        " w.value AS name FROM alerts a, json_each(a.watches) w WHERE a.message = m.id ORDER BY 1)), m.channel"
        " FROM messages m JOIN surges g ON g.id = m.surge WHERE m.message_id = ?1",

    [SQL_MUTE_INSERT] = "INSERT INTO mutes (subject, name, who, note, begun_usec, until_usec, ended_usec, ended_by)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL)",
    [SQL_MUTE_END] = "UPDATE mutes SET ended_usec = ?3, ended_by = ?4"
                     " WHERE subject = ?1 AND name = ?2 AND ended_usec IS NULL AND until_usec > ?3",
    [SQL_MUTE_KEYS] = "SELECT id FROM mutes WHERE ?1 = 0 OR (ended_usec IS NULL AND until_usec > ?2) ORDER BY id",
    [SQL_MUTE_GET] =
        "SELECT subject, name, who, note, begun_usec, until_usec, ended_usec, ended_by FROM mutes WHERE id = ?1",
    [SQL_MUTE_FIND] = "SELECT until_usec, who FROM mutes WHERE subject = ?1 AND name = ?2 AND ended_usec IS NULL"
                      " AND begun_usec <= ?3 AND until_usec > ?3 ORDER BY id DESC LIMIT 1",
    [SQL_ACK_INSERT] = "INSERT INTO acks (subject, name, who, note, acked_usec) VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_ACK_NEWEST] = "SELECT max(acked_usec) FROM acks WHERE subject = 1 AND name = ?1",

    [SQL_MESSAGE_INSERT] =
        "INSERT INTO messages (message_id, channel, state, created_usec, next_attempt_usec, finished_usec, attempts,"
        " alert_count) VALUES (?1, ?2, 0, ?3, ?3, NULL, 0, ?4)",
    [SQL_MESSAGE_REOPEN] =
        "UPDATE messages SET state = 0, created_usec = ?2, next_attempt_usec = ?2, finished_usec = NULL, attempts = 0,"
        " alert_count = ?3 WHERE id = ?1",
    [SQL_MESSAGE_STATE] = "SELECT id, state, alert_count FROM messages WHERE message_id = ?1",
    [SQL_MESSAGE_NEXT] =
        "SELECT message_id, channel, created_usec, next_attempt_usec, attempts, alert_count, surge FROM messages"
        " WHERE channel = ?1 AND state = 0 ORDER BY next_attempt_usec, id LIMIT 1",
    [SQL_MESSAGE_RETRY] = "UPDATE messages SET attempts = attempts + 1, next_attempt_usec = ?2 WHERE id = ?1",
    [SQL_MESSAGE_FINISH] =
        "UPDATE messages SET attempts = attempts + ?4, state = ?2, next_attempt_usec = NULL, finished_usec = ?3"
        " WHERE id = ?1",
    [SQL_MESSAGE_SHRINK] = "UPDATE messages SET alert_count = alert_count - 1 WHERE id = ?1",
    [SQL_MESSAGE_SENDING] = "SELECT count(*) FROM alerts WHERE message = ?1 AND state = 2",
    [SQL_MESSAGE_DELIVERED_SINCE] =
        "SELECT count(*) FROM messages WHERE channel = ?1 AND state = 1 AND finished_usec BETWEEN ?2 AND ?3"
        " AND alert_count > 0",
    [SQL_ATTEMPT_INSERT] =
        "INSERT INTO attempts (message, started_usec, latency_usec, outcome, retry_at_usec, code, answer, thread)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_ATTEMPT_KEYS] =
        "SELECT id FROM attempts WHERE message = (SELECT id FROM messages WHERE message_id = ?1) ORDER BY id",
    [SQL_ATTEMPT_GET] =
        "SELECT started_usec, latency_usec, outcome, retry_at_usec, code, answer, thread FROM attempts WHERE id = ?1",

    [SQL_RECIPIENT_INSERT] =
        "INSERT INTO attempt_recipients (attempt, address, outcome, code, answer) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (attempt, address) DO NOTHING",
    [SQL_RECIPIENT_KEYS] = "SELECT r.id FROM attempt_recipients r JOIN attempts p ON p.id = r.attempt"
                           " WHERE p.message = (SELECT id FROM messages WHERE message_id = ?1) ORDER BY r.id",
    [SQL_RECIPIENT_GET] =
        "SELECT r.address, r.outcome, r.code, r.answer, p.started_usec,"
        " r.outcome = 0 OR (r.outcome = 2 AND p.started_usec >= m.created_usec)"
        " FROM attempt_recipients r JOIN attempts p ON p.id = r.attempt JOIN messages m ON m.id = p.message"
        " WHERE r.id = ?1",
    [SQL_BULLETIN_INSERT] = "INSERT INTO bulletins (message, headline, text) VALUES (?1, ?2, ?3)",
    [SQL_BULLETIN_GET] = "SELECT m.channel, b.headline, b.text FROM bulletins b JOIN messages m ON m.id = b.message"
                         " WHERE m.message_id = ?1",

    [SQL_TROUBLE_GET] = "SELECT since_usec, told_usec, needs_person, words FROM troubles WHERE name = ?1",
    [SQL_TROUBLE_SET] =
        "INSERT INTO troubles (name, since_usec, told_usec, needs_person, words) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (name) DO UPDATE SET since_usec = excluded.since_usec, told_usec = excluded.told_usec,"
        " needs_person = excluded.needs_person, words = excluded.words",
    [SQL_TROUBLE_CLEAR] = "DELETE FROM troubles WHERE name = ?1",

    [SQL_LEDGER_INSERT] = "INSERT INTO ledger (number, subject, row, entry, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_LEDGER_HEAD] = "SELECT number, hash FROM ledger ORDER BY number DESC LIMIT 1",
    [SQL_LEDGER_HASH] = "SELECT hash FROM ledger WHERE number = ?1",
    [SQL_LEDGER_PAGE] =
        "SELECT number, subject, row, entry, hash FROM ledger WHERE number >= ?1 AND number <= ?2 ORDER BY number",
    [SQL_LEDGER_VERSION_ROWS] =
        "SELECT min(row), max(row) FROM ledger WHERE subject = 0 AND number >= ?1 AND number <= ?2",
    [SQL_LEDGER_ROW_BEFORE] = "SELECT row FROM ledger WHERE subject = ?1 AND number < ?2 ORDER BY number DESC LIMIT 1",
    [SQL_LEDGER_CHANGE] =
        "SELECT c.id, s.nct_id, v.number, c.seen_usec, c.kind, c.weight, c.path, c.before, c.after, c.site,"
        " c.old_index, c.new_index, c.old_item, c.new_item, c.with_study, c.effective_before, c.effective_after, c.note"
        " FROM changes c JOIN versions v ON v.id = c.version JOIN studies s ON s.id = c.study"
        " WHERE c.id BETWEEN ?1 AND ?2 ORDER BY c.id",
    [SQL_LEDGER_ATTEMPT] =
        "SELECT 'attempt', p.id, m.message_id, m.channel, p.started_usec, p.latency_usec,"
        " CASE p.outcome WHEN 0 THEN 'delivered' WHEN 1 THEN 'retry' ELSE 'failed' END, p.retry_at_usec, p.code,"
        " p.answer, p.thread FROM attempts p JOIN messages m ON m.id = p.message WHERE p.id = ?1",
    [SQL_LEDGER_ALERTS] =
        "SELECT json_group_object(id, json(told)) FROM (SELECT " ALERT_TOLD ALERT_TOLD_FROM
        " WHERE a.message = (SELECT message FROM attempts WHERE id = ?1 AND outcome <> 1) AND a.state >= 2"
        " ORDER BY a.alert_id)",
    [SQL_LEDGER_FALSE_ALERT] =
        "SELECT j.key FROM json_each(?1) j WHERE NOT EXISTS (SELECT 1" ALERT_TOLD_FROM " WHERE a.alert_id = j.key"
        " AND a.channel = (SELECT m.channel FROM attempts p JOIN messages m ON m.id = p.message WHERE p.id = ?2)"
        " AND " ALERT_TELLS " = j.value) LIMIT 1",
    [SQL_LEDGER_UNCOVERED_VERSION] =
        "SELECT " VERSION_COLUMNS VERSION_FROM "WHERE v.id NOT IN (SELECT row FROM ledger WHERE subject = 0) LIMIT 1",
    [SQL_LEDGER_UNCOVERED_POLL] = "SELECT id FROM polls WHERE outcome <> 0"
                                  " AND id NOT IN (SELECT row FROM ledger WHERE subject = 1) LIMIT 1",
    [SQL_LEDGER_UNCOVERED_ATTEMPT] =
        "SELECT id FROM attempts WHERE id NOT IN (SELECT row FROM ledger WHERE subject = 2) LIMIT 1",
    [SQL_LEDGER_UNCOVERED_CHANGE] =
        "SELECT id FROM changes WHERE id > coalesce((SELECT max(row) FROM ledger WHERE subject = 3), 0) LIMIT 1",
    [SQL_LEDGER_UNTOLD_ALERT] =
        "SELECT alert_id FROM alerts a WHERE state = 3"
        " AND NOT EXISTS (SELECT 1 FROM attempts p WHERE p.message = a.message AND p.outcome = 0) LIMIT 1",
};

const char *sql_text(enum statement id)
{
    return texts[id];
}

-- The history file of trialwatch, schema 1.
--
-- …_usec are microseconds since 1970 in UTC. Small numbers that stand for words are named beside their column, and by
-- the views at the end, which are what people should read. versions, refreshes, site_maps, changes, attempts,
-- attempt_recipients and ledger only ever grow.

CREATE TABLE polls (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, also after pruning
    started_usec  INTEGER NOT NULL,
    finished_usec INTEGER,                           -- NULL while running, and when interrupted
    outcome       INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 3), -- running, unchanged, complete, failed
    refresh       TEXT NOT NULL,                     -- the registry's dataTimestamp; '' when it was not learned
    api_version   TEXT NOT NULL,
    requests      INTEGER NOT NULL,
    records       INTEGER NOT NULL,
    changed       INTEGER NOT NULL,
    missing       INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    reason        TEXT NOT NULL,
    missing_ids   TEXT NOT NULL                      -- JSON array of the ids that the registry did not give
) STRICT;
CREATE INDEX polls_by_outcome ON polls (outcome);

-- Under which the glances below are hashed: secret to those who write records.
CREATE TABLE glance_key (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    bytes BLOB NOT NULL CHECK (length(bytes) = 32)
) STRICT;
INSERT INTO glance_key (id, bytes) VALUES (1, randomblob(32));

CREATE TABLE studies (
    id                INTEGER PRIMARY KEY,
    nct_id            TEXT NOT NULL UNIQUE CHECK (nct_id GLOB 'NCT[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'),
    title             TEXT NOT NULL, -- of the newest version, as the four below
    overall_status    TEXT NOT NULL,
    site_count        INTEGER NOT NULL,
    recruiting_count  INTEGER NOT NULL,
    refresh           TEXT NOT NULL,
    version_count     INTEGER NOT NULL,
    first_seen_usec   INTEGER NOT NULL,
    last_seen_usec    INTEGER NOT NULL,
    last_changed_usec INTEGER NOT NULL,
    last_poll         INTEGER NOT NULL, -- that saw it; no foreign key, which would search here for every pruned poll
    -- of the newest version's text as it last came; NULL: not known
    glance            BLOB CHECK (length(glance) = 16), -- the hash of what is there beside the day
    glance_bytes      INTEGER,                          -- how much that is
    glance_day        INTEGER                           -- where the day is left out
) STRICT;

-- How far the listing of the whole registry has come; no row while none is under way.
CREATE TABLE progress (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    refresh    TEXT NOT NULL,
    token      TEXT NOT NULL,    -- of the next page
    records    INTEGER NOT NULL, -- so far
    total      INTEGER NOT NULL, -- promised; negative when the registry did not say
    first_poll INTEGER NOT NULL, -- in which it began
    questions  TEXT NOT NULL     -- a digest of the queries that were asked then
) STRICT;

CREATE TABLE aliases (
    alias TEXT PRIMARY KEY,
    study INTEGER NOT NULL REFERENCES studies
) STRICT, WITHOUT ROWID;

-- The names of refreshes, as versions have them.
CREATE TABLE refreshes (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE -- '' of versions from the archive
) STRICT;

CREATE TABLE versions (
    id              INTEGER PRIMARY KEY,
    study           INTEGER NOT NULL REFERENCES studies,
    origin          INTEGER NOT NULL CHECK (origin IN (0, 1)), -- seen, archive
    number          INTEGER NOT NULL,
    seen_usec       INTEGER NOT NULL,
    refresh         INTEGER NOT NULL REFERENCES refreshes,
    poll            INTEGER CHECK ((poll IS NULL) = (origin = 1)), -- never pruned: only unchanged ones are
    change_count    INTEGER NOT NULL,
    hash            BLOB NOT NULL CHECK (length(hash) = 32), -- SHA-256 of the canonical bytes
    canonical_bytes INTEGER NOT NULL,
    base            INTEGER REFERENCES versions CHECK (base < id), -- whose canonical bytes are the body's prefix
    body            BLOB NOT NULL,                                 -- one zstd frame
    UNIQUE (study, origin, number)
) STRICT;
-- Full ones that may be the base of other studies' first versions.
CREATE INDEX versions_patterns ON versions (id) WHERE base IS NULL AND canonical_bytes BETWEEN 8192 AND 65536;

CREATE TABLE sites (
    study         INTEGER NOT NULL REFERENCES studies,
    number        INTEGER NOT NULL,
    position      INTEGER, -- in the newest version's locations, from 0; NULL when no longer listed
    facility      TEXT NOT NULL,
    city          TEXT NOT NULL,
    state         TEXT NOT NULL,
    zip           TEXT NOT NULL,
    country       TEXT NOT NULL,
    status        TEXT NOT NULL, -- effective: its own, else what the study's status implies
    latitude      REAL,
    longitude     REAL,
    contacts      TEXT, -- JSON array
    listed_usec   INTEGER NOT NULL,
    status_usec   INTEGER NOT NULL,
    opened_usec   INTEGER, -- when it was last seen to become RECRUITING
    closed_usec   INTEGER, -- when it was last seen to be so no more
    unlisted_usec INTEGER,
    PRIMARY KEY (study, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE site_maps (
    study   INTEGER NOT NULL REFERENCES studies,
    version INTEGER NOT NULL, -- the first that has this map; it holds until the next row
    numbers TEXT NOT NULL,    -- the site numbers by position, as ranges: '1-40,55,41-221'
    PRIMARY KEY (study, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    id               INTEGER PRIMARY KEY,
    version          INTEGER NOT NULL REFERENCES versions,
    study            INTEGER NOT NULL REFERENCES studies,
    seen_usec        INTEGER NOT NULL,
    kind             TEXT NOT NULL,
    weight           INTEGER NOT NULL CHECK (weight BETWEEN 0 AND 3), -- silent, routine, notable, urgent
    path             TEXT NOT NULL,
    before           TEXT, -- JSON; NULL when absent
    after            TEXT,
    site             INTEGER, -- its number
    old_index        INTEGER, -- of the site in the locations before; NULL when it was not listed
    new_index        INTEGER,
    old_item         INTEGER, -- likewise of an item of another list
    new_item         INTEGER,
    with_study       INTEGER NOT NULL CHECK (with_study IN (0, 1)),
    effective_before TEXT,
    effective_after  TEXT,
    note             TEXT
) STRICT;
CREATE INDEX changes_by_study ON changes (study, seen_usec);
CREATE INDEX changes_by_time ON changes (seen_usec);

-- The watches of the settings, as they were last taken in, and those that were added at run time.
CREATE TABLE watches (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    settings    TEXT NOT NULL,    -- JSON, in the words of trialwatch.yaml(5)
    origin      INTEGER NOT NULL CHECK (origin IN (0, 1)), -- settings, added
    place       TEXT NOT NULL,    -- FILE:LINE; of one that was added, by whom
    since_usec  INTEGER NOT NULL, -- when it was added, or first seen in the settings
    paused_usec INTEGER,          -- NULL: it is not
    paused_by   TEXT CHECK ((paused_by IS NULL) = (paused_usec IS NULL)),
    trouble     TEXT NOT NULL     -- why it is not in force; '' when it is
) STRICT;

-- A query watch whose first complete listing was taken in; another question begins anew.
CREATE TABLE queries (
    watch      TEXT PRIMARY KEY,
    question   TEXT NOT NULL, -- as it is asked
    since_usec INTEGER NOT NULL
) STRICT;

-- Which studies answer a query watch. One that leaves and comes back has a row for each stay.
CREATE TABLE members (
    id          INTEGER PRIMARY KEY,
    watch       TEXT NOT NULL,
    study       INTEGER NOT NULL REFERENCES studies,
    joined_usec INTEGER NOT NULL,
    left_usec   INTEGER -- NULL while it does
) STRICT;
CREATE UNIQUE INDEX members_now ON members (watch, study) WHERE left_usec IS NULL;

-- In how many studies a refresh made routine or silent changes of a kind.
CREATE TABLE refresh_kinds (
    refresh TEXT NOT NULL,
    kind    TEXT NOT NULL,
    studies INTEGER NOT NULL,
    PRIMARY KEY (refresh, kind)
) STRICT, WITHOUT ROWID;

-- A refresh in which very many studies changed alike: what of that is routine is told in one message a channel.
CREATE TABLE surges (
    id           INTEGER PRIMARY KEY,
    refresh      TEXT NOT NULL,
    decided_usec INTEGER NOT NULL,
    studies      INTEGER NOT NULL, -- that were read
    kinds        TEXT NOT NULL,    -- JSON object: how many studies changed, by kind
    sentence     TEXT NOT NULL     -- the same for people
) STRICT;
CREATE INDEX surges_by_refresh ON surges (refresh);

CREATE TABLE messages (
    id                INTEGER PRIMARY KEY,
    message_id        TEXT NOT NULL UNIQUE,
    channel           TEXT NOT NULL,
    state             INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3), -- open, delivered, failed, dropped
    created_usec      INTEGER NOT NULL,
    next_attempt_usec INTEGER CHECK ((next_attempt_usec IS NULL) = (state <> 0)),
    finished_usec     INTEGER CHECK ((finished_usec IS NULL) = (state = 0)),
    attempts          INTEGER NOT NULL, -- since it was last made
    alert_count       INTEGER NOT NULL,
    surge             INTEGER REFERENCES surges -- whose alerts it stands for in few words; NULL: it tells its alerts
) STRICT;
CREATE INDEX messages_of_surge ON messages (surge) WHERE surge IS NOT NULL;
CREATE INDEX messages_open ON messages (channel, next_attempt_usec) WHERE state = 0;
CREATE INDEX messages_delivered ON messages (channel, finished_usec) WHERE state = 1;

CREATE TABLE alerts (
    id            INTEGER PRIMARY KEY,
    alert_id      TEXT NOT NULL UNIQUE,
    channel       TEXT NOT NULL,
    study         INTEGER NOT NULL REFERENCES studies,
    version       INTEGER NOT NULL REFERENCES versions,
    refresh       TEXT NOT NULL,
    weight        INTEGER NOT NULL CHECK (weight BETWEEN 0 AND 3),
    state         INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5), -- due, held, sending, delivered, failed, dropped
    created_usec  INTEGER NOT NULL,
    due_usec      INTEGER NOT NULL,
    finished_usec INTEGER CHECK ((finished_usec IS NULL) = (state < 3)),
    message       INTEGER REFERENCES messages, -- the last it was in
    watches       TEXT NOT NULL, -- JSON array of names
    changes       TEXT NOT NULL, -- JSON array of ids in changes
    reason        TEXT,          -- why it is not told as others are; NULL: it is, or it is one of a surge
    gathered      INTEGER NOT NULL CHECK (gathered IN (0, 1)), -- 1: held until its refresh was read in full
    surge         INTEGER REFERENCES surges                    -- of which it is one
) STRICT;
CREATE INDEX alerts_gathered ON alerts (refresh) WHERE gathered = 1;
CREATE INDEX alerts_of_surge ON alerts (surge, channel) WHERE surge IS NOT NULL AND state = 1;
CREATE INDEX alerts_waiting ON alerts (channel, due_usec) WHERE state < 2;
CREATE INDEX alerts_by_study ON alerts (study, channel);
CREATE INDEX alerts_by_message ON alerts (message);

-- How many alerts a channel has in each state, so that status need not count them.
CREATE TABLE alert_counts (
    channel TEXT NOT NULL,
    state   INTEGER NOT NULL,
    alerts  INTEGER NOT NULL,
    PRIMARY KEY (channel, state)
) STRICT, WITHOUT ROWID;

-- What a person wants nothing told of for a while.
CREATE TABLE mutes (
    id         INTEGER PRIMARY KEY,
    subject    INTEGER NOT NULL CHECK (subject IN (0, 1)), -- study, watch
    name       TEXT NOT NULL,                              -- its NCT id, or its name
    who        TEXT NOT NULL,
    note       TEXT NOT NULL,
    begun_usec INTEGER NOT NULL,
    until_usec INTEGER NOT NULL,
    ended_usec INTEGER,                                    -- before its time, by a person
    ended_by   TEXT CHECK ((ended_by IS NULL) = (ended_usec IS NULL))
) STRICT;
CREATE INDEX mutes_running ON mutes (subject, name) WHERE ended_usec IS NULL;

-- What somebody has seen.
CREATE TABLE acks (
    id         INTEGER PRIMARY KEY,
    subject    INTEGER NOT NULL CHECK (subject IN (0, 1)), -- an alert; a channel's trouble, or the registry's or history's
    name       TEXT NOT NULL,                              -- the alert's id, the channel's name
    who        TEXT NOT NULL,
    note       TEXT NOT NULL,
    acked_usec INTEGER NOT NULL
) STRICT;
CREATE INDEX acks_by_name ON acks (name);

CREATE TABLE attempts (
    id            INTEGER PRIMARY KEY,
    message       INTEGER NOT NULL REFERENCES messages,
    started_usec  INTEGER NOT NULL,
    latency_usec  INTEGER NOT NULL,
    outcome       INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2), -- delivered, retry, failed
    retry_at_usec INTEGER,
    code          INTEGER NOT NULL,
    answer        TEXT NOT NULL,
    thread        TEXT
) STRICT;
CREATE INDEX attempts_by_message ON attempts (message);

-- What a mail server answered to each recipient. One that took a message, or refused it for good, is not sent it again.
CREATE TABLE attempt_recipients (
    id      INTEGER PRIMARY KEY,
    attempt INTEGER NOT NULL REFERENCES attempts,
    address TEXT NOT NULL,
    outcome INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2), -- took it, refused for now, refused for good
    code    INTEGER NOT NULL,
    answer  TEXT NOT NULL,
    UNIQUE (attempt, address)
) STRICT;

-- Messages of the daemon about itself ("channel X is in trouble"); no alert is in them.
CREATE TABLE bulletins (
    message  INTEGER PRIMARY KEY REFERENCES messages,
    headline TEXT NOT NULL,
    text     TEXT NOT NULL
) STRICT;

-- What is wrong now ('registry', 'channel NAME', 'recipients NAME'), since when, and when people were last told.
CREATE TABLE troubles (
    name         TEXT PRIMARY KEY,
    since_usec   INTEGER NOT NULL,
    told_usec    INTEGER, -- NULL: not yet
    needs_person INTEGER NOT NULL CHECK (needs_person IN (0, 1)),
    words        TEXT NOT NULL
) STRICT;

-- hash = SHA-256(hash of the entry before, 32 zero bytes before the first ‖ the entry's text); ledger_entry.h defines
-- the texts.
CREATE TABLE ledger (
    number  INTEGER PRIMARY KEY, -- 1, 2, 3 … without a gap
    subject INTEGER NOT NULL CHECK (subject BETWEEN 0 AND 3), -- version, poll, attempt, changes
    row     INTEGER NOT NULL, -- the id in versions, polls or attempts, or the last of the changes' ids
    -- The text, where the rows do not give it: a poll may be pruned, and an alert is told again in another message.
    entry   TEXT CHECK ((entry IS NULL) = (subject IN (0, 3))),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- A BEFORE INSERT trigger is what stops INSERT OR REPLACE, which deletes without asking the DELETE triggers.

CREATE TRIGGER versions_no_update BEFORE UPDATE ON versions
BEGIN SELECT RAISE(ABORT, 'versions are append-only'); END;
CREATE TRIGGER versions_no_delete BEFORE DELETE ON versions
BEGIN SELECT RAISE(ABORT, 'versions are append-only'); END;
CREATE TRIGGER versions_no_replace BEFORE INSERT ON versions
WHEN EXISTS (SELECT 1 FROM versions WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM versions WHERE study = NEW.study AND origin = NEW.origin AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'versions are append-only'); END;

-- Instead of a foreign key, which would search versions for every poll that is pruned.
CREATE TRIGGER versions_have_their_poll BEFORE INSERT ON versions
WHEN NEW.poll IS NOT NULL AND NOT EXISTS (SELECT 1 FROM polls WHERE id = NEW.poll)
BEGIN SELECT RAISE(ABORT, 'a version is of a poll'); END;

CREATE TRIGGER refreshes_no_update BEFORE UPDATE ON refreshes
BEGIN SELECT RAISE(ABORT, 'refreshes is append-only'); END;
CREATE TRIGGER refreshes_no_delete BEFORE DELETE ON refreshes
BEGIN SELECT RAISE(ABORT, 'refreshes is append-only'); END;
CREATE TRIGGER refreshes_no_replace BEFORE INSERT ON refreshes
WHEN EXISTS (SELECT 1 FROM refreshes WHERE id = NEW.id OR name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'refreshes is append-only'); END;

CREATE TRIGGER site_maps_no_update BEFORE UPDATE ON site_maps
BEGIN SELECT RAISE(ABORT, 'site_maps is append-only'); END;
CREATE TRIGGER site_maps_no_delete BEFORE DELETE ON site_maps
BEGIN SELECT RAISE(ABORT, 'site_maps is append-only'); END;
CREATE TRIGGER site_maps_no_replace BEFORE INSERT ON site_maps
WHEN EXISTS (SELECT 1 FROM site_maps WHERE study = NEW.study AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'site_maps is append-only'); END;

CREATE TRIGGER changes_no_update BEFORE UPDATE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;
CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;
CREATE TRIGGER changes_no_replace BEFORE INSERT ON changes WHEN EXISTS (SELECT 1 FROM changes WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;

CREATE TRIGGER attempts_no_update BEFORE UPDATE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END;
CREATE TRIGGER attempts_no_delete BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END;
CREATE TRIGGER attempts_no_replace BEFORE INSERT ON attempts WHEN EXISTS (SELECT 1 FROM attempts WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END;

CREATE TRIGGER mutes_end_once BEFORE UPDATE ON mutes WHEN OLD.ended_usec IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a mute that has ended stays as it is'); END;
CREATE TRIGGER mutes_no_delete BEFORE DELETE ON mutes
BEGIN SELECT RAISE(ABORT, 'mutes are kept'); END;

CREATE TRIGGER acks_no_update BEFORE UPDATE ON acks
BEGIN SELECT RAISE(ABORT, 'acks are append-only'); END;
CREATE TRIGGER acks_no_delete BEFORE DELETE ON acks
BEGIN SELECT RAISE(ABORT, 'acks are append-only'); END;

CREATE TRIGGER attempt_recipients_no_update BEFORE UPDATE ON attempt_recipients
BEGIN SELECT RAISE(ABORT, 'attempt_recipients is append-only'); END;
CREATE TRIGGER attempt_recipients_no_delete BEFORE DELETE ON attempt_recipients
BEGIN SELECT RAISE(ABORT, 'attempt_recipients is append-only'); END;
CREATE TRIGGER attempt_recipients_no_replace BEFORE INSERT ON attempt_recipients
WHEN EXISTS (SELECT 1 FROM attempt_recipients WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'attempt_recipients is append-only'); END;

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER polls_no_late_update BEFORE UPDATE ON polls WHEN OLD.outcome <> 0
BEGIN SELECT RAISE(ABORT, 'a finished poll stays as it is'); END;
CREATE TRIGGER polls_no_delete BEFORE DELETE ON polls WHEN OLD.outcome <> 1
BEGIN SELECT RAISE(ABORT, 'only unchanged polls may be pruned'); END;

CREATE TRIGGER alerts_count_insert AFTER INSERT ON alerts
BEGIN
    INSERT INTO alert_counts (channel, state, alerts) VALUES (NEW.channel, NEW.state, 1)
        ON CONFLICT (channel, state) DO UPDATE SET alerts = alerts + 1;
END;
CREATE TRIGGER alerts_count_update AFTER UPDATE OF state ON alerts WHEN OLD.state <> NEW.state
BEGIN
    UPDATE alert_counts SET alerts = alerts - 1 WHERE channel = OLD.channel AND state = OLD.state;
    INSERT INTO alert_counts (channel, state, alerts) VALUES (NEW.channel, NEW.state, 1)
        ON CONFLICT (channel, state) DO UPDATE SET alerts = alerts + 1;
END;

CREATE TRIGGER alerts_no_delete BEFORE DELETE ON alerts
BEGIN SELECT RAISE(ABORT, 'alerts are kept'); END;

-- For whoever opens the file with sqlite3. Times are text, ISO 8601 in UTC.

CREATE VIEW study AS
SELECT nct_id, title, overall_status, version_count AS versions, site_count AS sites,
    recruiting_count AS recruiting_sites,
    strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_usec / 1000000, 'unixepoch') AS first_seen,
    strftime('%Y-%m-%dT%H:%M:%SZ', last_seen_usec / 1000000, 'unixepoch') AS last_seen,
    strftime('%Y-%m-%dT%H:%M:%SZ', last_changed_usec / 1000000, 'unixepoch') AS last_changed,
    coalesce((SELECT nullif(p.refresh, '') FROM polls p WHERE p.id = last_poll), refresh) AS refresh
FROM studies;

CREATE VIEW version_log AS
SELECT s.nct_id, iif(v.origin = 0, 'seen', 'archive') AS origin, v.number,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.seen_usec / 1000000, 'unixepoch') AS seen,
    f.name AS refresh, v.poll, v.change_count AS changes, lower(hex(v.hash)) AS hash, v.canonical_bytes,
    length(v.body) AS stored_bytes
FROM versions v JOIN studies s ON s.id = v.study JOIN refreshes f ON f.id = v.refresh;

CREATE VIEW site_now AS
SELECT t.nct_id, s.number, s.facility, s.city, s.state, s.zip, s.country, s.status,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.status_usec / 1000000, 'unixepoch') AS since,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.listed_usec / 1000000, 'unixepoch') AS listed,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.opened_usec / 1000000, 'unixepoch') AS opened,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.closed_usec / 1000000, 'unixepoch') AS closed,
    s.latitude, s.longitude, s.contacts, s.position
FROM sites s JOIN studies t ON t.id = s.study
WHERE s.position IS NOT NULL;

CREATE VIEW change_log AS
SELECT c.id, t.nct_id, t.title, v.number AS version,
    strftime('%Y-%m-%dT%H:%M:%SZ', c.seen_usec / 1000000, 'unixepoch') AS seen,
    f.name AS refresh, c.kind,
    CASE c.weight WHEN 0 THEN 'silent' WHEN 1 THEN 'routine' WHEN 2 THEN 'notable' ELSE 'urgent' END AS weight,
    c.path, c.site, s.facility, s.city, s.country, c.before, c.after, c.note
FROM changes c JOIN versions v ON v.id = c.version JOIN refreshes f ON f.id = v.refresh
    JOIN studies t ON t.id = c.study LEFT JOIN sites s ON s.study = c.study AND s.number = c.site;

CREATE VIEW member_log AS
SELECT m.watch, s.nct_id, s.title,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.joined_usec / 1000000, 'unixepoch') AS joined,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.left_usec / 1000000, 'unixepoch') AS left
FROM members m JOIN studies s ON s.id = m.study;

CREATE VIEW watch_now AS
SELECT name, iif(origin = 0, 'settings', 'added') AS origin, place,
    strftime('%Y-%m-%dT%H:%M:%SZ', since_usec / 1000000, 'unixepoch') AS since,
    strftime('%Y-%m-%dT%H:%M:%SZ', paused_usec / 1000000, 'unixepoch') AS paused, paused_by, trouble, settings
FROM watches;

CREATE VIEW alert_log AS
SELECT a.alert_id AS id, a.channel, t.nct_id, v.number AS version, a.refresh,
    CASE a.weight WHEN 0 THEN 'silent' WHEN 1 THEN 'routine' WHEN 2 THEN 'notable' ELSE 'urgent' END AS weight,
    CASE a.state WHEN 0 THEN 'due' WHEN 1 THEN 'held' WHEN 2 THEN 'sending' WHEN 3 THEN 'delivered' WHEN 4 THEN 'failed'
        ELSE 'dropped' END AS state,
    strftime('%Y-%m-%dT%H:%M:%SZ', a.created_usec / 1000000, 'unixepoch') AS created,
    strftime('%Y-%m-%dT%H:%M:%SZ', a.due_usec / 1000000, 'unixepoch') AS due,
    strftime('%Y-%m-%dT%H:%M:%SZ', a.finished_usec / 1000000, 'unixepoch') AS finished,
    m.message_id AS message, a.watches,
    (SELECT count(*) FROM attempts p WHERE p.message = a.message) AS attempts,
    (SELECT p.answer FROM attempts p WHERE p.message = a.message ORDER BY p.id DESC LIMIT 1) AS last_answer,
    coalesce(a.reason, (SELECT g.sentence FROM surges g WHERE g.id = a.surge)) AS reason,
    k.who AS acked_by, strftime('%Y-%m-%dT%H:%M:%SZ', k.acked_usec / 1000000, 'unixepoch') AS acked
FROM alerts a JOIN studies t ON t.id = a.study JOIN versions v ON v.id = a.version
    LEFT JOIN messages m ON m.id = a.message
    LEFT JOIN acks k ON k.id = (SELECT max(id) FROM acks WHERE subject = 0 AND name = a.alert_id);

CREATE VIEW surge_log AS
SELECT g.refresh, strftime('%Y-%m-%dT%H:%M:%SZ', g.decided_usec / 1000000, 'unixepoch') AS decided, g.studies, g.kinds,
    m.channel, m.message_id AS message, m.alert_count AS alerts, g.sentence
FROM surges g LEFT JOIN messages m ON m.surge = g.id;

CREATE VIEW mute_log AS
SELECT iif(subject = 0, 'study', 'watch') AS subject, name, who, note,
    strftime('%Y-%m-%dT%H:%M:%SZ', begun_usec / 1000000, 'unixepoch') AS since,
    strftime('%Y-%m-%dT%H:%M:%SZ', until_usec / 1000000, 'unixepoch') AS until,
    strftime('%Y-%m-%dT%H:%M:%SZ', ended_usec / 1000000, 'unixepoch') AS ended, ended_by
FROM mutes;

CREATE VIEW ack_log AS
SELECT iif(subject = 0, 'alert', 'trouble') AS subject, name, who, note,
    strftime('%Y-%m-%dT%H:%M:%SZ', acked_usec / 1000000, 'unixepoch') AS acked
FROM acks;

CREATE VIEW recipient_log AS
SELECT m.message_id AS message, m.channel, r.address,
    CASE r.outcome WHEN 0 THEN 'took it' WHEN 1 THEN 'refused for now' ELSE 'refused for good' END AS outcome,
    r.code, r.answer, strftime('%Y-%m-%dT%H:%M:%SZ', p.started_usec / 1000000, 'unixepoch') AS asked
FROM attempt_recipients r JOIN attempts p ON p.id = r.attempt JOIN messages m ON m.id = p.message;

CREATE VIEW bulletin_log AS
SELECT m.message_id AS message, m.channel, b.headline, b.text,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.created_usec / 1000000, 'unixepoch') AS created,
    CASE m.state WHEN 0 THEN 'open' WHEN 1 THEN 'delivered' WHEN 2 THEN 'failed' ELSE 'dropped' END AS state,
    strftime('%Y-%m-%dT%H:%M:%SZ', m.finished_usec / 1000000, 'unixepoch') AS finished, m.attempts
FROM bulletins b JOIN messages m ON m.id = b.message;

CREATE VIEW poll_log AS
SELECT id, strftime('%Y-%m-%dT%H:%M:%SZ', started_usec / 1000000, 'unixepoch') AS started,
    strftime('%Y-%m-%dT%H:%M:%SZ', finished_usec / 1000000, 'unixepoch') AS finished,
    CASE outcome WHEN 0 THEN 'running' WHEN 1 THEN 'unchanged' WHEN 2 THEN 'complete' ELSE 'failed' END AS outcome,
    refresh, api_version, requests, records, changed, missing, bytes, reason, missing_ids
FROM polls;

-- The outbox. Times are milliseconds since 1970. Written by Seamark's relay; `sqlite3 -readonly` may look.

CREATE TABLE notifications (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,
    status      TEXT NOT NULL,
    severity    TEXT NOT NULL,
    note        TEXT,
    body        BLOB NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;

-- One notification on its way to one channel. AUTOINCREMENT: the id is the order of arrival and never used twice.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    notification INTEGER NOT NULL REFERENCES notifications (id),
    channel      TEXT NOT NULL,
    group_key    TEXT NOT NULL,
    priority     INTEGER NOT NULL,
    state        TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'delivered', 'dead')),
    due_at       INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,   -- at the part that is next
    maybe_sent   INTEGER NOT NULL DEFAULT 0,   -- an attempt at the part that is next may have arrived
    detail       TEXT NOT NULL DEFAULT 'full',
    part         INTEGER NOT NULL DEFAULT 0,   -- the first part that is not yet sent
    reason       TEXT,                         -- why it was put off or given up
    finished_at  INTEGER
) STRICT;

CREATE INDEX deliveries_next ON deliveries (channel, priority DESC, id) WHERE state = 'pending';
CREATE INDEX deliveries_open ON deliveries (channel, group_key, id) WHERE state IN ('pending', 'sending');
CREATE INDEX deliveries_done ON deliveries (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX deliveries_of ON deliveries (notification);

-- The parts of messages that need several, as they were laid out at the first attempt.
CREATE TABLE parts (
    delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    part     INTEGER NOT NULL,
    payload  TEXT NOT NULL,
    PRIMARY KEY (delivery, part)
) STRICT, WITHOUT ROWID;

-- Ids of posted messages, for edits and replies.
CREATE TABLE message_refs (
    delivery  INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    part      INTEGER NOT NULL,
    channel   TEXT NOT NULL,
    group_key TEXT NOT NULL,
    reference TEXT NOT NULL,
    sent_at   INTEGER NOT NULL,
    PRIMARY KEY (delivery, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_refs_of_group ON message_refs (channel, group_key, delivery);

-- Every attempt, from before its request is sent. `result` stays empty when the process died meanwhile.
CREATE TABLE attempts (
    id         INTEGER PRIMARY KEY,
    delivery   INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    channel    TEXT NOT NULL,
    part       INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    result     TEXT,
    reason     TEXT
) STRICT;

CREATE INDEX attempts_of ON attempts (delivery);
CREATE INDEX attempts_at ON attempts (channel, started_at);

CREATE TABLE dedupe_keys (
    key     TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX dedupe_keys_at ON dedupe_keys (seen_at);

-- Requests that were no notification.
CREATE TABLE refused (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    body        BLOB NOT NULL
) STRICT;

-- Nothing may be sent within `scope` before `until`.
CREATE TABLE holds (
    scope TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, rewritten to find out whether the file can be written.
CREATE TABLE checked (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL
) STRICT;

INSERT INTO checked (id, count) VALUES (1, 0);

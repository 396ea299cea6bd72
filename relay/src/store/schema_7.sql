-- Less to write for each notification: keys against repeats stand with their notifications, in order of arrival, and are
-- looked for in memory; what has to keep its order is found by a number instead of two texts.
ALTER TABLE notifications ADD COLUMN dedupe_key BLOB;
DROP TABLE dedupe_keys;

-- A hash of channel and group where others of them are beside this one; 0 where it is alone.
ALTER TABLE deliveries ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
DROP INDEX deliveries_open;
CREATE INDEX deliveries_open ON deliveries (lane, id) WHERE state IN ('pending', 'sending') AND lane <> 0;

-- The last notification whose alerts are in the record; those behind it are noted before anybody looks.
CREATE TABLE recorded (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    upto INTEGER NOT NULL
) STRICT;

INSERT INTO recorded (id, upto) SELECT 1, coalesce(max(id), 0) FROM notifications;

-- The record by order of arrival, and found by a narrow tree; with what is counted by in columns of its own.
ALTER TABLE alerts RENAME TO alerts_of_before;
DROP INDEX alerts_firing;
DROP INDEX alerts_over;
CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    starts_at   INTEGER NOT NULL,
    ends_at     INTEGER,                       -- empty while it fires
    severity    TEXT NOT NULL,
    alertname   TEXT NOT NULL,
    instance    TEXT NOT NULL,
    labels      TEXT NOT NULL,                 -- JSON
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    UNIQUE (fingerprint, starts_at)
) STRICT;
INSERT INTO alerts (fingerprint, starts_at, ends_at, severity, alertname, instance, labels, first_seen, last_seen)
SELECT fingerprint, starts_at, ends_at, severity, coalesce(labels ->> '$.alertname', ''),
       coalesce(labels ->> '$.instance', ''), labels, first_seen, last_seen
FROM alerts_of_before ORDER BY first_seen;
DROP TABLE alerts_of_before;
CREATE INDEX alerts_firing ON alerts (last_seen) WHERE ends_at IS NULL;
CREATE INDEX alerts_over ON alerts (ends_at) WHERE ends_at IS NOT NULL;

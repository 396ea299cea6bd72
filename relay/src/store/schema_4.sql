-- The relay's own record of what fired and was resolved, for reports and metrics.
CREATE TABLE alerts (
    fingerprint TEXT NOT NULL,
    starts_at   INTEGER NOT NULL,
    ends_at     INTEGER,                       -- empty while it fires
    severity    TEXT NOT NULL,
    labels      TEXT NOT NULL,                 -- JSON
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, starts_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX alerts_firing ON alerts (last_seen) WHERE ends_at IS NULL;
CREATE INDEX alerts_over ON alerts (ends_at) WHERE ends_at IS NOT NULL;

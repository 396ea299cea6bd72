-- Small things to be kept by their name: which message is a panel, how far a bot has read.
CREATE TABLE kept (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    kept_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

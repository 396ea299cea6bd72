-- Moments that outlive the process, such as the last sign of life of something that is watched.
CREATE TABLE moments (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

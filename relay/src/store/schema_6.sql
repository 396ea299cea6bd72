-- Keys against repeats without a second tree by time, which every notification paid for: what is old is found by
-- looking at all of them, now and then.
CREATE TABLE keys_of_before AS SELECT substr(key, 1, 32) AS key, seen_at FROM dedupe_keys;
DROP TABLE dedupe_keys;
CREATE TABLE dedupe_keys (
    key     TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO dedupe_keys (key, seen_at) SELECT key, seen_at FROM keys_of_before;
DROP TABLE keys_of_before;

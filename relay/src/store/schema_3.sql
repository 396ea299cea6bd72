-- Where a chat said that a destination is now. `address` is a hash of the one that is configured.
CREATE TABLE moves (
    channel  TEXT NOT NULL,
    address  TEXT NOT NULL,
    moved_to TEXT NOT NULL,
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;

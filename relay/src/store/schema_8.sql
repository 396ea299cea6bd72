-- Since when a report is owed: a new schedule, or an absence from the configuration, begins anew.
CREATE TABLE reports (
    name     TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When reports were due, and what has become of that.
CREATE TABLE report_slots (
    report     TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    state      TEXT NOT NULL,
    asked_at   INTEGER,                        -- when Alertmanager was first told
    settled_at INTEGER,                        -- empty while something is to be done
    PRIMARY KEY (report, due_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_slots_open ON report_slots (due_at) WHERE settled_at IS NULL;

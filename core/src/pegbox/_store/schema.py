"""The tables and views of a store, in SQL. ``docs/store.md`` explains each, a test compares.

A change here is a new `VERSION` and a step in `pegbox._store.migrations`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["APPLICATION_ID", "FILE_NAME", "SCHEMA", "VERSION"]

#: The file's name in the experiment's folder.
FILE_NAME: Final = "experiment.sqlite"

#: ``PRAGMA user_version`` of the files that this release writes.
VERSION: Final = 3

#: ``PRAGMA application_id``: the letters "pgbx".
APPLICATION_ID: Final = 0x70676278

_TABLES: Final = """
CREATE TABLE meta(
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE epochs(
    epoch INTEGER PRIMARY KEY,
    started REAL NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    versions TEXT NOT NULL,
    settings TEXT NOT NULL,
    ended REAL,
    how TEXT,
    reason TEXT,
    usage TEXT
);

CREATE TABLE events(
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    trial INTEGER,
    attempt INTEGER,
    iteration INTEGER,
    time_this_iter_s REAL,
    time_total_s REAL,
    timestamp REAL,
    place INTEGER,
    worker TEXT,
    outcome TEXT,
    became TEXT,
    checkpoint TEXT,
    previous INTEGER,
    payload TEXT
);

CREATE INDEX checkpoint_events ON events(trial) WHERE checkpoint IS NOT NULL;

CREATE TABLE trials(
    number INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    suggested_seq INTEGER NOT NULL,
    configured_seq INTEGER NOT NULL,
    launched_seq INTEGER,
    first_report_seq INTEGER,
    last_report_seq INTEGER,
    ended_seq INTEGER,
    checkpoint_seq INTEGER
);

CREATE TABLE places(
    place INTEGER PRIMARY KEY,
    opened_seq INTEGER NOT NULL
);

CREATE TABLE components(
    role TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL
) WITHOUT ROWID;
"""

_VIEWS: Final = """
CREATE VIEW overview AS
SELECT t.number,
    printf('%s_%05d', (SELECT json_extract(value, '$') FROM meta WHERE key = 'run'), t.number)
        AS trial_id,
    t.state,
    t.attempt,
    json_extract(s.payload, '$.tag') AS tag,
    json_extract(c.payload, '$.config') AS config,
    r.iteration,
    r.time_total_s,
    r.payload AS metrics,
    CASE WHEN t.state = 'failed' THEN json_extract(e.payload, '$.message') END AS error
FROM trials AS t
JOIN events AS s ON s.seq = t.suggested_seq
JOIN events AS c ON c.seq = t.configured_seq
LEFT JOIN events AS r ON r.seq = t.last_report_seq
LEFT JOIN events AS e ON e.seq = t.ended_seq;

CREATE VIEW results AS
WITH RECURSIVE history(seq) AS (
    SELECT last_report_seq FROM trials WHERE last_report_seq IS NOT NULL
    UNION ALL
    SELECT e.previous FROM history AS h JOIN events AS e ON e.seq = h.seq
    WHERE e.previous IS NOT NULL
)
SELECT e.trial, e.iteration, e.seq, e.at, e.attempt, e.time_this_iter_s, e.time_total_s,
    e.timestamp, e.place, e.outcome AS decision, e.checkpoint, e.payload AS metrics
FROM history AS h JOIN events AS e ON e.seq = h.seq;

CREATE VIEW checkpoints AS
SELECT trial, seq, attempt,
    json_extract(checkpoint, '$.path') AS path,
    json_extract(checkpoint, '$.iteration') AS iteration,
    json_extract(checkpoint, '$.time_total_s') AS time_total_s,
    json_extract(checkpoint, '$.size') AS size
FROM events
WHERE kind IN ('Reported', 'Ended') AND checkpoint IS NOT NULL
    AND json_extract(checkpoint, '$.path') NOT IN (
        SELECT p.value FROM events AS d, json_each(d.checkpoint) AS p
        WHERE d.kind = 'CheckpointsDropped'
    );
"""

#: Everything that an empty file needs, but for the pragmas.
SCHEMA: Final = _TABLES + _VIEWS

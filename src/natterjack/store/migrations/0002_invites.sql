-- Invites, and the log of who did what.

CREATE TABLE invite (
    code      TEXT PRIMARY KEY,
    created   REAL NOT NULL,          -- seconds since 1970
    by        TEXT NOT NULL,
    uses_left INTEGER NOT NULL,       -- -1: no limit
    expires   REAL NOT NULL,          -- seconds since 1970; 0: never
    channel   TEXT NOT NULL,          -- '': none
    revoked   INTEGER NOT NULL        -- 0 or 1
) STRICT;

CREATE TABLE audit (
    id    INTEGER PRIMARY KEY,
    time  REAL NOT NULL,              -- seconds since 1970
    by    TEXT NOT NULL,
    verb  TEXT NOT NULL,
    about TEXT NOT NULL
) STRICT;

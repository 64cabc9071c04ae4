-- Accounts, and the one secret of this server.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE account (
    folded     TEXT PRIMARY KEY,      -- the name as it is looked up
    name       TEXT NOT NULL,
    created    REAL NOT NULL,         -- seconds since 1970
    rounds     INTEGER NOT NULL,      -- of PBKDF2
    salt       BLOB NOT NULL,
    stored_key BLOB NOT NULL,
    server_key BLOB NOT NULL,
    revoked    INTEGER NOT NULL       -- 0 or 1
) STRICT;

INSERT INTO meta VALUES ('secret', randomblob(32));

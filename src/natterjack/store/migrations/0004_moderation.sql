-- Operators of the server, whom it keeps out or silent, and whether guests are locked out.

ALTER TABLE account ADD COLUMN operator INTEGER NOT NULL DEFAULT 0; -- 0 or 1

CREATE TABLE sanction (
    kind   TEXT NOT NULL,             -- 'ban' or 'mute'
    folded TEXT NOT NULL,             -- the target as it is looked up
    target TEXT NOT NULL,             -- an account, an address, a network, or a mask nick!user@host
    by     TEXT NOT NULL,
    since  REAL NOT NULL,             -- seconds since 1970
    until  REAL NOT NULL,             -- seconds since 1970; 0: for good
    reason TEXT NOT NULL,
    PRIMARY KEY (kind, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE server_lock (            -- no row: it is open
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    text  TEXT NOT NULL,
    by    TEXT NOT NULL,
    since REAL NOT NULL               -- seconds since 1970
) STRICT;

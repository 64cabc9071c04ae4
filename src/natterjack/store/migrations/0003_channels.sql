-- Channels that last, and who belongs to them.

CREATE TABLE channel (
    folded     TEXT PRIMARY KEY,      -- the name as it is looked up
    name       TEXT NOT NULL,
    created    REAL NOT NULL,         -- seconds since 1970
    owner      TEXT NOT NULL,         -- an account; '': nobody
    flags      TEXT NOT NULL,         -- of "imnst"
    key        TEXT NOT NULL,
    user_limit INTEGER NOT NULL,      -- 0: none
    topic      TEXT NOT NULL,
    topic_by   TEXT NOT NULL,
    topic_time REAL NOT NULL,
    masks      TEXT NOT NULL          -- JSON: bans, exceptions, those who need no invitation
) STRICT;

CREATE TABLE seat (
    channel TEXT NOT NULL,            -- folded
    account TEXT NOT NULL,
    ranks   INTEGER NOT NULL,         -- 1 voice, 2 half-operator, 4 operator, added up
    member  INTEGER NOT NULL,         -- 0 or 1
    PRIMARY KEY (channel, account)
) STRICT, WITHOUT ROWID;

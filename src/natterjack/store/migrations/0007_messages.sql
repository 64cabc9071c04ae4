-- Messages and all that belongs to them. See docs/decisions/0030 and 0031.

-- What CHATHISTORY gives to everybody. New rows go to the end, wherever they were said: docs/decisions/0038.
CREATE TABLE message (
    conversation INTEGER NOT NULL,
    id           INTEGER PRIMARY KEY,
    time         INTEGER NOT NULL,    -- milliseconds since 1970
    body         TEXT NOT NULL,       -- the whole line, without tags
    account      TEXT NOT NULL,       -- '': a guest
    tags         TEXT NOT NULL
) STRICT;

-- What it gives with event-playback alone. An event may have several conversations.
CREATE TABLE event (
    conversation INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    time         INTEGER NOT NULL,
    body         TEXT NOT NULL,
    account      TEXT NOT NULL,
    tags         TEXT NOT NULL,
    PRIMARY KEY (conversation, id)
) STRICT, WITHOUT ROWID;

-- The id, which is the rowid, comes last in every index.
CREATE INDEX message_by_conversation ON message (conversation);
-- Where the latest messages of several conversations are looked for, the others' need not be read.
CREATE INDEX message_by_id ON message (id, conversation);
CREATE INDEX event_by_id ON event (id);

-- Which times the lines with ids from first to until have: what an index on time would be for, in a few kilobytes.
CREATE TABLE zone (
    first INTEGER PRIMARY KEY,
    until INTEGER NOT NULL,
    low   INTEGER NOT NULL,
    high  INTEGER NOT NULL
) STRICT;

CREATE TABLE cid (
    sender TEXT NOT NULL,             -- folded account; '': a guest
    cid    TEXT NOT NULL,
    id     INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    PRIMARY KEY (sender, cid)
) STRICT, WITHOUT ROWID;

CREATE TABLE mark (
    account TEXT NOT NULL,            -- folded, as target
    target  TEXT NOT NULL,
    time    INTEGER NOT NULL,
    PRIMARY KEY (account, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE pair (
    account      TEXT NOT NULL,       -- folded, as other
    other        TEXT NOT NULL,
    conversation INTEGER NOT NULL,
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    first  INTEGER NOT NULL,
    seed   TEXT NOT NULL
) STRICT;

CREATE TABLE keep (
    conversation INTEGER PRIMARY KEY,
    seconds      INTEGER NOT NULL,    -- 0: no limit
    rows         INTEGER NOT NULL     -- 0: no limit
) STRICT;

-- Conversations that are being deleted.
CREATE TABLE forgotten (conversation INTEGER PRIMARY KEY) STRICT;

-- indexed: the words of all messages up to that id are in the index; last: the greatest id among what was deleted.
CREATE TABLE progress (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    indexed  INTEGER NOT NULL,
    last     INTEGER NOT NULL
) STRICT;
INSERT INTO progress VALUES (1, 0, 0);

-- The rowid is the message's id. Place and author are one token each; see store/texts.py.
CREATE VIRTUAL TABLE words USING fts5 (
    text, place, author,
    content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
-- Segments are merged in steps of the writer's own choosing, never within a commit.
INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 64), ('usermerge', 4);

-- Where a whole group goes in by one statement: lines, and client message ids.
CREATE VIEW intake AS SELECT
    0 AS kind, 0 AS id, 0 AS conversation, 0 AS time, '' AS body, '' AS account, '' AS tags, 0 AS digest
    WHERE 0;

CREATE TRIGGER intake_event INSTEAD OF INSERT ON intake WHEN NEW.kind = 0 BEGIN
    INSERT INTO event VALUES (NEW.conversation, NEW.id, NEW.time, NEW.body, NEW.account, NEW.tags);
END;

CREATE TRIGGER intake_message INSTEAD OF INSERT ON intake WHEN NEW.kind = 1 BEGIN
    INSERT INTO message VALUES (NEW.conversation, NEW.id, NEW.time, NEW.body, NEW.account, NEW.tags);
END;

-- Of a client message id, account is the sender, and body the client message id itself.
CREATE TRIGGER intake_cid INSTEAD OF INSERT ON intake WHEN NEW.kind = 2 BEGIN
    INSERT INTO cid VALUES (NEW.account, NEW.body, NEW.id, NEW.digest);
END;

-- Owning a channel becomes a rank (8), which several can have and hand on; and slow mode.

INSERT INTO seat (channel, account, ranks, member)
    SELECT folded, owner, 12, 0 FROM channel WHERE owner <> ''
    ON CONFLICT (channel, account) DO UPDATE SET ranks = ranks | 12;

ALTER TABLE channel DROP COLUMN owner;
ALTER TABLE channel ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;  -- seconds between two messages of one; 0: none

-- Since which line an account belongs to a channel: it may be all that it reads there. And markers by what they are of,
-- for a channel that gets another name.

ALTER TABLE seat ADD COLUMN since INTEGER NOT NULL DEFAULT 0;  -- the id of the last line before that
CREATE INDEX mark_by_target ON mark (target);

-- What an account wants: one session at a time under a nick; to be seen while it has none.

ALTER TABLE account ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN stays INTEGER NOT NULL DEFAULT 0;

-- The channel that those are led to who can't come into one; '': none.

ALTER TABLE channel ADD COLUMN forward TEXT NOT NULL DEFAULT '';

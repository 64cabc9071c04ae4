-- Under which number the history of a channel is kept, whatever it is called; 0: it has none yet.

ALTER TABLE channel ADD COLUMN conversation INTEGER NOT NULL DEFAULT 0;

-- Files that were sent. Their bytes lie beside the database, whole ones under the SHA-256 of their content.

CREATE TABLE upload (
    id           TEXT PRIMARY KEY,    -- 22 characters
    conversation INTEGER NOT NULL,    -- 0: none, it is for its uploader alone
    line         INTEGER NOT NULL,    -- the message that announces it; 0: there is none
    account      TEXT NOT NULL,       -- of its uploader; '': a guest
    nick         TEXT NOT NULL,       -- what he was called
    target       TEXT NOT NULL,       -- to whom he sent it; '': nobody
    payer        TEXT NOT NULL,       -- who is charged for it: a folded account, or a guest's site
    name         TEXT NOT NULL,
    media        TEXT NOT NULL,       -- its type
    size         INTEGER NOT NULL,
    sha256       TEXT NOT NULL,       -- 64 hexadecimal digits
    created      REAL NOT NULL,       -- seconds since 1970
    key          TEXT NOT NULL        -- of its link; '': there is none
) STRICT;

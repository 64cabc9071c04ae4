-- What accounts and channels say of themselves, for programs: https://ircv3.net/specs/extensions/metadata

CREATE TABLE metadata (
    account      TEXT NOT NULL,       -- folded; '' where it is a channel's
    conversation INTEGER NOT NULL,    -- the channel's; 0 where it is an account's
    key          TEXT NOT NULL,
    value        TEXT NOT NULL,
    PRIMARY KEY (account, conversation, key)
) STRICT, WITHOUT ROWID;

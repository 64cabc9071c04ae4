-- Client certificates that stand for an account (SASL EXTERNAL).

CREATE TABLE certificate (
    fingerprint TEXT PRIMARY KEY,     -- SHA-256 of the certificate, 64 hexadecimal digits in lower case
    account     TEXT NOT NULL,
    added       REAL NOT NULL         -- seconds since 1970
) STRICT;

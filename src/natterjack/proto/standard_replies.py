"""Every FAIL and NOTE that the server sends, once.

They go to every client, whether it negotiated the capability or not: a client that does not know them shows the line.

Source: https://ircv3.net/specs/extensions/standard-replies
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Fail(Struct, frozen=True):
    """``code`` is for programs, ``text`` a :meth:`str.format` template for people."""

    code: str
    text: str


#: Of whatever was said: nobody got it, and it is not part of any history.
STORAGE_FULL: Final = Fail(
    "STORAGE_FULL", "Nothing was stored, and nobody got it: the server has no room just now. Try again later"
)
INVALID_UTF8: Final = Fail("INVALID_UTF8", "Message rejected, it is not valid UTF-8")
INVALID_LINE: Final = Fail("INVALID_LINE", "{why}")
INVALID_TARGET: Final = Fail("INVALID_TARGET", "{why}")
INVALID_REALNAME: Final = Fail("INVALID_REALNAME", "A real name has 1 to {limit} bytes")
CANNOT_CHANGE: Final = Fail("CANNOT_CHANGE", "{why}")
COMPLETE_CONNECTION_REQUIRED: Final = Fail("COMPLETE_CONNECTION_REQUIRED", "Come in first, then register")
ACCOUNT_EXISTS: Final = Fail(
    "ACCOUNT_EXISTS", "That name is an account already: log in, or take another nick"
)
ACCOUNT_NAME_MUST_BE_NICK: Final = Fail("ACCOUNT_NAME_MUST_BE_NICK", "An account gets your nick as its name")
ALREADY_AUTHENTICATED: Final = Fail("ALREADY_AUTHENTICATED", "You are logged in already")
INVALID_EMAIL: Final = Fail("INVALID_EMAIL", "This server sends no mail: give * in its place")
WEAK_PASSWORD: Final = Fail("WEAK_PASSWORD", "A password has at least {least} bytes")
UNACCEPTABLE_PASSWORD: Final = Fail("UNACCEPTABLE_PASSWORD", "{why}")
#: https://ircv3.net/specs/extensions/chathistory#errors-and-warnings, and alike for MARKREAD and SEARCH
INVALID_CID: Final = Fail("INVALID_CID", "{why}")
CID_CONFLICT: Final = Fail("CID_CONFLICT", "Something else was said under this client message id")
#: https://ircv3.net/specs/extensions/message-redaction#errors, and alike for edits
UNKNOWN_MSGID: Final = Fail("UNKNOWN_MSGID", "That message does not exist (any more)")
REDACT_FORBIDDEN: Final = Fail(
    "REDACT_FORBIDDEN", "Only its sender may delete it, and operators of the channel"
)
EDIT_FORBIDDEN: Final = Fail(
    "EDIT_FORBIDDEN", "Only its sender may change a message, with the account that he had"
)
LINE_GONE: Final = Fail("MESSAGE_ERROR", "That message is not in the history (any more): ask by time")
#: RELAYMSG: see core/handlers/relaying.py
PRIVS_NEEDED: Final = Fail("PRIVS_NEEDED", "Only operators of a channel may pass something on there")
INVALID_NICK: Final = Fail("INVALID_NICK", "Nobody elsewhere can be called so: {why}")
BLANK_MSG: Final = Fail("BLANK_MSG", "There is nothing to be said")
NEED_MORE_PARAMS: Final = Fail("NEED_MORE_PARAMS", "Say of which channel or person")
UNFINISHED: Final = Fail("UNFINISHED", "{why}")
#: https://ircv3.net/specs/extensions/multiline#errors, https://ircv3.net/specs/extensions/client-batch#errors
MULTILINE_MAX_BYTES: Final = Fail(
    "MULTILINE_MAX_BYTES", "Nothing was sent: a message of several lines has at most {limit} bytes"
)
MULTILINE_MAX_LINES: Final = Fail(
    "MULTILINE_MAX_LINES", "Nothing was sent: a message of several lines has at most {limit} lines"
)
MULTILINE_INVALID_TARGET: Final = Fail(
    "MULTILINE_INVALID_TARGET", "Nothing was sent: all lines of a message go to the same target"
)
MULTILINE_INVALID: Final = Fail("MULTILINE_INVALID", "{why}")
INVALID_REFTAG: Final = Fail(
    "INVALID_REFTAG", "A batch is opened by + and closed by -, with a name of letters, digits and hyphens"
)
BATCH_TIMEOUT: Final = Fail("TIMEOUT", "Nothing was sent: no line of this batch came for {seconds} seconds")
UNKNOWN_TYPE: Final = Fail("UNKNOWN_TYPE", "{why}")
#: https://ircv3.net/specs/extensions/channel-rename#errors
CHANNEL_NAME_IN_USE: Final = Fail("CHANNEL_NAME_IN_USE", "There is a channel of that name")
CANNOT_RENAME: Final = Fail("CANNOT_RENAME", "{why}")
CHANNEL_RENAMED: Final = Fail("CHANNEL_RENAMED", "It has another name now")
#: Of KICK, where the account has nobody there.
BELONGS_NO_MORE: Final = Fail("BELONGS_NO_MORE", "{account} is not here, and does not belong here any more")
BAN_INFO: Final = Fail("BAN_INFO", "{words}")
#: Of the right that OPER gave: see docs/decisions/0061.
OPER_ENDED: Final = Fail(
    "OPER_ENDED", "Another session shares your nick now, so you are no operator of this server any more"
)
#: Of CONSOLE: a sentence or a row of its answer, and why there is none.
ANSWER: Final = Fail("ANSWER", "{text}")
ROW: Final = Fail("ROW", "{text}")
UNKNOWN_VERB: Final = Fail("UNKNOWN_VERB", "{why}")
REFUSED: Final = Fail("REFUSED", "{why}")
UNSTORED: Final = Fail("UNSTORED", "{why}")
TEMPORARILY_UNAVAILABLE: Final = Fail("TEMPORARILY_UNAVAILABLE", "{why}")
#: https://ircv3.net/specs/extensions/metadata, with the names that draft/metadata-3 has for them
INVALID_KEY: Final = Fail("INVALID_KEY", "A key has 1 to {limit} of a-z 0-9 _ . / -")
INVALID_VALUE: Final = Fail("INVALID_VALUE", "A value has at most {limit} bytes here")
KEY_NO_PERMISSION: Final = Fail("KEY_NO_PERMISSION", "{why}")
LIMIT_REACHED: Final = Fail("LIMIT_REACHED", "There may be {limit} of them at most")
#: KEEP, a command of our own: see core/handlers/keeping.py.
KEPT: Final = Fail("KEPT", "{text}")
#: FILE, a command of our own: see core/handlers/files.py.
NO_SUCH_FILE: Final = Fail("NO_SUCH_FILE", "There is no such file for you")
FILE_FORBIDDEN: Final = Fail("FILE_FORBIDDEN", "Only its uploader may do that, and operators of the channel")
FILE_DELETED: Final = Fail("DELETED", "Nobody can fetch it any more")
FILES_LEFT: Final = Fail("MORE", "These are the newest {count}: FILE LIST {name} {number} shows older ones")
FILE_UNLINKED: Final = Fail("UNLINKED", "Its link leads nowhere any more")
#: CERT, a command of our own: see core/handlers/certificates.py.
ACCOUNT_REQUIRED: Final = Fail("ACCOUNT_REQUIRED", "Log in to an account first")
INVALID_PARAMS: Final = Fail("INVALID_PARAMS", "{why}")
NO_CERTIFICATE: Final = Fail(
    "NO_CERTIFICATE", "This connection has no certificate: connect with one over TLS, or name a fingerprint"
)
INVALID_FINGERPRINT: Final = Fail(
    "INVALID_FINGERPRINT", "A fingerprint has 64 hexadecimal digits: the SHA-256 of the certificate"
)
FINGERPRINT_IN_USE: Final = Fail("FINGERPRINT_IN_USE", "It stands for another account already")
TOO_MANY_FINGERPRINTS: Final = Fail(
    "TOO_MANY_FINGERPRINTS", "An account has {limit} certificates at most: CERT DEL takes one away"
)
NO_SUCH_FINGERPRINT: Final = Fail("NO_SUCH_FINGERPRINT", "It does not stand for {account}: see CERT LIST")
CERT_ADDED: Final = Fail(
    "ADDED", "Whoever has this certificate may log in to {account} with it (SASL EXTERNAL)"
)
CERT_REMOVED: Final = Fail("REMOVED", "It does not stand for {account} any more")
CERT_LISTED: Final = Fail("LISTED", "added {when}")
CERT_LIST_END: Final = Fail("END_OF_LIST", "{count} of {limit} certificates stand for {account}")

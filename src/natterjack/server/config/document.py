"""docs/configuration.md, from the table: ``python -m natterjack.server.config.document > docs/configuration.md``."""

from __future__ import annotations

import sys
from itertools import groupby

from natterjack.server.config.kinds import Duration, Size
from natterjack.server.config.table import ROWS, SECTIONS, Row

_HEAD = """\
# Configuration

Nothing needs to be configured: every setting has a default. Where you want another value, give it in one of these
ways; the first that has one wins. (`natterjack` stands for `python3 run.py` here.)

1. an option of `natterjack serve`: `--port 7000`
2. an environment variable, `NATTERJACK_SECTION__KEY`: `NATTERJACK_LISTEN__PORT=7000`
3. a TOML file, named by `--config FILE`:

   ```toml
   [listen]
   port = 7000

   [limits]
   registration = "20 s"
   queue_close = "2 MiB"
   ```

Lists are written `["one", "two"]` in the file and `one,two` elsewhere. Times are seconds, or text with a unit: `s`,
`min`, `h`, `d`. Sizes are bytes, or text with a unit: `B`, `KiB`, `MiB`, `GiB`. Yes and no are `true` and `false` in
the file, `yes` and `no` elsewhere.

`natterjack check-config --config FILE` says all that is wrong, each with its line, its key and what would be right,
and exits with 78; a server does not start then. One thing it refuses which a server only warns of: a `listen.port`
that browsers refuse to connect to, such as 6667 or 6697. `natterjack config show` lists every value and where it
comes from (`--json` for programs). Both take the options of `serve`.

SIGHUP, or `reload` in the console, reads everything again. What is marked "at once" below applies from then on (to
sessions that are there already, too, except that nobody is sent away who would not be let in any more); of other
settings that have changed it names those that wait for a restart. If anything is wrong, all stays as it was.

What IRC itself fixes can't be set: 512 bytes a line, 8191 bytes of tags (4094 from clients), 64 bytes of a label. Nor
can the 600,000 rounds of password derivation, since a stranger could tell who has an account if they were not the same
for all; nor small bounds that nobody has wanted otherwise yet: 16 KiB for a message over WebSocket, four owners of a
channel, a hundred channels that one account owns, five certificates of an account, twenty invites that a member has
good at a time.
"""


def document() -> str:
    """The whole text."""
    parts = [_HEAD]
    for section, rows in groupby(ROWS.values(), key=lambda row: row.section):
        about = (SECTIONS[section].__doc__ or "").strip()
        parts.append(f"\n## [{section}]\n\n{about}\n")
        parts += [_entry(row) for row in rows]
    return "".join(parts)


def _entry(row: Row) -> str:
    kind = row.spec.kind
    words = [f"default `{kind.show(row.default)}`"]
    if isinstance(kind, Duration | Size):
        words.append(f"from {kind.text(kind.least)} to {kind.text(kind.most)}")
    else:
        words.append(kind.right)
    if row.spec.option:
        words.append(f"option `{row.spec.option}`")
    words.append("a change applies at once" if row.spec.live else "a change needs a restart")
    return f"\n**`{row.key}`**: {row.spec.about}\n({'; '.join(words)})\n"


if __name__ == "__main__":
    sys.stdout.write(document())

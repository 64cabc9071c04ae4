"""The configuration: option, else environment, else TOML file, else default.

:mod:`.table` says which settings there are; everything else about them is derived from it.
"""

from natterjack.server.config.bounds import taken
from natterjack.server.config.crossing import crossing
from natterjack.server.config.load import DEFAULT, Examined, Origin, Trouble, examine, load
from natterjack.server.config.options import Options, add_options, given
from natterjack.server.config.reload import Change, change
from natterjack.server.config.table import PREFIX, ROWS, Access, Config, Durability, LogLevel, Row

__all__ = [
    "DEFAULT",
    "PREFIX",
    "ROWS",
    "Access",
    "Change",
    "Config",
    "Durability",
    "Examined",
    "LogLevel",
    "Options",
    "Origin",
    "Row",
    "Trouble",
    "add_options",
    "change",
    "crossing",
    "examine",
    "given",
    "load",
    "taken",
]

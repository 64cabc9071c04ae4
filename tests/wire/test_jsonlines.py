"""One object a line, that a terminal may see too."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.jsonlines import escaped, one_line


def test_controls_are_escaped() -> None:
    assert one_line({"a": "\x1b\x7f\x85\x9b31m\u2028\u2029"}) == (
        r'{"a": "\u001b\u007f\u0085\u009b31m\u2028\u2029"}'
    )
    assert one_line({"\x9d": ["ä", "🐸", None, 1]}) == r'{"\u009d": ["ä", "🐸", null, 1]}'
    assert escaped('{"a": "\\\x9b"}\n') == '{"a": "\\\\u009b"}\n', "what was no JSON is no concern of ours"


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text()), max_size=5))
def test_the_value_is_the_same_and_the_line_is_one(members: dict[str, object]) -> None:
    text = one_line(members)
    assert json.loads(text) == members
    assert len(text.splitlines()) == 1
    assert not any(unicodedata.category(sign) == "Cc" for sign in text)

"""Names are data: whatever comes in, what comes out is one name that can be shown and saved anywhere."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from natterjack.files.names import NAME_BYTES, NAMELESS, clean


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("report.pdf", "report.pdf"),
        ("Grüße aus Köln.txt", "Grüße aus Köln.txt"),
        ("写真.png", "写真.png"),
        ("../../x", "x"),
        ("/etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\cmd.exe", "cmd.exe"),
        ("folder/", "folder"),
        ("..", NAMELESS),
        ("", NAMELESS),
        ("/", NAMELESS),
        (" . ", NAMELESS),
        (".bashrc", "bashrc"),
        ("a\0b", "ab"),
        ("a\r\nb", "a b"),
        ("tab\there", "tab here"),
        ("\x1b[31mred", "[31mred"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("NUL .txt", "_NUL .txt"),
        ("COM1", "_COM1"),
        ("lpt².log", "_lpt².log"),
        ("CONSOLE", "CONSOLE"),
        ("community.txt", "community.txt"),
        ('a<b>c:d"e|f?g*h', "a_b_c_d_e_f_g_h"),
        ("trailing. . ", "trailing"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066x\u2069\u200f.txt", "x.txt"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("line\u2028para\u2029", "line para"),
        ("\ud800lone", "lone"),
        ("\ue000private", "private"),
        ("e\u0301", "é"),
        ("👩\u200d👩\u200d👧.png", "👩\u200d👩\u200d👧.png"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("\u200d", NAMELESS),
    ],
)
def test_what_comes_of_names(name: str, made: str) -> None:
    assert clean(name) == made


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    assert clean("x" * 300 + ".png") == "x" * 251 + ".png"
    emoji = clean("😀" * 300)
    assert emoji == "😀" * 63
    assert clean("😀" * 300 + ".jpeg").endswith("😀.jpeg")
    assert clean("x." + "y" * 300) == "x." + "y" * 253


@given(
    st.text(max_size=400)
    | st.text("aä.😀/\\ \u200d\u202e\0CONcon1", max_size=300)
    | st.lists(st.sampled_from(["CON", ".", " ", "..", "/", "\u200d", "NUL", "_", "x" * 100]), max_size=8).map("".join)
)  # fmt: skip
@example("CON" + "\u200d" * 100)
def test_a_clean_name_is_one_name_and_stays_it(name: str) -> None:
    made = clean(name)
    assert 0 < len(made.encode()) <= NAME_BYTES
    assert clean(made) == made
    assert not set(made) & set('/\\<>:"|?*\0')
    assert made == made.strip(" .")
    assert made not in (".", "..")
    seen = [each for each in made if each not in "\u200c\u200d" and not 0x1F000 <= ord(each) < 0x1FFFE]
    assert not {unicodedata.category(each) for each in seen} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert made.partition(".")[0].strip().upper() not in ("CON", "PRN", "AUX", "NUL", "COM1", "LPT9")

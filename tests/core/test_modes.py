"""MODE for channels and for users."""

import pytest

from natterjack.proto.limits import USUAL
from tests.support.chat import Chat, pond


def test_a_channel_shows_its_modes_and_its_key_only_inside() -> None:
    chat = pond("op", modes="+kl sesame 7")
    chat.enter("out")
    chat.quiet()
    chat.play("""
        op > MODE #pond
        op < 324 op #pond +klnt sesame :7
        op < 329 op #pond :1795379462
        out > MODE #POND
        out < 324 out #pond +klnt * :7
        out < 329 out #pond :1795379462
        out > MODE #nowhere
        out < 403 out #nowhere :No such channel
        out > MODE
        out < 461 out MODE :Not enough parameters
        out > MODE #pond +m
        out < 482 out #pond :You're not an operator of that channel
    """)


def test_what_changes_is_told_in_one_line_and_what_does_not_is_not() -> None:
    pond("op", "bob").play("""
        op > MODE #pond +m-t+o-i+nlk bob 5 sesame
        op < :op MODE #pond +m-t+olk bob 5 sesame
        bob < :op MODE #pond +m-t+olk bob 5 sesame
        op > MODE #pond +mo-l bob
        op < :op MODE #pond -l
        bob < :op MODE #pond -l
        op > MODE #pond +m
        op > MODE #pond -k wrong
        op < :op MODE #pond -k sesame
        bob < :op MODE #pond -k sesame
        op > MODE #pond -kl
        op > MODE #pond +
    """)


def test_errors_of_channel_modes() -> None:
    chat = pond("op")
    chat.enter("out")
    chat.quiet()
    chat.play(f"""
        op > MODE #pond +x:
        op < 472 op x :is no channel mode that I know
        op < 472 op * :is no channel mode that I know
        op > MODE #pond +o
        op < 401 op * :No such nick or channel
        op > MODE #pond +o nobody
        op < 401 op nobody :No such nick or channel
        op > MODE #pond +o out
        op < 441 op out #pond :They aren't in that channel
        op > MODE #pond +l
        op < 696 op #pond l * :A limit is a number from 1 on
        op > MODE #pond +l 0
        op < 696 op #pond l 0 :A limit is a number from 1 on
        op > MODE #pond +l ١
        op < 696 op #pond l ١ :A limit is a number from 1 on
        op > MODE #pond +l 1_0
        op < 696 op #pond l 1_0 :A limit is a number from 1 on
        op > MODE #pond +k
        op < 525 …
        op > MODE #pond +k a,b
        op < 525 …
        op > MODE #pond +k :a b
        op < 525 …
        op > MODE #pond +k {"k" * 33}
        op < 525 …
        op > MODE #pond +b :two words
        op < 696 op #pond b * :A mask is one word
        op > MODE #pond +b {"x" * 300}
        op < 696 op #pond b * :A mask has at most 200 bytes
    """)


def test_what_each_rank_may_change() -> None:
    chat = pond("op", "half", "voice", "plain", modes="+hv half voice")
    refused = {}
    changes = {"+v plain": "v", "+b x!*@*": "b", "+e x!*@*": "e", "+I x!*@*": "I", "+h plain": "h", "+o plain": "o",
               "-o op": "o", "-h half": "h", "+m": "m", "+i": "i", "+s": "s", "-n": "n", "-t": "t", "+k x": "k",
               "+l 5": "l"}  # fmt: skip
    for nick in ("plain", "voice", "half"):
        refused[nick] = "".join(
            sorted(
                letter + change[0]
                for change, letter in changes.items()
                if any(line.startswith("482") for line in chat.peers[nick].send(f"MODE #pond {change}"))
            )
        )
        chat.quiet()
    assert (
        refused["plain"]
        == refused["voice"]
        == "".join(sorted(letter + c[0] for c, letter in changes.items()))
    )
    assert refused["half"] == "h+h-i+k+l+m+n-o+o-s+t-"
    assert chat.world.channel("#pond").flags == frozenset("nt")


def test_one_refusal_is_enough_for_one_command() -> None:
    pond("op", "plain").play("""
        plain > MODE #pond +mis-n+o plain
        plain < 482 plain #pond :You're not an operator of that channel
    """)


@pytest.mark.parametrize(
    ("letter", "entry", "end"),
    [("b", "367", "368 op #pond :End of channel ban list"), ("e", "348", "349 op #pond :End of channel exception list"),
     ("I", "346", "347 op #pond :End of channel invite exception list")],
)  # fmt: skip
def test_lists(letter: str, entry: str, end: str) -> None:
    chat = pond("op", "plain")
    chat.play(f"""
        op > MODE #pond +{letter} eve
        op < :op MODE #pond +{letter} eve!*@*
        plain < :op MODE #pond +{letter} eve!*@*
        op > MODE #pond +{letter} EVE!*@*
        op > MODE #pond +{letter} 10.0.0.*
        op < :op MODE #pond +{letter} *!*@10.0.0.*
        plain < :op MODE #pond +{letter} *!*@10.0.0.*
        op > MODE #pond {letter}
        op < {entry} op #pond eve!*@* op!op@127.0.0.1 :1795379462
        op < {entry} op #pond *!*@10.0.0.* op!op@127.0.0.1 :1795379462
        op < {end}
        op > MODE #pond -{letter} Eve
        op < :op MODE #pond -{letter} eve!*@*
        plain < :op MODE #pond -{letter} eve!*@*
        op > MODE #pond -{letter} eve
    """)
    answer = (
        "367 plain #pond …" if letter == "b" else "482 plain #pond :You're not an operator of that channel"
    )
    end = "plain < 368 …" if letter == "b" else ""
    chat.play(f"""
        plain > MODE #pond +{letter}
        plain < {answer}
        {end}
    """)


def test_a_list_has_an_end() -> None:
    chat = pond("op")
    op = chat.peers["op"]
    for number in range(USUAL.list_entries):
        op.send(f"MODE #pond +b n{number}")
    assert op.send("MODE #pond +b more") == [
        "478 op #pond b :Channel list is full: it has 100 entries at the most"
    ]
    assert len(op.send("MODE #pond b")) == USUAL.list_entries + 1


def test_many_changes_are_told_in_as_many_lines_as_they_need() -> None:
    chat = pond("op")
    masks = [f"{'m' * 40}{number}" for number in range(9)]
    lines = chat.peers["op"].send(f"MODE #pond +{'b' * 9} {' '.join(masks)}")
    assert [line.split(" ")[3] for line in lines] == ["+bbbbbbbb", "+b"]
    assert [mask for line in lines for mask in line.split(" ")[4:]] == [f"{mask}!*@*" for mask in masks]


def test_long_changes_are_told_in_lines_that_fit() -> None:
    chat = pond("op")
    masks = ["n" * 190 + str(number) for number in range(3)]
    lines = chat.peers["op"].send(f"MODE #pond +bbb {' '.join(masks)}")
    assert [line.split(" ")[3:] for line in lines] == [
        ["+bb", f"{masks[0]}!*@*", f"{masks[1]}!*@*"],
        ["+b", f"{masks[2]}!*@*"],
    ]


def test_user_modes() -> None:
    Chat("alice", "bob").play("""
        alice > MODE alice
        alice < 221 alice :+
        alice > MODE alice +iBo
        alice < :alice MODE alice +Bi
        alice > MODE ALICE
        alice < 221 alice :+Bi
        alice > MODE alice -i+i
        alice > MODE alice -i
        alice < :alice MODE alice -i
        alice > MODE alice +x
        alice < 501 alice :Unknown user mode
        alice > MODE bob +i
        alice < 502 alice :You can see and change only your own modes
        alice > MODE bob
        alice < 502 alice :You can see and change only your own modes
        alice > MODE nobody
        alice < 401 alice nobody :No such nick or channel
    """)


def test_an_operator_can_only_give_it_up() -> None:
    chat = Chat("alice")
    chat.world.set_modes(chat.world.find("alice"), "o")
    assert chat.world.count("o") == 1
    chat.play("""
        alice > MODE alice -o
        alice < :alice MODE alice -o
        alice > MODE alice +o
    """)
    assert chat.world.count("o") == 0

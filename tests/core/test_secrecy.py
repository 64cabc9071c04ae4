"""A secret channel looks to outsiders like one that is not there, in every reply."""

from collections.abc import Iterator

import pytest

from tests.support.chat import Chat

#: All that an outsider can ask or do with a channel that is named, but for joining it.
QUESTIONS = [
    "PRIVMSG {} :hi", "NOTICE {} :hi", "TAGMSG {}", "PRIVMSG @{} :hi", "PRIVMSG +{},eve :hi", "NAMES {}",
    "NAMES {},#pond", "WHO {}", "WHO {} %cn", "WHO {} o", "LIST {}", "LIST {},#pond", "LIST", "LIST >0", "LIST #*",
    "LIST !#pond", "TOPIC {}", "TOPIC {} :new", "MODE {}", "MODE {} b", "MODE {} +b", "MODE {} +I", "MODE {} +o eve",
    "MODE {} +x", "MODE {} -s", "INVITE bob {}", "INVITE alice {}", "KICK {} alice", "KICK {} nobody",
    "PART {}", "PART {} :bye",
    "WHOIS {}", "WHOWAS {}", "ISON {}", "USERHOST {}", "MONITOR + {}", "WHOIS alice", "WHO alice", "WHO alice %cnf",
    "WHO *", "WHO a* %cf", "NAMES", "MONITOR S", "HELP {}",
    "MODE {} +w 5", "MODE {} -w", "MODE {} +RM", "MODE {} +q eve", "MODE {} -q alice", "MODE {} +b ~a:x",
    "MODE {} +b ~z:x", "MODE {} e", "TBAN {}", "TBAN {} 5m", "TBAN {} 5m bob :out", "TBAN {} soon bob",
    "TBAN {} 5m ~z:", "PRIVMSG ~{} :hi", "NOTICE @{} :hi", "LUSERS",
]  # fmt: skip
#: JOIN in all its forms, for those who may not make channels. For others, an absent channel comes to be.
JOINS = [
    "JOIN {}",
    "JOIN #DEEP",
    "JOIN {} key",
    "JOIN {} wrong",
    "JOIN {},#pond",
    "JOIN {},#other",
    "JOIN #other,{} x,key",
]
#: What may keep somebody out.
OBSTACLES = [
    "+si",
    "+sk key2",
    "+sl 1",
    "+sb eve",
    "+sb *!*@*",
    "+sR",
    "+siklR key2 1",
    "+sbe eve ~a:x",
    "+siI ~a:x",
]


def ask(
    question: str,
    modes: str,
    caps: str = "message-tags echo-message labeled-response batch",
    create: str = "anyone",
) -> list[str]:
    """What eve is told; #deep has alice in it where ``modes`` are given, and is not there where they are not."""
    chat = Chat("alice", "bob", lobby=("#pond",), create=create)
    chat.world.set_modes(chat.world.find("alice"), "o")
    chat.peers["alice"].send(
        "JOIN #deep" if modes else "PONG x", f"MODE #deep {modes}" if modes else "PONG x"
    )
    chat.peers["alice"].send("TOPIC #deep :treasure" if modes else "PONG x")
    eve = chat.enter("eve", caps)
    chat.core._ctx._last_id = 1000
    chat.peers["bob"].take(), chat.peers["alice"].take()
    answer = eve.send(f"@label=1 {question.format('#deep')}")
    assert not [line for line in chat.peers["alice"].take() if "#deep" in line]
    return answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_secret_looks_like_absent(question: str) -> None:
    secret = ask(question, "+s")
    assert secret == ask(question, "")
    assert "treasure" not in " ".join(secret)


@pytest.mark.parametrize("question", QUESTIONS)
def test_secret_looks_like_absent_whatever_else_is_set(question: str) -> None:
    assert ask(question, "+smikl-nt key 1", caps="batch labeled-response") == ask(
        question, "", caps="batch labeled-response"
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_secret_looks_like_absent_with_the_other_modes_too(question: str) -> None:
    assert ask(question, "+sMRwb-n 9 ~m:~a:*") == ask(question, "")


@pytest.mark.parametrize("create", ["members", "operators"])
@pytest.mark.parametrize("question", [*QUESTIONS, *JOINS])
def test_where_channels_are_not_made_by_joining_join_does_not_tell_either(question: str, create: str) -> None:
    absent = ask(question, "", create=create)
    for modes in OBSTACLES:
        assert ask(question, modes, create=create) == absent, modes


def test_joining_would_tell_of_a_channel_that_is_not_secret() -> None:
    for modes in OBSTACLES:
        assert ask("JOIN {}", modes.replace("s", ""), create="members") != ask(
            "JOIN {}", "", create="members"
        )


def test_whoever_may_join_a_secret_channel_does() -> None:
    chat = Chat("alice", create="operators")
    chat.world.set_modes(chat.world.find("alice"), "o")
    chat.peers["alice"].send("JOIN #deep", "MODE #deep +sk key")
    eve = chat.enter("eve")
    assert eve.send("JOIN #deep") == ["403 eve #deep :No such channel"]
    assert eve.send("JOIN #deep key")[0] == ":eve JOIN #deep"


def test_a_timed_ban_is_refused_like_any_other() -> None:
    def asked(tban: str) -> list[str]:
        chat = Chat("alice", lobby=("#pond",), create="operators")
        chat.world.set_modes(chat.world.find("alice"), "o")
        if tban:
            chat.peers["alice"].send("JOIN #deep", "MODE #deep +s", tban)
        return chat.enter("eve").send("JOIN #deep")

    assert asked("TBAN #deep 5m eve :because") == asked("") == ["403 eve #deep :No such channel"]


class _Unwalkable(dict[int, int]):
    """Members of whom there may be millions: whoever is refused must not wait until they were looked through."""

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("somebody walks through the members")

    items = values = keys = __iter__  # type: ignore[assignment]


@pytest.mark.parametrize("question", [*QUESTIONS, *JOINS])
@pytest.mark.inside
def test_no_refusal_takes_longer_where_there_are_more_members(question: str) -> None:
    chat = Chat("alice", lobby=("#pond",), create="operators")
    chat.world.set_modes(chat.world.find("alice"), "o")
    chat.peers["alice"].send("JOIN #deep", "MODE #deep +siklMRw key2 1 5")
    eve = chat.enter("eve", "message-tags")
    channel = chat.world.channel("#deep")
    channel.members = _Unwalkable(channel.members)
    channel._groups = None
    channel.audience = None  # nor through their sessions
    assert not [line for line in eve.send(question.format("#deep")) if " 353 " in line]


def test_the_questions_would_tell_a_channel_that_is_not_secret() -> None:
    told = [question for question in QUESTIONS if ask(question, "+m") != ask(question, "")]
    assert len(told) > 20


@pytest.mark.parametrize("verb", ["AWAY :x", "SETNAME :x", "NICK al", "QUIT"])
def test_what_a_member_does_is_not_shown_to_outsiders(verb: str) -> None:
    chat = Chat("alice", lobby=())
    chat.enter("eve", "away-notify setname")
    chat.peers["alice"].send("JOIN #deep", "MODE #deep +s")
    chat.quiet()
    chat.peers["alice"].send(verb)
    assert chat.peers["eve"].take() == []


def test_members_see_a_secret_channel_as_any_other() -> None:
    chat = Chat("alice", "bob", lobby=())
    chat.peers["alice"].send("JOIN #deep", "MODE #deep +s")
    chat.peers["bob"].send("JOIN #deep")
    chat.quiet()
    chat.play("""
        bob > LIST
        bob < 321 …
        bob < 322 bob #deep 2 :
        bob < 323 …
        bob > NAMES #deep
        bob < 353 bob @ #deep :@alice bob
        bob < 366 …
        bob > PRIVMSG #deep :hi
        alice < :bob PRIVMSG #deep :hi
    """)
    assert "319 bob alice :@#deep" in chat.peers["bob"].send("WHOIS alice")

"""A secret channel looks to outsiders like one that is not there, in every reply."""

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
]  # fmt: skip


def ask(
    question: str, modes: str, caps: str = "message-tags echo-message labeled-response batch"
) -> list[str]:
    """What eve is told; #deep has alice in it where ``modes`` are given, and is not there where they are not."""
    chat = Chat("alice", "bob", lobby=("#pond",))
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

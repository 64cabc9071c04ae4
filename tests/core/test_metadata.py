"""METADATA: set, shown, followed, kept. https://ircv3.net/specs/extensions/metadata"""

from __future__ import annotations

from typing import Any

import pytest

from natterjack.core.policy import METADATA_KEYS, METADATA_MEMBERS, METADATA_SUBSCRIPTIONS
from natterjack.ports.records import MetadataGoneRecord, MetadataRecord, Snapshot
from tests.support.chat import Chat, fits, make_account, said

CAPS = "draft/metadata-3 batch"


def chat_of(*nicks: str, metadata: tuple[MetadataRecord, ...] = (), **settings: Any) -> Chat:
    """Those of ``nicks`` that end in ``*`` have an account; ``deb`` is an account, and not here."""
    names = (*(nick.rstrip("*") for nick in nicks if nick.endswith("*")), "deb")
    snapshot = Snapshot(b"s" * 32, tuple(make_account(name) for name in names), metadata=metadata)
    chat = Chat(store=True, durable=True, instant=True, lobby=(), snapshot=snapshot, **settings)
    for nick in nicks:
        name = nick.rstrip("*")
        chat.enter(name, CAPS, login=name if nick.endswith("*") else "")
    chat.quiet()
    chat.records.clear()
    return chat


def kept(chat: Chat) -> list[tuple[Any, ...]]:
    return [
        (record.account, record.key, getattr(record, "value", None))
        for record in chat.records
        if isinstance(record, MetadataRecord | MetadataGoneRecord)
    ]


def test_what_is_set_is_told_to_those_who_follow_it() -> None:
    chat = chat_of("amy", "bob", "cat")
    chat.peers["amy"].send("JOIN #a")
    chat.peers["bob"].send("JOIN #a", "METADATA * SUB url color")
    chat.peers["cat"].send("JOIN #a", "METADATA * SUB other")
    chat.quiet()
    chat.play("""
        amy > METADATA * SET url :https://amy.example is mine
        amy < 761 amy amy url * :https://amy.example is mine
        bob < 761 bob amy url * :https://amy.example is mine
        amy > METADATA * SET url :https://amy.example is mine
        amy < 761 amy amy url * :https://amy.example is mine
        amy > METADATA AMY SET color
        amy < 766 amy amy color :This key is not set
        amy > METADATA #a SET url :https://a.example
        amy < 761 amy #a url * :https://a.example
        bob < 761 bob #a url * :https://a.example
        cat > METADATA #A GET url Url nothing
        cat < BATCH +… metadata #a
        cat < @batch=… 761 cat #a url * :https://a.example
        cat < @batch=… FAIL METADATA INVALID_KEY Url :A key has 1 to 32 of a-z 0-9 _ . / -
        cat < @batch=… 766 cat #a nothing :This key is not set
        cat < BATCH -…
        bob > METADATA #a SYNC
        bob < BATCH +… metadata #a
        bob < @batch=… 761 bob #a url * :https://a.example
        bob < @batch=… 761 bob amy url * :https://amy.example is mine
        bob < BATCH -…
        amy > METADATA * SET url
        amy < 766 amy amy url :This key is not set
        bob < 766 bob amy url :This key is not set
        amy > METADATA #a CLEAR
        bob < 766 bob #a url :This key is not set
        amy < BATCH +… metadata #a
        amy < @batch=… 766 amy #a url :This key is not set
        amy < BATCH -…
        bob > METADATA * UNSUB url none
        bob < 771 bob url :none
        bob > METADATA * SUBS
        bob < BATCH +… metadata-subs
        bob < @batch=… 772 bob :color
        bob < BATCH -…
        amy > METADATA * SET url :again
        amy < 761 amy amy url * :again
    """)
    assert kept(chat) == [], "guests' values go with them"


def test_joining_shows_what_is_followed_both_ways() -> None:
    chat = chat_of("amy", "bob")
    chat.peers["amy"].send("METADATA * SET url :A", "METADATA * SUB url", "JOIN #a", "METADATA #a SET url :C")
    chat.peers["bob"].send("METADATA * SET url :B", "METADATA * SUB url")
    chat.quiet()
    got = chat.peers["bob"].send("JOIN #a")
    assert [line.partition(" ")[2] for line in got[-4:-1]] == [
        "761 bob #a url * :C",
        "761 bob amy url * :A",
        "761 bob bob url * :B",
    ]
    assert got[-5].endswith(" metadata #a")
    assert chat.peers["amy"].take() == [":bob JOIN #a", "761 amy bob url * :B"]


def test_of_a_large_channel_one_has_to_ask() -> None:
    chat = chat_of("amy")
    chat.peers["amy"].send("JOIN #a", "METADATA * SUB url", "METADATA #a SET url :C")
    for number in range(METADATA_MEMBERS):
        chat.enter(f"x{number}")
        chat.peers[f"x{number}"].send("JOIN #a")
    chat.peers["amy"].send("PART #a")
    got = chat.peers["amy"].send("JOIN #a")
    assert got[-1] == "774 amy #a 0 :Ask for it: METADATA #a SYNC"
    assert "761 amy #a url * :C" in chat.peers["amy"].send("METADATA #a SYNC")[1]


def test_whoever_monitors_somebody_follows_him() -> None:
    chat = chat_of("amy", "deb*")
    chat.peers["deb"].send("METADATA * SET url :D")
    chat.peers["deb"].hang_up()
    chat.play("""
        amy > METADATA * SUB url
        amy < 770 amy :url
        amy < 774 amy *ALL 0 :Ask for it: METADATA *ALL SYNC
        amy > MONITOR + deb
        amy < 731 amy :deb
    """)
    chat.enter("deb", CAPS, login="deb")
    chat.play("""
        amy < 730 amy :deb!deb@127.0.0.1
        amy < 761 amy deb url * :D
        deb > METADATA * SET url :E
        deb < 761 deb deb url * :E
        amy < 761 amy deb url * :E
        amy > METADATA *ALL SYNC
        amy < BATCH +… metadata *ALL
        amy < @batch=… 761 amy deb url * :E
        amy < BATCH -…
        amy > MONITOR C
        amy > MONITOR + deb
        amy < 730 amy :deb!deb@127.0.0.1
        amy < 761 amy deb url * :E
    """)


def test_an_accounts_values_last_and_are_the_same_on_all_devices() -> None:
    chat = chat_of("amy*")
    chat.enter("phone", CAPS, login="amy")
    chat.peers["phone"].send("METADATA * SUB url")
    chat.quiet()
    chat.play("""
        amy > METADATA * SET url :A
        amy < 761 amy amy url * :A
        phone < 761 phone amy url * :A
        phone < 761 phone phone url * :A
        phone > METADATA amy SET url :B
        phone < 761 phone amy url * :B
        phone > METADATA * SET color :red
        phone < 761 phone phone color * :red
        amy > METADATA * SET url
        amy < 766 amy amy url :This key is not set
        phone < 766 phone amy url :This key is not set
        phone < 766 phone phone url :This key is not set
    """)
    assert kept(chat) == [
        ("amy", "url", "A"),
        ("amy", "url", "B"),
        ("amy", "color", "red"),
        ("amy", "url", None),
    ]
    later = chat_of("amy*", metadata=(MetadataRecord("amy", 0, "color", "red"),))
    assert "@batch=2 761 amy amy color * :red" in later.peers["amy"].send("METADATA * LIST")


def test_a_channels_values_last_as_it_does() -> None:
    chat = chat_of("amy*", "gus")
    chat.peers["amy"].send("JOIN #a", "METADATA #a SET url :A")
    number = chat.world.channel("#a").conversation
    assert [record for record in chat.records if isinstance(record, MetadataRecord)] == [
        MetadataRecord("", number, "url", "A")
    ]
    chat.records.clear()
    chat.peers["gus"].send("JOIN #g", "METADATA #g SET url :G")
    assert kept(chat) == []
    chat.peers["gus"].send("PRIVMSG #g :hi")
    assert kept(chat) == [("", "url", "G")], "from now on the channel stays"


def test_what_a_guest_has_set_is_his_accounts_once_he_logs_in() -> None:
    chat = chat_of("gus", metadata=(MetadataRecord("deb", 0, "url", "D"),))
    gus = chat.peers["gus"]
    gus.send("METADATA * SET url :G", "METADATA * SET color :green")
    gus.send(*said("deb", "deb-password"))
    assert kept(chat) == [("deb", "color", "green")]
    assert gus.send("METADATA * LIST")[1:-1] == [
        "@batch=2 761 gus gus url * :D",
        "@batch=2 761 gus gus color * :green",
    ]


def test_before_registration_is_complete() -> None:
    chat = chat_of()
    chat.open("x")
    chat.play("""
        x > METADATA * SET url :A
        x < 451 * :You have not registered yet: send NICK and USER first
        x > CAP REQ :draft/metadata-3 batch
        x < CAP * ACK :draft/metadata-3 batch
        x > METADATA * SET url :A
        x < 761 * * url * :A
        x > METADATA * SET color :red
        x < 761 * * color * :red
        x > METADATA * SET color
        x < 766 * * color :This key is not set
        x > METADATA * SUB url
        x < 770 * :url
        x > METADATA * GET url
        x < BATCH +… metadata *
        x < @batch=… 761 * * url * :A
        x < BATCH -…
        x > METADATA bob SET url :B
        x < FAIL METADATA KEY_NO_PERMISSION bob * :Come in first: until then you may set only your own
        x > METADATA * SYNC
        x < 774 * * 0 :Ask for it: METADATA * SYNC
        x > NICK x
        x > USER x 0 * :X
    """)
    lines = chat.peers["x"].send("CAP END")
    burst = lines.index("BATCH +2 metadata x")
    assert lines[burst + 1 : burst + 3] == ["@batch=2 761 x x url * :A", "BATCH -2"]
    assert burst < lines.index("422 x :There is no message of the day")
    assert chat.peers["x"].send("METADATA * CLEAR")[1] == "@batch=3 766 x x url :This key is not set"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("METADATA", "461 amy METADATA :Not enough parameters"),
        ("METADATA * GET", "461 amy METADATA :Not enough parameters"),
        ("METADATA * SET", "461 amy METADATA :Not enough parameters"),
        ("METADATA * FLY", "FAIL METADATA INVALID_PARAMS FLY :There is no such subcommand"),
        (
            "METADATA nobody LIST",
            "FAIL METADATA INVALID_TARGET nobody :There is nobody and no channel of that name",
        ),
        (
            "METADATA #secret LIST",
            "FAIL METADATA INVALID_TARGET #secret :There is nobody and no channel of that name",
        ),
        ("METADATA * SET Ü :x", "FAIL METADATA INVALID_KEY Ü :A key has 1 to 32 of a-z 0-9 _ . / -"),
        (
            f"METADATA * SET {'k' * 33} :x",
            f"FAIL METADATA INVALID_KEY {'k' * 33} :A key has 1 to 32 of a-z 0-9 _ . / -",
        ),
        (
            f"METADATA * SET k :{'é' * 101}",
            "FAIL METADATA INVALID_VALUE k :A value has at most 200 bytes here",
        ),
        (
            "METADATA bob SET k :x",
            "FAIL METADATA KEY_NO_PERMISSION bob k :Only whoever it is about may set this",
        ),
        (
            "METADATA #b SET k :x",
            "FAIL METADATA KEY_NO_PERMISSION #b k :Only an operator of the channel may set this",
        ),
        (
            "METADATA bob CLEAR",
            "FAIL METADATA KEY_NO_PERMISSION bob * :Only whoever it is about may set this",
        ),
        (
            "METADATA #b LIST",
            "FAIL METADATA KEY_NO_PERMISSION #b * :It is shown to those who are in the channel",
        ),
        ("METADATA * SUB a:b", "FAIL METADATA INVALID_KEY a:b :A key has 1 to 32 of a-z 0-9 _ . / -"),
    ],
)
def test_what_is_refused_is_refused_in_words(line: str, answer: str) -> None:
    chat = chat_of("amy", "bob")
    chat.peers["bob"].send("JOIN #b", "MODE #b +k sesame", "JOIN #secret", "MODE #secret +s")
    (got,) = chat.peers["amy"].send(line)
    assert fits(answer, got)


def test_there_is_an_end_of_keys_and_of_what_is_followed() -> None:
    chat = chat_of("amy")
    amy = chat.peers["amy"]
    amy.send(*(f"METADATA * SET k{number} :x" for number in range(METADATA_KEYS)))
    assert amy.send("METADATA * SET more :x") == [
        "FAIL METADATA LIMIT_REACHED amy :There may be 32 of them at most"
    ]
    assert amy.send("METADATA * SET k0 :y") == ["761 amy amy k0 * :y"], "another value is no more"
    amy.send(*(f"METADATA * SUB k{number}" for number in range(METADATA_SUBSCRIPTIONS)))
    assert amy.send("METADATA * SUB k0 more k1") == [
        "FAIL METADATA LIMIT_REACHED more :There may be 100 of them at most",
        "770 amy :k0",
        "774 amy *ALL 0 :Ask for it: METADATA *ALL SYNC",
    ]


def test_a_value_fits_a_line_whoever_is_told() -> None:
    chat = chat_of("amy", name="n" * 63)
    (got,) = chat.peers["amy"].send(f"METADATA * SET {'k' * 32} :{'v' * 200}")
    limit = int(got.split("at most ")[1].split(" ")[0])
    assert limit == 512 - len(f":{'n' * 63} 761   {'k' * 32} * :\r\n") - 2 * 128


def test_the_muted_say_nothing_by_it_but_may_take_it_back() -> None:
    chat = chat_of("amy")
    chat.peers["amy"].send("METADATA * SET url :A")
    chat.console("mute", "amy!*@*", "enough")
    chat.play("""
        amy > METADATA * SET url :B
        amy < FAIL METADATA KEY_NO_PERMISSION amy url :you are muted: enough
        amy > METADATA * SET url
        amy < 766 amy amy url :This key is not set
    """)


def test_what_the_muted_have_set_on_their_way_in_does_not_hold() -> None:
    chat = chat_of("amy", access="open", allow_plaintext=True)
    chat.peers["amy"].send("METADATA * SUB url", "JOIN #a")
    chat.console("mute", "192.0.2.7")
    eve = chat.open("eve", "192.0.2.7", "tls")
    eve.send(f"CAP REQ :{CAPS}", "METADATA * SET url :A", "NICK eve", "USER eve 0 * :E", "CAP END", "JOIN #a")
    heard = chat.peers["amy"].take()
    assert "eve" in heard[-1]
    assert heard[-1].endswith(" JOIN #a")
    assert chat.peers["amy"].send("METADATA eve LIST") == ["BATCH +3 metadata eve", "BATCH -3"]


def test_whois_tells_it_to_those_who_know_it() -> None:
    chat = chat_of("amy")
    chat.enter("old")
    chat.peers["amy"].send("METADATA * SET url :A")
    assert "760 amy amy url * :A" in chat.peers["amy"].send("WHOIS amy")
    assert not any(line.startswith("760") for line in chat.peers["old"].send("WHOIS amy"))


def test_a_labelled_answer_holds_the_batch() -> None:
    chat = chat_of()
    chat.enter("amy", f"{CAPS} labeled-response")
    assert chat.peers["amy"].send("@label=x METADATA * GET url") == [
        "@label=x BATCH +3 labeled-response",
        "@batch=3 BATCH +2 metadata amy",
        "@batch=2 766 amy amy url :This key is not set",
        "@batch=3 BATCH -2",
        "BATCH -3",
    ]

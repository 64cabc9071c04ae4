"""How a client of the load generator gets in."""

from bench.registration import ALL_CAPABILITIES, Registration, choose, offered, split_line

NOTHING: frozenset[str] = frozenset()
TAGS = frozenset({"message-tags", "server-time"})


def test_split_line() -> None:
    assert split_line(b"@time=x :s 001 me :Hello there\r") == (b"001", [b"me", b"Hello there"])
    assert split_line(b"ping token") == (b"PING", [b"token"])
    assert split_line(b"") == (b"", [])


def test_without_capabilities_none_are_asked_for() -> None:
    client = Registration("n1", NOTHING)
    assert client.hello() == b"NICK n1\r\nUSER n1 0 * :load\r\n"
    assert client.line(b":s 001 n1 :Welcome") == b""
    assert not client.ready
    client.line(b":s 422 n1 :No MOTD")
    assert client.ready


def test_capabilities_are_negotiated_before_the_end_of_registration() -> None:
    client = Registration("n1", TAGS)
    assert client.hello().startswith(b"CAP LS 302\r\n")
    assert client.line(b":s CAP * LS * :multi-prefix sasl=PLAIN") == b""
    assert (
        client.line(b":s CAP * LS :message-tags server-time batch")
        == b"CAP REQ :message-tags server-time\r\n"
    )
    assert client.line(b":s CAP n1 ACK :message-tags server-time ") == b"CAP END\r\n"
    assert client.capabilities == TAGS


def test_a_server_without_the_capabilities_ends_the_negotiation() -> None:
    client = Registration("n1", TAGS)
    assert client.line(b":s CAP * LS :multi-prefix") == b"CAP END\r\n"
    assert client.capabilities == NOTHING


def test_pings_before_and_during_registration_are_answered() -> None:
    assert Registration("n1", NOTHING).line(b"PING :4711\r") == b"PONG :4711\r\n"


def test_refusals_are_kept_in_the_words_of_the_server() -> None:
    for line in (b":s 433 * n1 :Nickname in use\r", b"ERROR :Too many connections\r"):
        client = Registration("n1", NOTHING)
        client.line(line)
        assert client.refused == line.decode().strip()


def test_all_capabilities_are_all_but_those_that_change_the_dialogue() -> None:
    offer = offered("sasl=PLAIN sts=port=1 batch message-tags draft/x=1")
    assert offer["sasl"] == "PLAIN"
    assert choose(ALL_CAPABILITIES, offer) == ["batch", "draft/x", "message-tags"]


def test_a_long_list_is_requested_in_several_lines() -> None:
    client = Registration("n1", ALL_CAPABILITIES)
    names = [f"example.org/capability-number-{number}" for number in range(30)]
    requests = client.line(f":s CAP * LS :{' '.join(names)}".encode()).split(b"\r\n")[:-1]
    assert len(requests) > 1
    assert all(len(line) < 500 for line in requests)
    answers = [client.line(b":s CAP n1 ACK " + line.removeprefix(b"CAP REQ ")) for line in requests]
    assert answers == [b""] * (len(requests) - 1) + [b"CAP END\r\n"]

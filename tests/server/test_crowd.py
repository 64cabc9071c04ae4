"""Many clients that talk at once."""

import selectors

from tests.support.process import Irc, ServerProcess

CLIENTS = 60
EACH = 10


def test_sixty_clients_that_all_talk_at_once_see_one_order(server: ServerProcess) -> None:
    clients = [server.connect(f"n{number}", "echo-message message-tags") for number in range(CLIENTS)]
    for number, client in enumerate(clients):
        client.send(*(f"PRIVMSG #lobby :{number} says {index}" for index in range(EACH)), "PING :done")
    heard = everything(clients)
    try:
        assert len(heard[0]) == CLIENTS * EACH
        assert all(lines == heard[0] for lines in heard)
        assert len({line.partition(" ")[0] for line in heard[0]}) == CLIENTS * EACH, "every msgid is another"
        for number in range(CLIENTS):
            own = [line.rpartition(" ")[2] for line in heard[0] if f" :{number} says " in line]
            assert own == [str(index) for index in range(EACH)]
    finally:
        for client in clients:
            client.close()


def everything(clients: list[Irc]) -> list[list[str]]:
    """What each has heard when all have heard everything."""
    with selectors.DefaultSelector() as selector:
        data = [b""] * len(clients)
        for number, client in enumerate(clients):
            client.sock.setblocking(False)
            selector.register(client.sock, selectors.EVENT_READ, number)
        while any(each.count(b"PRIVMSG") < CLIENTS * EACH for each in data):
            ready = selector.select(10)
            assert ready, [each.count(b"PRIVMSG") for each in data]
            for key, _ in ready:
                data[key.data] += clients[key.data].sock.recv(65536)
    return [[line for line in each.decode().split("\r\n") if "PRIVMSG" in line] for each in data]

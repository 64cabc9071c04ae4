"""User modes R and T, ACCEPT, modes from the start, and who may be made of which letters."""

from natterjack.core.state import ACCEPTED
from tests.support.chat import Chat


def make(**settings: object) -> Chat:
    chat = Chat("bob", lobby=(), store=True, durable=True, instant=True, **settings)
    chat.enter("alice")
    chat.log_in("alice", "alice")
    chat.quiet()
    return chat


def test_with_capital_r_only_those_with_an_account_may_write_and_whoever_was_written_to() -> None:
    chat = make()
    chat.play("""
        alice > MODE alice +R
        alice < :alice MODE alice +R
        bob > PRIVMSG alice :hi
        bob < 477 bob alice :alice takes messages of those with an account alone (+R): log in first
        bob > NOTICE alice :hi
        alice > PRIVMSG bob :what is it?
        bob < :alice PRIVMSG bob :what is it?
        bob > PRIVMSG alice :hi
        alice < :bob PRIVMSG alice :hi
    """)
    chat.enter("kim")
    chat.log_in("kim", "kim")
    chat.quiet()
    chat.play("""
        kim > PRIVMSG alice :hi
        alice < :kim PRIVMSG alice :hi
        alice > MODE alice -R
        alice < :alice MODE alice -R
    """)


def test_accept_names_guests_who_may_write_all_the_same() -> None:
    chat = make()
    chat.play("""
        alice > ACCEPT bob
        alice > ACCEPT bob,gone
        alice < 457 alice bob :is on the list already
        alice < 401 alice gone :No such nick or channel
        alice > ACCEPT *
        alice < 281 alice :bob
        alice < 282 alice :End of ACCEPT list
        alice > MODE alice +R
        alice < :alice MODE alice +R
        bob > PRIVMSG alice :hi
        alice < :bob PRIVMSG alice :hi
        alice > ACCEPT -bob
        alice > ACCEPT -bob
        alice < 458 alice bob :is not on the list
        bob > PRIVMSG alice :hi
        bob < 477 …
        alice > ACCEPT
        alice < 282 …
    """)


def test_with_capital_r_nor_do_guests_ask_anybody_in_for_a_name_is_something_said() -> None:
    chat = make()
    chat.peers["bob"].send("JOIN #buy-this")
    chat.quiet()
    chat.play("""
        alice > MODE alice +R
        alice < :alice MODE alice +R
        bob > INVITE alice #buy-this
        bob < 477 bob alice :alice takes messages of those with an account alone (+R): log in first
        alice > ACCEPT bob
        bob > INVITE alice #buy-this
        bob < 341 bob alice :#buy-this
        alice < :bob INVITE alice #buy-this
        alice > INVITE
        alice < 336 alice :#buy-this
        alice < 337 …
        alice > JOIN #buy-this
        alice < :alice JOIN #buy-this
        alice < 353 …
        alice < 366 …
        bob < :alice JOIN #buy-this
        bob > INVITE alice #buy-this
        bob < 443 …
    """)


def test_the_list_has_an_end_and_those_who_have_gone_are_not_on_it() -> None:
    chat = make()
    for number in range(ACCEPTED):
        chat.enter(f"g{number}")
        assert chat.peers["alice"].send(f"ACCEPT g{number}") == []
    assert chat.peers["alice"].send("ACCEPT bob") == [
        f"456 alice :The list is full: it has {ACCEPTED} people at the most"
    ]
    chat.peers["g0"].hang_up()
    assert chat.peers["alice"].send("ACCEPT bob") == []
    for number in range(1, ACCEPTED):
        chat.peers[f"g{number}"].hang_up()
    assert chat.peers["alice"].send("ACCEPT *") == ["281 alice :bob", "282 alice :End of ACCEPT list"]


def test_with_capital_t_nobody_sends_ctcp_but_an_action() -> None:
    make().play("""
        alice > MODE alice +T
        alice < :alice MODE alice +T
        bob > PRIVMSG alice :\1VERSION\1
        bob < 531 bob alice :Cannot send to user (takes no CTCP but /me (+T))
        bob > NOTICE alice :\1VERSION none\1
        bob > PRIVMSG alice :\1ACTION waves\1
        alice < :bob PRIVMSG alice :\1ACTION waves\1
        alice > PRIVMSG alice :\1PING 1\1
        alice < :alice PRIVMSG alice :\1PING 1\1
    """)


def test_modes_from_the_start_may_be_taken_off() -> None:
    chat = Chat("bob", user_modes="i")
    alice = chat.open("alice")
    assert "221 alice :+i" in alice.send("NICK alice", "USER a 0 * :A")
    assert "251 alice :There are 0 users and 2 invisible on 1 server" in alice.send("LUSERS")
    assert alice.send("MODE alice -i") == [":alice MODE alice -i"]
    assert "251 alice :There are 1 users and 1 invisible on 1 server" in alice.send("LUSERS")


def test_nicks_may_be_bound_to_ascii() -> None:
    chat = Chat("bob", nicks="ascii")
    assert chat.peers["bob"].send("NICK Işıl") == [
        "432 bob Işıl :Erroneous nick: on this server nicks are of ASCII letters, digits and signs"
    ]
    assert chat.peers["bob"].send("NICK robert") == [":bob NICK robert"]

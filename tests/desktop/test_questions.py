"""What stands in the way, through a real server: what is shown, what it is mended with, and that nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from natterjack.client import Client
from natterjack.client.address import Address, parse_address
from natterjack.client.chatting.options import Options
from natterjack.client.requests import Register
from natterjack.client.secret import Credentials, Secret
from natterjack.client.trust import Trust
from natterjack.desktop.banner import Banner
from natterjack.desktop.questions import Questions
from natterjack.desktop.sending import Pending, State
from natterjack.desktop.server import Server
from natterjack.desktop.troubles import Act, Form
from tests.desktop.stand_ins import StandInApp, StandInWindow
from tests.support.process import Irc, ServerProcess, serving

PATIENCE = 15_000


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that takes nobody in without an invite, an account or TLS, not even from here."""
    with serving(
        tmp_path_factory.mktemp("server"), env={"NATTERJACK_ACCESS__TRUST_LOOPBACK": "false"}
    ) as made:
        yield made


@pytest.fixture(scope="module")
def password(process: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """That of the account ``ada``."""
    address = parse_address(link_for(process))
    options: dict[str, Any] = {
        "invite": address.invite,
        "pin": address.pin,
        "data_dir": tmp_path_factory.mktemp("ada"),
    }
    with Client(address.host, address.port, nick="ada", **options) as client:
        client.request(Register(0, Secret("correct horse battery")))
    return "correct horse battery"


def link_for(process: ServerProcess, *words: str) -> str:
    """The server's own join link, or one with an invite of its own, made with ``words``."""
    link: str = process.first["link"]
    if words:
        rows = json.loads(process.console("--json", "invite", *words).stdout)["rows"]
        link = f"{link.partition('&invite=')[0]}&invite={rows[0]['code']}"
    return link


class Desk:
    """A person before a window that shows one server after the other."""

    def __init__(self, qtbot: QtBot, directory: Path) -> None:
        self.qtbot = qtbot
        self.directory = directory
        self.app = StandInApp(directory)
        self.window = StandInWindow(self.app)
        qtbot.addWidget(self.window)
        made: Any = self.window
        self.questions = Questions(made)
        self.window.rows.addWidget(self.questions)
        self.composer = self.window.composer
        self.window.rows.addWidget(self.composer)
        self.window.show()
        self.window.activateWindow()
        self.servers: list[Server] = []

    def visit(self, link: str, nick: str = "guest-kim", **settings: Any) -> Server:
        options = Options(
            nick, interactive=True, data_dir=self.directory, address=parse_address(link), **settings
        )
        server = Server(options)
        self.servers.append(server)
        self.window.show_server(server)
        return server

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=PATIENCE)

    def banner(self, title: str) -> Banner:
        """The first banner, once it has that title."""
        self.until(lambda: self.questions.banners and title in self.questions.banners[0].trouble.title)
        return self.questions.banners[0]

    def press(self, banner: Banner, act: Act) -> None:
        self.qtbot.mouseClick(banner.buttons[act], Qt.MouseButton.LeftButton)

    def fill(self, banner: Banner, *values: str) -> None:
        """Type it into the form, and press Enter."""
        assert banner.form is not None
        for line, value in zip(banner.form.fields, values, strict=True):
            line.clear()
            self.qtbot.keyClicks(line, value)
        self.qtbot.keyClick(banner.form.fields[-1], Qt.Key.Key_Return)

    def turn_to(self, banner: Banner, words: str) -> None:
        """Open another form."""
        (button,) = [each for each in banner.findChildren(QPushButton) if each.text() == words]
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def is_in(self, server: Server) -> None:
        self.until(lambda: server.online and not self.questions.banners)
        assert self.questions.isHidden()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, tmp_path)
    yield made
    for server in made.servers:
        server.close()


def test_from_a_link_to_being_in_takes_a_name_and_enter(desk: Desk, process: ServerProcess) -> None:
    server = desk.visit(link_for(process))
    banner = desk.banner("What shall the others call you?")
    assert banner.form is not None
    assert banner.form.fields[0].text() == "kim"
    desk.qtbot.waitUntil(banner.form.fields[0].hasFocus)
    desk.fill(banner, "no name at all")
    assert "cannot be a name" in banner.form.wrong
    desk.fill(banner, "newcomer")
    desk.is_in(server)
    assert desk.window.focusWidget() is desk.composer, "what is typed next is a message"
    assert server.model.nick == "newcomer"
    desk.until(lambda: server.model.account == "newcomer")


def test_a_nick_in_use_asks_for_another_and_the_invite_stays_good(desk: Desk, process: ServerProcess) -> None:
    first = desk.visit(link_for(process))
    desk.fill(desk.banner("What shall"), "taken")
    desk.until(lambda: first.model.account)
    again = Desk(desk.qtbot, desk.directory / "another")
    second = again.visit(link_for(process, "--uses", "1"))
    desk.servers.append(second)
    again.fill(again.banner("What shall"), "taken")
    banner = again.banner("Another name")
    assert banner.form is not None
    assert "invite is still good" in banner.trouble.text
    assert banner.form.fields[0].text() == "taken", "it can be changed, rather than typed anew"
    again.fill(banner, "taken2")
    again.is_in(second)


def test_an_expired_invite_wants_a_new_link_and_takes_it(desk: Desk, process: ServerProcess) -> None:
    used = link_for(process).rpartition("=")[0] + "=no-such-invite"
    server = desk.visit(used, nick="late", named=True)
    banner = desk.banner("You were not let in")
    assert "ask for a new one" in banner.trouble.text
    assert banner.form is not None
    assert banner.form.form is Form.LINK
    desk.fill(banner, "http://nonsense")
    assert "begins with natterjack://" in banner.form.wrong
    assert banner.form.fields[0].text() == "http://nonsense"
    desk.fill(banner, link_for(process))
    desk.is_in(server)
    assert server.model.nick == "late"


def test_a_wrong_password_can_be_typed_again(desk: Desk, process: ServerProcess, password: str) -> None:
    link = f"natterjack://127.0.0.1:{process.port}/#pin={process.first['pin']}"
    server = desk.visit(link, nick="ada", login=Credentials("ada", Secret("wrong")))
    banner = desk.banner("You were not let in")
    desk.turn_to(banner, "Log in with an account")
    desk.fill(banner, "ada", "still wrong")
    desk.until(lambda: desk.questions.banners[:1] != [banner])
    banner = desk.banner("")
    assert banner.form is not None
    if banner.form.form is not Form.LOGIN:
        desk.turn_to(banner, "Log in with an account")
    assert banner.form.fields[0].text() == "ada", "the account is not typed twice"
    desk.fill(banner, "ada", password)
    desk.is_in(server)
    assert server.model.account == "ada"


def test_a_guest_with_a_wrong_password_logs_in_beside_the_chat(
    desk: Desk, process: ServerProcess, password: str
) -> None:
    server = desk.visit(link_for(process), login=Credentials("ada", Secret("wrong")))
    banner = desk.banner("You are in as a guest")
    desk.until(lambda: server.online)
    desk.composer.setText("half a sentence")
    desk.fill(banner, "ada", "wrong as well")
    desk.until(lambda: "Nothing was changed" in desk.questions.banners[0].trouble.text)
    desk.fill(desk.questions.banners[0], "ada", password)
    desk.is_in(server)
    assert server.model.account == "ada"
    assert desk.composer.text() == "half a sentence"


def test_an_unknown_key_is_compared_and_a_changed_one_is_not_just_clicked_away(
    desk: Desk, process: ServerProcess
) -> None:
    pin, invite = process.first["pin"], link_for(process).rpartition("=")[2]
    bare = f"natterjack://localhost:{process.port}/#invite={invite}"
    address = parse_address(bare)
    other = "SHA256:" + "A" * 43
    Trust(desk.directory / "client")._keep(address.name, other)
    server = desk.visit(bare, nick="careful", named=True)
    server.chat.connect(Address(address.host, address.port, invite, other))
    banner = desk.banner("has changed")
    assert (banner.trouble.known, banner.trouble.key) == (other, pin)
    assert banner.form is not None
    assert not banner.buttons, "nothing to press without having asked the owner"
    desk.fill(banner, "SHA256:" + "B" * 43)
    assert "do not connect" in banner.form.wrong
    desk.fill(banner, pin)
    desk.is_in(server)


def test_a_server_that_dies_is_told_and_what_is_written_waits_for_it(desk: Desk, tmp_path: Path) -> None:
    with serving(tmp_path / "server") as process:
        server = desk.visit(f"127.0.0.1:{process.port}", channels=("#frogs",))
        desk.until(lambda: server.online and server.model.current == "#frogs")
        process.process.kill()
        process.wait()
        banner = desk.banner("No connection to")
        server.say("is anybody here?")
        desk.until(lambda: server.sending.of(server.current))
        assert [each.text for each in server.sending.of(server.current)] == ["is anybody here?"]
        desk.press(banner, Act.STOP)
        desk.until(lambda: list(desk.questions.banners[0].buttons) == [Act.CONNECT])
        banner = desk.questions.banners[0]
    with serving(tmp_path / "server", "--port", str(process.port)) as process:
        desk.press(banner, Act.CONNECT)
        desk.is_in(server)
        with Irc(process.port, "reader", "draft/chathistory batch") as reader:
            reader.send("JOIN #frogs", "CHATHISTORY LATEST #frogs * 10")
            assert reader.until("is anybody here?")


def test_nobody_answers_there_and_the_address_can_be_changed(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    desk.visit(f"127.0.0.1:{port}")
    banner = desk.banner("No server answers there")
    desk.press(banner, Act.ELSEWHERE)
    assert desk.app.asked == [Address("127.0.0.1", port)]


def test_a_folder_that_takes_nothing_is_told_beside_the_chat(desk: Desk, process: ServerProcess) -> None:
    (desk.directory / "client").write_text("in the way of the folder")
    server = desk.visit(link_for(process), nick="keeper", named=True)
    banner = desk.banner("Something on this computer is in the way")
    assert "--data-dir" not in banner.trouble.text
    (desk.directory / "client").unlink()
    desk.press(banner, Act.AGAIN)
    desk.is_in(server)


def test_a_server_whose_disk_is_full_says_so_and_the_message_can_be_sent_again(
    desk: Desk, tmp_path: Path
) -> None:
    with serving(tmp_path / "server") as process:
        server = desk.visit(f"127.0.0.1:{process.port}", channels=("#frogs",))
        desk.until(lambda: server.online and server.model.current == "#frogs")
        limit_files(process, 4096)
        server.say("does this stay?")
        desk.until(lambda: failed(server))
        (lost,) = failed(server)
        assert lost.text == "does this stay?"
        assert "the server has no room just now. Try again later" in lost.why
        limit_files(process, resource.RLIM_INFINITY)
        server.retry(lost.key)
        desk.until(lambda: any(getattr(item, "msgid", "") for item in server.current.items))
        assert not failed(server)


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of its own takes root's rights")
def test_this_computers_full_disk_is_told_and_nothing_typed_is_lost(desk: Desk, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("this container's root may mount nothing")
    desk.directory = small
    try:
        with serving(tmp_path / "server") as process:
            server = desk.visit(f"127.0.0.1:{process.port}", channels=("#frogs",))
            desk.until(lambda: server.online and server.model.current == "#frogs")
            process.process.kill()
            process.wait()
        desk.until(lambda: not server.online)
        filler = small / "filler"
        fill(filler)
        said = [f"{number} of what waits for the connection" for number in range(100)]
        for text in said:  # until what the database had in store is used up
            server.say(text)
            desk.until(lambda: len(server.sending.of(server.current)) > said.index(text))  # noqa: B023
            if failed(server):
                break
        (lost,) = failed(server)
        assert lost.text == text
        assert "could not be written down" in lost.why
        filler.unlink()
        server.retry(lost.key)
        everything = sorted(said[: said.index(text) + 1])
        desk.until(lambda: sorted(each.text for each in server.sending.of(server.current)) == everything)
        desk.until(lambda: all(each.state is State.WAITING for each in server.sending.of(server.current)))
        server.close()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def failed(server: Server) -> list[Pending]:
    return [each for each in server.sending.of(server.current) if each.state is State.FAILED]


def limit_files(process: ServerProcess, size: int) -> None:
    """The files of ``process`` cannot grow beyond that, as on a disk that is full."""
    resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def fill(path: Path) -> None:
    """Take all the room that there is."""
    with path.open("wb", buffering=0) as file:
        written = 1
        while written:
            try:
                written = file.write(bytes(4096))
            except OSError as error:
                written = 0 if error.errno == errno.ENOSPC else written

"""Puts a chat together with the driver that connects it, for every front end alike."""

from __future__ import annotations

from collections.abc import Callable

from natterjack.client.chatting.chat import Chat
from natterjack.client.chatting.faces import Connection, View
from natterjack.client.chatting.options import Options
from natterjack.client.driver import Deliver, Driver
from natterjack.client.keeper import Keeper
from natterjack.client.kept_accounts import KeptAccounts
from natterjack.client.model.conversations import MOST_ITEMS
from natterjack.client.overdue import STILL_SENDING
from natterjack.client.places import client_directory, download_directory
from natterjack.client.transfers.porter import Porter
from natterjack.client.trust import Trust


def make_chat(
    view: View,
    options: Options,
    deliver: Deliver,
    *,
    most_items: int = MOST_ITEMS,
    between: Callable[[Connection], Connection] | None = None,
    patience: float = STILL_SENDING,
) -> tuple[Chat, Driver]:
    """A chat with its driver, which tells what happens to ``deliver``; connecting already where there is an address.

    ``most_items``: lines kept of each conversation. ``between``: makes what stands between the two.
    ``patience``: seconds until it is told that a message is still on its way.
    """
    directory = client_directory(options.data_dir)
    trust = Trust(directory)
    downloads = options.downloads or download_directory()
    driver = Driver(
        deliver, trust=trust, keeper=Porter(Keeper(directory, patience), directory, trust, downloads)
    )
    connection: Connection = between(driver) if between else driver
    chat = Chat(connection, view, options, KeptAccounts(directory, trust), most_items=most_items)
    if options.address is not None:
        chat.connect(options.address)
    return chat, driver

"""Files on their way to a server and from it, next to the connection on which people chat.

Theory of operation. :class:`~natterjack.client.transfers.porter.Porter` stands between driver and keeper and sees what
both see. For each transfer it has a thread (:mod:`.worker`), which moves bytes between a file and an HTTP connection of
its own (:mod:`.connection`), to the same server, with the same key, as the chat. What to do next is decided by pure
machines, :mod:`.uploading` and :mod:`.downloading`: each is asked for a step and told what came of it.

What has to outlive the program is in a database (:mod:`.ledger`): an upload's place on the server with the size and
time of its source, a download's partial file. How far it came is never written down: an upload's server knows it, and a
partial file has its own size.

Front ends ask with the requests of :mod:`.requests` and are told with the events of :mod:`.events`; the model keeps the
latest state of each transfer.
"""

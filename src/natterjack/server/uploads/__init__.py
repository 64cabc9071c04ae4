"""Uploads over HTTP: begun, gone on with, finished, given up.

Theory of operation. Each request (``requests``) is a chain of steps on the loop's thread; bodies and the disk are a
crew's, which call back. An upload is *busy* while a chain has it (``underway``). Whoever wants it meanwhile (mostly a
client that comes back while we still wait for its old connection) cuts that chain's connection and waits for the upload
to be let go. How many bytes it may have is looked at when it begins, when its size is said, and when a body comes that
does not say its own (``granting``); the body itself goes to the disk in a thread that has its connection
(``receiving``).

Finishing (``finishing``): the bytes are synced and hashed (in the thread that took them in) -> the content is pinned ->
it gets its name -> the core is asked -> the first name goes. What fails on the way is tried again when the client asks
for its offset (HEAD), or sends nothing from there on (PATCH).
"""

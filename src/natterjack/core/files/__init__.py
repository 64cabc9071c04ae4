"""Files: whose they are, who may have them, and how others hear of them. Their bytes never come here.

Theory of operation. The shell moves bytes and asks (:mod:`natterjack.ports.files`); what it asks is answered in steps
like a command's (``desk``), for a person who has shown a token or a password (``parties``, ``tickets``). A file is a
*row* (``rows``), in memory and in the database; it belongs to the conversation in which it was sent, and whoever may
read that there may fetch it (``rights``). When an upload is whole, its row and the message that announces it are one
commit (``finishing``): neither is there without the other, and nothing is seen before. Rows go with what they belong
to, or when their time is over (``removing``); the bytes go once the last row with their hash is gone for good.
"""

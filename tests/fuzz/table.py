"""The targets by name, each with samples to begin from and words that mean something to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fuzz import chats, parsers


@dataclass(frozen=True, slots=True)
class Target:
    """``run`` raises nothing, whatever it is given. ``longest``: bytes of a sample."""

    run: Callable[[bytes], None]
    samples: tuple[bytes, ...]
    words: tuple[bytes, ...] = field(default=())
    longest: int = 1024


_VERBS = tuple(
    b"%b " % verb
    for verb in b"PRIVMSG NOTICE TAGMSG JOIN PART KICK MODE NICK TOPIC INVITE WHO WHOX WHOIS NAMES LIST MONITOR AWAY CAP "
    b"AUTHENTICATE REGISTER OPER QUIT REDACT CHATHISTORY SEARCH MARKREAD TBAN CERT CONSOLE PING PONG USER PASS SETNAME "
    b"STATS HELP INFO MOTD LUSERS USERHOST ISON TIME VERSION KILL REHASH".split()
)
_IRC = (*_VERBS, b"#a", b"#b", b"alice", b"boss", b"carl", b"dora", b"+b", b"-o", b"+q", b"*!*@*", b"~a:", b"~m:", b"@+natterjack/edit=",
        b"@+natterjack/cid=", b"@label=", b"@+typing=active", b" :", b"\x80", b"\x83", b"\x86", b"\x81")  # fmt: skip
_HISTORY = (b"LATEST", b"BEFORE", b"AFTER", b"AROUND", b"BETWEEN", b"TARGETS", b"timestamp=", b"msgid=", b"*", b"#a", b"boss",
            b"2026-11-22T20:31:02.500Z", b"1970-01-01T00:00:00.000Z", b"m00000001", b" 50", b"in=", b"from=", b"after=", b"before=",
            b"text=", b"limit=", b";", b"\\s", b"\\:")  # fmt: skip

TARGETS: dict[str, Target] = {
    "wire": Target(
        parsers.wire,
        (b"@a=b\\:;+c :nick!u@h PRIVMSG #a :hi there\r\nPING\n", b"@" + b"x" * 4100 + b" A\r\n", b"A" * 520),
        (b"@", b" :", b"\r\n", b"\\s", b"\\:", b";", b"="),
        10_000,
    ),
    "sniffer": Target(
        parsers.sniffer,
        (b"\x16\x03\x01", b"GET / HTTP/1.1", b"PROXY TCP4 ", b"\r\n\r\n\0\r\nQUIT\n", b"NICK"),
    ),
    "proxyhead": Target(
        parsers.proxy_head,
        (
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65535\r\nNICK",
            b"PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 1 2\r\n",
            b"PROXY UNKNOWN\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(range(12)),
            b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x2c" + bytes(36) + b"\x20\0\5\1\0\0\0\0",
            b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0",
        ),
        (b"PROXY ", b"TCP4 ", b"TCP6 ", b"UNKNOWN", b"\r\n\r\n\0\r\nQUIT\n", b"\r\n", b"::1", b"127.0.0.1"),
        5000,
    ),
    "forwarded": Target(
        parsers.forwarded_for,
        (
            b'for=192.0.2.1;proto=https, for="[2001:db8::1]:80"\n192.0.2.1, ::1',
            b'for=unknown, for="\\u"',
            b"for=_x;by=y",
        ),
        (b"for=", b'"[', b']"', b";", b",", b"::1", b"127.0.0.1", b"\\"),
    ),
    "files": Target(
        parsers.files,
        (
            (
                b'bytes=0-5\n"x"\nW/"x", *\nTue, 14 Nov 2023 22:13:20 GMT\n10\n0\nfilename Yi5pc28=,target I2xvYmJ5\n'
                b"sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=\nBasic YTpi\nattachment; filename=\"../CON\"; filename*=UTF-8''%e2%80%aex"
            ),
            b"bytes=-5\n\n\n\n\n\n\n\nBearer x\ninline; filename=a.svg",
            b"\x89PNG\r\n\x1a\n",
        ),
        (
            b"bytes=",
            b"-",
            b",",
            b'"',
            b"W/",
            b"filename=",
            b"filename*=UTF-8''",
            b"%",
            b"sha256 ",
            b"Basic ",
            b"\n",
            b"\xe2\x80\xae",
        ),
        4000,
    ),
    "bodies": Target(
        parsers.bodies,
        (
            b"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
            b"3;a=b\r\nabc\r\n00\r\nTrailer: x\r\n\r\n",
            b"ffffffffffffffff\r\nx",
        ),
        (b"\r\n", b"0\r\n\r\n", b"5\r\n", b";", b": "),
    ),
    "websocket": Target(
        parsers.frames,
        (
            b"\x81\x86\0\0\0\0NICK a\x89\x80\0\0\0\0",
            b"\x01\x84\1\2\3\4QKMC\x80\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe8",
            b"\x82\xfe\x02\x00\0\0\0\0" + b"x" * 512,
        ),
        (b"\x81\x80\0\0\0\0", b"\x88\x80\0\0\0\0", b"\x8a\x80\0\0\0\0", b"\xff", b"\r\n"),
        20_000,
    ),
    "upgrade": Target(
        parsers.upgrade,
        (b"keep-alive, Upgrade\nwebsocket\nAAAAAAAAAAAAAAAAAAAAAA==\n13\ntext.ircv3.net, x",),
        (b"Upgrade", b"websocket", b", ", b"\n13\n", b'"', b"="),
    ),
    "http": Target(
        parsers.http,
        (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\nHEAD /healthz HTTP/1.0\r\n\r\n",
            b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
            b"GET /readyz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            b"GET ",
            b" HTTP/1.1\r\n",
            b"Host: x\r\n",
            b"\r\n\r\n",
            b"Content-Length: ",
            b"Transfer-Encoding: chunked",
            b"Connection: close\r\n",
            b"Expect: 100-continue\r\n",
            b"Upgrade: websocket\r\n",
            b"Forwarded: for=",
            b"Authorization: Bearer ",
        ),
    ),
    "sasl": Target(
        parsers.sasl,
        (
            b"n,,n=kim,r=abc\xffc=biws,r=abcservers,p=AAAA\xffv=AAAA",
            b"y,a=kim,n=kim,r=abc\xffr=mineX,s=AAAA,i=4096\xffYWJj",
            "pässwörd\u00ad".encode(),
        ),
        (b"n,,", b"n=", b",r=", b"c=biws", b",p=", b"r=mine", b",s=", b",i=4096", b"=2C", b"=3D", b"\xff"),
    ),
    "scram": Target(parsers.scram_round_trip, (b"kim", b"a=b,c", "é".encode()), (b"=", b",")),
    "modes": Target(parsers.mode_changes, (b"+ob-i+l alice *!*@* 5", b"-k x", b"+bbb"), (b"+", b"-", b" ")),
    "masks": Target(
        parsers.lists_mask,
        (b"~m:~a:kim\nkim", b"*!*@10.0.*\na!b@10.0.0.1", b"a*b*c*d?\\*\naaaabbbcccd*", b"user@host", b"~z:"),
        (b"~m:", b"~a:", b"*", b"?", b"\\", b"!", b"@", b"\n"),
        600,
    ),
    "durations": Target(
        parsers.duration,
        (b"30m", b"999999w", b"2026-11-22T20:31:02.500Z", b"0s"),
        (b"s", b"w", b"T", b"Z", b"."),
    ),
    "links": Target(
        parsers.join_link,
        (
            b"natterjack://example.org:7667/#pin=SHA256:" + b"A" * 43 + b"&invite=abc%20def",
            b"https://[::1]:443/",
            b"example.org 7667",
            b"[fe80::1%eth0]:1",
        ),
        (b"natterjack://", b"https://", b"#pin=SHA256:", b"&invite=", b"%25", b"[", b"]:", b"::"),
    ),
    "console": Target(
        parsers.console_line,
        (
            b"ban alice 'for good' --for 30m",
            b'{"verb":"help","args":[]}\n',
            b'{"verb":"status"}\nbad\n',
            b'say "',
        ),
        (b'{"verb":"', b'","args":["', b'"]}\n', b"'", b'"', b"\\"),
    ),
    "typed": Target(
        parsers.typed_line,
        (
            b"/join #a",
            b"LOGIN kim secret",
            b"sned x",
            b"//hi",
            b"\x0304,05red\x1b[2J",
            "\u202eabc\u0301\u0301".encode(),
        ),
        (b"/", b"LOGIN ", b"REGISTER ", b"\x1b[", b"\x03", b"\x04", b"\xe2\x80\xae", b"invite="),
    ),
    "config": Target(
        parsers.config,
        (
            b'[server]\nname = "x.example"\n[listen]\nport = 7667\n[limits]\nqueue_close = "1 MiB"\n',
            b'[access]\nproxies = ["10.0.0.0/8"]\nregistration = "open"\n[channels]\nlobby = ["#lobby"]\n',
            b"server.name = 1\n[tls]\n[[server]]\n[limits]\nidle = 1e999\n",
            b'"""',
        ),
        (
            b"[server]\n",
            b"[listen]\n",
            b"[access]\n",
            b"[limits]\n",
            b"[tls]\n",
            b"[storage]\n",
            b"[channels]\n",
            b"[pace]\n",
            b"[sites]\n",
            b"[logins]\n",
            b"[console]\n",
            b"[log]\n",
            b"[metrics]\n",
            b" = ",
            b"true",
            b"[]",
            b'" MiB"',
            b'"""',
            b"'''",
            b"1979-05-27",
            b"nan",
            b"inf",
            b"0x",
            b"\\u0000",
        ),
    ),
    "core": Target(
        chats.core,
        (
            b"\x00JOIN #a\n\x01MODE #a +b ~m:*!*@*\n\x02PRIVMSG #a :hello\n\x81\n\x80\n\x03NICK dora\n\x03USER d 0 * :D\n",
            b"\x00@label=1;+natterjack/cid=abcdefgh PRIVMSG #a :once\n\x00CHATHISTORY LATEST #a * 50\n\x86a\n\x81",
            b"\x84ban alice --for 30m because\n\x82\n\x83\n\x01SEARCH text=hello\n\x86\n\x85passwd alice\n",
            b"\x03CAP REQ :sasl message-tags\n\x03AUTHENTICATE PLAIN\n\x03AUTHENTICATE AGFsaWNlAGFsaWNlLXBhc3N3b3Jk\n",
            b"\x01KICK #a carl :out\n\x00REDACT #a m00000001\n\x01TBAN #a 3s carl :x\n\x80\n\x00QUIT :bye\n",
        ),
        _IRC,
        2000,
    ),
    "history": Target(
        chats.history,
        (
            b"LATEST #a * 50",
            b"BETWEEN #a timestamp=2026-11-22T20:31:02.500Z msgid=m00000001 5",
            b"TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 10",
            b"in=#a;text=hello\\sthere;from=boss;limit=5",
            b"timestamp=2026-11-22T20:31:02.500Z",
        ),
        _HISTORY,
        450,
    ),
    "login": Target(
        chats.login,
        (
            b"\0alice\0alice-password",
            b"n,,n=alice,r=abc\nc=biws,r=abc,p=AAAA\n!AUTHENTICATE *\n!CAP END",
            b"!REGISTER * * secret-password\n!CAP END\n!NICK x",
            b"x" * 300 + b"\n" + b"y" * 300,
        ),
        (
            b"alice",
            b"-password",
            b"\0",
            b"n,,n=",
            b",r=",
            b"!CAP END",
            b"!REGISTER ",
            b"!AUTHENTICATE ",
            b"!PASS ",
            b"\n",
        ),
        1500,
    ),
    "session": Target(
        chats.session,
        (
            b":srv CAP * LS :sasl=PLAIN,SCRAM-SHA-256 batch\r\n:srv CAP * ACK :sasl\r\nAUTHENTICATE +\r\n:srv 903 kim :ok\r\n",
            b"@batch=h;time=x;msgid=1 :kim!k@h PRIVMSG #c :x\r\n:srv BATCH +h chathistory #c\r\n:srv BATCH -h\r\n ",
            b":kim JOIN #c\r\n:srv 353 kim = #c :@a +b\r\n:srv 366 kim #c :End\r\n:a!b@c MODE #c +ob-v kim x y\r\n",
            b":srv 005 kim CHANMODES=a,b,c,d PREFIX=(ov)@+ CASEMAPPING=ascii NICKLEN=x LINELEN=\r\n:srv 433 * kim :x\r\n",
            b":srv CAP * LS :=x =\r\n:srv CAP * ACK := -  batch\r\n:srv CAP * DEL :=\r\n",
        ),
        (
            b":srv ",
            b"CAP * ",
            b"ACK :",
            b"NEW :",
            b"DEL :",
            b"sasl",
            b"BATCH +",
            b"BATCH -",
            b"chathistory ",
            b"AUTHENTICATE ",
            b" kim ",
            b"#c",
            b"\r\n",
            b"@label=n1 ",
            b"FAIL ",
            b"005",
            b"353",
            b"354",
            b"352",
            b"900",
            b"904",
            b"PREFIX=",
            b"ERROR :",
            b":kim!k@h ",
            b"NICK ",
            b"KICK ",
            b"REDACT ",
            b"MARKREAD ",
            b"PONG srv ",
        ),
        3000,
    ),
    "search": Target(
        chats.search,
        (b"hello", "café straße".encode(), b'"quoted" AND', "中文".encode(), "\u0345".encode(), b"a"),
        (b'"', b" ", "ß".encode(), "İ".encode(), "\u0301".encode(), "ﬁ".encode(), "\U000f0000".encode()),
        200,
    ),
}
"""Each target by its name on the command line."""

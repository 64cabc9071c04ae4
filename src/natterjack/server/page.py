"""The page at ``/``: how to join. One document, nothing loaded from anywhere, and nothing in it but what is public.

Pin and invite stand behind the ``#`` of the link by which it was opened; the browser keeps them, and the script (known
to the browser by its hash) puts them into the instructions. Without script the instructions stand without them.
"""

from __future__ import annotations

import base64
import hashlib

_STYLE = """
:root{color-scheme:light dark;--a:#1a6b3c}@media(prefers-color-scheme:dark){:root{--a:#7fd6a2}}
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:1.6rem}a{color:var(--a)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;border-radius:.4rem;padding:.6rem}
dt{font-weight:600}dd{margin:0 0 .4rem;overflow-wrap:anywhere}
"""

_SCRIPT = """
"use strict";
const wanted = {};
for (const item of location.hash.slice(1).split("&")) {
  const at = item.indexOf("=");
  try {
    if (at > 0) wanted[item.slice(0, at)] = decodeURIComponent(item.slice(at + 1));
  } catch {
    continue;
  }
}
const port = location.port || (location.protocol === "https:" ? "443" : "80");
const link = `natterjack://${location.hostname}:${port}/${location.hash}`;
const tell = (id, text) => { document.getElementById(id).textContent = text; };
tell("command", `natterjack chat '${link.replaceAll("'", "%27")}'`);
document.getElementById("open").href = link;
tell("host", location.hostname.replace(/^\\[|\\]$/g, ""));
tell("port", port);
if (wanted.invite) tell("password", wanted.invite);
if (wanted.pin) tell("pin", wanted.pin);
"""

_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Join this chat</title>
<style>{_STYLE}</style>
<h1>Join this chat</h1>
<p>This is a Natterjack server. It speaks IRC, so any IRC app gets you in, and so does its own program.</p>
<h2>With Natterjack</h2>
<p><a id="open" href="natterjack:">Open the chat</a>, or type in a terminal:</p>
<pre id="command">natterjack chat 'the join link that you were given'</pre>
<h2>With an IRC app</h2>
<dl>
<dt>Server</dt><dd id="host">the name in this page's address</dd>
<dt>Port, with TLS</dt><dd id="port">the number behind it (443 where there is none)</dd>
<dt>Server password</dt><dd id="password">the invite that you were given, if any</dd>
<dt>The server's key</dt><dd id="pin">ask whoever runs the server, and compare</dd>
</dl>
<script>{_SCRIPT}</script>
</html>
"""

PAGE = _PAGE.encode()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


#: Nothing but this very style and this very script (https://www.w3.org/TR/CSP3/).
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

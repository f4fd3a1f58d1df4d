"""A SIP server at which our agent registers: it asks for a password and notes who came."""

import asyncio
import hashlib
import re

from bot.sip.direct import messages
from tests.sip.caller import socket


class Registrar:
    """
    Answers REGISTER. `bindings` are (loop time, expires) of those let in; `deaf` hears nothing.

    `question` is 401, 407 or 0 for none; `stale_after` ages the nonce after so many requests.
    """

    def __init__(self, question=401, password="secret", expires=None, minimum=0, stale_after=0):
        self.bindings, self.requests = [], []
        self.deaf = False
        self._question, self._password = question, password
        self._expires, self._minimum, self._stale_after = expires, minimum, stale_after
        self._nonce = 0

    async def __aenter__(self):
        self.transport = await socket(self._take)
        self.port = self.transport.get_extra_info("sockname")[1]
        self.server = f"127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self.transport.close()
        await asyncio.sleep(0)

    def _take(self, data, source):
        if self.deaf or not data.strip():
            return
        request = messages.parsed(data, source)
        self.source = source
        self.requests.append((asyncio.get_running_loop().time(), request))
        status, headers = self._answer(request)
        self.transport.sendto(messages.answer(request, status, headers=headers).encode(), source)

    def _answer(self, request):
        names = {401: ("www-authenticate", "authorization")}
        names[407] = ("proxy-authenticate", "proxy-authorization")
        expires = int(request.one("expires"))
        if self._question and not self._is_known(request, request.one(names[self._question][1])):
            stale = ", stale=true" if self._nonce else ""
            question = f'Digest realm="office", nonce="n{self._nonce}", qop="auth"{stale}'
            return self._question, [(names[self._question][0].title(), question)]
        if 0 < expires < self._minimum:
            return 423, [("Min-Expires", str(self._minimum))]
        if self._stale_after and len(self.requests) % self._stale_after == 0:
            self._nonce += 1
        granted = min(expires, self._expires or expires)
        self.bindings.append((round(asyncio.get_running_loop().time()), granted))
        return 200, [("Contact", f"{request.one('contact')};expires={granted}")]

    def _is_known(self, request, credentials):
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', credentials))
        if said.get("nonce") != f"n{self._nonce}":
            return False
        secret = _md5(f"{said['username']}:office:{self._password}")
        what = _md5(f"{request.method}:{said['uri']}")
        middle = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}"
        return said["response"] == _md5(f"{secret}:{middle}:{what}")


def _md5(text):
    return hashlib.new("md5", text.encode(), usedforsecurity=False).hexdigest()

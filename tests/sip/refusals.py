"""A SIP server by hand that refuses, or lets in only who has the password (RFC 2617 digest)."""

import asyncio
import hashlib
import re

REALM, NONCE = "test", "4711"


class Door(asyncio.DatagramProtocol):
    """Answers each INVITE with `status`; `methods` are all requests that came."""

    def __init__(self, status, password=None, ignore=0):
        self.methods = []
        self._status = status
        self._password = password
        self._ignore = ignore

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self.server = f"127.0.0.1:{self._transport.get_extra_info('sockname')[1]}"
        return self

    async def __aexit__(self, *_):
        self._transport.close()
        await asyncio.sleep(0)

    def datagram_received(self, data, address):
        text = data.decode()
        method = text.split(" ")[0]
        self.methods.append(method)
        if method == "INVITE" and len(self.methods) > self._ignore:
            self._transport.sendto(self._reply(text).encode(), address)

    def _reply(self, request):
        heads = dict(re.findall(r"^([\w-]+): (.*)\r$", request, re.MULTILINE))
        status, extra = self._status, ""
        if self._password is not None and not self._known(heads.get("Authorization", "")):
            status = "401 Unauthorized"
            extra = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}"\r\n'
        kept = "".join(f"{name}: {heads[name]}\r\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        to = f"To: {heads['To']};tag=door\r\n"
        return f"SIP/2.0 {status}\r\n{kept}{to}{extra}Content-Length: 0\r\n\r\n"

    def _known(self, credentials):
        said = dict(re.findall(r'(\w+)="([^"]*)"', credentials))
        if not said:
            return False
        secret = _md5(f"{said['username']}:{REALM}:{self._password}")
        return said["response"] == _md5(f"{secret}:{NONCE}:{_md5('INVITE:' + said['uri'])}")


def _md5(text):
    return hashlib.new("md5", text.encode(), usedforsecurity=False).hexdigest()

"""Handing a caller over: REFER, and the news of how it goes (RFC 3515)."""

import asyncio

from bot.sip.direct.dialog import Dialog
from bot.sip.direct.messages import Request

PATIENCE = 20.0
"""Seconds that the other side may take to reach whom we transfer to."""


class Transfer:
    """One REFER; `_outcome` is whether the caller was taken over."""

    def __init__(self) -> None:
        self._outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def request(self, dialog: Dialog, to: str) -> Request:
        """The REFER."""
        request = dialog.request("REFER")
        us = dialog.us.partition(";tag=")[0]
        request.headers += [("Refer-To", f"<{to}>"), ("Referred-By", us)]
        return request

    def notified(self, request: Request) -> bool:
        """Take a NOTIFY, whose body is a status line; False where it is none."""
        words = request.body.split()
        if len(words) < 2 or not words[1].isdigit():
            return False
        status = int(words[1])
        if status >= 200:
            self.settle(status < 300)
        return True

    def settle(self, taken: bool) -> None:
        """The outcome is known. Who was taken over is often hung up on our side: that is one."""
        if not self._outcome.done():
            self._outcome.set_result(taken)

    async def outcome(self) -> bool:
        """Whether the caller was taken over in time."""
        await asyncio.wait([self._outcome], timeout=PATIENCE)
        return self._outcome.done() and self._outcome.result()

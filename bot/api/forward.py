"""Passes a request on to the bot that has the call; never twice, so that none goes in circles."""

from typing import TYPE_CHECKING, Final

from fastapi import Request, Response

from bot.api.problems import Refusal, request_id
from bot.config_api import ApiSettings

if TYPE_CHECKING:
    from httpx2 import AsyncClient

PASSED_ON: Final = "x-voicebot-passed-on"
"""The header of a request that comes from another bot."""
CONNECT: Final = 2.0
"""Seconds."""
LONGEST: Final = 1_000_000
"""Bytes of an answer."""


class Forwarder:
    """The connections to other bots; the package is imported when first used."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._named = {"sni_hostname": settings.tls.name} if settings.tls.name else {}
        self._client: AsyncClient | None = None

    async def forward(self, request: Request, url: str) -> Response:
        """
        The other bot's answer, which checks the key itself. Raises `Refusal`.

        `url` is what that bot noted in the records: nobody else chooses it.
        """
        if PASSED_ON in request.headers:
            raise _lost("The call has gone to another bot meanwhile.")
        if self._settings.tls.cert and not url.startswith("https://"):
            raise _lost("Its bot is without TLS: it is given no key.")
        import httpx2

        headers = {
            "authorization": request.headers.get("authorization", ""),
            "content-type": request.headers.get("content-type", "application/json"),
            "x-request-id": request_id(request),
            PASSED_ON: "1",
        }
        try:
            found = await self._open().request(
                request.method,
                url + request.url.path,
                headers=headers,
                content=await request.body(),
                extensions=self._named,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _lost(f"Its bot did not answer ({type(error).__name__}).") from error
        kept = {name: found.headers[name] for name in ("retry-after",) if name in found.headers}
        media = found.headers.get("content-type")
        return Response(found.content[:LONGEST], found.status_code, kept, media)

    async def close(self) -> None:
        """Close them."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open(self) -> "AsyncClient":
        if self._client is None:
            import ssl

            import httpx2

            waits = httpx2.Timeout(self._settings.timeout * 0.8, connect=CONNECT)
            known = ssl.create_default_context(cafile=self._settings.tls.ca or None)
            self._client = httpx2.AsyncClient(timeout=waits, verify=known, trust_env=False)
        return self._client


def _lost(detail: str) -> Refusal:
    return Refusal(502, "other-bot", detail, "Ask again in a moment.", 1)

"""
grpc.health.v1 for the gateway: serving, or shutting down.

The stubs are those inside nvidia-riva-client: grpcio-health-checking registers the same messages
under another file name, and one process cannot hold both.
"""

import asyncio
from typing import Any

import grpc
from riva.client.proto import health_pb2 as pb
from riva.client.proto import health_pb2_grpc as rpc

SERVICE = "grpc.health.v1.Health"
UNKNOWN = 3
"""SERVICE_UNKNOWN, which NVIDIA's copy of the protocol leaves out."""


class Health(rpc.HealthServicer):  # type: ignore[misc]  # No types in grpc.
    """The service. The empty name stands for the whole server."""

    def __init__(self, *services: str) -> None:
        self._known = {"", *services}
        self._draining = asyncio.Event()

    def drain(self) -> None:
        """Say NOT_SERVING from now on, to those who watch, too."""
        self._draining.set()

    async def Check(self, request: Any, context: Any) -> Any:
        """Say whether calls may come; NOT_FOUND for a service that there is not."""
        if request.service not in self._known:
            await context.abort(grpc.StatusCode.NOT_FOUND, "service: there is no such service")
        return self._answer()

    async def Watch(self, request: Any, context: Any) -> None:
        """Say it now, and again when it changes."""
        if request.service not in self._known:
            await context.write(pb.HealthCheckResponse(status=UNKNOWN))
            await self._draining.wait()
            return
        await context.write(self._answer())
        if not self._draining.is_set():
            await self._draining.wait()
            await context.write(self._answer())

    def _answer(self) -> Any:
        name = "NOT_SERVING" if self._draining.is_set() else "SERVING"
        return pb.HealthCheckResponse(status=pb.HealthCheckResponse.ServingStatus.Value(name))

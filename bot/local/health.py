"""
grpc.health.v1 for the embedded speech server: which of its services works.

The stubs are those inside nvidia-riva-client: grpcio-health-checking registers the same messages
under another file name, and one process cannot hold both.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from riva.client.proto import health_pb2 as pb
from riva.client.proto import health_pb2_grpc as rpc

_Status = pb.HealthCheckResponse.ServingStatus


class Health(rpc.HealthServicer):  # type: ignore[misc]  # No types in grpc.
    """The service. The empty name stands for the whole server."""

    def __init__(self, works: Mapping[str, bool]) -> None:
        """`works` by full service name; the server works if all of them do."""
        self._works = {**works, "": all(works.values())}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Say NOT_SERVING from now on, to watchers too."""
        self._stopping.set()

    async def Check(self, request: Any, context: Any) -> Any:
        """Say whether a service works; NOT_FOUND for a name that is none."""
        if request.service not in self._works:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service {request.service}")
        return self._answer(request.service)

    async def Watch(self, request: Any, context: Any) -> None:
        """Say it now, and again when the server stops."""
        if request.service not in self._works:
            await context.write(pb.HealthCheckResponse(status=3))  # SERVICE_UNKNOWN
            await self._stopping.wait()
            return
        await context.write(self._answer(request.service))
        await self._stopping.wait()
        await context.write(self._answer(request.service))

    def _answer(self, service: str) -> Any:
        works = self._works[service] and not self._stopping.is_set()
        name = "SERVING" if works else "NOT_SERVING"
        return pb.HealthCheckResponse(status=_Status.Value(name))

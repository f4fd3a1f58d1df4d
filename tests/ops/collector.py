"""A collector on loopback: takes OTLP over HTTP, keeps what came, fails when it is told to."""

import asyncio
from contextlib import asynccontextmanager

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route


class Collector:
    """What was delivered; `status` is answered, after `wait` seconds."""

    def __init__(self, status=200, wait=0.0):
        self.status, self.wait = status, wait
        self.bodies, self.headers = [], []

    async def take(self, request):
        """POST /v1/traces."""
        self.headers.append(dict(request.headers))
        body = await request.body()
        await asyncio.sleep(self.wait)
        if self.status == 200:
            self.bodies.append(body)
        return Response(b"", self.status, media_type="application/x-protobuf")

    def batches(self):
        """(resource, spans) of each delivery."""
        for body in self.bodies:
            for batch in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in batch.scope_spans:
                    yield attributes(batch.resource), list(scope.spans)

    def spans(self):
        """All spans that came."""
        return [span for _, spans in self.batches() for span in spans]


def attributes(holder):
    """The attributes of a span or resource."""
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in holder.attributes
    }


@asynccontextmanager
async def collecting(collector):
    """Run it; yield its address."""
    app = Starlette(routes=[Route("/v1/traces", collector.take, methods=["POST"])])
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await running

"""A stand-in for a Kubernetes API server on loopback: what the real kubectl asks, and applies."""

import json
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import yaml

Thing = dict[str, Any]

KINDS = {
    "v1": ["Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "Secret",
           "Service"],
    "storage.k8s.io/v1": ["StorageClass"],
    "apiextensions.k8s.io/v1": ["CustomResourceDefinition"],
    "apps.nvidia.com/v1alpha1": ["NIMCache", "NIMService"],
    "external-secrets.io/v1": ["ClusterSecretStore", "ExternalSecret"],
    "postgresql.cnpg.io/v1": ["Cluster"],
}  # fmt: skip
CLUSTER_WIDE = {"Namespace", "Node", "PersistentVolume", "StorageClass", "ClusterSecretStore",
                "CustomResourceDefinition"}  # fmt: skip


class FakeApi:
    """
    Keeps objects in `things`, by (plural, namespace, name); a context manager.

    Knows reading, server-side apply, deletion, and "may I" (yes, but for what is in `forbidden`).
    """

    def __init__(self, things: Iterable[Thing] = (), minor: str = "34") -> None:
        self.minor = minor
        self.forbidden: set[str] = set()
        self.things: dict[tuple[str, str, str], Thing] = {}
        self.writes: list[str] = []
        """Method and path of each request that was not a question."""
        for thing in things:
            self.put(thing)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def put(self, thing: Thing) -> None:
        """Have this object, whatever was in its place."""
        meta = thing["metadata"]
        self.things[plural(thing["kind"]), meta.get("namespace", ""), meta["name"]] = thing

    def has(self, kind: str, name: str, namespace: str = "") -> bool:
        """Whether there is such an object."""
        return (plural(kind), namespace, name) in self.things

    def kubeconfig(self) -> str:
        """What kubectl reads to come here."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": url}}],
            "users": [{"name": "me", "user": {}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me"}}],
        })  # fmt: skip

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Thing]:
        """The status and the object for one request."""
        url = urlsplit(target)
        words = url.path.strip("/").split("/")
        if url.path.endswith("/selfsubjectaccessreviews"):
            return 201, self._may(body)
        if method == "GET" and (found := self._discovery(url.path)) is not None:
            return 200, found
        place = _place(words)
        if place is None:
            return 404, _status(404, f"no {url.path}")
        if method == "GET" and not place[2]:
            return 200, self._list(place, parse_qs(url.query).get("labelSelector", [""])[0])
        if method == "GET":
            return self._one(place)
        self.writes.append(f"{method} {url.path}")
        if method == "PATCH":
            status = self.things.get(place, {}).get("status")
            self.put(yaml.safe_load(body) | ({"status": status} if status else {}))
            return 200, self.things[place]
        status, thing = self._one(place)
        self.things.pop(place, None)
        return status, thing

    def _one(self, place: tuple[str, str, str]) -> tuple[int, Thing]:
        if place in self.things:
            return 200, self.things[place]
        return 404, _status(404, f'{place[0]} "{place[2]}" not found')

    def _list(self, place: tuple[str, str, str], selector: str) -> Thing:
        wanted = dict(term.split("=") for term in selector.split(",") if term)
        items = [
            thing
            for (kinds, space, _), thing in sorted(self.things.items())
            if kinds == place[0]
            and place[1] in ("", space)
            and wanted.items() <= thing["metadata"].get("labels", {}).items()
        ]
        return {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}

    def _may(self, question: bytes) -> Thing:
        """The question comes as protobuf, in which words stand as they are."""
        allowed = not any(word.encode() in question for word in self.forbidden)
        return {
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "status": {"allowed": allowed},
        }

    def _discovery(self, path: str) -> Thing | None:
        if path == "/version":
            return {"major": "1", "minor": self.minor, "gitVersion": f"v1.{self.minor}.1"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path.startswith("/openapi/v3"):
            return _openapi(path.removeprefix("/openapi/v3").strip("/"))
        groups = [group for group in KINDS if "/" in group]
        if path == "/apis":
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": group.split("/")[0], "versions": [_version(group)],
                 "preferredVersion": _version(group)} for group in groups
            ]}  # fmt: skip
        group = path.removeprefix("/apis/").removeprefix("/api/")
        return _resources(group) if group in KINDS else None


def plural(kind: str) -> str:
    """As the API's paths call it."""
    word = kind.lower()
    return word + "es" if word.endswith("s") else word + "s"


def _version(group: str) -> Thing:
    return {"groupVersion": group, "version": group.split("/")[1]}


def _resources(group: str) -> Thing:
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": [
        {"name": plural(kind), "singularName": kind.lower(), "kind": kind,
         "namespaced": kind not in CLUSTER_WIDE, "verbs": ["get", "list", "patch", "delete"]}
        for kind in KINDS[group]
    ]}  # fmt: skip


def _openapi(path: str) -> Thing:
    """As much as kubectl wants to know: that the server checks the fields of what is applied."""
    paths = {("apis/" if "/" in group else "api/") + group: group for group in KINDS}
    if not path:
        return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}}
    name, _, version = paths[path].rpartition("/")
    return {"openapi": "3.0.0", "info": {"title": "fake", "version": "1"}, "paths": {
        f"/{path}/{plural(kind)}/{{name}}": {"patch": {
            "parameters": [{"name": "fieldValidation", "in": "query"}],
            "x-kubernetes-group-version-kind": {"group": name, "version": version, "kind": kind},
            "responses": {},
        }} for kind in KINDS[paths[path]]
    }}  # fmt: skip


def _place(words: list[str]) -> tuple[str, str, str] | None:
    """Plural, namespace and name that a path means; "" for what it leaves out."""
    rest = words[2:] if words[0] == "api" else words[3:]
    if len(rest) > 2 and rest[0] == "namespaces":
        return rest[2], rest[1], "".join(rest[3:4])
    return (rest[0], "", "".join(rest[1:2])) if rest else None


def _status(code: int, message: str) -> Thing:
    reason = {404: "NotFound"}[code]
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code}  # fmt: skip


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply()

        do_POST = do_PATCH = do_DELETE = do_GET

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, thing = api.answer(self.command, self.path, body)
            text = json.dumps(thing).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nothing on the tests' output."""

    return Handler

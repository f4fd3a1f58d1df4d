"""
Writes bot/gateway/wire/ from proto/voice_workflow.proto: `python -m scripts.gateway_code`.

The generated code is kept in the tree, so that nothing but the package is needed to run it; a test
compares it with the protocol. It is made by a grpcio-tools of its own, as old as the oldest grpcio
and protobuf that pyproject.toml allows: generated code refuses a runtime that is older than it.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto/voice_workflow.proto"
WIRE = ROOT / "bot/gateway/wire"
TOOLS = "grpcio-tools==1.81.0"
"""With protobuf 6.33.5."""
HEAD = "# ruff: noqa: E501, F401, I001, RUF100, UP007, UP045\n# fmt: off\n# mypy: ignore-errors\n"
"""No style is asked of what nobody writes."""
IMPORT = "import voice_workflow_pb2 as"


def main() -> int:
    """Write the code."""
    uv = shutil.which("uv")
    if uv is None:
        print("gateway_code: uv is needed: https://docs.astral.sh/uv", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        made = [f"--{kind}_out={folder}" for kind in ("python", "pyi", "grpc_python")]
        alone = [uv, "run", "--isolated", "--no-project", "--with", TOOLS, "python", "-m"]
        words = [*alone, "grpc_tools.protoc", f"-I{PROTO.parent}", *made, PROTO.name]
        subprocess.run(words, check=True)
        for file in sorted(Path(folder).iterdir()):
            text = file.read_text().replace(IMPORT, f"from bot.gateway.wire {IMPORT}")
            (WIRE / file.name).write_text(HEAD + text)
            print(WIRE / file.name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

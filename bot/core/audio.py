"""The audio of a call: 16-bit signed little-endian mono PCM in frames of 20 ms, at 8 or 16 kHz."""

FRAME_SECONDS = 0.020
NARROWBAND = 8_000
"""Samples a second of G.711 (PCMA, PCMU)."""
WIDEBAND = 16_000
"""Samples a second of G.722; also the rate that Riva's ASR models take."""
SAMPLE_BYTES = 2


def frame_bytes(rate: int) -> int:
    """Bytes in one 20 ms frame: 320 at 8 kHz, 640 at 16 kHz."""
    return rate // 50 * SAMPLE_BYTES


def seconds(pcm_bytes: int, rate: int) -> float:
    """How long this many bytes of PCM last."""
    return pcm_bytes / (SAMPLE_BYTES * rate)

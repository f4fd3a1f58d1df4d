"""
The jitter buffer of a listener who is in no hurry to play: order, not delay.

Nobody hears the caller's sound at once: the recogniser takes it as it comes. So a packet that is in
order is passed on the moment it comes, whatever its jitter, and costs no latency. Only behind a gap
packets wait, up to `PATIENCE` of them, for the one that is missing; then it is taken for lost.
"""

from dataclasses import dataclass

from bot.sip.direct.rtp import Packet

PATIENCE = 3
"""Packets that wait for a missing one: 60 ms at 20 ms each."""
FARTHEST = 50
"""A packet so many numbers off is no late or early one: the stream has begun anew."""


@dataclass(slots=True)
class Figures:
    """What became of the packets of a call."""

    received: int = 0
    lost: int = 0
    late: int = 0
    """Came twice, or after we had given them up."""
    restarts: int = 0


class Reorder:
    """
    Puts packets of one stream into order.

    `_next` is the number that is due, `_waiting` those that came too early, `_source` the stream's
    SSRC; `_strange` is the number after that of the last packet that was far off.
    """

    def __init__(self) -> None:
        self.figures = Figures()
        self._next: int | None = None
        self._source = 0
        self._waiting: dict[int, Packet] = {}
        self._strange: int | None = None

    @property
    def waits(self) -> bool:
        """Whether a packet waits for a missing one."""
        return bool(self._waiting)

    def put(self, packet: Packet) -> list[Packet | None]:
        """Take a packet; return what can be passed on, None for each lost one."""
        self.figures.received += 1
        if self._next is None or packet.source != self._source:
            return [*self.flush(), *self._restart(packet)]
        ahead = _distance(self._next, packet.sequence)
        if abs(ahead) > FARTHEST:
            return self._far_off(packet)
        self._strange = None
        if ahead < 0 or packet.sequence in self._waiting:
            self.figures.late += 1
            return []
        self._waiting[packet.sequence] = packet
        return self._ready() if len(self._waiting) <= PATIENCE else self._give_up()

    def flush(self) -> list[Packet | None]:
        """The missing ones won't come: pass on all that waits."""
        passed: list[Packet | None] = []
        while self._waiting:
            passed += self._give_up()
        return passed

    def _ready(self) -> list[Packet | None]:
        """What is in order."""
        passed: list[Packet | None] = []
        while self._next in self._waiting:
            passed.append(self._waiting.pop(self._next))
            self._next = (self._next + 1) & 0xFFFF
        return passed

    def _give_up(self) -> list[Packet | None]:
        """Take the missing ones before the earliest that waits for lost."""
        assert self._next is not None
        due = self._next
        gap = min(_distance(due, number) for number in self._waiting)
        self.figures.lost += gap
        self._next = (due + gap) & 0xFFFF
        return [*([None] * gap), *self._ready()]

    def _far_off(self, packet: Packet) -> list[Packet | None]:
        """Two in a row from far off are a new beginning (RFC 3550, A.1)."""
        if packet.sequence == self._strange:
            return [*self.flush(), *self._restart(packet)]
        self._strange = (packet.sequence + 1) & 0xFFFF
        self.figures.late += 1
        return []

    def _restart(self, packet: Packet) -> list[Packet | None]:
        self.figures.restarts += self._next is not None
        self._source, self._strange = packet.source, None
        self._next = (packet.sequence + 1) & 0xFFFF
        return [packet]


def _distance(due: int, number: int) -> int:
    """How far ahead of `due` a sequence number is; negative: behind."""
    return ((number - due + 0x8000) & 0xFFFF) - 0x8000

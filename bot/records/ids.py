"""Names of rows that sort by the time they were made (UUIDs of version 7, RFC 9562)."""

import random
import threading
import time
from typing import Final

_COUNTER_BITS: Final = 12
_lock = threading.Lock()
_last = 0


def sortable_id() -> str:
    """32 hexadecimal digits, each id greater than the one made before it in this process."""
    global _last
    with _lock:
        _last = max(_last + 1, time.time_ns() // 1_000_000 << _COUNTER_BITS)
        milliseconds, counter = divmod(_last, 1 << _COUNTER_BITS)
    high = milliseconds << 16 | 0x7000 | counter
    return f"{high << 64 | 1 << 63 | random.getrandbits(62):032x}"

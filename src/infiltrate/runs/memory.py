"""How much memory a process took at most, watched from outside because it may be killed."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil

_SECONDS_BETWEEN_LOOKS = 0.2
_MIB = 1024**2


class MemoryWatch:
    """Watch one process from its start to its end.

    The kernel of a notebook is a process of its own. It is looked at while it lives, since one
    that the system killed for lack of memory can no longer be asked. What a process of its own
    takes beside it, such as Spark's, is not counted.

    Parameters
    ----------
    process : int
        Id of the process.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Look now; once more before the process is told to end catches its last peak."""
        self._bytes = max(self._bytes, _peak_bytes(self._process))

    def stop(self) -> int:
        """Stop watching and return the most memory seen, in whole MiB."""
        self._ended.set()
        self._thread.join()
        return round(self._bytes / _MIB)

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN_LOOKS):
            self.look()


def _peak_bytes(process: int) -> int:
    """Return the system's own high-water mark where it keeps one, or what is taken now."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
        peaks = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(peaks[0].split()[1]) * 1024 if peaks else 0
    except OSError:
        pass
    try:
        return int(psutil.Process(process).memory_info().rss)
    except psutil.Error:
        return 0

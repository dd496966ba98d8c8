"""How a Python program tells callgrind where the part to be counted begins and ends.

A client request is a sequence of instructions that does nothing on a processor and that valgrind takes for a call. The
sequence and the numbers of the requests are those of ``valgrind.h`` and ``callgrind.h`` for Linux on x86-64.
"""

from __future__ import annotations

import ctypes
import mmap

_CALLGRIND = ord("C") << 24 | ord("T") << 16
_DUMP_STATS_AT, _START_INSTRUMENTATION = _CALLGRIND + 3, _CALLGRIND + 4

_CODE = bytes.fromhex(
    "4889f8"  # mov rax, rdi: the address of the request and its five arguments
    "31d2"  # xor edx, edx: the answer without valgrind
    "48c1c703 48c1c70d 48c1c73d 48c1c733"  # rol rdi by 3, 13, 61 and 51: by 128 in all, which changes nothing
    "4887db"  # xchg rbx, rbx
    "4889d0"  # mov rax, rdx: the answer
    "c3"  # ret
)
_Request = ctypes.c_ulong * 6


class Callgrind:
    """What this process may ask of the callgrind that it runs under.

    Args:
        labels: of the parts that will be ended. Requests are made ready beforehand, so that a part holds little else
            than what is counted.
    """

    def __init__(self, labels: list[str]) -> None:
        self._code = mmap.mmap(-1, len(_CODE), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self._code.write(_CODE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._code))
        self._ask = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.POINTER(ctypes.c_ulong))(address)
        self._texts = {label: ctypes.create_string_buffer(label.encode()) for label in labels}
        self._ends = {label: _Request(_DUMP_STATS_AT, ctypes.addressof(text)) for label, text in self._texts.items()}

    def start(self) -> None:
        """Begin to count; until then a program runs several times as fast."""
        self._ask(_Request(_START_INSTRUMENTATION))

    def end_part(self, label: str) -> None:
        """Write what was counted since the part before ended, under one of `labels`, and begin the next part."""
        self._ask(self._ends[label])

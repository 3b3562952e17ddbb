"""What an encoder must be told to give the same bits each time."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path


def steady(name: str) -> dict[str, str]:
    """The options for that; none for most encoders.

    The AVX-512 code of x264 165 reads memory that nothing was written to, where a picture's blocks do not fill its
    vectors: of 40 frames of 320x180 the bits differ with MALLOC_PERTURB_=0 and 1, with that code off they do not.
    """
    return {"x264-params": "asm=AVX2"} if name in ("libx264", "libx264rgb") and _has_avx512() else {}


@cache
def _has_avx512() -> bool:
    with suppress(OSError):  # other systems than Linux do not tell
        return " avx512f" in Path("/proc/cpuinfo").read_text()
    return False

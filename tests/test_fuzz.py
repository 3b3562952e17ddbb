"""Damaged input: a valid output or one stated error, in time, and never something half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import panned, write_video

VARIANTS = 100  # of each file
SECONDS = 20  # within which each must end; they take a tenth of one
KINDS = {"mp4": ("libx264", "yuv420p"), "mkv": ("libx264", "yuv420p10le"), "webm": ("libvpx-vp9", "yuv420p")}

WORKER = '''
import faulthandler, sys
from pathlib import Path
import av, cv2, numpy as np, torch
from dipvideo import inpaint
from dipvideo.errors import DipvideoError
torch.set_num_threads(1); cv2.setNumThreads(1)
whole, mask, folder, seconds = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
data = whole.read_bytes()
folder.mkdir()
counts = {"valid": 0}
for seed in range(*map(int, sys.argv[5:])):
    random = np.random.default_rng(seed)
    bad = bytearray(data)
    for _ in range(random.integers(1, 9) if seed % 4 else 0):  # flip bytes …
        bad[random.integers(len(bad))] = random.integers(256)
    if seed % 4 == 0:  # … or cut the end off …
        bad = bad[:random.integers(1, len(bad))]
    if seed % 4 == 3:  # … or lose a piece in the middle
        at = random.integers(len(bad))
        del bad[at:at + random.integers(1, 400)]
    film, out = folder / f"film{whole.suffix}", folder / f"out{whole.suffix}"
    film.write_bytes(bad)
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        inpaint(film, out, mask=mask, borrow=False, device="cpu", network="taper:widths=4-8", first_steps=1, steps=1,
                partial=seed % 2 == 0)
    except DipvideoError as error:
        counts[type(error).__name__] = counts.get(type(error).__name__, 0) + 1
        text = str(error)
        assert text and "\\n" not in text, (seed, text)
        assert {p.name for p in folder.iterdir()} == {film.name}, (seed, text)
    else:
        with av.open(str(out)) as container:
            assert sum(1 for _ in container.decode(video=0)) > 0, seed
        assert {p.name for p in folder.iterdir()} == {film.name, out.name}, seed
        out.unlink()
        counts["valid"] += 1
    faulthandler.cancel_dump_traceback_later()
print(counts)
'''


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_end_in_a_valid_output_or_one_sentence(tmp_path: Path, kind: str) -> None:
    codec, pix_fmt = KINDS[kind]
    film = write_video(tmp_path / f"film.{kind}", panned(12, size=(48, 64)), codec=codec, pix_fmt=pix_fmt,
                       sound=kind != "webm")
    mask = np.zeros((48, 64), np.uint8)
    mask[8:16, 8:16] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    half = VARIANTS // 2
    given = [(film, tmp_path / "mask.png", tmp_path / f"from{first}", SECONDS, first, first + half)
             for first in (0, half)]
    halves = [subprocess.Popen([sys.executable, "-c", WORKER, *map(str, each)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
              for each in given]
    counts: Counter[str] = Counter()
    try:
        for running in halves:
            out, said = running.communicate(timeout=SECONDS * VARIANTS)
            assert running.returncode == 0, said[-4000:]
            counts += Counter(eval(out.strip().splitlines()[-1]))
    finally:
        for running in halves:
            running.kill()
    print(dict(counts))
    assert sum(counts.values()) == VARIANTS
    assert counts["valid"] > VARIANTS // 10 and len(counts) > 1, counts  # both ends are reached

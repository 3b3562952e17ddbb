"""On a CPU one seed gives the same film from run to run: nothing hangs on the clock or on the order of hashes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from conftest import captioned, decoded, panned, write_video


def test_two_processes_draw_the_same_film(tmp_path: Path) -> None:
    burned, ink = captioned(panned(6), 0, 6)
    film = write_video(tmp_path / "film.mp4", burned)
    mask = write_video(tmp_path / "mask.mkv", [np.dstack([ink * 255] * 3).astype(np.uint8)] * 6, codec="ffv1",
                       pix_fmt="gray")

    def made(name: str, salt: str) -> list:
        target = tmp_path / name
        command = [sys.executable, "-m", "dipvideo", "inpaint", film, "--mask", mask, "-o", target, "-q", "--device",
                   "cpu", "--no-borrow", "--draw", "always", "--first-steps", "20", "--steps", "5"]
        subprocess.run(list(map(str, command)), check=True, env={**os.environ, "PYTHONHASHSEED": salt})
        return decoded(target)  # a container's own name is drawn anew each time

    assert made("one.mkv", "1") == made("two.mkv", "2")

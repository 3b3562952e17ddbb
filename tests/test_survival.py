"""Real refusals, real signals, real memory: nothing is half-written, nothing grows with length."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import panned, write_video
from test_executors import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, limits and /proc of Linux")

RUN = """
import resource, signal, sys
import torch
torch.set_num_threads(1)
if {limit}:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
from dipvideo.cli import main
code = main(sys.argv[1:])
# Not ru_maxrss, which begins at what the parent held.
print("peak", next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
sys.exit(code)
"""
QUICK = ["--device", "cpu", "--network", "taper:widths=8", "--first-steps", "2", "--steps", "1", "--no-borrow"]


def command(*arguments: str, limit: int = 0) -> list[str]:
    return [sys.executable, "-c", RUN.format(limit=limit), *arguments, *QUICK]


def film(folder: Path, periods: int, size: tuple[int, int] = (96, 160), *, last_only: bool = False) -> tuple[str, str]:
    """Thirty frames a period, with holes in four of them (of the last period only, if so said); and the mask."""
    pictures = panned(30, size=size) * periods
    mask = np.zeros((*size, 3), np.uint8)
    mask[size[0] - 30:size[0] - 20, 20:60] = 255
    first = 30 * (periods - 1) if last_only else 0
    masks = [mask * (i >= first and 5 <= i % 30 < 9) for i in range(30 * periods)]
    fast = {"crf": "30", "preset": "ultrafast"}
    return (str(write_video(folder / f"film{periods}.mp4", pictures, options=fast)),
            str(write_video(folder / f"mask{periods}.mkv", masks, codec="ffv1", pix_fmt="gray")))


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    peaks = []
    for periods in (4, 20):  # from 1200 to 4800 frames it stands still; before, what is freed is not yet used again
        video, mask = film(tmp_path, periods, (360, 640))
        here = command("inpaint", video, "--mask", mask, "--executor", "local", "--overwrite", "-q")
        twice = []
        for _ in range(2):  # the less of two: one run in ten holds some MB more, by no more frames
            ran = subprocess.run(here, capture_output=True, text=True)
            assert ran.returncode == 0, ran.stderr
            twice.append(int(ran.stdout.split()[-1]))
        peaks.append(min(twice))
    assert peaks[1] < 1.1 * peaks[0], peaks


def test_a_file_system_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    video, mask = film(tmp_path, 2)
    before = sorted(p.name for p in tmp_path.iterdir())
    ran = subprocess.run(command("inpaint", video, "--mask", mask, limit=4000), capture_output=True, text=True)
    assert ran.returncode == 1
    assert "could not be written" in ran.stderr and "Traceback" not in ran.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == before


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_killed_run_leaves_the_output_path_alone_and_the_next_one_works(tmp_path: Path, sent: int,
                                                                          code: int) -> None:
    video, mask = film(tmp_path, 8, last_only=True)  # the encoder has written something when the long fit begins
    long = [*command("inpaint", video, "--mask", mask), "--draw", "always", "--steps", "100000"]  # the hole is thin
    with subprocess.Popen(long, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
        wait_until(lambda: list(tmp_path.glob(".film8.dipvideo.part*")), running)
        time.sleep(0.3)
        running.send_signal(sent)
        assert running.wait(30) == code
    assert not (tmp_path / "film8.dipvideo.mp4").exists()
    again = subprocess.run(command("inpaint", video, "--mask", mask, "-q"), capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film8.dipvideo.mp4", "film8.mp4", "mask8.mkv"]


def test_interrupts_that_go_on_until_the_end_leave_the_code_of_an_interrupt(tmp_path: Path) -> None:
    video, mask = film(tmp_path, 8, last_only=True)
    program = "import sys, torch; from dipvideo.cli import main; sys.exit(main())"
    long = [sys.executable, "-c", program, *command("inpaint", video, "--mask", mask)[3:], "--draw", "always",
            "--steps", "100000"]
    with subprocess.Popen(long, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
        wait_until(lambda: list(tmp_path.glob(".film8.dipvideo.part*")), running)
        running.send_signal(signal.SIGINT)
        time.sleep(0.1)
        while running.poll() is None:
            running.send_signal(signal.SIGINT)
            time.sleep(0.001)
        assert running.returncode == 130


def test_an_interrupt_that_comes_when_all_is_said_changes_nothing(tmp_path: Path) -> None:
    video, mask = film(tmp_path, 1)
    program = "import sys, torch; from dipvideo.cli import main; code = main(); print(flush=True); sys.exit(code)"
    quick = [sys.executable, "-c", program, *command("inpaint", video, "--mask", mask)[3:]]
    with subprocess.Popen(quick, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline()
        while running.poll() is None:
            running.send_signal(signal.SIGINT)
            time.sleep(0.001)
        said = running.stderr.read()
    assert running.returncode == 0 and "Traceback" not in said and "Interrupted" not in said, said
    assert (tmp_path / "film1.dipvideo.mp4").exists()


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of so many bytes."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(size: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("may not mount a file system here")
        return folder

    yield mount
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def test_a_disk_that_fills_up_is_said_and_the_run_goes_on_once_there_is_room(tmp_path: Path,
                                                                             little_disk: Callable) -> None:
    video, mask = film(tmp_path, 20)
    disk = little_disk(700_000)  # the film takes 860 000, once in four stretches and once joined
    run = command("inpaint", video, "--mask", mask, "-o", str(disk / "out.mkv"), "--no-smart-render", "--crf", "5",
                  "--encoder", "libx264", "--workers", "2")  # what an encoder that was chosen will take is not foreseen
    full = subprocess.run(run, capture_output=True, text=True)
    assert full.returncode == 1 and "The disk is full" in full.stderr and "Traceback" not in full.stderr, full.stderr
    assert {path.name for path in disk.iterdir()} <= {"out.mkv.job"}, "nothing half-written"
    subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
    kept = {path.name for path in disk.glob("out.mkv.job/stretches/[0-9]*")}
    again = subprocess.run(run, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert kept and "Going on from" in again.stderr
    assert [path.name for path in disk.iterdir()] == ["out.mkv"]

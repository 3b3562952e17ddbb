"""Ways to fit a frame from nothing, and the reference setting, set beside dipvideo."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import captioned, panned, write_video

from dipvideo.benchmark import (
    ColdOptions,
    ReferenceOptions,
    measure_cold,
    measure_reference,
    write_cold,
    write_reference,
)
from dipvideo.benchmark.cold import WAYS
from dipvideo.benchmark.warm_start.holes import HOLES
from dipvideo.errors import OptionError

NETWORK = "taper:widths=8-16-32"
SOFT = {"device": "cpu", "hole": "caption", "base": False, "flat_start": False, "frames": 1, "seeds": 2,
        "precision": "float32"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> str:
    """Without text, and soft enough to be guessed."""
    soft = [cv2.GaussianBlur(p, (0, 0), 3) for p in panned(4)]
    return str(write_video(tmp_path_factory.mktemp("cold") / "film.mp4", soft))


def test_every_way_learns_and_is_told(clip: str, tmp_path: Path) -> None:
    options = ColdOptions(**SOFT, networks=f"{NETWORK},unet:widths=4-8-16", ways="default,held-out", cold_steps=80)
    cold = measure_cold(clip, options)
    assert [(row.network, row.way) for row in cold.rows] == [
        (network, way) for network in (NETWORK, "unet:widths=4-8-16") for way in ("default", "held-out")]
    taper, stopped, *_ = cold.rows
    assert taper.steps[-1] == 80 and taper.psnr[-1] > taper.psnr[0] + 5
    assert len(stopped.steps) == 1 and stopped.steps[0] <= 80
    assert all(s > 0 for row in cold.rows for s in row.seconds) and taper.spread[0] <= taper.psnr[-1] <= taper.spread[1]
    files = write_cold(cold, tmp_path, "dipvideo benchmark cold film.mp4")
    assert [f.name for f in files] == ["cold.md", "cold.json", "cold.png"]
    assert f"| `{NETWORK}` | held-out |" in files[0].read_text()
    assert cv2.imread(str(files[2])).shape[0] > 2 * int(cold.crop.split("x")[1])


def test_layout_and_optimiser_change_the_time_and_not_the_picture(clip: str) -> None:
    options = ColdOptions(**SOFT, networks=NETWORK, ways="default,contiguous,unfused,foreach", cold_steps=10)
    first, *others = measure_cold(clip, options).rows
    assert all(other.psnr == pytest.approx(first.psnr, abs=0.2) for other in others)


def test_a_coarse_start_counts_its_steps_and_leaves_the_code_as_it_was(clip: str) -> None:
    options = ColdOptions(**SOFT, networks=NETWORK, ways="coarse,default", cold_steps=40)
    coarse, default = measure_cold(clip, options).rows
    assert coarse.steps[0] > 10 and coarse.steps[-1] == 40  # a quarter of them at the two smaller sizes
    assert coarse.psnr[-1] > default.psnr[0] + 3


def test_a_way_sets_what_its_name_says() -> None:
    from dipvideo import engine

    settings = engine.settle(ColdOptions(device="cpu", network=NETWORK))
    prior = engine.Prior({"image": (3, 16, 16)}, network=NETWORK, seed=0)
    assert WAYS["bfloat16"](settings).settings.precision is torch.bfloat16
    assert prior.optimiser.defaults["fused"]
    WAYS["unfused"](settings).ready(prior)
    assert not prior.optimiser.defaults["fused"] and not prior.optimiser.defaults["foreach"]
    WAYS["contiguous"](settings).ready(prior)
    weight = next(p for p in prior.parameters if p.dim() == 4 and min(p.shape[1:]) > 1)
    assert weight.is_contiguous()


def test_a_step_has_a_floor_of_arithmetic_and_of_bytes() -> None:
    from dipvideo import engine
    from dipvideo.benchmark.work import ADAM, PASSES, Rates, Work, work_of

    prior = engine.Prior({"image": (3, 16, 32)}, network="stack:width=4,layers=2,kernel=3", seed=0)
    pixels, code = 16 * 32, next(iter(prior.codes.values())).shape[1]
    work, weights = work_of(prior), 9 * (code * 4 + 4 * 3)
    assert work.operations == 2 * PASSES * weights * pixels
    assert work.bytes == PASSES * 4 * pixels * (code + 4 + 4 + 3) + ADAM * (weights + 4 + 3)
    assert Work(10, 10).seconds(Rates(2, 100)) == 5 and Work(10, 10).seconds(Rates(100, 2)) == 5


def test_recorded_steps_want_a_gpu(clip: str) -> None:
    with pytest.raises(OptionError, match="Only a CUDA device replays"):
        measure_cold(clip, ColdOptions(**SOFT, ways="recorded"))


@pytest.mark.parametrize("kind", HOLES)
@pytest.mark.parametrize("height, width", [(96, 160), (360, 640), (1080, 1920)])
def test_a_hole_lies_below_and_leaves_most_of_the_picture(kind: str, height: int, width: int) -> None:
    hole = HOLES[kind](height, width)
    rows, columns = np.nonzero(hole)
    assert hole.shape == (height, width) and 0.0005 < hole.mean() < 0.05
    assert rows.min() > 0.8 * height and rows.max() < height - 1
    assert columns.min() > 0.25 * width and columns.max() < 0.75 * width


def test_the_reference_is_timed_by_the_step_and_multiplied(tmp_path: Path) -> None:
    clean = panned(24, speed=2, size=(96, 128))
    burned, ink = captioned(clean, 9, 15)
    film, truth = (str(write_video(tmp_path / name, p)) for name, p in (("film.mp4", burned), ("clean.mp4", clean)))
    mask = str(write_video(tmp_path / "mask.mkv", [np.dstack([ink * 255] * 3).astype(np.uint8) * (9 <= i < 15)
                                                   for i in range(24)], codec="ffv1", pix_fmt="gray"))
    reference = measure_reference(film, ReferenceOptions(mask=mask, truth=truth, grow=2, device="cpu",
                                                        reference_steps=10))
    paper, own, alone = reference.rows
    assert paper.seconds == reference.step * reference.steps and reference.steps == 6000
    assert paper.seconds > 100 * own.seconds and own.psnr > paper.psnr + 3  # other frames show what is hidden
    assert own.all_psnr > alone.all_psnr
    files = write_reference(reference, tmp_path / "report", "dipvideo benchmark reference film.mp4")
    assert files[0].read_text().count("| dipvideo |") == 1


@pytest.mark.parametrize("make, sentence", [
    (lambda: measure_cold("film.mp4", ColdOptions(ways="default,best")), "no way 'best'"),
    (lambda: ColdOptions(hole="caption", mask="mask.png"), "give it without mask and truth"),
    (lambda: ReferenceOptions(mask="mask.mkv"), "give --truth FILE"),
])
def test_a_mistake_is_named(make, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        make()

"""Each command on its material, beside what anyone could do: the figures and a row of pictures for each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ... import layers
from ...errors import NothingFound, SourceMissing
from ...metrics import psnr
from ...pipeline import run
from ...planes import LAYER_COLOURS
from ...progress import Progress, Tell
from ...tasks.dehaze import Dehaze, DehazeOptions
from ...tasks.remove_watermark import RemoveWatermark, RemoveWatermarkOptions
from ...tasks.segment import Segment, SegmentOptions
from ..options import LayersOptions
from .composites import HEIGHT, WIDTH, Backdrop, Composite, clip_of, composite

SHOWN = 4  # frames in a row of the contact sheet
BORDER = 10  # pixels that the hazy picture of the pair lacks on each side
# Backgrounds in which little moves by itself, so that the cut-outs are the layers; what is laid over each.
SCENES = (
    (Backdrop("bigbuckbunny.mp4", 1.6, 1.0, 0.3), ("flipping_a_pancake.mkv",)),
    (Backdrop("mma_test.mp4"), ("chaplin.mp4",)),
    (Backdrop("bikes.mp4"), ("bigbuckbunny.mp4",)),
    (Backdrop("intel_car.mp4"), ("mma_test.mp4",)),
    (Backdrop("asl_book.mkv", 1.7, 0.0, 0.0), ("cockatoo_yuv420.mp4",)),
    (Backdrop("carphone_pristine.mp4", 1.6, 0.0, 0.3), ("chaplin.mp4",)),
    (Backdrop("chaplin.mp4"), ("asl_book.mkv",)),
    (Backdrop("bigbuckbunny.mp4", 1.6, 1.0, 0.3), ("chaplin.mp4", "mma_test.mp4")),
    (Backdrop("mma_test.mp4"), ("bigbuckbunny.mp4", "cockatoo_yuv420.mp4")),
    (Backdrop("bikes.mp4"), ("cockatoo_yuv420.mp4", "flipping_a_pancake.mkv")),
)
MARKED = (("mma_test.mp4", 1.0), ("cockatoo_yuv420.mp4", 0.5), ("bikes.mp4", 0.6))  # clips, and the alpha of the mark


@dataclass(frozen=True, slots=True)
class Row:
    """kind: of material; figures: by name; seconds: a frame or picture of the command; strip: (h, w, 3) uint8."""

    kind: str
    name: str
    figures: dict[str, float]
    seconds: float
    strip: np.ndarray


def measure_layers(folder: str, options: LayersOptions, *, tell: Tell = lambda progress: None) -> list[Row]:
    """Measure what of clips/, images/grabcut and images/dehaze is below `folder`. Raises SourceMissing for none."""
    trials = {"composites": _composites, "scribbles": _scribbles, "haze": _haze, "marks": _marks}
    rows: list[Row] = []
    for kind in options.kinds.split(","):
        for row in trials[kind](Path(folder), options):
            rows.append(row)
            tell(Progress(kind, len(rows), None, unit="row", note=row.name))
    if not rows:
        raise SourceMissing(f"There is nothing to measure in {folder!r}: it holds clips/, images/grabcut or "
                            "images/dehaze.")
    return rows


def _composites(folder: Path, options: LayersOptions) -> Iterator[Row]:
    for seed, (ground, cutouts) in enumerate(SCENES):
        paths = [folder / "clips" / name for name in (ground.path, *cutouts)]
        if not all(path.exists() for path in paths):
            continue
        placed = Backdrop(str(paths[0]), ground.zoom, ground.across, ground.down)
        made = composite(ground.path, placed, [str(path) for path in paths[1:]], options.frames, seed)
        count = len(cutouts) + 1
        began = time.perf_counter()
        found = _segmented(made, count)
        seconds = (time.perf_counter() - began) / len(made.frames)
        hints = layers.find_layers(made.frames, count)
        unfitted = np.stack([layers.brought_up(share, small, frame).argmax(-1) for share, small, frame
                             in zip(hints.shares, hints.frames, made.frames, strict=True)])
        by_colour = layers.alike(layers.lab_of(made.frames), count)
        order = _best_order(found, made.labels, count)
        each = [_overlap(order[f], t, count) for f, t in zip(found, made.labels, strict=True)]
        figures = {name: _overlap(_best_order(labels, made.labels, count)[labels], made.labels, count)
                   for name, labels in (("k-means", by_colour), ("hints alone", unfitted), ("dipvideo", found))}
        strip = np.hstack([_tinted(made.frames[n], order[found[n]]) for n in _spread(len(found))])
        yield Row("composites", f"{Path(ground.path).stem}, {count} layers", figures | {"worst frame": min(each)},
                  seconds, strip)


def _segmented(made: Composite, count: int) -> np.ndarray:
    """(n, h, w) labels that the command gives."""
    with tempfile.TemporaryDirectory() as scratch:
        given, out = Path(scratch) / "in", Path(scratch) / "out"
        given.mkdir()
        for number, frame in enumerate(made.frames):
            cv2.imwrite(str(given / f"{number:04d}.png"), frame[..., ::-1])
        run(Segment(SegmentOptions(layers=count)), given, out)
        return np.stack([np.asarray(Image.open(path)) for path in sorted(out.iterdir())])


def _scribbles(folder: Path, options: LayersOptions) -> Iterator[Row]:
    for path in sorted((folder / "images" / "grabcut").glob("*_scribbles.png")):
        stem = path.name.removesuffix("_scribbles.png")
        source, truth = path.with_name(f"{stem}.jpg"), np.asarray(Image.open(path.with_name(f"{stem}_truth.png")))
        picture, marks = cv2.imread(str(source))[..., ::-1].copy(), np.asarray(Image.open(path))
        valid, inside = (truth == 0) | (truth == 255), truth == 255
        with tempfile.TemporaryDirectory() as scratch:
            began = time.perf_counter()
            run(Segment(SegmentOptions(method="labels", labels=str(path))), source, Path(scratch) / "out.png")
            seconds = time.perf_counter() - began
            found = np.asarray(Image.open(Path(scratch) / "out.png")) == 1
        cut = _grab_cut(picture, marks)
        by_colour = layers.alike(layers.lab_of(picture[None]), 2)[0] == 1

        def score(labels: np.ndarray, valid: np.ndarray = valid, inside: np.ndarray = inside) -> float:
            return _overlap(labels[valid].astype(int), inside[valid].astype(int), 2)

        figures = {"k-means": max(score(by_colour), score(~by_colour)), "GrabCut": score(cut), "dipvideo": score(found)}
        strip = np.hstack([picture, *(_tinted(picture, labels.astype(int)) for labels in (cut, found, inside))])
        yield Row("scribbles", stem, figures, seconds, strip)


def _grab_cut(picture: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(h, w) bool: what cv2.grabCut makes of the scribbles; the unmarked is begun with as ground, which is better."""
    mask = np.full(marks.shape, cv2.GC_PR_BGD, np.uint8)
    mask[marks == 1], mask[marks == 2] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    cv2.grabCut(picture[..., ::-1].copy(), mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)


def _haze(folder: Path, options: LayersOptions) -> Iterator[Row]:
    for path in sorted((folder / "images" / "dehaze").glob("*")):
        if path.stem.endswith("_clear"):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            began = time.perf_counter()
            run(Dehaze(DehazeOptions()), path, Path(scratch) / "out.png")
            seconds = time.perf_counter() - began
            given, found = (cv2.imread(str(p))[..., ::-1] for p in (path, Path(scratch) / "out.png"))
        truth, figures = path.with_name(path.name.replace("_hazy", "_clear")), {}
        if truth != path and truth.exists():
            clear = cv2.imread(str(truth))[BORDER:-BORDER, BORDER:-BORDER, ::-1] / 255
            figures = {"hazy": psnr(given / 255, clear), "dipvideo": psnr(found / 255, clear)}
        yield Row("haze", path.stem, figures, seconds, np.hstack([given, found]))


def _marks(folder: Path, options: LayersOptions) -> Iterator[Row]:
    ink = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.putText(ink, "SAMPLE tv", (230, 60), cv2.FONT_HERSHEY_DUPLEX, 0.9, 255, 2, cv2.LINE_AA)
    cv2.circle(ink, (60, 190), 17, 255, 10, cv2.LINE_AA)
    told = cv2.dilate((ink > 8).astype(np.uint8), np.ones((5, 5)))
    for name, alpha in MARKED:
        if not (folder / "clips" / name).exists():
            continue
        clean = clip_of(Backdrop(str(folder / "clips" / name)), 2 * options.frames, 1.0)
        cover = (ink / 255 * alpha)[..., None]
        given = [np.rint(p * (1 - cover) + 242 * cover).astype(np.uint8) for p in clean]
        with tempfile.TemporaryDirectory() as scratch:
            source, out = Path(scratch) / "in", Path(scratch) / "out"
            source.mkdir()
            for number, picture in enumerate(given):
                cv2.imwrite(str(source / f"{number:04d}.png"), picture[..., ::-1])
            began = time.perf_counter()
            try:
                run(RemoveWatermark(RemoveWatermarkOptions(draw="never")), source, out)
                found = [cv2.imread(str(path))[..., ::-1] for path in sorted(out.iterdir())]
            except NothingFound:  # it says so, and leaves the clip alone
                found = given
            seconds = (time.perf_counter() - began) / len(given)
        telea = [cv2.inpaint(picture, told, 3, cv2.INPAINT_TELEA) for picture in given]
        figures = {which: float(np.mean([psnr(p / 255, c / 255, ink > 8) for p, c in zip(made, clean, strict=True)]))
                   for which, made in (("marked", given), ("Telea, true mask", telea), ("dipvideo", found))}
        middle = len(given) // 2
        yield Row("marks", f"{Path(name).stem}, alpha {alpha:g}", figures, seconds,
                  np.hstack([given[middle], telea[middle], found[middle], clean[middle]]))


def _overlap(labels: np.ndarray, truth: np.ndarray, count: int) -> float:
    """Mean intersection over union of all layers."""
    return float(np.mean([((labels == n) & (truth == n)).sum() / max(((labels == n) | (truth == n)).sum(), 1)
                          for n in range(count)]))


def _best_order(labels: np.ndarray, truth: np.ndarray, count: int) -> np.ndarray:
    """What each label should be called, for the whole clip at once: a swap on the way counts as wrong."""
    orders: Sequence[np.ndarray] = [np.array(order) for order in permutations(range(count))]
    score: Callable[[np.ndarray], float] = lambda order: _overlap(order[labels], truth, count)  # noqa: E731
    return max(orders, key=score)


def _tinted(picture: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return (picture // 2 + LAYER_COLOURS[labels] // 2).astype(np.uint8)


def _spread(frames: int) -> Sequence[int]:
    return np.linspace(0, frames - 1, SHOWN).round().astype(int).tolist()

"""Each command on its material, beside what anyone could do: the figures and a row of pictures for each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ... import layers
from ...engine import settle
from ...errors import NothingFound, SourceMissing
from ...metrics import psnr
from ...pipeline import run
from ...progress import Progress, Tell
from ...tasks.remove_watermark import RemoveWatermark, RemoveWatermarkOptions
from ...tasks.segment import Segment, SegmentOptions
from ..options import LayersOptions
from . import many, pictures, single, things, windows
from .composites import HEIGHT, WIDTH, Backdrop, Composite, clip_of, composite
from .rows import Row, best_order, overlap, spread, tinted, unfitted

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
# Clips, the mark, and its alpha.
MARKED = (("mma_test.mp4", "name", 1.0), ("cockatoo_yuv420.mp4", "name", 0.5), ("bikes.mp4", "name", 0.6),
          ("bikes.mp4", "badge", 0.4), ("mma_test.mp4", "line", 0.6), ("vsr_test2.mp4", "name", 0.3))


def measure_layers(folder: str, options: LayersOptions, *, tell: Tell = lambda progress: None) -> list[Row]:
    """Measure what of clips/, of images/grabcut, reflection and dehaze, and of DAVIS is below `folder`.

    Raises SourceMissing for none.
    """
    trials = {"composites": _composites, "cutouts": _cutouts, "things": things.things, "scribbles": pictures.scribbles,
              "unlabelled": pictures.unlabelled, "many": many.many, "reflections": pictures.reflections,
              "single": single.single, "windows": windows.windows, "haze": pictures.haze, "marks": _marks}
    rows: list[Row] = []
    for kind in options.kinds.split(","):
        for row in trials[kind](Path(folder), options):
            rows.append(row)
            tell(Progress(kind, len(rows), None, unit="row", note=row.name))
    if not rows:
        raise SourceMissing(f"There is nothing to measure in {folder!r}: it holds clips/, images/grabcut, "
                            "images/reflection, images/dehaze or JPEGImages/480p and Annotations/480p.")
    return rows


def _composites(folder: Path, options: LayersOptions) -> Iterator[Row]:
    for seed, (ground, cutouts) in enumerate(SCENES):
        placed, paths = _placed(folder, ground), [folder / "clips" / name for name in cutouts]
        if placed is not None and all(path.exists() for path in paths):
            made = composite(Path(ground.path).stem, placed, [str(path) for path in paths], options.frames, seed)
            yield _scored("composites", made, len(cutouts) + 1)


def _cutouts(folder: Path, options: LayersOptions) -> Iterator[Row]:
    grounds = list(dict.fromkeys(ground for ground, _ in SCENES))
    for seed, (count, ground) in enumerate(product((1, 2), grounds)):
        placed = _placed(folder, ground)
        made = placed and things.over(folder, placed, count, options.frames, seed)
        if made:
            yield _scored("cutouts", made, count + 1)


def _placed(folder: Path, ground: Backdrop) -> Backdrop | None:
    """The backdrop with where its clip is, None if that is not there."""
    path = folder / "clips" / ground.path
    return replace(ground, path=str(path)) if path.exists() else None


def _scored(kind: str, made: Composite, count: int) -> Row:
    """What the command makes of a composite of so many layers, beside colours and hints alone."""
    began = time.perf_counter()
    found, steps = _segmented(made, count)
    seconds = (time.perf_counter() - began) / len(made.frames)
    by_colour = layers.alike(layers.lab_of(made.frames), count)
    order = best_order(found, made.labels, count)
    each = [overlap(order[f], t, count) for f, t in zip(found, made.labels, strict=True)]
    hinted = unfitted(made.frames, count)
    figures = {name: overlap(best_order(labels, made.labels, count)[labels], made.labels, count)
               for name, labels in (("k-means", by_colour), ("hints alone", hinted), ("dipvideo", found))}
    swapped = sum(bool((best_order(f[None], t[None], count) != order).any())
                  for f, t in zip(found, made.labels, strict=True))
    first = settle(SegmentOptions()).first_steps
    figures |= {"worst frame": min(each), "frames swapped": swapped,
                "first to later steps": first * (len(found) - 1) / (steps - first)}
    strip = np.hstack([tinted(made.frames[n], order[found[n]]) for n in spread(len(found))])
    return Row(kind, f"{made.name}, {count} layers", figures, seconds, strip)


def _segmented(made: Composite, count: int) -> tuple[np.ndarray, int]:
    """(n, h, w) labels that the command gives, and the steps that it took."""
    with tempfile.TemporaryDirectory() as scratch:
        given, out = Path(scratch) / "in", Path(scratch) / "out"
        given.mkdir()
        for number, frame in enumerate(made.frames):
            cv2.imwrite(str(given / f"{number:04d}.png"), frame[..., ::-1])
        summary = run(Segment(SegmentOptions(layers=count)), given, out)
        return np.stack([np.asarray(Image.open(path)) for path in sorted(out.iterdir())]), summary.steps


def _marks(folder: Path, options: LayersOptions) -> Iterator[Row]:
    for name, kind, alpha in MARKED:
        if not (folder / "clips" / name).exists():
            continue
        clean = clip_of(Backdrop(str(folder / "clips" / name)), 2 * options.frames, 1.0)
        ink, colour = _mark(kind)
        told, cover = cv2.dilate((ink > 8).astype(np.uint8), np.ones((5, 5))), (ink / 255 * alpha)[..., None]
        given = [np.rint(p * (1 - cover) + np.array(colour) * cover).astype(np.uint8) for p in clean]
        own, seconds = _unmarked(given, None)
        true, _ = _unmarked(given, told)
        telea = [cv2.inpaint(picture, told, 3, cv2.INPAINT_TELEA) for picture in given]
        figures = {which: float(np.mean([psnr(p / 255, c / 255, ink > 8) for p, c in zip(made, clean, strict=True)]))
                   for which, made in (("marked", given), ("Telea, true mask", telea), ("dipvideo, true mask", true),
                                       ("dipvideo, its own", own))}
        middle = len(given) // 2
        yield Row("marks", f"{Path(name).stem}, {kind}, alpha {alpha:g}", figures, seconds,
                  np.hstack([given[middle], telea[middle], own[middle], clean[middle]]))


def _mark(kind: str) -> tuple[np.ndarray, tuple[int, int, int]]:
    """(h, w) uint8, where the mark covers, and its colour."""
    ink = np.zeros((HEIGHT, WIDTH), np.uint8)
    if kind == "badge":
        cv2.circle(ink, (385, 36), 20, 255, -1, cv2.LINE_AA)
        return ink, (220, 60, 40)
    if kind == "line":
        cv2.putText(ink, "(c) Example Films", (250, 226), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
        return ink, (255, 255, 255)
    cv2.putText(ink, "SAMPLE tv", (230, 60), cv2.FONT_HERSHEY_DUPLEX, 0.9, 255, 2, cv2.LINE_AA)
    cv2.circle(ink, (60, 190), 17, 255, 10, cv2.LINE_AA)
    return ink, (242, 242, 242)


def _unmarked(given: Sequence[np.ndarray], mask: np.ndarray | None) -> tuple[Sequence[np.ndarray], float]:
    """The frames without their mark, which is where `mask` says, and the seconds that a frame took."""
    with tempfile.TemporaryDirectory() as scratch:
        source, out, told = (Path(scratch) / name for name in ("in", "out", "mask.png"))
        source.mkdir()
        for number, picture in enumerate(given):
            cv2.imwrite(str(source / f"{number:04d}.png"), picture[..., ::-1])
        if mask is not None:
            cv2.imwrite(str(told), mask * 255)
        options = RemoveWatermarkOptions(draw="never", **({} if mask is None else {"mask": str(told), "grow": 0}))
        began = time.perf_counter()
        try:
            run(RemoveWatermark(options), source, out)
            found = [cv2.imread(str(path))[..., ::-1] for path in sorted(out.iterdir())]
        except NothingFound:  # it says so, and leaves the clip alone
            found = given
        return found, (time.perf_counter() - began) / len(given)

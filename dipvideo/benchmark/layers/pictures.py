"""Pictures with known layers, haze and reflections: each command on them, beside what anyone could do."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ... import layers
from ...metrics import psnr
from ...pipeline import run
from ...tasks.dehaze import Dehaze, DehazeOptions
from ...tasks.segment import Segment, SegmentOptions
from ...tasks.separate import Separate, SeparateOptions
from ..options import LayersOptions
from .composites import Backdrop, clip_of
from .rows import Row, done, mean_psnr, overlap, tinted

HAZED = ("bikes.mp4", "bigbuckbunny.mp4", "carphone_pristine.mp4")
AIRS, THROUGH = (0.9, 0.75), (0.35, 0.85)  # grey levels of the haze, and what comes through it at the top and bottom
BORDER = 10  # pixels that some hazy pictures lack on each side
# How much of the scene and of its reflection is in two pictures; "added" takes the picture that comes with the pair.
MIXINGS = {"added": ((1.0, 1.0), (1.0, 0.4)), "weighed": ((0.7, 0.3), (0.4, 0.6))}


def scribbles(folder: Path, options: LayersOptions) -> Iterator[Row]:
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
            return overlap(labels[valid].astype(int), inside[valid].astype(int), 2)

        taught = _taught(picture, marks)
        figures = {"k-means": max(score(by_colour), score(~by_colour)), "GrabCut": score(cut),
                   "kanezaki, network alone": score(taught), "dipvideo": score(found)}
        strip = np.hstack([picture, *(tinted(picture, labels.astype(int)) for labels in (cut, taught, found, inside))])
        yield Row("scribbles", stem, figures, seconds, strip)


def unlabelled(folder: Path, options: LayersOptions) -> Iterator[Row]:
    """The same pictures, with nothing told."""
    for path in sorted((folder / "images" / "grabcut").glob("*_truth.png")):
        stem = path.name.removesuffix("_truth.png")
        source, truth = path.with_name(f"{stem}.jpg"), np.asarray(Image.open(path))
        picture = cv2.imread(str(source))[..., ::-1].copy()
        valid, inside = (truth == 0) | (truth == 255), truth == 255
        with tempfile.TemporaryDirectory() as scratch:
            began = time.perf_counter()
            run(Segment(SegmentOptions(method="prior")), source, Path(scratch) / "out.png")
            seconds = time.perf_counter() - began
            found = np.asarray(Image.open(Path(scratch) / "out.png")) == 1
        by_colour = layers.alike(layers.lab_of(picture[None]), 2)[0] == 1
        figures = {name: max(overlap((labels ^ other)[valid].astype(int), inside[valid].astype(int), 2)
                             for other in (False, True))
                   for name, labels in (("k-means", by_colour), ("dipvideo", found))}
        strip = np.hstack([picture, *(tinted(picture, labels.astype(int)) for labels in (by_colour, found, inside))])
        yield Row("unlabelled", stem, figures, seconds, strip)


def _grab_cut(picture: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(h, w) bool: what cv2.grabCut makes of the scribbles; the unmarked is begun with as ground, which is better."""
    mask = np.full(marks.shape, cv2.GC_PR_BGD, np.uint8)
    mask[marks == 1], mask[marks == 2] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    cv2.grabCut(picture[..., ::-1].copy(), mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)


def _taught(picture: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(h, w) bool: what a network makes of the scribbles that it is taught by."""
    network = layers.Clustering().taught(picture, marks.astype(int) - 1, seed=0)
    small = layers.reduced(picture)
    return layers.brought_up(network.shares(small / np.float32(255)), small, picture).argmax(-1) == 0


def haze(folder: Path, options: LayersOptions) -> Iterator[Row]:
    """Hazy pictures, of which one pair is known; clips as they are, which are to stay so, and with haze laid over."""
    for path in sorted((folder / "images" / "dehaze").glob("*")):
        if path.stem.endswith("_clear"):
            continue
        given = cv2.imread(str(path))[..., ::-1]
        truth, figures = path.with_name(path.name.replace("_hazy", "_clear")), {}
        (found,), seconds = done(Dehaze(DehazeOptions()), [given])
        if truth != path and truth.exists():
            clear = cv2.imread(str(truth))[..., ::-1]
            if clear.shape != given.shape:
                clear = clear[BORDER:-BORDER, BORDER:-BORDER]
            figures = _haze_figures([given], [found], [clear])
        yield Row("haze", path.stem, figures, seconds, np.hstack([given, found]))
    for name in HAZED:
        if not (folder / "clips" / name).exists():
            continue
        clear = clip_of(Backdrop(str(folder / "clips" / name)), options.frames // 2, 1.0)
        through = np.linspace(*THROUGH, clear.shape[1])[:, None, None]
        for how, air in (("as it is", None), *((f"haze of {air:g}", air) for air in AIRS)):
            given = clear if air is None else np.rint(through * clear + (1 - through) * air * 255).astype(np.uint8)
            found, seconds = done(Dehaze(DehazeOptions()), given)
            yield Row("haze", f"{Path(name).stem}, {how}", _haze_figures(given, found, clear), seconds,
                      np.hstack([given[-1], found[-1], clear[-1]]))


def _haze_figures(given: Sequence[np.ndarray], found: Sequence[np.ndarray], clear: Sequence[np.ndarray]
                  ) -> dict[str, float]:
    """PSNR, and how much more than the clear film's the mean level changes from frame to frame, of 255."""
    def drift(pictures: Sequence[np.ndarray]) -> np.ndarray:
        return np.diff([float(picture.mean()) for picture in pictures])

    flicker = np.abs(drift(found) - drift(clear)).mean() if len(clear) > 1 else 0.0
    return {"given": mean_psnr(given, clear), "dipvideo": mean_psnr(found, clear), "flicker": float(flicker)}


def reflections(folder: Path, options: LayersOptions) -> Iterator[Row]:
    """Of each pair the scene, from two pictures in which it and its reflection are mixed differently."""
    for path in sorted((folder / "images" / "reflection").glob("*-input.png")):
        scene, over = (_picture(path.with_name(path.name.replace("input", name))) for name in ("label1", "label2"))
        for how, mixing in MIXINGS.items():
            given = [np.rint((a * scene + b * over).clip(0, 1) * 255) / 255 for a, b in mixing]
            if how == "added":
                given[0] = _picture(path)
            with tempfile.TemporaryDirectory() as scratch:
                one, other, out, second = (Path(scratch) / f"{name}.png" for name in ("one", "other", "out", "second"))
                for file, picture in zip((one, other), given, strict=True):
                    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(file)
                began = time.perf_counter()
                run(Separate(SeparateOptions(other=str(other), second=str(second))), one, out)
                seconds = time.perf_counter() - began
                found, beside = _picture(out), _picture(second)
            told = layers.unmixed(*given, np.array(mixing))[0].clip(0, 1)
            figures = {"first input": psnr(given[0], scene), "second input": psnr(given[1], scene),
                       "told the mixing": psnr(told, scene), "dipvideo": psnr(found, scene)}
            strip = np.hstack([*given, found, scene, beside])
            yield Row("reflections", f"{path.name.removesuffix('-input.png')}, {how}", figures, seconds,
                      np.rint(strip * 255).astype(np.uint8))


def _picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")) / 255

"""Take out a mark that all frames share: read through it where the picture shows through, else fill what it hides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import captions, io, layers
from ..errors import NothingFound, OptionError
from ..frame import Event
from ..geometry import Box
from ..options import option
from ..plan import make_plan
from ..planes import UNMIXED
from ..progress import Tell
from ..span import span_of, watch
from .base import Window
from .inpaint import HOW, FillOptions, Inpaint

if TYPE_CHECKING:
    from ..holes import Holes
    from ..io import Source
    from ..layers import Mark
    from ..plan import Chunk, Plan

HALO = 2  # pixels that compression smears a mark over


@dataclass(frozen=True, kw_only=True)
class RemoveWatermarkOptions(FillOptions):
    """The options of remove-watermark."""

    method: str = option("deep", HOW, choices=("auto", "thin", "deep"))
    region: str = option("full", "Where the mark may be: full, bottom, top, or x,y,width,height in pixels.",
                         metavar="REGION")
    save_mark: str | None = option(None, "Also write the mark itself, its colour and how much it covers as alpha, as a "
                                         "picture (.png).", metavar="FILE")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.save_mark and not self.save_mark.lower().endswith(".png"):
            raise OptionError(f"A mark is written with its alpha as .png; got {self.save_mark!r}.")


class RemoveWatermark(Inpaint):
    """Remove a watermark or logo that all frames, or several pictures, share."""

    Options = RemoveWatermarkOptions
    options: RemoveWatermarkOptions

    @property
    def grow(self) -> int:
        return HALO if self.options.grow is None else self.options.grow

    @property
    def side_outputs(self) -> tuple[Path, ...]:
        return (*super().side_outputs, *([Path(self.options.save_mark)] if self.options.save_mark else []))

    def plan(self, source: Source, tell: Tell, notes: Path | None = None) -> tuple[Plan, Holes]:
        from ..holes import EventHoles, grown  # brings OpenCV, which the help of a command does without

        region, span = captions.region_of(self.options.region, source.info), span_of(source, self.options)
        finder, cuts = layers.MarkFinder(region, len(span)), []
        for frame, new_shot in watch(source, self.options, tell, "looking for the mark"):
            finder.update(frame.planes.rgb(), new_shot)
            if new_shot:
                cuts.append(frame.index)
        hole = np.zeros((source.info.height, source.info.width), bool)
        if self.options.mask is not None:
            hole |= next(io.MaskReader(self.options.mask, source.info).read())
        else:
            hole[region.slices] = self._found(finder, region, source.info.box, tell)
        self._mark: Mark = finder.mark(grown(hole, self.grow))
        holes = EventHoles([Event.of(0, len(source.pts), source.info.box, hole)], source.info, self.grow)
        box = _around(self._mark.hole)
        boxes = [box if index in span else None for index in range(len(source.pts))]
        return make_plan(source.info, boxes, cuts), holes

    def _found(self, finder: layers.MarkFinder, region: Box, whole: Box, tell: Tell) -> np.ndarray:
        """(h, w) bool, of the region: what stays while the picture moves, and text that stays in any case."""
        each = [(text, finder.lettering(text.box)) for text in captions.staying_texts(finder.pictures, whole, tell)]
        texts = [text for text, own in each if own.any()]
        letters = np.logical_or.reduce([own for _, own in each]) if texts else None
        found = finder.hole(letters)
        if found is None:
            raise NothingFound(f"No mark stands out in the region {self.options.region!r}: too few frames, or the "
                               "picture hardly moves; say where it is with --region x,y,width,height, or give --mask.")
        if letters is not None and region == whole and finder.stands_still(letters):  # a sign would stay, too
            where = [f"{text.words!r} at {text.box.left},{text.box.top},{text.box.width},{text.box.height}"
                     for text in texts]
            if len(texts) > 1:
                raise NothingFound(f"The picture stands still, and so do {len(texts)} lines of text: "
                                   f"{'; '.join(where)}. Say which is the mark with --region x,y,width,height.")
            self.warnings.append(f"The picture stands still, and so does the text {where[0]}, which was taken for the "
                                 "mark: if it is another, say where with --region x,y,width,height.")
        return found

    def _read_off(self, chunk: Chunk, window: Window, place: int, image: np.ndarray, confidence: np.ndarray,
                  source: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Read through the mark wherever that is surer than what other frames show.

        What borrowing has unmixed by itself is another reading of the same pixel, and wrong elsewhere: both are mixed.
        Six marks, their own masks: 31.4 dB in the mean, with the surer of both 31.1, with the mark's alone 30.5.
        """
        hole, trust = window.holes[place], self._mark.trust[chunk.box.slices]
        twice = hole & (source == UNMIXED) & (trust > 0)
        share = np.where(twice, trust / np.maximum(trust + confidence, 1e-6), hole & (trust > confidence))
        through = self._mark.read(window.image(place), chunk.box)
        image = image + share[..., None].astype(np.float32) * (through - image)
        confidence = np.where(share > 0, np.maximum(trust, confidence), confidence)
        return image, confidence, np.where(share > 0, UNMIXED, source)

    def write_texts(self, source: Source) -> None:
        if self.options.save_mark:
            io.write_picture(Path(self.options.save_mark), self._mark.picture())


def _around(hole: np.ndarray) -> Box | None:
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else None


TASK = RemoveWatermark

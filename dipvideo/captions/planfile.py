"""Captions as a JSON file that a person can read and edit, and back.

    {"film": {"name": …, "frames": 500, "width": 1280, "height": 720},
     "cuts": [120, 310],
     "captions": [{"start": 10, "stop": 50, "from": "0:00:00.400", "to": "0:00:02.000",
                   "box": [x, y, width, height], "text": "Hello there",
                   "hole": {"at": [x, y], "png": "…"}}]}

`start` and `stop` are frames, the second excluded; `from` and `to` say the same in time and are not read. A caption
may be dropped, its frames or its box changed, or one added without a hole. The hole (a PNG, base64: white where text
is, grey for the halo that compression leaves around it) is what is filled: a box that is smaller cuts it; where a box
reaches beyond its hole, all of it is filled.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ..errors import PlanUnreadable
from ..frame import Event
from ..geometry import Box
from .cues import clock, seconds_of
from .find import Captions

if TYPE_CHECKING:
    from ..io import Source

HALO = 128  # the grey of what is filled, though it is no text


def write_plan(captions: Captions, source: Source, path: Path) -> None:
    """Write `captions` of `source` to `path`."""
    info = source.info
    path.write_text(json.dumps({
        "film": {"name": Path(info.path).name, "frames": len(source.pts), "width": info.width, "height": info.height},
        "cuts": list(captions.cuts),
        "captions": [_caption(event, source) for event in captions.events],
    }, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_plan(path: str, source: Source) -> Captions:
    """The captions that a file names. Raises PlanUnreadable, which says where it is wrong."""
    try:
        plan = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PlanUnreadable(f"The plan {path!r} cannot be read ({error}): write one with --plan-only.") from error
    try:
        film = plan["film"]
        said, there = ((film["frames"], film["width"], film["height"]),
                       (len(source.pts), source.info.width, source.info.height))
        if said != there:
            raise PlanUnreadable(f"The plan {path!r} is for a film of {said[0]} frames of {said[1]}x{said[2]}, but "
                                 f"{source.info.path!r} has {there[0]} of {there[1]}x{there[2]}: it is another film's.")
        events = [_event(place, said, source) for place, said in enumerate(plan["captions"], 1)]
        cuts = tuple(int(cut) for cut in plan["cuts"])
    except (KeyError, TypeError, ValueError) as error:
        raise PlanUnreadable(f"The plan {path!r} lacks or spoils {error}: compare it with one that --plan-only "
                             "writes.") from error
    return Captions(tuple(sorted(events, key=lambda event: (event.start, event.stop))), cuts)


def _caption(event: Event, source: Source) -> dict[str, Any]:
    box = event.box
    strokes = np.where(event.marked, 255, np.where(event.hole, HALO, 0)).astype(np.uint8)
    png = cv2.imencode(".png", strokes)[1]
    return {"start": event.start, "stop": event.stop, "from": clock(seconds_of(event.start, source)),
            "to": clock(seconds_of(event.stop, source)), "box": [box.left, box.top, box.width, box.height],
            "text": event.text, "hole": {"at": [box.left, box.top], "png": base64.b64encode(png).decode()}}


def _event(place: int, said: dict[str, Any], source: Source) -> Event:
    start, stop = int(said["start"]), int(said["stop"])
    x, y, width, height = (int(number) for number in said["box"])
    box = Box(y, x, y + height, x + width)
    if not 0 <= start < stop <= len(source.pts):
        raise PlanUnreadable(f"Caption {place} of the plan spans frames {start} to {stop}: the film has "
                             f"{len(source.pts)}.")
    if width < 1 or height < 1 or box & source.info.box != box:
        raise PlanUnreadable(f"The box {said['box']} of caption {place} leaves the picture, which is "
                             f"{source.info.width}x{source.info.height}.")
    hole, marked = np.ones((2, height, width), bool)
    if known := said.get("hole"):
        strokes = cv2.imdecode(np.frombuffer(base64.b64decode(known["png"]), np.uint8), cv2.IMREAD_GRAYSCALE)
        if strokes is None:
            raise PlanUnreadable(f"The hole of caption {place} is no PNG: leave it as it was, or take it out.")
        left, top = (int(number) for number in known["at"])
        own = Box(top, left, top + strokes.shape[0], left + strokes.shape[1])
        if shared := own & box:
            hole[shared.within(box)] = strokes[shared.within(own)] > HALO // 2
            marked[shared.within(box)] = strokes[shared.within(own)] > (HALO + 255) // 2
    return Event.of(start, stop, box, hole, str(said.get("text", "")), marked)

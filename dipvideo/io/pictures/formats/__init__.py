"""Picture files: their samples, bit for bit, and all else that has to be in them again when they are written.

    content     what a picture file holds, and how arrays become that
    codec       one picture through one of FFmpeg's codecs
    convert     one format's content as another can hold it
    png jpeg tiff webp bmp exr     each `read(bytes) -> Content` and `write(Content) -> bytes`
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from ....errors import Unreadable
from . import bmp, exr, jpeg, png, tiff, webp
from .content import Content
from .convert import converted, read_notes, resized

_FORMATS = {".png": png, ".jpg": jpeg, ".jpeg": jpeg, ".tif": tiff, ".tiff": tiff, ".webp": webp, ".bmp": bmp,
            ".exr": exr}
SUFFIXES = frozenset(_FORMATS)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file that was read. What its format is, its bytes say, whatever its name says."""

    path: Path
    form: ModuleType
    content: Content


def read_picture(path: Path) -> Picture:
    """The picture at `path`, its planes free to be edited. Raises Unreadable, with the file's name and the reason."""
    try:
        data = path.read_bytes()
        form = _form_of(data)
        if form is None:
            raise ValueError(f"it is none of {', '.join(sorted(SUFFIXES))} inside")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large is no fault
            return Picture(path, form, form.read(data))
    except Exception as error:  # decoders fed with damaged bytes raise all there is
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unreadable(f"{str(path)!r} is no picture that can be read: {reason.rstrip('.')}. "
                         "Check that it opens elsewhere, or convert it to PNG, TIFF or EXR.") from error


def enlarged(picture: Picture, scale: int) -> Picture:
    """`picture` with each side `scale` times as long, and all that travels beside its samples."""
    notes = read_notes(picture.path.read_bytes())
    whole = converted(picture.content, picture.form.DEPTHS, picture.form.ALPHA, notes)
    return Picture(picture.path, picture.form, resized(whole, scale))


def write_picture(target: Path, picture: Picture) -> None:
    """Write `picture` as it came, or in the format of another suffix. Raises OSError."""
    if same_format(picture.path, target):
        form, content = picture.form, picture.content
    else:
        form = _FORMATS[target.suffix.lower()]
        content = converted(picture.content, form.DEPTHS, form.ALPHA, read_notes(picture.path.read_bytes()))
    target.write_bytes(form.write(content))


def write_indexed(target: Path, labels: np.ndarray, colours: np.ndarray) -> None:
    """A PNG whose samples are `labels`, (h, w) uint8, shown in `colours`, (n, 3) uint8. Raises OSError."""
    picture = Image.fromarray(labels)
    picture.putpalette(colours.tobytes())
    picture.save(target, "PNG")


def same_format(one: Path, other: Path) -> bool:
    """Whether two file names stand for the same format."""
    return _FORMATS.get(one.suffix.lower()) is _FORMATS.get(other.suffix.lower())


def _form_of(data: bytes) -> ModuleType | None:
    if data[:4] == webp.MAGIC and data[8:12] != b"WEBP":
        return None
    return next((form for form in (png, jpeg, tiff, webp, bmp, exr) if data.startswith(form.MAGIC)), None)

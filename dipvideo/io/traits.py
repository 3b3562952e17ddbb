"""What a picture stream says of itself besides its samples, from its header and its first frame."""

from __future__ import annotations

import av

from ..errors import Unreadable
from .encoding import Traits, light_of, mastering_of
from .source import VideoSource

_TOP_FIRST, _BOTTOM_FIRST = {2, 4}, {3, 5}  # AVFieldOrder: coded, or coded and shown, with that field first


def traits_of(source: VideoSource, picture: av.video.stream.VideoStream) -> tuple[Traits, str]:
    """The traits and the sample format. Raises Unreadable if no frame can be decoded."""
    first = next(source.frames(), None)
    if first is None:
        raise Unreadable(f"Not one frame of {source.info.path!r} can be decoded: it is damaged; fetch it again.")
    frame, context = first.native, picture.codec_context
    order = context.field_order
    full = frame.format.name.startswith("yuvj")
    return Traits(
        color_range=2 if full else int(frame.color_range), colorspace=int(frame.colorspace),
        color_primaries=int(frame.color_primaries), color_trc=int(frame.color_trc),
        interlaced=frame.interlaced_frame or order in _TOP_FIRST | _BOTTOM_FIRST,
        top_field_first=True if order in _TOP_FIRST else False if order in _BOTTOM_FIRST else None,
        mastering=mastering_of(frame), light=light_of(frame), profile=context.profile,
        has_b_frames=source.index.reorder > 0), frame.format.name

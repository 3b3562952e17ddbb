"""Frames in, frames out: whatever is not in a hole leaves as it came.

    source      opens a video or pictures; frames by number, with planes, pts and time base
    sequence    pictures in a folder, a glob, or a single one
    planes      a decoder's frame as `Planes`, without copying
    mask        holes from a mask file; holes into a lossless mask file
    atomic      nothing half-done at a final path
    encoder     which encoder really opens here, and its quality settings
    writer      patches holes into the source's own samples, encodes, renames into place when whole
    streams     copies sound beside the picture
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "source": ["Source", "open_source"],
        "atomic": ["complete_or_nothing"],
        "mask": ["MaskReader", "open_mask_writer"],
        "writer": ["check_output", "default_output", "open_writer"],
    },
)

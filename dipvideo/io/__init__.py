"""Frames in, frames out: whatever is not in a hole leaves as it came.

    source      opens a video or pictures; frames by number, with planes, pts and time base
    index       what the packets tell before a frame is decoded: times, and where the stream may be cut
    planes      a decoder's frame as `Planes`, without copying
    traits      what a picture stream says of itself
    mask        holes from a mask file; holes into a lossless mask file
    provenance  where filled pixels came from, into a lossless video
    labels      which pixels a person has labelled
    layers      layers with alpha, an overlay, the second of two layers, into videos or pictures
    side        what these are written with: video or pictures beside an output
    pictures/   single pictures, folders and numbered ones as a film
    encoding/   which encoder really opens here, and its settings
    writer      an output, complete or not at all
    paths       where it goes, and whether it may
    video       copies what nothing changes, patches and encodes the rest
    slices      the part of a film that some frames need, for machines that do not see its file
    segments    encoded runs of frames, each in a file of its own
    splicing/   what lets copied and encoded packets stand in one stream
    beside/     sound, subtitles, chapters, covers, attachments, tags
    join        runs and all that travels beside them, in one file
    verify      reads a finished file back before it may take its name
    atomic      nothing half-done at a final path
    locks       one writer at a time
    fingerprint whether an input is still what it was
    pipes       standard input and output
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "side": ["SideVideo", "write_picture"],
        "slices": ["Slice", "slice_of"],
        "source": ["Source", "VideoSource", "open_source", "packets_of"],
        "atomic": ["complete_or_nothing", "explained", "moved", "short"],
        "fingerprint": ["fingerprint"],
        "locks": ["is_locked", "locked"],
        "pipes": ["PIPE", "unpiped"],
        "mask": ["MaskReader", "open_mask_writer"],
        "provenance": ["open_provenance_writer"],
        "labels": ["read_labels"],
        "layers": ["LAYER_FORMATS", "layer_writer", "open_overlay_writer", "open_second_writer",
                   "tinted"],
        "pictures": ["PictureSource", "is_pictures"],
        "paths": ["check_output", "default_output"],
        "video": ["Wish"],
        "writer": ["Output", "Recipe", "open_output", "unwritten_output"],
    },
)

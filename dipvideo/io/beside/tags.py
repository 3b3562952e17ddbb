"""What a file and its streams say of themselves in words, and which of it a container keeps."""

from __future__ import annotations

from typing import Any

import av
from av.stream import Disposition

MOV_FAMILY = {"mov", "mp4", "ipod"}

# What these muxers store where players look for it. In mp4 and mov all else needs use_metadata_tags, which moves
# everything out of most players' sight and drops the cover. Read back one by one from files made with FFmpeg 8.1.
_MP4 = {
    "title", "artist", "album_artist", "album", "date", "comment", "genre", "composer", "copyright", "description",
    "synopsis", "grouping", "lyrics", "show", "episode_id", "network", "season_number", "episode_sort",
    "media_type", "hd_video", "gapless_playback", "track", "disc", "compilation", "keywords", "creation_time",
    "location", "location-eng",
}
_MOV = {
    "title", "artist", "album", "date", "comment", "genre", "copyright", "creation_time", "location",
    "location-eng", "make", "model",
}
_AVI = {
    "title", "artist", "date", "comment", "genre", "copyright", "language", "track", "encoded_by",
}
_WELL_KNOWN = {"mp4": _MP4, "ipod": _MP4, "mov": _MOV, "avi": _AVI, "mpegts": set()}

# What a remuxed file would say wrongly of itself; muxers write their own. A timecode belongs to its stream.
_BOOKKEEPING = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "timecode"}
_STALE = {"duration", "bps", "number_of_frames", "number_of_bytes", "vendor_id"}

# Two sets of three-letter codes are in use; QuickTime knows one or the other of each language.
_QUICKTIME_LANGUAGES = {
    "sqi": "alb", "hye": "arm", "eus": "baq", "mya": "bur", "zho": "chi", "cze": "ces", "nld": "dut", "fre": "fra",
    "kat": "geo", "deu": "ger", "ell": "gre", "isl": "ice", "mkd": "mac", "msa": "may", "fas": "per", "rum": "ron",
    "slo": "slk", "bod": "tib", "cym": "wel", "swe": "sve",
}


def dress(target: Any, source: Any, *, encoded: bool = False) -> None:
    """Give the stream `target` the language, title, timecode, other tags and disposition of `source`.

    Left out are tags that muxers write themselves, and the name of the encoder if the stream was `encoded` anew.
    """
    to_mov = target.container.format.name in MOV_FAMILY
    for name, value in source.metadata.items():
        plain = name.lower()
        if plain in _STALE or plain.startswith("_statistics_") or (encoded and plain == "encoder"):
            continue
        if plain == "name" and (to_mov or is_mov(source.container)):
            name = "title"  # what is written as a title to an mp4 is read from it as a name
        if plain == "language" and target.container.format.name == "mov":
            value = _QUICKTIME_LANGUAGES.get(value, value)
        if plain == "language" and value == "sve" and target.container.format.name != "mov":
            value = "swe"
        target.metadata[name] = value
    target.disposition = source.disposition


def is_mov(source: av.container.InputContainer) -> bool:
    """Whether a file is an mp4, a mov or of their kin."""
    return not MOV_FAMILY.isdisjoint(source.format.name.split(","))


def file_tags(source: av.container.InputContainer,
              output: av.container.OutputContainer) -> tuple[dict[str, str], list[str]]:
    """(the tags of the file that `output` keeps, the names of those that it cannot keep)."""
    kind = output.format.name
    known = _WELL_KNOWN.get(kind)
    if "use_metadata_tags" in {**output.options, **output.container_options}.get("movflags", ""):
        known = None
    kept, lost = {}, []
    for name, value in _own(source).items():
        plain = name.lower()
        if known is not None and plain not in known:
            lost.append(name)
        else:
            kept[plain if kind in MOV_FAMILY and plain in _MP4 else name] = value
    if is_mov(source) != (kind in MOV_FAMILY) and (timecode := _timecode(source)):
        kept["timecode"] = timecode  # mp4 and mov have a track for it, which their kind finds again by itself
    return kept, lost


def _timecode(source: av.container.InputContainer) -> str | None:
    """When the film began on the clock of its recorder, wherever the file says so."""
    said = [source.metadata, *(stream.metadata for stream in source.streams)]
    return next((value for tags in said for name, value in tags.items() if name.lower() == "timecode"), None)


def wants_all_tags(kind: str, source: av.container.InputContainer) -> bool:
    """Whether an mp4 or mov is to store its tags under free names, which costs the cover and most players' eyes.

    That is so where the source, of the same family, stored them so itself, or has none that a player would show.
    """
    names = {name.lower() for name in _own(source)}
    if not names - _WELL_KNOWN[kind] or any(s.disposition & Disposition.attached_pic for s in source.streams.video):
        return False
    return is_mov(source) or not names & _WELL_KNOWN[kind]


def _own(source: av.container.InputContainer) -> dict[str, str]:
    return {name: value for name, value in source.metadata.items() if name.lower() not in _BOOKKEEPING}

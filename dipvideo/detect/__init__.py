"""Finds burned-in captions: shots, captions, the exact pixels to fill, and what is written there.

    cores       one core for OpenCV
    shots       where a new shot begins
    captions    when each caption is on screen and which pixels it covers; made of:
    luma        one uint8 luma array, whatever samples the file has
    detectors   the ways to look, by name
    lives       since when each pixel has stood still
    lines       strokes that lie side by side like letters
    ocr         where a text detector sees text, and what it reads
    proposals   which frames it looks at
    seeds       from a box it saw to a line
    timing      the frames a line is dated by, and how it comes and goes
    track       one line through time: how much of it each frame shows
    added       words that come later than their line
    judge       caption or picture?
    company     what the captions of a section tell of each other
    logos       what stays all through a film
    hole        letters, and outline, shadow and halo as far as they reach
    shadow      how far one that fades out does
    backing     the box behind them
    events      what the lines of a caption cover and say together

Pixels and times come from the film alone; the trained text detector says where to look, and what is no text.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"captions": ["CaptionFinder"], "cores": ["one_core"],
                            "detectors": ["DETECTORS", "wants_ocr"], "events": ["without_parts"],
                            "logos": ["without_logos"],
                            "ocr": ["Ocr", "scale_for"], "shots": ["ShotFinder"]})

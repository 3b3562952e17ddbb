"""Finds burned-in captions without any trained weights: shots, captions, and the exact pixels to fill.

    shots       where a new shot begins
    captions    when each caption is on screen and which pixels it covers; made of:
    luma        one uint8 luma array, whatever samples the file has
    lives       since when each pixel has stood still
    lines       strokes that lie side by side like letters
    timing      the frames a line is dated by, and how it comes and goes
    track       one line through time: how much of it each frame shows
    judge       caption or picture?
    hole        letters, and outline, shadow and halo as far as they reach
    backing     the box behind them
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"captions": ["CaptionFinder"], "shots": ["ShotFinder"]})

"""What noise is like, and the plain part of taking it away.

    estimate    how strong it is, from one picture
    shrink      a picture without it: coefficients of overlapping blocks, shrunk
    alike       the same for blocks that look alike, together: better, and slower
    fill        small holes, as if what stood in them were noise
    blocks      overlapping blocks of a picture as cosines, and back
    groups      blocks that look alike, and what they have in common
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"estimate": ["drawn", "levels_of", "white"], "shrink": ["shrunk"],
                            "alike": ["shrunk_alike"], "fill": ["filled"]})

"""What noise is like, and the plain part of taking it away.

    estimate    how strong it is, from one picture
    shrink      a picture without it: coefficients of overlapping blocks, shrunk
    blocks      overlapping blocks of a picture as cosines, and back
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"estimate": ["drawn", "levels_of", "white"], "shrink": ["shrunk"]})

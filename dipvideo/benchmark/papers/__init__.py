"""Restoration beside the published figures and plain methods, on the papers' own pictures and on clips with noise.

    cases    what is measured: inputs as files, their truth, how they are scored, what was published
    plain    what anyone could do: OpenCV's and scikit-image's methods
    study    all of it, in order
    report   a table and numbers
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"study": ["Measured", "measure_papers"], "report": ["write_papers"]})

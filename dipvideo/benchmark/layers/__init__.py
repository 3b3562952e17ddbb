"""Layers against what is known: composites of real clips, scribbled pictures, haze, and marks burned in.

    composites  clips whose layers are known to the pixel
    study       each command on its material, beside what anyone could do
    report      tables, numbers and contact sheets
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={"report": ["write_layers"], "study": ["measure_layers"]},
)

"""Layers against what is known: composites of real clips, pictures with truth, haze, reflections, and marks burned in.

    composites  clips whose layers are known to the pixel
    study       what is measured, and clips: each command beside what anyone could do
    pictures    the same on pictures; many: of more than two layers
    single      pictures of a scene and a reflection that is out of focus
    windows     films of a scene and a reflection, of which one moves as one
    rows        a row of a table, scores, and a task run on frames
    report      tables, numbers and contact sheets
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={"report": ["write_layers"], "study": ["measure_layers"]},
)

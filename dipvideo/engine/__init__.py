"""Fits a prior to problems, frame after frame, each starting from what the last one taught it.

    device      where to compute, in what arithmetic
    threads     on how many threads of a CPU
    prior       networks and their code, fixed within a shot
    recorded    a prior's steps, replayed by a GPU on its own
    ensemble    several priors that answer together
    warmstart   what of the last frames a frame starts from
    stop        when a frame is done
    fit         one frame; then a sequence of them
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "device": ["choose_device", "choose_precision", "describe", "slots"],
        "presets": ["PRESETS", "Settings", "settle"],
        "ensemble": ["Ensemble"],
        "prior": ["Prior"],
        "threads": ["AVAILABLE"],
        "warmstart": ["WARM_STARTS", "make_warm_start"],
        "stop": ["STOP_RULES"],
        "fit": ["Fit", "answered", "fit", "fit_frames"],
    },
)

"""What a warm start is worth: quality against steps, for each policy, on a clip with a mask.

Every policy fits the same frames with the same network and no borrowed pixels. `cold` fits each frame from the first
random draw and is looked at along the way; every other policy starts its first frame cold, with cold's steps, and is
run anew for each number of steps a later frame may take.

    holes      cut into a clip that has none
    runs       which frames of a clip
    posed      the frames: problems, truth, and the pixels to score
    whole      the same for noise and enlarging
    curves     one policy with one seed, measured
    kept       curves that are measured already, so that a study resumes
    verdicts   what follows from the curves
    study      all of it, in order
    report     a table and numbers
    summary    many studies in one table
    plots      quality against steps and seconds, speed-up and drift by frame
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"study": ["Study", "measure_warm_start"], "report": ["write_warm_start"],
                         "summary": ["summarise"]})

"""What belongs together in a shot: layers that move on their own, or look alike, before any prior is fitted.

    hints       the answer: for each frame, how likely each pixel belongs to each layer
    moves       where each pixel went, and where the picture has texture enough to tell
    affine      one motion of a whole layer
    search      which motions a shot holds, each followed through it from where it shows best
    enclosed    what stands before a ground that has no one motion
    superpixels small parts of pictures, and which of a shot's look alike
    votes       what alike parts of all frames say together
    sweeps      layers made better over all frames, by motion, colours and where they are a frame away
    colours     what colours a layer has; layers of pictures that hold still
    labelled    layers from a few labelled pixels, and on through the shot
    patches     classes of a picture by its patches and their way to the border
    clustering  classes that a small network teaches itself, or learns from a few labelled pixels
    haze        the layer that lies over everything
    mark        the layer that lies on every frame at the same place
    reading     what shows through a mark
    lettering   the letters of a mark
    steady      edges that stay where they are while the picture moves
    membrane    a hole spanned from its rim and the steps that are known in it
    defocus     the layer of a picture that is out of focus
    mixtures    two layers, of two pictures that mix them differently
    identity    which layer of one shot is which of another
    guided      the guided filter
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "colours": ["alike", "lab_of"],
        "guided": ["GuidedFilter", "brought_up"],
        "hints": ["Hints", "Shot", "find_layers", "reduced"],
        "clustering": ["Clustering", "Taught", "make_clustering"],
        "labelled": ["Labels", "carry", "spread"],
        "haze": ["HAZE_LINES", "air_of", "cleared", "flow_back", "through"],
        "patches": ["centres_of", "classes_of"],
        "defocus": ["DEFOCUS_LINES", "out_of_focus", "without"],
        "mark": ["MarkFinder"],
        "reading": ["Mark"],
        "mixtures": ["clipped", "mixing_of", "unmixed"],
        "identity": ["Look", "look_of", "matched"],
    },
)

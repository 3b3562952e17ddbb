"""What other frames of the shot show: true pixels, borrowed before anything is invented.

    borrowing   the answer: pixels, how far each can be trusted, and where it came from
    guess       what is known of one frame's hidden pixels, from other frames and from the rim
    halo        which pixels of a hole show no text: evidence, and nearly the picture; which lie in a soft shadow
    unmix       what still shows through: soft edges, halos, shadows, read pixel by pixel
    panel       translucent boxes, taken off as a whole
    candidates  the frames worth asking, moved onto the one to fill, cheapest ways first
    scene       the frames at working resolution, holes filled smoothly
    align       where the camera went: corners tracked through the scene, a similarity between any two frames
    flow        where each pixel went: dense flow, chained from frame to frame
    agreement   how well a moved frame agrees with what is known around each pixel
    fuse        neighbours averaged with a frame where they show the same, against noise
    dominant    the layer that moves as one, and the frame without what shines through it
    drift       where a picture has gone, pixel by pixel, for a prior to follow
    pair        how far two pictures of one scene lie apart
    fill        unknown samples from the known ones around them
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"borrowing": ["Borrowed", "borrow"],
                                                                       "dominant": ["DOMINANT_LEAST", "DOMINANT_LINES",
                                                                                    "DOMINANT_REACH", "Dominant"],
                                                                       "drift": ["drift", "followed"],
                                                                       "fuse": ["Fused", "Fuser"],
                                                                       "pair": ["shift_between"]})

"""How a picture is encoded: as the source was, wherever this machine and the container allow it.

    encoder     which encoder to take
    probe       whether it opens here, and whether the container gives back what it makes
    quality     how each is asked for a quality, for no loss, and for what the stream is besides its samples
    steady      what makes it give the same bits each time
    samples     which sample format is nearest, and what a conversion would lose
    priority    so that it takes no more of the machine than its share
    mastering   HDR10: the light a film was graded for
"""

from .encoder import Encoder, Traits, choose_encoder, encoders_of, keeps, light_of, mastering_of, opens
from .priority import same_priority

__all__ = ["Encoder", "Traits", "choose_encoder", "encoders_of", "keeps", "light_of", "mastering_of", "opens",
           "same_priority"]

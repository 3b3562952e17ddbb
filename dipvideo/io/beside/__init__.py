"""What travels beside the picture: copied where the container takes it, converted where it can be, else told.

    companions  every stream but the picture, chapters and tags
    containers  what a container takes, found out by trying
    copied      packets as they are, with times that a muxer accepts
    sound, subtitles, covers    what becomes of those that cannot be copied
    tags        languages, titles and the like
"""

from .companions import Companions, dress, format_of, open_options
from .subtitles import CaptionTrack, holds_text

__all__ = ["CaptionTrack", "Companions", "dress", "format_of", "holds_text", "open_options"]

"""The captions of a film: found, kept in a file that a person can edit, and written as subtitles.

    find        what one pass over the film tells
    sections    the parts of it that are looked through side by side
    detect      the same as a file
    staying     text that never goes
    planfile    captions as JSON, and back
    cues        captions as text with times: .srt, and a track of the output
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "find": ["Captions", "find_captions", "region_of"],
        "detect": ["detect_captions"],
        "staying": ["Staying", "staying_texts"],
        "options": ["CaptionOptions", "DetectOptions"],
        "planfile": ["read_plan", "write_plan"],
        "cues": ["UNREAD", "cues_of", "write_srt"],
    },
)

"""Pictures as a film: single ones, folders, globs and numbered patterns.

    sequence    finds and reads them
    writer      writes them under the names they came with
    formats     one file a format: every sample and tag that it can keep
"""

from .sequence import SUFFIXES, PictureSource, is_pictures
from .writer import PictureWriter

__all__ = ["SUFFIXES", "PictureSource", "PictureWriter", "is_pictures"]

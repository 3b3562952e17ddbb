"""Everything that can go wrong in a way we can name.

    DipvideoError                 one sentence: what was wrong, what was received, what to do
    ├── OptionError               a value no option can take (the command line exits with 2)
    ├── SourceError               the input cannot be read
    │   ├── SourceMissing         there is no such file or folder
    │   ├── NoVideo               it holds no pictures
    │   ├── Unreadable            it is damaged beyond opening, or no format we know
    │   └── Truncated             it promises more frames than it holds
    ├── MaskMismatch              the mask has another size or length than the video
    ├── PlanUnreadable            a plan of captions is damaged, or another film's
    ├── RegionOutside             the region leaves the picture
    ├── NothingFound              what was to be taken out could not be found
    ├── OutputError               the output cannot be written
    │   ├── OutputExists          something is there already
    │   └── DiskFull              no room left
    ├── JobBusy                   another run works in this job folder
    ├── JobDiffers                a job folder holds the work of a run that this one cannot go on with
    ├── NotRestored               some frames could not be restored
    ├── WorkerLost                a worker died or stood still, time and again
    ├── ParcelTooSmall            a worker elsewhere was sent less than it needs
    ├── ClusterMissing            there is no cluster, or not such a one
    └── DeviceMissing             the device that was asked for is not there

Errors of other libraries are wrapped once, where they enter, with `from error`.
"""


class DipvideoError(Exception):
    """Base of every error that dipvideo raises on purpose; its text is one sentence for a person."""


class OptionError(DipvideoError, ValueError):
    """An option was given a value it cannot take."""


class SourceError(DipvideoError):
    """The input cannot be read."""


class SourceMissing(SourceError, FileNotFoundError):
    """There is no such file or folder."""

    def __str__(self) -> str:  # FileNotFoundError formats by errno; ours is a sentence
        return str(self.args[0])


class NoVideo(SourceError):
    """The input holds no video stream and no picture."""


class Unreadable(SourceError):
    """The input is damaged beyond opening, or in no known format."""


class Truncated(SourceError):
    """The input promises more frames than it holds."""


class MaskMismatch(DipvideoError):
    """The mask has another size or length than the video."""


class PlanUnreadable(DipvideoError):
    """A plan of captions is damaged, or another film's."""


class RegionOutside(DipvideoError):
    """The region leaves the picture."""


class NothingFound(DipvideoError):
    """What was to be taken out could not be found."""


class OutputError(DipvideoError):
    """The output cannot be written."""


class OutputExists(OutputError):
    """Something is at the output path already."""


class DiskFull(OutputError):
    """No room is left where the output goes."""


class JobBusy(DipvideoError):
    """Another run works in this job folder."""


class JobDiffers(DipvideoError):
    """A job folder holds the work of a run that this one cannot go on with."""


class NotRestored(DipvideoError):
    """Some frames could not be restored; what else was to be done is done, and kept."""


class WorkerLost(DipvideoError):
    """A worker died or stood still, time and again."""


class ParcelTooSmall(DipvideoError):
    """A worker elsewhere was sent less than it needs."""


class ClusterMissing(DipvideoError):
    """There is no cluster where one was asked for, or none that can do the work."""


class DeviceMissing(DipvideoError):
    """The device that was asked for is not on this machine."""

"""The command line: reads options, draws bars, prints errors; nothing else."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click

from ..errors import DipvideoError, OptionError
from .commands import Commands

DONE, STATED_ERROR, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="dipvideo", message="%(prog)s %(version)s")
def dipvideo() -> None:
    """Restore video with networks that were never trained on anything but the video itself."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; a person's mistake never shows a traceback."""
    if arguments is None:  # a program of its own: being told to end is being interrupted
        signal.signal(signal.SIGINT, _interrupted)
        signal.signal(signal.SIGTERM, _interrupted)
    try:
        dipvideo.main(arguments, prog_name="dipvideo", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return WRONG_USAGE
    except OptionError as error:
        _print_error(error)
        return WRONG_USAGE
    except DipvideoError as error:
        _print_error(error)
        return STATED_ERROR
    except (click.Abort, KeyboardInterrupt) as error:
        click.echo(" ".join(["\nInterrupted: no output was written.", *_notes(error.__cause__ or error)]), err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return STATED_ERROR
    return DONE


def _print_error(error: Exception) -> None:
    click.echo("\n".join([f"Error: {error}", *_notes(error)]), err=True)


def _notes(error: BaseException) -> list[str]:
    """What is known besides, as where the work is kept."""
    return getattr(error, "__notes__", [])


def _interrupted(signal_number: int, frame: FrameType | None) -> None:
    """End in order; when told so once more, at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))
    raise KeyboardInterrupt

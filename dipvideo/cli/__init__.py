"""The command line: reads options, draws bars, prints errors; nothing else."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
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
    if arguments is not None:
        return _run(arguments)
    # A program of its own: being told to end is being interrupted, until all is said; then nothing is to change that.
    _heed(_interrupted)
    atexit.register(_heed, signal.SIG_IGN)  # Python, as it ends, would let an interrupt put a code of its own for ours
    code = _run(arguments)
    _heed(lambda *_: os._exit(code))
    return code


def _run(arguments: list[str] | None) -> int:
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
        click.echo(" ".join(["\nInterrupted.", *_notes(error.__cause__ or error)]), err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return STATED_ERROR
    return DONE


def _heed(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _print_error(error: Exception) -> None:
    click.echo("\n".join([f"Error: {error}", *_notes(error)]), err=True)


def _notes(error: BaseException) -> list[str]:
    """What is known besides, as where the work is kept."""
    return getattr(error, "__notes__", [])


def _interrupted(signal_number: int, frame: FrameType | None) -> None:
    """End in order; when told so once more, at once."""
    _heed(lambda *_: os._exit(INTERRUPTED))
    raise KeyboardInterrupt

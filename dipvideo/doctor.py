"""What this machine can do for dipvideo, found by trying, and what would make it do more."""

from __future__ import annotations

import io
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import av
from av.codec.hwaccel import HWAccel, hwdevices_available

from .io.encoding import encoders_of, keeps
from .machine import free_memory, mine

CODECS = ("h264", "hevc", "av1", "vp9", "vp8", "prores", "dnxhd", "mpeg2video", "mpeg4", "mjpeg", "ffv1", "utvideo")
_SAMPLES = ("yuv420p", "yuv422p", "yuv444p", "gbrp")  # an encoder that takes one of these takes pictures
_NEEDS = {"_nvenc": "; it needs an NVIDIA card with an encoder, and the driver", "_amf": "; it needs an AMD GPU",
          "_qsv": "; it needs an Intel GPU", "_videotoolbox": "; it needs macOS"}
_LITTLE_DISK = 5 * 10**9
_SIDE = 256  # of the picture that is decoded for a trial


@dataclass(frozen=True, slots=True)
class Trial:
    """An encoder, and why it does not take samples of 8 and of 10 bits here; None where it does."""

    name: str
    bits_8: str | None
    bits_10: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """versions: by program. device: what would be taken, and why. cores, free_memory: that processes may take; bytes.
    free_bytes: in `folder`.

    encoders: by codec, best first. decoders: hardware by FFmpeg's name, and why it does not open; None where it does.
    advice: sentences; empty where nothing is missing.
    """

    versions: dict[str, str]
    device: str
    device_reason: str
    cores: int
    free_memory: int
    folder: str
    free_bytes: int
    encoders: dict[str, list[Trial]]
    decoders: dict[str, str | None]
    advice: list[str]


def examine(folder: Path) -> Report:
    """Try everything that dipvideo leans on; a few seconds. folder: where films would be written. Never raises."""
    device, reason, built_for = _device()
    free = _free_bytes(folder)
    encoders = {codec: [Trial(name, _takes(name, ""), _takes(name, "10le")) for name in encoders_of(codec)]
                for codec in CODECS}
    decoders = {name: _decodes(name) for name in hwdevices_available()}
    return Report(_versions(), device, reason, mine(), free_memory(), str(folder), free, encoders, decoders,
                  _advice(device, built_for, free, encoders))


def has_nvidia_card() -> bool:
    """Whether the driver of an NVIDIA card is here, whatever torch thinks."""
    return shutil.which("nvidia-smi") is not None or Path("/dev/nvidia0").exists()


def _versions() -> dict[str, str]:
    found = {"dipvideo": _version("dipvideo"), "Python": platform.python_version(), "torch": _version("torch"),
             "PyAV": _version("av")}
    return found | {"FFmpeg": getattr(av, "ffmpeg_version_info", None) or "unknown"}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _device() -> tuple[str, str, str | None]:
    """(the device that --device auto takes, why, the CUDA that torch was built for)."""
    try:
        import torch

        from .engine import choose_device, describe

        device = choose_device("auto")
        why = {"cuda": f"torch sees {torch.cuda.device_count()} CUDA device(s) and takes the first",
               "mps": "torch sees an Apple GPU"}.get(device.type, "torch sees neither a CUDA device nor an Apple GPU")
        name = describe(device)
        return name if name.startswith(device.type) else f"{device.type}, {name}", why, torch.version.cuda
    except Exception as error:  # a broken installation fails in many ways, and this is the command that says so
        return "none", f"torch does not work here: {_first_line(error)}", None


def _takes(name: str, depth: str) -> str | None:
    """Why the encoder takes no samples of this depth ("" or "10le"), or None."""
    reasons = [_guarded(lambda shape=shape: keeps(name, shape + depth)) for shape in _SAMPLES]
    if None in reasons:
        return None
    opening = [r for r in reasons if not r.startswith("it takes no")]
    if not opening:
        return f"no {'10' if depth else '8'}-bit samples"
    needs = next((text for kind, text in _NEEDS.items() if name.endswith(kind)), "")
    return opening[0] + needs


def _decodes(device: str) -> str | None:
    """Why the device does not decode H.264 here, or None."""
    def decode() -> str | None:
        hardware = HWAccel(device, allow_software_fallback=False)
        with av.open(io.BytesIO(_picture()), hwaccel=hardware) as container:
            frames = list(container.decode(video=0))
            return None if frames and container.streams.video[0].codec_context.is_hwaccel else "it decodes nothing"

    return _guarded(decode)


def _picture() -> bytes:
    """A film of one gray frame."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="matroska") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = _SIDE, _SIDE, "yuv420p"
        output.mux(stream.encode(av.VideoFrame(_SIDE, _SIDE, "yuv420p")))
        output.mux(stream.encode(None))
    return memory.getvalue()


def _advice(device: str, built_for: str | None, free: int, encoders: dict[str, list[Trial]]) -> list[str]:
    found = []
    if device == "none":
        found.append("Install torch anew: https://pytorch.org/get-started/locally tells how for this machine.")
    elif not device.startswith(("cuda", "mps")):
        if not has_nvidia_card():
            found.append("Restoring runs on the CPU, which is slow: --preset fast helps, a GPU helps far more.")
        elif built_for is None:
            found.append("An NVIDIA card is here, but this torch is built without CUDA: install a CUDA build, as "
                         "https://pytorch.org/get-started/locally tells.")
        else:
            found.append(f"An NVIDIA card is here, but torch, built for CUDA {built_for}, does not see it: its driver "
                         "may be too old, or CUDA_VISIBLE_DEVICES may hide it.")
    if not any(trial.bits_8 is None for trial in encoders["h264"]):
        found.append("No H.264 encoder opens: install PyAV's own wheel anew (pip install --force-reinstall "
                     "--only-binary av av).")
    if 0 <= free < _LITTLE_DISK:
        found.append(f"Only {free / 1e9:.1f} GB are free here: a film is written whole before it takes its name.")
    return found


def _free_bytes(folder: Path) -> int:
    """-1 where the folder cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return -1


def _guarded(trial: Callable[[], str | None]) -> str | None:
    """What the trial says, or what it failed with."""
    try:
        return trial()
    except Exception as error:  # drivers fail in ways of their own
        return _first_line(error)


def _first_line(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]

"""Where to compute, and in what arithmetic."""

from __future__ import annotations

import torch

from ..errors import DeviceMissing, OptionError


def choose_device(requested: str) -> torch.device:
    """"auto" is a GPU where there is one. Raises DeviceMissing if what was asked for is not there."""
    if requested == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(requested)
    except RuntimeError as error:
        raise DeviceMissing(f"There is no device {requested!r}: take auto, cpu, cuda, cuda:N or mps.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DeviceMissing(f"--device {requested} was asked for, but torch sees no CUDA device here: "
                            "take --device cpu, or install a CUDA build of torch.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceMissing(f"--device {requested} was asked for, but there are {torch.cuda.device_count()} "
                            "CUDA devices, counted from 0.")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceMissing("--device mps was asked for, but this machine has none: take --device cpu.")
    if device.type not in ("cpu", "cuda", "mps"):
        raise DeviceMissing(f"The device {requested!r} is not supported: take auto, cpu, cuda, cuda:N or mps.")
    return device


def slots(device: str, devices: str | None, workers: int | None) -> list[str]:
    """The devices of workers, one for each, in turn.

    devices: names in a list, of which "cuda" stands for every GPU; None: `device` alone. workers: how many; None: one
    for each. Raises DeviceMissing, and OptionError for kinds that do not give the same bits.
    """
    named = [part.strip() for part in devices.split(",")] if devices else [device]
    if devices:
        named = [one for name in named for one in (
            [f"cuda:{n}" for n in range(torch.cuda.device_count())] if name == "cuda" else [name]) or [name]]
    kinds = {describe(choose_device(name)) for name in named}
    if len(kinds) > 1:
        raise OptionError(f"The devices {devices} are of several kinds ({', '.join(sorted(kinds))}), whose results "
                          "differ: name some of one kind.")
    return [named[number % len(named)] for number in range(workers or len(named))]


def choose_precision(requested: str, device: torch.device) -> torch.dtype:
    """bfloat16 pays where the processor multiplies it natively; elsewhere it is emulated and slower."""
    if requested != "auto":
        return getattr(torch, requested)
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported()
    else:
        # A private name, so older and newer releases may lack it: then float32, which is always right.
        fast = device.type == "cpu" and getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    return torch.bfloat16 if fast else torch.float32


def describe(device: torch.device, threads: int | None = None) -> str:
    """The device in a person's words. threads: that a CPU works with; None: those that it has set."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type != "cpu":
        return device.type
    threads = threads or torch.get_num_threads()
    return f"cpu, {threads} thread{'s' * (threads > 1)}"

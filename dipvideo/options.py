"""Options, declared once: the command line, the Python functions and their documentation are made from these.

An option is a dataclass field made by `option`: its default, its help and what it may be. A class of options checks
itself when it is made, so that a wrong value is one sentence wherever it came from.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any, ClassVar, get_args, get_type_hints

from .errors import OptionError


def option(default: Any, help: str, *, choices: tuple[str, ...] = (), least: float | None = None,
           most: float | None = None, metavar: str | None = None, argument: bool = False,
           required: bool = False) -> Any:
    """A dataclass field that is an option; `least` and `most` are inclusive.

    argument: on the command line it is told by its place, after the input; required: it must be given.
    """
    return field(default=default, metadata={"help": help, "choices": choices, "least": least, "most": most,
                                            "metavar": metavar, "argument": argument, "required": required})


@dataclass(frozen=True, kw_only=True)
class Options:
    """Base of every class of options. Raises OptionError for a value that an option cannot take."""

    def __post_init__(self) -> None:
        kinds = types_of(type(self))
        for declared in dataclasses.fields(self):
            _check(declared, kinds[declared.name], getattr(self, declared.name))


@dataclass(frozen=True, kw_only=True)
class SpanOptions(Options):
    """Which part of the input is looked at."""

    start: str | None = option(None, "Begin here, in seconds or hh:mm:ss; before it the film stays as it is.",
                               metavar="TIME")
    end: str | None = option(None, "End here; after it the film stays as it is.", metavar="TIME")
    partial: bool = option(False, "Restore what a truncated input still holds instead of refusing it.")


@dataclass(frozen=True, kw_only=True)
class OutputOptions(SpanOptions):
    """How the result is written."""

    overwrite: bool = option(False, "Replace an output that exists.")
    encoder: str = option("auto", "Video encoder: auto (the source's codec, its samples as they are), libx264, "
                          "libx265, ffv1, h264_nvenc, …; `dipvideo doctor` lists what opens here.", metavar="NAME")
    crf: int | None = option(None, "Quality of the encoder, on libx264's scale: lower is better and larger. "
                                   "Default: 18.", least=0, most=63)
    lossless: bool = option(False, "Encode without any loss; what is not restored then is the source's to the bit.")
    smart_render: bool = option(True, "Copy the packets of what nothing changes, where the result can be proven "
                                      "sound; without it everything is encoded.")


@dataclass(frozen=True, kw_only=True)
class EngineOptions(Options):
    """How the prior is fitted. None means: what the preset says. kind: of problem, which chooses the presets."""

    kind: ClassVar[str] = "fill"

    device: str = option("auto", "Where to compute: auto, cpu, cuda, cuda:N or mps.", metavar="DEVICE")
    preset: str = option("balanced", "Quality against time.", choices=("fast", "balanced", "best"))
    network: str | None = option(None, "Architecture, with parameters if wanted: taper, skip, encoder-decoder, unet, "
                                       "resnet, skip:down=32-32-32-32,upsample=nearest …", metavar="NAME[:KEY=VALUE,…]")
    # Measured in benchmarks/warm-start: to what cold ends with over water 8 steps with both of Adam's moments carried
    # instead of 15 with the second alone, and on a face over 64 frames 30.9 dB instead of 29.5.
    warm_start: str = option("previous:optimiser=carried", "What a frame starts from: previous (the last frame's "
                             "weights), average (their running average), window (their mean over some frames), anchor "
                             "(drawn back to the first frame's), or cold (nothing); with parameters if wanted: "
                             "average:decay=0.9, window:frames=8, anchor:shrink=0.1,noise=0.05, "
                             "previous:optimiser=carried|second-moment|reset.", metavar="NAME[:KEY=VALUE,…]")
    first_steps: int | None = option(None, "Optimiser steps of the first frame of a chunk, and of every cold frame.",
                                     least=1)
    steps: int | None = option(None, "Optimiser steps of every later frame; rounds, where thin holes are filled.",
                               least=1)
    budget: float | None = option(None, "Seconds to fit a frame in, in the place of steps; four times as long for the "
                                        "first frame of a chunk, and always a step at least. The result then depends "
                                        "on how fast the machine is, and how busy.", least=0.001, metavar="SECONDS")
    stop: str = option("fixed", "When a frame is done: after its steps, once what was held out (known pixels, "
                                "or a probe of the noise) stops getting better, or once the answers begin to wander "
                                "again (variance).", choices=("fixed", "held-out", "variance"))
    learning_rate: float | None = option(None, "Adam's step size. Default: the network's own, 0.01 or 0.001.",
                                         least=1e-6, most=1.0)
    input_noise: float = option(0.0, "Standard deviation of the noise added to the code at each step, "
                                     "relative to the code's own.", least=0.0, most=10.0)
    average: float = option(0.0, "Answer with the running average of the network's weights over the steps, of this "
                                 "decay; 0 answers with the last.", least=0.0, most=0.999)
    ensemble: int = option(1, "How many priors draw, each from a random start of its own; the mean of them is the "
                              "answer, and less a matter of luck. Takes as many times as long.", least=1, most=16)
    flat_start: bool = option(True, "Start a network from a flat picture; without it from random features, as in the "
                                    "paper.")
    precision: str = option("auto", "Arithmetic of the network; auto is bfloat16 where the processor is fast in it.",
                            choices=("auto", "float32", "bfloat16"))
    seed: int = option(0, "Two runs with one seed give the same bytes, on one machine and without --budget.",
                       least=0, most=2**31 - 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.budget is not None and (self.steps is not None or self.first_steps is not None):
            given = "steps" if self.steps is not None else "first_steps"
            raise OptionError(f"A budget of {self.budget:g} seconds and {given}={getattr(self, given)} were both "
                              "given: a frame is done by the clock or by its steps, take one of them.")


@dataclass(frozen=True, kw_only=True)
class JobOptions(Options):
    """Where the work is done, and how it is kept safe."""

    executor: str = option("auto", "Who restores: this process (local), others of this machine, of which one may be "
                                   "lost (processes), or a Ray cluster (ray); auto is ray with --address, and "
                                   "processes where there is more than one worker.",
                           choices=("auto", "local", "processes", "ray"))
    address: str | None = option(None, "The Ray cluster that restores, as host:port, or auto for the one of this "
                                       "machine. Default for --executor ray: one begun here for this run.",
                                 metavar="HOST:PORT")
    workers: int | None = option(None, "How many parts of the film are restored at a time. Default: on a CPU as many "
                                       "as it has cores (OMP_NUM_THREADS of them, if that is set) and memory, else "
                                       "one for each of --devices, and all of --address.",
                                 least=1, most=1024)
    devices: str | None = option(None, "Where workers compute: cuda:0,cuda:1 …, or cuda for every GPU. Default: on "
                                       "--device.", metavar="LIST")

    work_dir: str | None = option(None, "Keep what is finished here until the film is done, so that an interrupted run "
                                        "can go on. Default: OUTPUT.job.", metavar="FOLDER")
    part: str | None = option(None, "Restore the I-th of N parts and keep it in --work-dir, together with other runs "
                                    "that do the other parts there, on this or other machines; the same command "
                                    "without it then joins the film.", metavar="I/N")
    report: str | None = option(None, "Also keep a page (.html) or picture (.jpg, .png) of how far the run is, made "
                                      "anew every few seconds in the place of what is there: a frame as it came, and "
                                      "what has become of it. With --address pictures only come with finished parts "
                                      "of the film.", metavar="FILE")
    resume: bool = option(True, "Go on with what an earlier run of the same command finished; without it all begins "
                                "anew.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.part is None:
            return
        said = re.fullmatch(r"(\d+)/(\d+)", self.part)
        if not said or not 1 <= int(said[1]) <= int(said[2]):
            raise OptionError(f"A part is told as 3/8, the third of eight; got {self.part!r}.")
        if not self.resume:
            raise OptionError(f"The run of part {self.part} shares its folder with others, whose work it may not give "
                              "up: leave out --no-resume.")

    @property
    def share(self) -> slice:
        """Which of the stretches, the longest first, are this part's: every N-th, from the I-th on."""
        first, step = map(int, (self.part or "1/1").split("/"))
        return slice(first - 1, None, step)


def _check(declared: dataclasses.Field, kind: type, value: Any) -> None:
    rules, name = declared.metadata, declared.name
    if value is None and rules.get("required"):
        raise OptionError(f"{name} must be given: {rules['help'][0].lower()}{rules['help'][1:]}")
    if value is None and declared.default is None:
        return
    if rules.get("choices") and value not in rules["choices"]:
        raise OptionError(f"{name} cannot be {value!r}. Known: {', '.join(rules['choices'])}.")
    least, most = rules.get("least"), rules.get("most")
    if least is None and most is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(f"{name} must be a number, got {value!r}.")
    if kind is int and not isinstance(value, int):
        raise OptionError(f"{name} must be a whole number, got {value!r}.")
    if (least is not None and value < least) or (most is not None and value > most) or value != value:
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise OptionError(f"{name} must be {bounds}, got {value}.")


def types_of(options: type[Options]) -> dict[str, type]:
    """The plain type of each option: `int | None` is int."""
    hints = get_type_hints(options)
    plain = {}
    for declared in dataclasses.fields(options):
        kinds = [k for k in get_args(hints[declared.name]) if k is not type(None)]
        plain[declared.name] = kinds[0] if kinds else hints[declared.name]
    return plain

"""The way of a film through the house: source → plan → stretches → writer.

The plan is kept in the job's folder, where an executor has stretches restored; what is finished is handed to the
writer, which joins it. Nothing is held but what a worker is at.
"""

from __future__ import annotations

import os
import shutil
import time
import traceback
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from . import engine, io
from .errors import DiskFull, NotRestored, OptionError, WorkerLost
from .executors import Executor, Local, Processes
from .identity import identity
from .job import Job, Receipt, folder_of, open_job, state_of
from .plan import make_stretches
from .progress import Progress, Tell
from .stretch import Brief, Work, take
from .summary import Shares, Summary
from .tasks.base import Task, TaskOptions

MOST_FAILURES = 3  # stretches that cannot be restored, after which it is of no use to try more


def run(task: Task, source_path: str | Path, output: str | Path | None = None, *,
        tell: Tell = lambda progress: None) -> Summary:
    """Do `task` on a video or pictures and write the result; see `Task.options` for how.

    output: default `<stem>.dipvideo<suffix>` beside the input. Raises DipvideoError with one sentence for whatever
    can be named; then nothing is at the output path that was not there before, and a note on the error says what of
    the work is kept.
    """
    began, folder = time.perf_counter(), None
    if task.plans_only and output is None and str(source_path) != io.PIPE:
        output = Path(source_path).with_suffix(".plan.json")
    if task.exact and output is None and Path(source_path).is_file() and io.is_pictures(str(source_path)):
        output = io.default_output(str(source_path)).with_suffix(".png")
    try:
        with io.unpiped(str(source_path), str(output) if output else None) as (readable, target):
            if task.plans_only:
                summary = _plan(task, readable, target, tell)
            else:
                folder = Path(task.options.work_dir) if task.options.work_dir else folder_of(target)
                summary = _run(task, readable, target, folder, tell)
    except BaseException as error:
        if folder and (state := state_of(folder)) and not state.running:
            error.add_note(f"The analysis and {state.share:.0%} of the work are kept in {str(folder)!r}: the same "
                           "command goes on from there.")
        raise
    shown = output or (io.PIPE if str(source_path) == io.PIPE else target)
    return replace(summary, output=str(shown), seconds=time.perf_counter() - began, memory=_peak_memory())


def _peak_memory() -> int:
    try:  # what getrusage says may be the peak of a parent process
        status = Path("/proc/self/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


def _opened(task: Task, source_path: str, target: Path, tell: Tell) -> io.Source:
    """The source, once it is certain that what is asked for may be written."""
    source = io.open_source(source_path)
    paths = [target, *task.side_outputs]
    if twice := next((p for i, p in enumerate(paths) if os.path.abspath(p) in map(os.path.abspath, paths[:i])), None):
        raise OptionError(f"Two outputs cannot both be {str(twice)!r}: give each a name of its own.")
    for path in paths:
        io.check_output(path, source_path, task.options.overwrite)
    source.look(lambda done, total: tell(Progress("reading", done, total, unit="B")))
    single = next((p for p, _ in task.side_videos if p.suffix.lower() == ".png" and len(source.pts) > 1), None)
    if single:
        raise OptionError(f"{str(single)!r} is one picture and the input has {len(source.pts)} frames: name a folder, "
                          "without a dot, or a video.")
    return source


def _plan(task: Task, source_path: str, target: Path, tell: Tell) -> Summary:
    source = _opened(task, source_path, target, tell)
    began = time.perf_counter()
    with io.complete_or_nothing(target) as part:
        planned = task.write_plan(source, part, tell)
    return Summary(str(target), len(source.pts), 0, 0, 0, 0, 0, "", "", "", 0.0, 0.0, len(source.damage),
                   _shortfall(source), planned, plan_seconds=time.perf_counter() - began)


def _run(task: Task, source_path: str, target: Path, folder: Path, tell: Tell) -> Summary:
    options = task.options
    executor, device = _executor(options)
    settings = engine.settle(replace(options, device=device))
    source = _opened(task, source_path, target, tell)
    wish = io.Wish(options.encoder, options.crf, options.lossless, options.smart_render, task.scale,
                   task.exact)
    with ExitStack() as stack:
        job = stack.enter_context(open_job(folder))
        # The film takes its name first: one that fails to be joined leaves no mask in the next run's way.
        beside = [stack.enter_context(write(path, source.info)) for path, write in task.side_videos]
        output = stack.enter_context(io.open_output(
            target, source, wish, tell=lambda stage, done, total: tell(Progress(stage, done, total))))
        began = time.perf_counter()
        brief = _planned(task, source, settings, output, job, tell)
        plan, plan_seconds = brief.plan, time.perf_counter() - began
        _check_room(brief, target, job)
        _restore(job, brief, executor, tell)
        for stretch in brief.stretches:
            if stretch.copied:
                output.copy(stretch.start, stretch.stop)
                for number, video in product(range(stretch.start, stretch.stop), beside):
                    video.write(None, int(source.pts[number]), source.info.time_base, number)
            else:
                take(output, beside, brief, stretch, job.place(stretch), job.receipts[stretch].pts)
        output.cues = brief.task.cues(source)
        receipts = [job.receipts[stretch] for stretch in brief.stretches if not stretch.copied]
    brief.task.write_texts(source)
    return Summary(str(target), plan.frames, sum(r.touched for r in receipts), len(plan.shots), len(plan.chunks),
                   sum(r.steps for r in receipts), sum(r.rolled_back for r in receipts),
                   engine.describe(settings.device) + (f", {executor.workers} workers" if executor.workers > 1 else ""),
                   settings.network, output.encoder_name, 0.0,
                   sum(r.seconds for r in receipts), len(source.damage),
                   (*_shortfall(source), *brief.task.warnings, *output.warnings),
                   plan_seconds=plan_seconds, filled=_shares(receipts), areas=_areas(brief, job))


def _executor(options: TaskOptions) -> tuple[Executor, str]:
    """Who restores, as `options` say, and on what kind of device. Raises OptionError and DeviceMissing."""
    slots = engine.slots(options.device, options.devices, options.workers)
    if options.executor == "local" and (len(slots) > 1 or options.devices):
        raise OptionError(f"--executor local is one worker on --device, but {len(slots)} on {options.devices or 'it'} "
                          "were asked for: leave it out.")
    several = len(slots) > 1 or options.devices
    return Processes(slots) if several or options.executor == "processes" else Local(), slots[0]


def _planned(task: Task, source: io.Source, settings: engine.Settings, output: io.Output, job: Job,
             tell: Tell) -> Brief:
    """What is to be done, from an earlier run if there was one; the job keeps it for the next."""
    made_from = identity(task, source, settings, output.recipe)
    brief = job.resumed(made_from, task.options.resume)
    if brief:
        source.damage |= brief.source.damage
        brief = replace(brief, source=source)  # which may have been moved
    else:
        plan, holes = task.plan(source, tell)
        brief = Brief(task, source, plan, holes, settings, output.recipe, tuple(make_stretches(plan, output.cuts)))
    area = source.info.box.area
    job.keep(brief, {stretch: stretch.cost(area) for stretch in brief.stretches if not stretch.copied}, made_from)
    if job.receipts:
        done = sum(receipt.touched for receipt in job.receipts.values())
        tell(Progress("resuming", done, None, note=f"Going on from {str(job.folder)!r}: {done} of {brief.plan.holes} "
                                                   "frames are restored."))
    return brief


def _check_room(brief: Brief, target: Path, job: Job) -> None:
    """Raise DiskFull where there is no room for the film, rather than after a night of work.

    What is copied takes what it took; of what is encoded in the source's own way a quarter is likely the least, once
    in the job's folder, once joined. Pictures are linked, and other encoders may take any share: they are not judged.
    """
    film, options = Path(brief.source.info.path), brief.task.options
    if not film.is_file() or options.encoder != "auto" or options.lossless:
        return
    each = film.stat().st_size / brief.plan.frames
    needed: Counter[int] = Counter()
    for stretch in brief.stretches:
        size = round((stretch.stop - stretch.start) * each)
        needed[target.parent.stat().st_dev] += size if stretch.copied else size // 4
        if not stretch.copied and stretch not in job.receipts:
            needed[job.folder.stat().st_dev] += size // 4
    for folder in (target.parent, job.folder):
        free, size = shutil.disk_usage(folder).free, needed[folder.stat().st_dev]
        if free < size:
            raise DiskFull(f"Only {free / 1e9:.2g} GB are free in {str(folder)!r}, and this film takes about "
                           f"{size / 1e9:.2g} GB: free some room, or choose other places with -o and --work-dir.")


def _restore(job: Job, brief: Brief, executor: Executor, tell: Tell) -> None:
    """Have every stretch restored that is not. Raises NotRestored once all others are, and others at once."""
    area, stretches = brief.source.info.box.area, brief.stretches
    waiting = [place for place, stretch in enumerate(stretches)
               if not stretch.copied and stretch not in job.receipts]
    waiting.sort(key=lambda place: stretches[place].cost(area), reverse=True)  # longest first: no worker ends late
    done = sum(receipt.touched for receipt in job.receipts.values())
    under_way: dict[int, int] = {}

    def hear(place: int, frames: int) -> None:
        under_way[place] = frames
        tell(Progress("restoring", done + sum(under_way.values()), brief.plan.holes))

    failed: list[NotRestored] = []
    tell(Progress("restoring", done, brief.plan.holes))
    with closing(executor.run(Work(job.bench), waiting, hear)) as outcomes:
        for outcome in outcomes:
            under_way.pop(outcome.item, None)
            if outcome.error is None:
                receipt = job.commit(stretches[outcome.item], outcome.attempt)
                done += receipt.touched
                brief.source.damage.update(receipt.damage)
                continue
            error, stretch = outcome.error, stretches[outcome.item]
            job.log("".join(traceback.format_exception(error)))
            if isinstance(error, WorkerLost):
                error = NotRestored(f"Frames {stretch.start} to {stretch.stop - 1} could not be restored: {error}.")
            if not isinstance(error, NotRestored):
                raise error
            failed.append(error)
            if len(failed) == MOST_FAILURES:
                break
    if failed:
        for other in failed[1:]:
            failed[0].add_note(str(other))
        raise failed[0]


def _shares(receipts: list[Receipt]) -> Shares | None:
    origins = np.sum([receipt.origins for receipt in receipts], axis=0)
    return Shares(*map(float, origins / origins.sum())) if origins.any() else None


def _areas(brief: Brief, job: Job) -> tuple[tuple[float, ...], ...] | None:
    """Of each frame, empty for those that were not restored."""
    areas: list[tuple[float, ...]] = []
    for stretch in brief.stretches:
        copied = [()] * (stretch.stop - stretch.start) if stretch.copied else None
        areas += copied or map(tuple, job.receipts[stretch].areas)
    return tuple(areas) if any(areas) else None


def _shortfall(source: io.Source) -> tuple[str, ...]:
    there = len(source.pts)
    return (f"The input is cut off: {there} of the {there + source.missing} frames it promises are there.",
            ) if source.missing else ()

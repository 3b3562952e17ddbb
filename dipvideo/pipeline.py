"""The way of a film through the house: source → plan → stretches → writer.

The plan is kept in the job's folder, where an executor has stretches restored; what is finished is handed to the
writer, which joins it. Nothing is held but what a worker is at.
"""

from __future__ import annotations

import os
import time
import traceback
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from . import engine, io
from .errors import NotRestored, OptionError, WorkerLost
from .executors import Executor
from .identity import identity
from .job import Job, Receipt, folder_of, open_job
from .jobs import state_of
from .machine import peak_memory
from .plan import Stretch, make_stretches
from .progress import Progress, Tell
from .report import reported
from .room import check_room
from .stretch import Brief, take
from .summary import Shares, Summary
from .tasks.base import Task
from .work import Work
from .workers import asked_for, cores_for, filling

MOST_FAILURES = 3  # stretches that cannot be restored, after which it is of no use to try more


def run(task: Task, source_path: str | Path, output: str | Path | None = None, *,
        tell: Tell = lambda progress: None) -> Summary:
    """Do `task` on a video or pictures and write the result; see `Task.options` for how.

    output: default `<stem>.dipvideo<suffix>` beside the input. Raises DipvideoError with one sentence for whatever
    can be named; then nothing is at the output path that was not there before, and a note on the error says what of
    the work is kept. A run of a part of the film writes nothing there, and its summary names the job's folder.
    """
    began, folder = time.perf_counter(), None
    if task.plans_only and output is None and str(source_path) != io.PIPE:
        output = Path(source_path).with_suffix(".plan.json")
    if task.plans_only and str(output or io.PIPE) != io.PIPE and Path(output).suffix.lower() != ".json":
        raise OptionError("A plan is a .json file, not the film: give -o such a name, or leave it out; "
                          f"got {str(output)!r}.")
    if task.options.part and io.PIPE in (str(source_path), str(output)):
        raise OptionError("A film that is restored in parts is read by several runs: it cannot come or go by a pipe.")
    if task.exact and output is None and Path(source_path).is_file() and io.is_pictures(str(source_path)):
        output = io.default_output(str(source_path)).with_suffix(".png")
    try:
        with io.unpiped(str(source_path), str(output) if output else None) as (readable, target):
            if not task.plans_only:
                folder = Path(task.options.work_dir) if task.options.work_dir else folder_of(target)
            with reported(task.options.report, readable, (target, *task.side_outputs), folder, tell) as heard:
                if folder is None:
                    summary = _plan(task, readable, target, heard)
                else:
                    summary = (_run_part if task.options.part else _run)(task, readable, target, folder, heard)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            error.add_note("No output was written.")
        if folder and (state := state_of(folder)) and not state.running:
            kept = "What was looked through is"
            if state.total is not None:
                kept = f"The analysis and {state.share:.0%} of the work are"
            error.add_note(f"{kept} kept in {str(folder)!r}: the same command goes on from there.")
        raise
    shown = summary.output if task.options.part else output or (io.PIPE if str(source_path) == io.PIPE else target)
    return replace(summary, output=str(shown), seconds=time.perf_counter() - began, memory=peak_memory())


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
    executor, settings = asked_for(task.options)
    source = _opened(task, source_path, target, tell)
    with ExitStack() as stack:
        job = stack.enter_context(open_job(folder))
        # The film takes its name first: one that fails to be joined leaves no mask in the next run's way.
        beside = [stack.enter_context(write(path, source.info)) for path, write in task.side_videos]
        output = stack.enter_context(io.open_output(
            target, source, _wish(task), tell=lambda stage, done, total: tell(Progress(stage, done, total))))
        began = time.perf_counter()
        brief = _planned(task, source, settings, output, job, tell)
        plan_seconds = time.perf_counter() - began
        check_room(brief, target, job)
        executor = executor or filling(brief)
        _restore(job, brief, executor, slice(None), tell)
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
    summary = _summary(target, brief, receipts, settings, executor, output.encoder_name, plan_seconds,
                       (*_shortfall(source), *brief.task.warnings, *output.warnings))
    return replace(summary, areas=_areas(brief, job))


def _run_part(task: Task, source_path: str, target: Path, folder: Path, tell: Tell) -> Summary:
    """Do a part of the work in a folder that others share, and join nothing."""
    executor, settings = asked_for(task.options)
    source = _opened(task, source_path, target, tell)
    with open_job(folder, shared=True) as job, io.unwritten_output(target, source, _wish(task)) as output:
        began = time.perf_counter()
        with job.planning():
            brief = _planned(task, source, settings, output, job, tell)
        plan_seconds = time.perf_counter() - began
        executor = executor or filling(brief)
        mine = _restore(job, brief, executor, task.options.share, tell)
        receipts = [job.receipts[stretch] for stretch in mine]
    return _summary(folder, brief, receipts, settings, executor, "none yet", plan_seconds,
                    (f"Part {task.options.part} is restored: once all are, the same command without --part joins the "
                     "film.",))


def _summary(where: Path, brief: Brief, receipts: list[Receipt], settings: engine.Settings, executor: Executor,
             encoder: str, plan_seconds: float, warnings: tuple[str, ...]) -> Summary:
    plan = brief.plan
    workers = f", {executor.workers} workers" if executor.workers > 1 else ""
    return Summary(str(where), plan.frames, sum(r.touched for r in receipts), len(plan.shots), len(plan.chunks),
                   sum(r.steps for r in receipts), sum(r.rolled_back for r in receipts),
                   engine.describe(settings.device, brief.cores) + workers,
                   settings.network, encoder, 0.0, sum(r.seconds for r in receipts), len(brief.source.damage), warnings,
                   plan_seconds=plan_seconds, filled=_shares(receipts))


def _wish(task: Task) -> io.Wish:
    options = task.options
    return io.Wish(options.encoder, options.crf, options.lossless, options.smart_render, task.scale,
                   task.exact)


def _planned(task: Task, source: io.Source, settings: engine.Settings, output: io.Output, job: Job,
             tell: Tell) -> Brief:
    """What is to be done, from an earlier run if there was one; the job keeps it for the next."""
    made_from = identity(task, source, settings, output.recipe)
    brief = job.resumed(made_from, task.options.resume)
    if brief:
        source.damage |= brief.source.damage
        brief = replace(brief, source=source)  # which may have been moved
    else:
        plan, holes = task.plan(source, tell, job.notes)
        stretches = tuple(make_stretches(plan, output.cuts))
        brief = Brief(task, source, plan, holes, settings, output.recipe, stretches,
                      cores_for(task.options, settings, stretches))
    brief = replace(brief, looks=task.options.report is not None)
    area = source.info.box.area
    job.keep(brief, {stretch: stretch.cost(area) for stretch in brief.stretches if not stretch.copied}, made_from)
    for receipt in job.receipts.values():
        source.damage.update(receipt.damage)
    if job.receipts:
        done = sum(receipt.touched for receipt in job.receipts.values())
        tell(Progress("resuming", done, None, note=f"Going on from {str(job.folder)!r}: {done} of {brief.plan.holes} "
                                                   "frames are restored."))
    return brief


def _restore(job: Job, brief: Brief, executor: Executor, share: slice, tell: Tell) -> list[Stretch]:
    """Have this run's share of the stretches, the longest first, restored where it is not, and return it.

    Raises NotRestored once all others are, and others at once.
    """
    area, stretches = brief.source.info.box.area, brief.stretches
    restored = [place for place, stretch in enumerate(stretches) if not stretch.copied]
    restored.sort(key=lambda place: stretches[place].cost(area), reverse=True)  # longest first: no worker ends late
    mine = restored[share]
    waiting = [place for place in mine if stretches[place] not in job.receipts]
    done = sum(job.receipts[stretches[place]].touched for place in mine if place not in waiting)
    total = sum(chunk.stop - chunk.start for place in mine for chunk in stretches[place].chunks)
    total = brief.plan.holes if mine == restored else total
    under_way: dict[int, int] = {}

    def hear(place: int, frames: int) -> None:
        under_way[place] = frames
        tell(Progress("restoring", done + sum(under_way.values()), total))

    failed: list[NotRestored] = []
    tell(Progress("restoring", done, total))
    with closing(executor.run(Work(job.bench, brief.looks), waiting, hear)) as outcomes:
        for outcome in outcomes:
            under_way.pop(outcome.item, None)
            if outcome.error is None:
                receipt = job.commit(stretches[outcome.item], outcome.attempt)
                done += receipt.touched
                brief.source.damage.update(receipt.damage)
                tell(Progress("restoring", done + sum(under_way.values()), total))
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
    return [stretches[place] for place in mine]


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

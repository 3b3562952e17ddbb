"""Declared options as click's."""

from __future__ import annotations

import dataclasses

import click

from ..options import Options, types_of


def click_options(kind: type[Options]) -> list[click.Parameter]:
    """A class of options as click's; nearest classes first, so that a task's own come before the shared ones."""
    kinds = types_of(kind)
    declared = {f.name: f for f in dataclasses.fields(kind)}
    order: list[str] = []
    for cls in kind.__mro__:
        order += [n for n in getattr(cls, "__annotations__", {}) if n in declared and n not in order]
    return [_click_option(declared[name], kinds[name]) for name in order]


def _click_option(declared: dataclasses.Field, kind: type) -> click.Parameter:
    rules, flag = declared.metadata, f"--{declared.name.replace('_', '-')}"
    if rules["argument"]:
        shown = rules["metavar"] if rules["required"] else f"[{rules['metavar']}]"
        return click.Argument([declared.name], metavar=shown, type=kind, required=rules["required"])
    common = {"help": rules["help"], "default": declared.default, "show_default": declared.default is not None}
    if kind is bool:
        both = f"{flag}/--no-{flag[2:]}" if declared.default else flag
        return click.Option([both], is_flag=True, **{**common, "show_default": False})
    if rules["choices"]:
        return click.Option([flag], type=click.Choice(rules["choices"]), **common)
    if kind in (int, float) and (rules["least"] is not None or rules["most"] is not None):
        span = click.IntRange if kind is int else click.FloatRange
        return click.Option([flag], type=span(rules["least"], rules["most"]), metavar=rules["metavar"] or "NUMBER",
                            **common)
    return click.Option([flag], type=kind, metavar=rules["metavar"], **common)

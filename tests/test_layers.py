"""Who may import whom: the drawing of the house, checked against the code."""

import ast
from pathlib import Path

import pytest

import dipvideo

HOUSE = Path(dipvideo.__file__).parent
VALUES = {"errors", "geometry", "planes", "frame"}
MAY_IMPORT = {
    "errors": set(),
    "machine": set(),
    "geometry": set(),
    "metrics": set(),
    "problems": {"geometry"},
    "noise": set(),
    "slopes": set(),
    "tiles": {"geometry", "planes"},
    "options": {"errors"},
    "registry": {"errors"},
    "spec": {"errors"},
    "planes": {"geometry"},
    "frame": {"errors", "geometry", "planes"},
    "io": VALUES,
    "detect": VALUES,
    "motion": VALUES | {"machine", "slopes"},
    "layers": VALUES | {"spec", "slopes"},
    "networks": {"registry", "spec"},
    "engine": {"errors", "machine", "options", "spec", "problems", "networks"},
    "plan": VALUES,
    "holes": VALUES | {"io"},
    "progress": set(),
    "span": VALUES | {"options", "progress", "io", "detect"},
    "captions": VALUES | {"machine", "options", "progress", "io", "detect", "span", "executors"},
    "tasks": VALUES | {"options", "progress", "problems", "plan", "holes", "span", "captions", "motion", "layers",
                        "io", "noise", "tiles"},
    "summary": set(),
    "look": VALUES | {"io"},
    "restore": VALUES | {"problems", "plan", "holes", "io", "engine", "tasks", "tiles", "look"},
    "identity": {"options", "io", "engine", "tasks"},
    "job": {"errors", "plan", "io"},
    "jobs": {"io", "job"},
    "room": {"errors", "job", "stretch"},
    "stretch": VALUES | {"machine", "plan", "holes", "io", "engine", "tasks", "restore", "job", "look"},
    "report": {"errors", "progress", "io", "job", "look"},
    "parcel": {"errors", "plan", "io", "engine", "identity", "stretch"},
    "work": {"errors", "io", "engine", "job", "stretch", "parcel"},
    "executors": {"errors", "machine"},
    "workers": {"errors", "machine", "plan", "engine", "tasks", "stretch", "room", "executors"},
    "pipeline": VALUES | {"machine", "progress", "summary", "plan", "io", "engine", "tasks", "identity", "job",
                          "jobs", "room", "stretch", "work", "executors", "workers", "report"},
    "benchmark": VALUES | {"machine", "metrics", "progress", "options", "spec", "problems", "plan", "io", "engine",
                          "captions", "tasks", "layers", "restore", "pipeline", "job", "jobs", "registry", "api"},
    "doctor": {"machine", "io", "engine"},
    "api": {"errors", "options", "progress", "registry", "tasks", "summary", "pipeline"},
    "cli": {"errors", "options", "progress", "captions", "registry", "tasks", "summary", "pipeline",
            "benchmark", "doctor", "jobs", "io"},
    "__init__": {"registry", "api"},
    "__main__": {"cli"},
}


def rooms() -> list[str]:
    return sorted({(p.relative_to(HOUSE).parts[0]).removesuffix(".py") for p in HOUSE.rglob("*.py")})


def imported_by(room: str) -> set[str]:
    """The rooms that a room's files import, inside functions and under TYPE_CHECKING too."""
    folder = HOUSE / room
    files = [*folder.rglob("*.py")] if folder.is_dir() else [HOUSE / f"{room}.py"]
    found = set()
    for file in files:
        depth = len(file.relative_to(HOUSE).parts)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == depth:
                found |= {node.module.split(".")[0]} if node.module else {a.name for a in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dipvideo."):
                found.add(node.module.split(".")[1])
            elif isinstance(node, ast.Import):
                found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("dipvideo.")}
    return found - {room}


@pytest.mark.parametrize("room", rooms())
def test_a_room_imports_only_what_the_house_allows(room: str) -> None:
    assert room in MAY_IMPORT, f"draw the new room {room!r} into the house first"
    assert imported_by(room) <= MAY_IMPORT[room]


def test_engine_and_tasks_never_meet() -> None:
    assert "tasks" not in imported_by("engine")
    assert "engine" not in imported_by("tasks")


@pytest.mark.parametrize("room", [r for r in rooms() if r not in ("cli", "__main__")])
def test_only_the_command_line_prints(room: str) -> None:
    folder = HOUSE / room
    for file in [*folder.rglob("*.py")] if folder.is_dir() else [HOUSE / f"{room}.py"]:
        calls = [n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], file

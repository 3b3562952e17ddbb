"""The command line: help without heavy imports, one sentence for a mistake, exit codes, silence on request."""

import inspect
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from conftest import captioned, panned, write_video

import dipvideo
from dipvideo import api
from dipvideo.cli import dipvideo as command
from dipvideo.cli import main
from dipvideo.cli.parameters import click_options
from dipvideo.errors import OptionError
from dipvideo.options import Options, option
from dipvideo.registry import load, names

QUICK = ["--device", "cpu", "--network", "taper:widths=8-16", "--first-steps", "10", "--steps", "2"]
README = (Path(__file__).parent.parent / "README.md").read_text()


@pytest.fixture
def masked(tmp_path: Path) -> tuple[str, str]:
    """A clip with text, and its mask."""
    pictures, ink = captioned(panned(12), 2, 10)
    black = pictures[0] * 0
    masks = [black + (ink[..., None] * 255).astype("uint8") if 2 <= i < 10 else black for i in range(12)]
    return (str(write_video(tmp_path / "film.mp4", pictures)),
            str(write_video(tmp_path / "mask.mkv", masks, codec="ffv1", pix_fmt="gray")))


@pytest.mark.parametrize("arguments", [[], ["benchmark"], *([name] for name in names("tasks"))])
def test_help_never_imports_what_is_heavy(arguments: list[str]) -> None:
    code = ("import sys\nfrom dipvideo.cli import main\ncode = main(sys.argv[1:])\n"
            "heavy = {'torch', 'cv2', 'av', 'skimage'} & set(sys.modules)\nassert not heavy, heavy\nsys.exit(code)")
    ran = subprocess.run([sys.executable, "-c", code, *arguments, "--help"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "Usage: dipvideo" in ran.stdout


def test_a_run_ends_in_one_line_and_keeps_pipes_clean(masked: tuple[str, str], tmp_path: Path, capsys) -> None:
    film, mask = masked
    assert main(["inpaint", film, "--mask", mask, "--no-borrow", "--draw", "always", "--json",
                 str(tmp_path / "s.json"), *QUICK]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    last = printed.err.strip().splitlines()[-1]
    assert re.match(r"8 of 12 frames restored, 24 steps, .* s a restored frame, cpu, .*encoder libx264: "
                    r".*film\.dipvideo\.mp4", last)
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary["touched"] == 8 and summary["steps"] == 24 and Path(summary["output"]).exists()


def test_quiet_prints_nothing(masked: tuple[str, str], capsys) -> None:
    film, mask = masked
    assert main(["inpaint", film, "--mask", mask, "-q", *QUICK]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments, code, sentence", [
    (["inpaint", "nowhere.mp4", "--mask", "m.png"], 1, "no file or folder 'nowhere.mp4'"),
    (["inpaint", "FILM"], 2, "give --mask"),
    (["inpaint", "FILM", "--steps", "0"], 2, "--steps"),
    (["inpaint", "FILM", "--preset", "slow"], 2, "--preset"),
    (["inpaint", "FILM", "--no-such"], 2, "--no-such"),
    (["no-such"], 2, "no-such"),
    (["remove-subtitles", "FILM", "--region", "0,0,9999,9"], 1, "leaves the picture"),
    (["remove-subtitles", "FILM", "--device", "cuda:99"], 1, "--device cpu"),
    (["remove-subtitles", "FILM", "-o", "FILM"], 1, "the input itself"),
    (["inpaint", "FILM", "--json", "no/such/s.json"], 1, "There is no folder 'no/such'"),
    (["inpaint", "FILM", "--json", "FILM"], 1, "the input itself"),
    (["inpaint", "FILM", "--json", "x.mp4", "-o", "./x.mp4"], 2, "Two outputs"),
])
def test_a_mistake_is_one_sentence_and_its_exit_code(masked: tuple[str, str], capsys, arguments: list[str], code: int,
                                                     sentence: str) -> None:
    assert main([masked[0] if a == "FILM" else a for a in arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == "" and sentence in printed.err and "Traceback" not in printed.err
    assert printed.err.count("Error") == 1


def test_an_interrupt_exits_with_130_and_leaves_what_the_next_run_goes_on_from(masked: tuple[str, str], monkeypatch,
                                                                              capsys) -> None:
    film, mask = masked
    from dipvideo import restore

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(restore.engine, "fit_frames", interrupted)
    assert main(["inpaint", film, "--mask", mask, *QUICK]) == 130
    said = capsys.readouterr().err
    assert "Interrupted. No output was written." in said and "the same command goes on" in said
    assert sorted(p.name for p in Path(film).parent.iterdir()) == ["film.dipvideo.mp4.job", "film.mp4", "mask.mkv"]
    monkeypatch.undo()
    assert main(["inpaint", film, "--mask", mask, *QUICK]) == 0
    assert sorted(p.name for p in Path(film).parent.iterdir()) == ["film.dipvideo.mp4", "film.mp4", "mask.mkv"]


def test_progress_can_be_read_by_a_program(masked: tuple[str, str], tmp_path: Path, capsys) -> None:
    film, mask = masked
    assert main(["inpaint", film, "--mask", mask, "-o", str(tmp_path / "o.mp4"), "--json-progress", "-q", *QUICK]) == 0
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    restoring = [line for line in told if line["stage"] == "restoring"]
    assert restoring[0]["done"] == 0 and restoring[-1]["done"] == restoring[-1]["total"] > 0
    assert restoring[-1]["seconds_left"] == 0 and all(line["unit"] for line in told)


@pytest.mark.parametrize("name", names("tasks"))
def test_a_command_and_its_function_have_the_same_options_and_defaults(name: str) -> None:
    params = command.get_command(click.Context(command), name).params
    options = {p.name: p.default if isinstance(p, click.Option) else None for p in params if p.name != "source"}
    function = inspect.signature(getattr(dipvideo, name.replace("-", "_"))).parameters
    shared = set(function) - {"source", "output", "progress"}
    assert shared == set(options) - {"output", "json_file", "json_progress", "quiet", "help"}
    assert {n: function[n].default for n in shared} == {n: options[n] for n in shared}
    assert api.function_of(name).__doc__.startswith(inspect.getdoc(load("tasks", name).TASK))


def test_functions_take_numbers_and_paths_for_text_but_no_broken_numbers() -> None:
    assert api.make_options(load("tasks", "super-resolve").TASK.Options, {"scale": 2, "start": 1.5}).scale == "2"
    assert api.make_options(load("tasks", "inpaint").TASK.Options, {"mask": Path("m.png")}).mask == "m.png"
    with pytest.raises(OptionError, match="layers must be a whole number"):
        api.make_options(load("tasks", "segment").TASK.Options, {"layers": 2.5})


def test_every_command_is_in_the_readme() -> None:
    for name in [*names("tasks"), "benchmark warm-start", "benchmark quality", "benchmark cold",
                 "benchmark reference"]:
        assert f"dipvideo {name}" in README


def test_every_option_in_the_readme_exists() -> None:
    known = {o for name in names("tasks")
             for p in command.get_command(click.Context(command), name).params if isinstance(p, click.Option)
             for o in (*p.opts, *p.secondary_opts)}
    benchmark = command.get_command(click.Context(command), "benchmark")
    others = [*(benchmark.get_command(None, name) for name in benchmark.list_commands(None)),
              command.get_command(click.Context(command), "jobs")]
    known |= {o for other in others for p in other.params if isinstance(p, click.Option)
              for o in (*p.opts, *p.secondary_opts)}
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - {"--help", "--version"}
    assert used <= known


def test_an_option_may_be_told_by_its_place() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Pair(Options):
        other: str | None = option(None, "The other one.", metavar="OTHER", argument=True, required=True)

    told = click.Command("pair", params=click_options(Pair), callback=lambda other: other)
    assert told.main(["b.png"], standalone_mode=False) == "b.png"
    with pytest.raises(click.UsageError, match="other"):
        told.main([], standalone_mode=False)
    with pytest.raises(OptionError, match="other must be given: the other one"):
        Pair()

"""`dipvideo doctor` says what works, says what would help, and never falls over what does not."""

import json
import re
from pathlib import Path

import pytest
import torch

import dipvideo.doctor as doctor
from dipvideo.cli import DONE, STATED_ERROR, main


@pytest.fixture
def healthy(monkeypatch) -> None:
    """A machine with a GPU and a large disk, whatever this one is."""
    monkeypatch.setattr(doctor, "_device", lambda: ("cuda, a GPU", "torch sees it", "12.8"))
    monkeypatch.setattr(doctor, "_free_bytes", lambda folder: 10**12)


def test_it_says_what_works_here(capsys, tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    assert main(["doctor", "--json", str(found)]) == DONE
    said = capsys.readouterr().out
    report = json.loads(found.read_text())
    assert f"torch {torch.__version__}" in said and "Python 3." in said and "GB free" in said
    assert re.search(r"h264 .*libx264 \(8 and 10 bit\)", said) and re.search(r"vp9 .*libvpx-vp9 \(8 bit\)", said)
    assert {"name": "libx265", "bits_8": None, "bits_10": None} in report["encoders"]["hevc"]
    assert report["encoders"]["vp9"][-1] == {"name": "libvpx-vp9", "bits_8": None, "bits_10": "no 10-bit samples"}
    assert report["device"].split(",")[0] in ("cpu", "cuda", "mps") and report["free_bytes"] > 0
    assert "Cores     1, and " in said and report["cores"] == 1 and report["free_memory"] > 1 << 20
    refused = [t for trials in report["encoders"].values() for t in trials if t["bits_8"] and t["bits_10"]]
    assert all(t["name"] in said and t["bits_8"] in said for t in refused)


def test_json_that_cannot_be_written_is_one_sentence(capsys, tmp_path: Path) -> None:
    assert main(["doctor", "--json", str(tmp_path / "nowhere" / "found.json")]) == STATED_ERROR
    assert re.fullmatch(r"Error: .*cannot be written.*choose another file with --json\.\n", capsys.readouterr().err)


def test_whatever_breaks_is_a_line_of_the_report(capsys, monkeypatch, tmp_path: Path) -> None:
    def broken(*_, **__) -> None:
        raise RuntimeError("the driver is upset\nand says more")

    for name in ("keeps", "HWAccel"):
        monkeypatch.setattr(doctor, name, broken)
    monkeypatch.setattr("dipvideo.engine.device.torch.cuda.is_available", broken)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: (_ for _ in ()).throw(OSError("gone")))
    assert main(["doctor"]) == DONE
    said = capsys.readouterr().out
    assert "torch does not work here: the driver is upset" in said and "and says more" not in said
    assert "libx264, " in said and "No H.264 encoder opens" in said and "Install torch anew" in said


@pytest.mark.parametrize("card, built_for, advice", [
    (True, None, "built without CUDA: install a CUDA build"),
    (True, "12.8", "built for CUDA 12.8, does not see it"),
    (False, None, "runs on the CPU, which is slow")])
def test_a_slow_device_comes_with_what_would_help(monkeypatch, tmp_path: Path, healthy, card: bool,
                                                  built_for: str | None, advice: str) -> None:
    monkeypatch.setattr(doctor, "has_nvidia_card", lambda: card)
    monkeypatch.setattr(doctor, "_device", lambda: ("cpu, 2 threads", "torch sees none", built_for))
    assert [advice in sentence for sentence in doctor.examine(tmp_path).advice] == [True]


def test_a_full_disk_comes_with_a_warning(monkeypatch, tmp_path: Path, healthy) -> None:
    monkeypatch.setattr(doctor, "_free_bytes", lambda folder: 10**9)
    assert "Only 1.0 GB are free" in doctor.examine(tmp_path).advice[0]


def test_a_machine_that_lacks_nothing_is_told_so(capsys, healthy) -> None:
    assert main(["doctor"]) == DONE
    assert capsys.readouterr().out.endswith("All is well.\n")

"""Pictures as a clip: what is found under a name, what is refused, and that what no patch touches stays untouched."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from dipvideo.errors import NoVideo, OptionError, Unreadable
from dipvideo.geometry import Box
from dipvideo.io.pictures import PictureSource, PictureWriter, is_pictures
from dipvideo.io.pictures.formats import read_picture, write_picture
from dipvideo.io.pictures.formats.codec import encode
from dipvideo.planes import Patch

HEIGHT, WIDTH = 37, 51
BOX = Box(8, 16, 24, 40)
PATCH = Patch(BOX, np.full((16, 24, 3), 0.5, np.float32), np.ones((16, 24), np.float32))
PNG_FORMATS = {"gray": (1, "u1"), "ya8": (2, "u1"), "rgb24": (3, "u1"), "rgba": (4, "u1"), "gray16be": (1, ">u2"),
               "ya16be": (2, ">u2"), "rgb48be": (3, ">u2"), "rgba64be": (4, ">u2")}


def noise(channels: int, dtype: str = "u1", seed: int = 0) -> np.ndarray:
    high = 256 ** np.dtype(dtype).itemsize
    return np.random.default_rng(seed).integers(0, high, (HEIGHT, WIDTH, channels)).astype(dtype)


def smooth(channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([128 + 60 * np.sin(x / (5 + i) + i) * np.cos(y / 7) for i in range(channels)], -1).astype(np.uint8)


def light(half: bool, seed: int = 0) -> np.ndarray:
    """Floats as renderers make them: below 0, far above 1, and no number here and there."""
    values = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH, 4)) * 50
    values[0, 0], values[1, 1] = np.inf, np.nan
    return values.astype("f2" if half else "f4")


def save(path: Path, samples: np.ndarray, **keywords: object) -> Path:
    Image.fromarray(samples[..., 0] if samples.shape[-1] == 1 else samples).save(path, **keywords)
    return path


def save_exr(path: Path, values: np.ndarray, compression: str = "zip16") -> Path:
    order = (0,) if values.shape[-1] == 1 else (1, 2, 0, 3)[:values.shape[-1]]
    planes = [values[..., i].astype("<f4") for i in order]
    form = {1: "grayf32le", 3: "gbrpf32le", 4: "gbrapf32le"}[len(planes)]
    path.write_bytes(encode("exr", form, planes, {"format": "half" if values.dtype.itemsize == 2 else "float",
                                                  "compression": compression}))
    return path


def chunk(name: bytes, inside: bytes) -> bytes:
    return struct.pack(">I4s", len(inside), name) + inside + struct.pack(">I", zlib.crc32(name + inside))


def patched(source: Path, target: Path, patch: Patch = PATCH) -> Path:
    clip = PictureSource(str(source))
    writer = PictureWriter(target, clip)
    with writer.part(0, len(clip.paths)) as part:
        for frame in clip.frames():
            part.write(frame, [patch])
    writer.finish()
    writer.close()
    return target


def samples_of(path: Path) -> list[np.ndarray]:
    content = read_picture(path).content
    return [*content.planes.arrays, *([] if content.alpha is None else [content.alpha])]


def assert_only_the_patch_changed(old: Path, new: Path) -> None:
    before, after = samples_of(old), samples_of(new)
    assert len(before) == len(after)
    colours = len(read_picture(old).content.planes.arrays)
    for index, (one, other) in enumerate(zip(before, after, strict=True)):
        assert one.dtype == other.dtype
        inside = np.zeros(one.shape, bool)
        if index < colours:
            inside[BOX.slices] = True
            assert (one[inside] != other[inside]).mean() > 0.9
        assert np.array_equal(one[~inside], other[~inside], equal_nan=one.dtype.kind == "f")


# what a name stands for

@pytest.mark.parametrize("pattern, expected", [
    ("shot.%04d.png", ["shot.0002.png", "shot.0010.png", "shot.10000.png"]),
    ("shot.%d.png", ["shot.0002.png", "shot.0010.png", "shot.10000.png"]),
    ("100%%.%d.png", ["100%.1.png"]),
    ("*.png", ["100%.1.png", "shot.0002.png", "shot.2a.png", "shot.0010.png", "shot.10000.png"]),
])
def test_a_pattern_finds_the_numbers_that_are_there(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    for name in ("shot.0010.png", "shot.0002.png", "shot.10000.png", "shot.2a.png", "100%.1.png", "shot.0003.txt"):
        save(tmp_path / name, smooth())
    found = PictureSource(str(tmp_path / pattern))
    assert is_pictures(str(tmp_path / pattern))
    assert [p.name for p in found.paths] == expected
    assert [f.index for f in found.frames()] == list(found.pts) == list(range(len(expected)))
    assert [f.native.path.name for f in found.frames(1, 3)] == expected[1:3]


@pytest.fixture(autouse=True)
def _text_files_are_no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    Image.init()
    monkeypatch.setitem(Image.EXTENSION, ".txt", "PNG")  # lets `save` write one under a name that is skipped


def test_a_pattern_may_stand_in_a_folders_name(tmp_path: Path) -> None:
    for number in (10, 9):
        (tmp_path / f"take{number}").mkdir()
        save(tmp_path / f"take{number}" / "still.png", smooth())
    clip = PictureSource(str(tmp_path / "take%d" / "still.png"))
    assert [p.parent.name for p in clip.paths] == ["take9", "take10"]
    PictureWriter(tmp_path / "out", clip).copy(0, 2)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["take10_still.png", "take9_still.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    save(tmp_path / "a%04d.png", smooth())
    save(tmp_path / "a0001.png", smooth())
    assert [p.name for p in PictureSource(str(tmp_path / "a%04d.png")).paths] == ["a%04d.png"]


def test_what_is_no_picture_is_left_alone(tmp_path: Path) -> None:
    save(tmp_path / "2.png", smooth())
    save(tmp_path / "1.jpg", smooth())
    for name in ("Thumbs.db", ".DS_Store", "._2.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"\0\x05\x16\x07")
    assert [p.name for p in PictureSource(str(tmp_path)).paths] == ["1.jpg", "2.png"]
    with pytest.raises(NoVideo, match="holds no picture"):
        PictureSource(str(tmp_path / "*.tif"))


# what is refused

def test_a_change_of_size_or_depth_names_the_picture(tmp_path: Path) -> None:
    save(tmp_path / "1.png", smooth())
    save(tmp_path / "2.png", smooth(1))  # channels may change
    save(tmp_path / "3.png", smooth()[:-1])
    with pytest.raises(Unreadable, match=r"3\.png.*51x36.*51x37.*one size"):
        list(PictureSource(str(tmp_path)).frames())
    (tmp_path / "3.png").write_bytes(encode("png", "gray16be", [noise(1, ">u2")]))
    with pytest.raises(Unreadable, match=r"3\.png.*16 bits.*of 8.*one depth"):
        list(PictureSource(str(tmp_path)).frames())


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp", "exr"])
@pytest.mark.parametrize("kept", [0, 3, 40, 0.6])
def test_a_broken_picture_is_named(tmp_path: Path, suffix: str, kept: float) -> None:
    for index in (1, 2, 3):
        path = tmp_path / f"{index}.{suffix}"
        save_exr(path, light(half=True)) if suffix == "exr" else save(path, noise(3))
    broken = tmp_path / f"2.{suffix}"
    data = broken.read_bytes()
    broken.write_bytes(data[:kept if kept >= 1 else int(len(data) * kept)])
    frames = PictureSource(str(tmp_path)).frames()
    assert next(frames).index == 0
    with pytest.raises(Unreadable, match=rf"2\.{suffix}' is no picture that can be read: .*\. Check"):
        next(frames)


def test_a_png_with_a_wrong_byte_is_refused(tmp_path: Path) -> None:
    data = bytearray(save(tmp_path / "a.png", noise(3)).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(Unreadable, match="damaged"):
        PictureSource(str(tmp_path / "a.png"))


def test_a_picture_of_absurd_size_is_refused(tmp_path: Path) -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
    samples = chunk(b"IDAT", zlib.compress(bytes(1000)))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + samples + chunk(b"IEND", b""))
    with pytest.raises(Unreadable, match="60000x60000"):
        PictureSource(str(tmp_path / "bomb.png"))


def test_more_than_one_picture_in_a_file_is_refused(tmp_path: Path) -> None:
    others = [Image.fromarray(noise(3, seed=1))]
    for name in ("a.png", "a.tif", "a.webp"):
        save(tmp_path / name, noise(3), save_all=True, append_images=others)
        with pytest.raises(Unreadable, match=r"animated|2 pictures"):
            PictureSource(str(tmp_path / name))


# untouched is untouched

@pytest.mark.parametrize("pix_fmt", PNG_FORMATS)
def test_png_keeps_every_sample_outside_the_patch(tmp_path: Path, pix_fmt: str) -> None:
    channels, dtype = PNG_FORMATS[pix_fmt]
    source = tmp_path / "a.png"
    source.write_bytes(encode("png", pix_fmt, [noise(channels, dtype)]))
    result = patched(source, tmp_path / "b.png")
    assert_only_the_patch_changed(source, result)
    assert result.read_bytes()[:29] == source.read_bytes()[:29]  # size, depth, kind of colour
    stored = np.asarray(Image.open(result))
    if dtype == "u1":  # what another program sees
        expected = noise(channels)
        expected[..., :1 if channels < 3 else 3][BOX.slices] = 128
        assert np.array_equal(stored.reshape(expected.shape), expected)


def test_png_keeps_its_chunks(tmp_path: Path) -> None:
    data = encode("png", "rgb48be", [noise(3, ">u2")])
    extra = [chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"iCCP", b"x\0\0" + zlib.compress(b"profile")),
             chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)), chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
             chunk(b"tEXt", b"Title\0film")]
    rest = data.index(b"pHYs") + 4 + 9 + 4
    last = chunk(b"tIME", bytes(7))
    (tmp_path / "a.png").write_bytes(data[:33] + b"".join(extra) + data[rest:-12] + last + data[-12:])
    new = patched(tmp_path / "a.png", tmp_path / "b.png").read_bytes()
    for each in [*extra, last]:
        assert new.count(each) == 1 and new.count(each[4:8]) == 1
    assert new.index(b"tIME") > new.index(b"IDAT") > new.index(b"tEXt")


def test_a_palette_becomes_the_colours_it_stood_for(tmp_path: Path) -> None:
    palette = Image.fromarray(noise(3)).quantize(16)
    palette.save(tmp_path / "a.png", transparency=3, bits=4)
    colours = np.asarray(Image.open(tmp_path / "a.png").convert("RGBA"))
    patched(tmp_path / "a.png", tmp_path / "b.png")
    new = Image.open(tmp_path / "b.png")
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[BOX.slices] = False
    assert new.mode == "RGBA" and np.array_equal(np.asarray(new)[outside], colours[outside])
    assert b"tRNS" not in (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype, compression", [("u1", None), ("u1", "zlib"), ("u2", None), ("u2", "zlib"),
                                                ("f4", None), ("f2", None)])
def test_tiff_keeps_samples_alpha_tags_and_its_kind_of_compression(
        tmp_path: Path, channels: int, dtype: str, compression: str | None) -> None:
    samples = noise(channels, dtype) if dtype[0] == "u" else light(dtype == "f2")[..., :channels]
    if dtype[0] == "u":
        samples[:4, :, -1] = 0  # nothing shows, and the colours stay all the same
    tifffile.imwrite(
        tmp_path / "a.tif", samples[..., 0] if channels == 1 else samples, compression=compression, byteorder=">",
        predictor=bool(compression), photometric="rgb" if channels > 2 else "minisblack", metadata=None,
        extrasamples=["unassalpha"] if channels in (2, 4) else None, iccprofile=b"profile" * 9, software="camera",
        resolution=(300, 300), resolutionunit=2, extratags=[(274, 3, 1, 6, True), (700, 1, 4, b"<x/>", True)])
    patched(tmp_path / "a.tif", tmp_path / "b.tif")
    assert_only_the_patch_changed(tmp_path / "a.tif", tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as old, tifffile.TiffFile(tmp_path / "b.tif") as new:
        assert new.byteorder == old.byteorder == ">"
        assert new.pages[0].dtype == old.pages[0].dtype
        for code in (258, 259, 262, 274, 282, 283, 296, 305, 338, 700, 34675):
            one, other = (f.pages[0].tags.get(code) for f in (old, new))
            assert (one is None) == (other is None) and (one is None or one.value == other.value), code


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_compressed_tiffs_of_other_programs_are_read_exactly(tmp_path: Path, compression: str, channels: int) -> None:
    save(tmp_path / "a.tif", noise(channels), compression=compression)
    assert np.array_equal(np.stack(samples_of(tmp_path / "a.tif"), -1), noise(channels))
    patched(tmp_path / "a.tif", tmp_path / "b.tif")
    assert_only_the_patch_changed(tmp_path / "a.tif", tmp_path / "b.tif")


@pytest.mark.parametrize("lossless", [True, False])
def test_webp_keeps_samples_alpha_and_notes(tmp_path: Path, lossless: bool) -> None:
    samples = noise(4)
    samples[:4, :, 3] = 0
    notes = {"icc_profile": b"profile" * 9, "exif": b"II*\0\x08\0\0\0\0\0\0\0\0\0", "xmp": b"<x/>"}
    save(tmp_path / "a.webp", samples, lossless=lossless, exact=True, **notes)
    patched(tmp_path / "a.webp", tmp_path / "b.webp")
    assert_only_the_patch_changed(tmp_path / "a.webp", tmp_path / "b.webp")
    with Image.open(tmp_path / "b.webp") as new:
        assert {name: new.info[name] for name in notes} == notes


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_bmp_keeps_samples_and_alpha(tmp_path: Path, channels: int) -> None:
    if channels == 4:
        save(tmp_path / "a.png", noise(4))
        patched(tmp_path / "a.png", tmp_path / "a.bmp", Patch(Box(0, 0, 1, 1), np.zeros((1, 1, 3)), np.ones((1, 1))))
    else:
        save(tmp_path / "a.bmp", noise(channels), dpi=(300, 300))
    patched(tmp_path / "a.bmp", tmp_path / "b.bmp")
    assert len(samples_of(tmp_path / "a.bmp")) == channels
    assert_only_the_patch_changed(tmp_path / "a.bmp", tmp_path / "b.bmp")


@pytest.mark.parametrize("channels, subsampling, progressive", [(1, None, True), (3, 0, False), (3, 0, True),
                                                                (3, 1, False), (3, 2, False)])
def test_jpeg_blocks_without_a_patch_keep_their_samples(
        tmp_path: Path, channels: int, subsampling: int | None, progressive: bool) -> None:
    exif = Image.Exif()
    exif[274] = 6  # lie on the side
    notes = {"icc_profile": b"profile" * 9, "xmp": b"<x/>", "comment": b"ours", "dpi": (300, 300)}
    kind = {} if subsampling is None else {"subsampling": subsampling}
    save(tmp_path / "a.jpg", smooth(channels), quality=85, exif=exif, progressive=progressive, **notes, **kind)
    patched(tmp_path / "a.jpg", tmp_path / "b.jpg")
    for one, other in zip(samples_of(tmp_path / "a.jpg"), samples_of(tmp_path / "b.jpg"), strict=True):
        inside = np.zeros((HEIGHT, WIDTH), bool)
        inside[0:32, 16:48] = True  # blocks of 16, the largest that share coefficients
        outside = ~inside[::-(-HEIGHT // one.shape[0]), ::-(-WIDTH // one.shape[1])]
        assert outside.sum() > 100 and np.array_equal(one[outside], other[outside])  # up to the picture's very edge
    with Image.open(tmp_path / "a.jpg") as old, Image.open(tmp_path / "b.jpg") as new:
        assert old.size == new.size == (WIDTH, HEIGHT)  # the tag is kept, not followed
        assert new.getexif()[274] == 6 and {name: new.info[name] for name in notes} == notes
        assert new.quantization == old.quantization and new.layer == old.layer
        assert bool(new.info.get("progressive")) == progressive
        assert np.abs(np.asarray(new.convert("L"))[10:22, 20:36].astype(int) - 128).max() < 20


@pytest.mark.parametrize("seed", range(8))
def test_a_jpeg_up_to_quality_90_keeps_every_sample_between_black_and_white(tmp_path: Path, seed: int) -> None:
    samples = (smooth() * 0.6 + 40 + noise(3, seed=seed) // 8).astype(np.uint8)
    save(tmp_path / "a.jpg", samples, quality=90, subsampling=2)
    old = samples_of(tmp_path / "a.jpg")
    write_picture(tmp_path / "b.jpg", read_picture(tmp_path / "a.jpg"))
    assert all(np.array_equal(x, y) for x, y in zip(old, samples_of(tmp_path / "b.jpg"), strict=True))


@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_second_coding_of_jpeg_is_far_nearer_than_one_at_high_quality(tmp_path: Path, subsampling: int) -> None:
    samples = np.clip(smooth().astype(int) * 2 - 128 + noise(3) // 16, 0, 255).astype(np.uint8)  # black, white, noise
    save(tmp_path / "a.jpg", samples, quality=90, subsampling=subsampling)
    nothing = Patch(Box(0, 0, 1, 1), np.zeros((1, 1, 3), np.float32), np.zeros((1, 1), np.float32))
    patched(tmp_path / "a.jpg", tmp_path / "b.jpg", nothing)
    with Image.open(tmp_path / "a.jpg") as old, Image.open(tmp_path / "b.jpg") as new:
        before, after = np.asarray(old).astype(int), np.asarray(new).astype(int)
        save(tmp_path / "c.jpg", np.asarray(old), quality=98, subsampling=0)
    with Image.open(tmp_path / "c.jpg") as plain:
        usual = np.abs(np.asarray(plain).astype(int) - before).mean()
    assert np.abs(after - before).mean() < usual / 4


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("compression", ["none", "rle", "zip1", "zip16"])
def test_exr_keeps_every_float_outside_the_patch(tmp_path: Path, half: bool, channels: int, compression: str) -> None:
    save_exr(tmp_path / "a.exr", light(half)[..., :channels], compression)
    patched(tmp_path / "a.exr", tmp_path / "b.exr")
    assert_only_the_patch_changed(tmp_path / "a.exr", tmp_path / "b.exr")
    old, new = (read_picture(tmp_path / name).content.native for name in ("a.exr", "b.exr"))
    assert new.channels() == old.channels() and new.attributes == old.attributes


def test_exr_keeps_a_highlight_and_its_header(tmp_path: Path) -> None:
    save_exr(tmp_path / "a.exr", np.full((HEIGHT, WIDTH, 3), 40, "f2"))
    data = (tmp_path / "a.exr").read_bytes()
    extra = b"owner\0string\0" + struct.pack("<i", 4) + b"ours"
    end = read_picture(tmp_path / "a.exr").content.native.size
    table = np.frombuffer(data, "<u8", -(-HEIGHT // 16), end)
    window = struct.pack("<4i", 100, 200, 100 + WIDTH - 1, 200 + HEIGHT - 1)
    body = bytearray(data[end + table.nbytes:])
    for offset in table.tolist():  # the picture stands somewhere else on its plane
        place = offset - end - table.nbytes
        struct.pack_into("<i", body, place, struct.unpack_from("<i", body, place)[0] + 200)
    head = data[:end - 1].replace(struct.pack("<4i", 0, 0, WIDTH - 1, HEIGHT - 1), window)
    (tmp_path / "a.exr").write_bytes(head + extra + b"\0" + (table + np.uint64(len(extra))).tobytes() + body)
    clip = PictureSource(str(tmp_path / "a.exr"))
    frame = next(clip.frames())
    shown = frame.planes.rgb(BOX)
    assert 0.6 < shown.min() <= shown.max() < 1
    with PictureWriter(tmp_path / "b.exr", clip).part(0, 1) as part:
        part.write(frame, [Patch(BOX, shown, PATCH.weight)])
    for plane in samples_of(tmp_path / "b.exr"):
        assert np.allclose(plane, 40, rtol=1e-3)
    native = read_picture(tmp_path / "b.exr").content.native
    assert native.attributes[b"owner"] == (b"string", b"ours")
    assert native.window(b"dataWindow") == native.window(b"displayWindow") == (100, 200, 150, 236)


def test_exr_channels_that_would_be_lost_are_refused(tmp_path: Path) -> None:
    data = save_exr(tmp_path / "a.exr", light(True)).read_bytes()
    (tmp_path / "a.exr").write_bytes(data.replace(b"A\0\x01\0\0\0", b"Z\0\x01\0\0\0", 1))
    with pytest.raises(Unreadable, match="its channels are Z, B, G, R"):
        PictureSource(str(tmp_path / "a.exr"))


def test_pictures_without_a_patch_are_copied_unread(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for index in (1, 2, 3):
        save(tmp_path / "in" / f"{index}.jpg", noise(3, seed=index), quality=50)
    clip = PictureSource(str(tmp_path / "in"))
    (tmp_path / "in" / "2.jpg").write_bytes(b"no picture any more")
    writer = PictureWriter(tmp_path / "out", clip)
    writer.copy(0, 2)
    with writer.part(2, 3) as part:
        part.write(next(clip.frames(2)))
    for path in clip.paths:
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


# other outputs

@pytest.mark.parametrize("source, target", [
    ("png", "jpg"), ("png", "webp"), ("png", "bmp"), ("png", "tif"), ("png", "exr"), ("jpg", "png"), ("tif", "png"),
    ("exr", "png"), ("exr", "jpg"), ("exr", "tif"), ("webp", "exr"), ("bmp", "jpeg")])
def test_another_suffix_converts(tmp_path: Path, source: str, target: str) -> None:
    one, other = tmp_path / f"a.{source}", tmp_path / f"b.{target}"
    if source == "exr":
        save_exr(one, ((smooth() / 255) ** 2.2).astype("f4"))
    else:
        save(one, smooth(), **({"quality": 100, "subsampling": 0} if source == "jpg" else {}))
    clip = PictureSource(str(one))
    PictureWriter(other, clip).copy(0, 1)
    result = next(PictureSource(str(other)).frames()).planes
    original = next(clip.frames()).planes
    assert np.abs(result.rgb() - original.rgb()).max() < 8 / 255 or {source, target} & {"exr"}
    codes = [p.rgb() / 0.6 if p.layout.floating else p.rgb() for p in (original, result)]  # diffuse white is at .6
    assert np.abs(codes[0] - codes[1]).mean() < 2 / 255


def test_a_profile_and_alpha_survive_a_conversion_that_can_hold_them(tmp_path: Path) -> None:
    save(tmp_path / "a.webp", noise(4), lossless=True, exact=True, icc_profile=b"profile" * 9)
    for name in ("b.png", "b.tif"):
        PictureWriter(tmp_path / name, PictureSource(str(tmp_path / "a.webp"))).copy(0, 1)
        assert np.array_equal(np.stack(samples_of(tmp_path / name), -1), noise(4))
        with Image.open(tmp_path / name) as new:
            assert new.info["icc_profile"] == b"profile" * 9


def test_pictures_do_not_become_a_video(tmp_path: Path) -> None:
    save(tmp_path / "1.png", smooth())
    save(tmp_path / "2.png", smooth())
    for name in ("out.mp4", "out.MKV", "out.gif"):
        with pytest.raises(OptionError, match="name a folder"):
            PictureWriter(tmp_path / name, PictureSource(str(tmp_path)))
    with pytest.raises(OptionError, match="2 pictures do not fit"):
        PictureWriter(tmp_path / "out.png", PictureSource(str(tmp_path)))
    PictureWriter(tmp_path / "shot.v2", PictureSource(str(tmp_path / "1.png"))).copy(0, 1)
    assert (tmp_path / "shot.v2" / "1.png").is_file()


def test_a_name_that_lies_keeps_the_format_inside(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.fromarray(noise(3)).save(out, "TIFF")
    (tmp_path / "a.png").write_bytes(out.getvalue())
    assert patched(tmp_path / "a.png", tmp_path / "b.png").read_bytes()[:4] == b"II*\0"

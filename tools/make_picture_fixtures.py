"""Makes the picture fixtures of rpn-io with Pillow (12.3) and numpy: python tools/make_picture_fixtures.py

In rpn-io/src/test/resources/dev/rpn/io/picture:
  format/*          one file for every kind of PNG and JPEG that is read
  format/sha256.txt name, width, height and SHA-256 of the RGB bytes that each must become
  ../data/*/ pictures of two tiny datasets; their annotations are written by hand
  resize/source.png and resize/WxH.png, Pillow's bilinear results
"""
import hashlib, io, os, struct, zlib
import numpy as np
from PIL import Image, PngImagePlugin

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "rpn-io/src/test/resources/dev/rpn/io/picture")
FORMAT, RESIZE = os.path.join(ROOT, "format"), os.path.join(ROOT, "resize")
os.makedirs(FORMAT, exist_ok=True); os.makedirs(RESIZE, exist_ok=True)
random = np.random.default_rng(7)
W, H = 21, 13


def scene(width, height):
    """Ramps, edges and noise: something of every frequency, with full black and white in it."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    red = 255 * x / (width - 1)
    green = 127.5 * (1 + np.sin(x * y / 7))
    blue = np.where((x // 3 + y // 2) % 2 == 0, 255, 0)
    picture = np.stack([red, green, blue], -1) + random.normal(0, 12, (height, width, 3))
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, samples, depth, kind, palette=None, interlaced=False, splits=1):
    """A PNG that Pillow can't write: any depth, interlaced, every row filter in turn."""
    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    raw, step, number = b"", max(1, depth * channels // 8), 0
    for x0, y0, dx, dy in passes:
        part = samples[y0::dy, x0::dx]
        if part.size == 0: continue
        above = None
        for row in part:
            if depth == 16: line = row.astype(">u2").tobytes()
            elif depth == 8: line = row.astype(np.uint8).tobytes()
            else:
                bits = "".join(format(int(v), f"0{depth}b") for v in row.ravel())
                bits += "0" * (-len(bits) % 8)
                line = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
            above = above or bytes(len(line))
            method = number % 5; number += 1
            out = bytearray([method])
            for i, v in enumerate(line):
                a = line[i - step] if i >= step else 0
                b = above[i]
                c = above[i - step] if i >= step else 0
                nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
                out.append((v - [0, a, b, (a + b) // 2, nearest][method]) & 255)
            raw += bytes(out); above = line
    data = zlib.compress(raw, 9)
    cuts = [len(data) * i // splits for i in range(splits + 1)]
    with open(os.path.join(FORMAT, name), "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)))
        if palette is not None: f.write(chunk(b"PLTE", palette.astype(np.uint8).tobytes()))
        for i in range(splits): f.write(chunk(b"IDAT", data[cuts[i]:cuts[i + 1]]))
        f.write(chunk(b"IEND", b""))


expected = {}


def keep(name, rgb=None, check=True):
    """Notes what a file must become; where Pillow reads it too, the two must agree."""
    with Image.open(os.path.join(FORMAT, name)) as picture: pillow = np.array(picture.convert("RGB"))
    if rgb is None: rgb = pillow
    assert not check or np.array_equal(rgb, pillow), name
    expected[name] = rgb.astype(np.uint8)


rgb = scene(W, H)
grey = rgb[..., 0].astype(int)
deep = random.integers(0, 65536, (H, W, 4))
repeat = lambda plane: np.repeat(plane[..., None], 3, -1)
for interlaced in (False, True):
    suffix = "_interlaced.png" if interlaced else ".png"
    for depth in (1, 2, 4, 8):
        plane = grey >> (8 - depth)
        png(f"grey{depth}" + suffix, plane, depth, 0, interlaced=interlaced)
        keep(f"grey{depth}" + suffix, repeat(plane * 255 // (2 ** depth - 1)))
        colours = random.integers(0, 256, (2 ** depth, 3))
        png(f"palette{depth}" + suffix, plane, depth, 3, colours, interlaced)
        keep(f"palette{depth}" + suffix, colours[plane])
    png("rgb8" + suffix, rgb, 8, 2, interlaced=interlaced, splits=4); keep("rgb8" + suffix, rgb)
    png("grey_alpha8" + suffix, deep[..., :2] >> 8, 8, 4, interlaced=interlaced); keep("grey_alpha8" + suffix, repeat(deep[..., 0] >> 8))
    png("rgb_alpha8" + suffix, deep >> 8, 8, 6, interlaced=interlaced); keep("rgb_alpha8" + suffix, deep[..., :3] >> 8)
    png("rgb16" + suffix, deep[..., :3], 16, 2, interlaced=interlaced); keep("rgb16" + suffix, deep[..., :3] >> 8)
    png("rgb_alpha16" + suffix, deep, 16, 6, interlaced=interlaced); keep("rgb_alpha16" + suffix, deep[..., :3] >> 8)
    png("grey_alpha16" + suffix, deep[..., :2], 16, 4, interlaced=interlaced); keep("grey_alpha16" + suffix, repeat(deep[..., 0] >> 8))
    # Pillow's own grey 16 bit becomes RGB by clipping at 255: nobody wants that, so the upper 8 bits here too.
    png("grey16" + suffix, deep[..., 0], 16, 0, interlaced=interlaced); keep("grey16" + suffix, repeat(deep[..., 0] >> 8), check=False)
png("one_pixel_interlaced.png", rgb[:1, :1], 8, 2, interlaced=True); keep("one_pixel_interlaced.png", rgb[:1, :1])
text = PngImagePlugin.PngInfo(); text.add_text("Comment", "x" * 100, zip=True)
translucent = Image.fromarray((grey // 2).astype(np.uint8)).convert("P"); translucent.putpalette(random.integers(0, 256, 768).astype(np.uint8).tobytes())
translucent.save(os.path.join(FORMAT, "palette_transparent_text.png"), transparency=3, pnginfo=text, gamma=0.45455)
with Image.open(os.path.join(FORMAT, "palette_transparent_text.png")) as p: keep("palette_transparent_text.png", np.array(p.convert("RGBA"))[..., :3], check=False)

picture = Image.fromarray(scene(45, 35))
exif = Image.Exif(); exif[0x0112] = 6
from PIL import ImageCms
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
for name, image, options in [
    ("baseline420", picture, dict(quality=90)),
    ("baseline422", picture, dict(quality=90, subsampling=1)),
    ("baseline444", picture, dict(quality=90, subsampling=0)),
    ("progressive", picture, dict(quality=80, progressive=True)),
    ("restart", picture, dict(quality=80, restart_marker_blocks=2)),
    ("grey", picture.convert("L"), dict(quality=85)),
    ("exif_turned", picture, dict(quality=90, exif=exif)),
    ("profile_comment", picture, dict(quality=90, icc_profile=profile, comment=b"hello", subsampling=0)),
    ("rgb_adobe", picture, dict(quality=90, keep_rgb=True)),
]:
    image.save(os.path.join(FORMAT, name + ".jpg"), **options); keep(name + ".jpg")


def segments(data):
    """Marker and bytes of every segment before the scan, then the rest."""
    at = 2
    while True:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2:at + 4])[0]
        if marker == 0xda: yield None, data[at:]; return
        yield marker, data[at:at + 2 + length]
        at += 2 + length


# As cameras write it: EXIF and no JFIF; and neither of them.
for name, source, dropped in [("exif_only", "exif_turned", [0xe0]), ("bare444", "baseline444", [0xe0]), ("rgb_bare", "rgb_adobe", [0xee])]:
    data = open(os.path.join(FORMAT, source + ".jpg"), "rb").read()
    with open(os.path.join(FORMAT, name + ".jpg"), "wb") as f:
        f.write(data[:2] + b"".join(part for marker, part in segments(data) if marker not in dropped))
    keep(name + ".jpg")
picture.convert("CMYK").save(os.path.join(FORMAT, "cmyk.jpg"))

with open(os.path.join(FORMAT, "sha256.txt"), "w") as f:
    for name, pixels in sorted(expected.items()):
        f.write(f"{name} {pixels.shape[1]} {pixels.shape[0]} {hashlib.sha256(pixels.tobytes()).hexdigest()}\n")

source = Image.fromarray(scene(37, 29)); source.save(os.path.join(RESIZE, "source.png"))
for size in [(16, 12), (53, 61), (74, 58), (37, 10), (10, 29), (1, 1), (1, 40), (90, 3), (38, 30), (36, 28), (19, 15)]:
    source.resize(size, Image.BILINEAR).save(os.path.join(RESIZE, f"{size[0]}x{size[1]}.png"))

DATA = os.path.join(ROOT, "..", "data")
for name in ["voc/JPEGImages/one.jpg", "voc/JPEGImages/two.png", "voc/JPEGImages/none.jpg", "coco/train/a.jpg", "coco/train/b.png", "coco/train/c.jpg"]:
    os.makedirs(os.path.dirname(os.path.join(DATA, name)), exist_ok=True)
    Image.fromarray(scene(32, 24)).save(os.path.join(DATA, name))

#!/usr/bin/env python3
"""Makes the pictures and clips beside this file, and pixels.csv and times.csv with what Pillow and the ffmpeg command
read out of them. Needs Pillow, ffmpeg and ffprobe (made with Pillow 12.3 and ffmpeg 5.1).

pixels.csv: file, frame, width, height, x, y, red, green, blue, tolerance, all in display orientation, alpha over white.
times.csv: file, then the presentation time of each frame in microseconds.
"""
import csv
import io
import json
import os
import struct
import subprocess
import zlib

from PIL import Image, ImageOps

os.chdir(os.path.dirname(os.path.abspath(__file__)))
COLOURS = [(200, 40, 50), (40, 150, 70), (50, 70, 190), (220, 190, 60)]
pixels = []
times = []


def quadrants(w, h, colours=COLOURS, mode="RGB"):
    image = Image.new(mode, (w, h))
    image.paste(colours[0], (0, 0, w // 2, h // 2))
    image.paste(colours[1], (w // 2, 0, w, h // 2))
    image.paste(colours[2], (0, h // 2, w // 2, h))
    image.paste(colours[3], (w // 2, h // 2, w, h))
    return image


def expect(name, image, tolerance, frame=0):
    """The middles of the quadrants, and pixels near the corners, of what an independent decoder shows."""
    w, h = image.size
    for x, y in [(w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4), (3 * w // 4, 3 * h // 4),
                 (2, 2), (w - 3, 2), (2, h - 3), (w - 3, h - 3)]:
        pixels.append([name, frame, w, h, x, y, *image.getpixel((x, y)), tolerance])


def over_white(image):
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def check(name, tolerance):
    with Image.open(name) as image:
        image.seek(0)
        shown = ImageOps.exif_transpose(image)
        expect(name, over_white(shown), tolerance)


def stills():
    base = quadrants(48, 32)
    for tag in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = tag
        name = f"exif{tag}.jpg"
        base.save(name, quality=92, exif=exif)
        check(name, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    base.save("exif6.png", exif=exif)
    check("exif6.png", 0)
    base.save("exif6.webp", lossless=True, exif=exif)
    check("exif6.webp", 0)
    base.save("progressive.jpg", progressive=True, quality=90)
    check("progressive.jpg", 3)
    base.convert("L").save("grey.jpg", quality=90)
    check("grey.jpg", 3)
    base.convert("CMYK").save("cmyk.jpg", quality=95)
    check("cmyk.jpg", 6)
    quadrants(37, 23).save("odd.jpg", quality=95, subsampling=2)
    check("odd.jpg", 8)
    base.save("colour444.jpg", quality=95, subsampling=0)
    check("colour444.jpg", 3)
    base.save("jpeg-called.png", "JPEG", quality=92)
    check("jpeg-called.png", 3)
    quadrants(48, 32, [c + (a,) for c, a in zip(COLOURS, (255, 128, 0, 30))], "RGBA").save("alpha.png")
    check("alpha.png", 1)
    base.quantize(16).save("palette.png")
    check("palette.png", 0)
    base.quantize(16).save("palette-transparent.png", transparency=0)
    check("palette-transparent.png", 0)
    base.convert("L").save("grey.png")
    check("grey.png", 0)
    base.convert("L").convert("1").save("bits.png")
    check("bits.png", 0)
    base.convert("LA").save("grey-alpha.png")
    check("grey-alpha.png", 0)
    png16("rgb16.png", base)
    expect("rgb16.png", base, 1)
    grey16("grey16.png", base.convert("L"))
    expect("grey16.png", base.convert("L").convert("RGB"), 1)
    base.save("plain.bmp")
    check("plain.bmp", 0)
    base.quantize(16).save("palette.bmp")
    check("palette.bmp", 0)
    base.save("two.gif", save_all=True, append_images=[base.rotate(180)], duration=100)
    check("two.gif", 0)
    base.save("lossy.webp", quality=90)
    check("lossy.webp", 6)
    quadrants(48, 32, [c + (a,) for c, a in zip(COLOURS, (255, 128, 0, 30))], "RGBA").save("alpha.webp", lossless=True)
    check("alpha.webp", 1)
    base.save("plain.tiff", compression="tiff_lzw")
    check("plain.tiff", 0)
    noise = Image.frombytes("RGB", (64, 64), bytes((i * 7919 >> 3) & 255 for i in range(64 * 64 * 3)))
    for name in ("cut.jpg", "cut.png"):
        whole = io.BytesIO()
        noise.save(whole, "JPEG" if name.endswith("jpg") else "PNG")
        with open(name, "wb") as f:
            f.write(whole.getvalue()[: len(whole.getvalue()) // 2])
    with open("bomb.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(name, image):
    w, h = image.size
    rows = b"".join(
        b"\0" + b"".join(struct.pack(">HHH", *(v * 257 for v in image.getpixel((x, y)))) for x in range(w))
        for y in range(h))
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def grey16(name, image):
    w, h = image.size
    rows = b"".join(b"\0" + b"".join(struct.pack(">H", image.getpixel((x, y)) * 257) for x in range(w)) for y in range(h))
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, 0, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def ffmpeg(*args, stdin=None):
    return subprocess.run(["ffmpeg", "-v", "error", "-y", *args], input=stdin, check=True, capture_output=True).stdout


def clip(name, frames, *args, matrix="bt709", rate=25, out_range="tv", pix="yuv420p", before=()):
    """Encodes pictures given as raw RGB, converted by the matrix that the file is then tagged with."""
    w, h = frames[0].size
    raw = b"".join(f.tobytes() for f in frames)
    vf = [*before, f"scale=out_color_matrix={matrix}:out_range={out_range}:flags=accurate_rnd+full_chroma_int", f"format={pix}"]
    ffmpeg("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{w}x{h}", "-r", str(rate), "-i", "-", "-vf", ",".join(vf),
           "-fflags", "+bitexact", "-flags:v", "+bitexact", *args, name, stdin=raw)


def check_clip(name, tolerance, matrix=None, frames=(0,), full=False):
    """Reads a clip back with the ffmpeg command, which also turns it upright."""
    scale = "scale=flags=accurate_rnd+full_chroma_int+bicubic"
    if matrix:
        scale += f":in_color_matrix={matrix}:in_range={'pc' if full else 'tv'}"
    for n in frames:
        shot = ffmpeg("-i", name, "-vf", f"select=eq(n\\,{n}),{scale},format=rgb24", "-frames:v", "1", "-f", "image2pipe",
                      "-c:v", "png", "-")
        expect(name, Image.open(io.BytesIO(shot)).convert("RGB"), tolerance, n)


def check_times(name):
    probe = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                            "frame=best_effort_timestamp_time", "-of", "json", name], check=True, capture_output=True)
    stamps = [round(float(f["best_effort_timestamp_time"]) * 1e6) for f in json.loads(probe.stdout)["frames"]]
    times.append([name, *(s - stamps[0] for s in stamps)])


def moving(w, h, count):
    """Quadrants that change places, so that a frame is told from its neighbours."""
    return [quadrants(w, h, COLOURS[i % 4:] + COLOURS[: i % 4]) for i in range(count)]


def clips():
    x264 = ["-c:v", "libx264", "-crf", "8", "-threads", "1"]

    def tags(m):
        return ["-colorspace", m, "-color_primaries", m, "-color_trc", m]

    clip("plain.mp4", moving(96, 64, 12), *x264, "-bf", "2", *tags("bt709"), "-color_range", "tv", "-movflags", "+faststart")
    check_clip("plain.mp4", 4, "bt709", (0, 5, 11))
    check_times("plain.mp4")
    clip("bt601.mp4", moving(96, 64, 2), *x264, *tags("smpte170m"), "-color_range", "tv", matrix="bt601")
    check_clip("bt601.mp4", 4, "bt601")
    clip("full.mp4", moving(96, 64, 2), *x264, *tags("bt709"), "-color_range", "pc", out_range="pc")
    check_clip("full.mp4", 4, "bt709", full=True)
    clip("untagged.mp4", moving(96, 64, 2), *x264, matrix="bt601")
    check_clip("untagged.mp4", 4, "bt601")
    for turn in (90, 180, 270):
        name = f"turned{turn}.mp4"
        ffmpeg("-i", "plain.mp4", "-c", "copy", "-fflags", "+bitexact", "-metadata:s:v", f"rotate={turn}", "-t", "0.1", name)
        check_clip(name, 4, "bt709")
    clip("odd.mp4", moving(95, 63, 3), *x264, *tags("bt709"), "-color_range", "tv", pix="yuv444p")
    check_clip("odd.mp4", 4, "bt709", (0, 2))
    clip("vfr.mp4", moving(96, 64, 8), *x264, "-vsync", "vfr", *tags("bt709"), "-color_range", "tv",
         before=["setpts=(N*N+2*N)*0.04/TB"])
    check_times("vfr.mp4")
    check_clip("vfr.mp4", 4, "bt709", (0, 7))
    clip("deep.mkv", moving(96, 64, 3), *x264, *tags("bt709"), "-color_range", "tv", pix="yuv420p10le")
    check_clip("deep.mkv", 4, "bt709")
    clip("mjpeg.avi", moving(96, 64, 4), "-c:v", "mjpeg", "-q:v", "2", matrix="bt601", out_range="pc", pix="yuvj420p")
    check_clip("mjpeg.avi", 6, "bt601", (0, 3), full=True)
    clip("vp9.webm", moving(96, 64, 4), "-c:v", "libvpx-vp9", "-crf", "10", "-b:v", "0", *tags("bt709"), "-color_range", "tv")
    check_clip("vp9.webm", 6, "bt709", (0, 3))
    clip("hevc.mov", moving(96, 64, 4), "-c:v", "libx265", "-x265-params", "log-level=error:crf=8", "-tag:v", "hvc1",
         *tags("bt709"), "-color_range", "tv")
    check_clip("hevc.mov", 6, "bt709", (0, 3))
    clip("av1.mp4", moving(96, 64, 3), "-c:v", "libaom-av1", "-crf", "10", "-cpu-used", "8", *tags("bt709"), "-color_range", "tv")
    check_clip("av1.mp4", 6, "bt709", (0, 2))
    clip("part1.ts", moving(96, 64, 3), *x264, *tags("bt709"), "-color_range", "tv")
    clip("part2.ts", moving(64, 48, 3), *x264, *tags("bt709"), "-color_range", "tv")
    with open("resized.ts", "wb") as out:
        for part in ("part1.ts", "part2.ts"):
            with open(part, "rb") as f:
                out.write(f.read())
            os.remove(part)
    ffmpeg("-f", "lavfi", "-i", "sine=duration=0.1:sample_rate=8000", "-fflags", "+bitexact", "-flags:a", "+bitexact", "sound.wav")


def write(name, rows):
    with open(name, "w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows(rows)


stills()
clips()
write("pixels.csv", pixels)
write("times.csv", times)

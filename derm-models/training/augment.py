"""Photometric augmentation of uint8 RGB images: what cameras, lamps and codecs do to skin."""
import io

import numpy as np
from PIL import Image, ImageFilter

_NOISE = None


def _noise(rng, height, width):
    """A view into a fixed bank of Gaussian noise, fine in one half of the cases and grainy in the other."""
    global _NOISE
    if _NOISE is None:
        bank = np.random.RandomState(7).standard_normal((1024, 1024, 3)).astype(np.float32)
        grain = np.asarray(
            [np.asarray(Image.fromarray(bank[:512, :512, c]).resize((1024, 1024), Image.BILINEAR)) for c in range(3)])
        _NOISE = [bank, np.ascontiguousarray(grain.transpose(1, 2, 0)) * 1.5]
    bank = _NOISE[rng.randint(2)]
    top, left = rng.randint(0, 1025 - height), rng.randint(0, 1025 - width)
    return bank[top:top + height, left:left + width]


def photometric(image, rng, strength=1.0):
    """image: uint8 HWC RGB -> the same, with random light, colour, sharpness, noise and JPEG; strength 0 changes nothing."""
    if strength <= 0:
        return image
    s = strength
    # one table a channel: exposure, contrast, gamma and white balance in one pass
    ramp = np.arange(256, dtype=np.float32) / 255
    gain = np.exp(rng.uniform(-0.3, 0.2) * s) * np.exp(rng.uniform(-0.12, 0.12, 3) * s)
    contrast = np.exp(rng.uniform(-0.3, 0.3) * s)
    gamma = np.exp(rng.uniform(-0.3, 0.3) * s)
    offset = rng.uniform(-0.06, 0.06) * s
    pivot = image[::8, ::8].mean() / 255
    tables = [((np.clip((ramp - pivot) * contrast + pivot, 0, 1) ** gamma) * gain[c] + offset) * 255 for c in range(3)]
    saturate = rng.rand() < 0.6
    noisy = rng.rand() < 0.5 * min(1, s)
    if saturate or noisy:
        out = np.stack([np.take(tables[c].astype(np.float32), image[:, :, c]) for c in range(3)], -1)
        if saturate:
            out = out.reshape(-1, 3) @ _hue_saturation(rng.uniform(-0.14, 0.14) * s, 1 + rng.uniform(-0.45, 0.45) * s)
            out = out.reshape(image.shape)
        if noisy:
            sigma = 255 * abs(rng.normal(0, 0.02)) * s
            noise = _noise(rng, image.shape[0], image.shape[1])
            out = out + (noise if rng.rand() < 0.6 else noise[:, :, :1]) * np.float32(sigma)
        out = np.clip(out, 0, 255).astype(np.uint8)
    else:
        out = np.stack([np.take(np.clip(tables[c], 0, 255).astype(np.uint8), image[:, :, c]) for c in range(3)], -1)
    kind = rng.rand()
    if kind < 0.22 * s:
        radius = rng.uniform(0.3, 1.3) * s
        out = np.asarray(Image.fromarray(out).filter(ImageFilter.GaussianBlur(radius)))
    elif kind < 0.3 * s:
        out = np.asarray(Image.fromarray(out).filter(ImageFilter.UnsharpMask(1.5, int(40 + 120 * rng.rand()), 0)))
    if rng.rand() < 0.25 * s:
        buffer = io.BytesIO()
        Image.fromarray(out).save(buffer, "JPEG", quality=int(rng.randint(30, 92)))
        out = np.asarray(Image.open(io.BytesIO(buffer.getvalue())))
    return out


def _hue_saturation(angle, saturation):
    """Rotation about the grey axis and scaling away from it, as a matrix for row vectors."""
    grey = np.full((3, 3), 1 / 3, np.float32)
    c, si = np.cos(angle), np.sin(angle)
    axis = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], np.float32) / np.sqrt(3)
    rotation = c * np.eye(3) + (1 - c) * grey + si * axis
    return (rotation @ (saturation * np.eye(3) + (1 - saturation) * grey)).T.astype(np.float32)

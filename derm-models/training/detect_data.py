"""Detection data: YOLO-labelled folders or darknet lists in, augmented network inputs out."""
import json
import os

import numpy as np
import torch
from PIL import Image

from augment import photometric

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")
PAD = 114


def find_images(path):
    """Images of a darknet list (.txt, one path a line), of a folder with images/ and labels/, or of a plain folder."""
    if path.endswith(".txt"):
        with open(path) as lines:
            base = os.path.dirname(os.path.abspath(path))
            return [os.path.join(base, line.strip()) for line in lines if line.strip()]
    folder = os.path.join(path, "images") if os.path.isdir(os.path.join(path, "images")) else path
    return sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.lower().endswith(IMAGE_SUFFIXES))


def label_path(image_path):
    folder, name = os.path.split(image_path)
    stem = os.path.splitext(name)[0] + ".txt"
    sibling = os.path.join(os.path.dirname(folder), "labels", stem)
    if os.path.basename(folder) == "images" and os.path.isdir(os.path.dirname(sibling)):
        return sibling
    return os.path.join(folder, stem)


def load_labels(image_path, width, height):
    """float32 [n,5]: class, left, top, right, bottom in pixels. No label file: no lesion, as in darknet."""
    path = label_path(image_path)
    rows = []
    if os.path.exists(path):
        with open(path) as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                values = line.split()
                if len(values) != 5:
                    raise ValueError("%s:%d: found %d values, expected 'class cx cy w h' (0..1)" %
                                     (path, number, len(values)))
                c, x, y, w, h = (float(v) for v in values)
                rows.append([c, (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height])
    return np.array(rows, np.float32).reshape(-1, 5)


class DetectionSet:
    """Decoded images (kept in memory up to a limit) with their boxes."""

    def __init__(self, paths, cache_mb=6000, limit=None):
        self.files = [f for p in paths for f in find_images(p)]
        if limit:
            self.files = self.files[:limit]
        if not self.files:
            raise ValueError("no images under %s; expected images/*.png with labels/*.txt, or a darknet list" % paths)
        self.images, self.boxes, self.tones = [], [], []
        used = 0
        tones = {}
        for p in paths:
            coco = os.path.join(p, "annotations.json")
            if os.path.exists(coco):
                with open(coco) as source:
                    for image in json.load(source)["images"]:
                        tones[os.path.basename(image["file_name"])] = image.get("fitzpatrick")
        first = {}
        for f in self.files:
            # what is named twice counts twice, but is kept once
            if f in first:
                self.images.append(self.images[first[f]])
                self.boxes.append(self.boxes[first[f]])
            else:
                first[f] = len(self.images)
                with Image.open(f) as opened:
                    width, height = opened.size
                    pixels = np.asarray(opened.convert("RGB")) if used < cache_mb * 1e6 else None
                used += pixels.nbytes if pixels is not None else 0
                self.images.append(pixels)
                self.boxes.append(load_labels(f, width, height))
            self.tones.append(tones.get(os.path.basename(f)))

    def __len__(self):
        return len(self.files)

    def image(self, i):
        if self.images[i] is not None:
            return Image.fromarray(self.images[i])
        with Image.open(self.files[i]) as opened:
            return opened.convert("RGB")


def letterbox(image, boxes, size, resample=Image.BILINEAR):
    """The whole image centred in size x size with grey bars, as the runtime does; returns pixels, boxes, scale, dx, dy."""
    scale = min(size / image.width, size / image.height)
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    dx, dy = (size - width) // 2, (size - height) // 2
    canvas = np.full((size, size, 3), PAD, np.uint8)
    # no antialiasing: the runtimes sample the frame bilinearly, one tap a pixel
    sampled = image.transform((width, height), Image.AFFINE,
                              (image.width / width, 0, 0, 0, image.height / height, 0), resample)
    canvas[dy:dy + height, dx:dx + width] = np.asarray(sampled)
    out = boxes.copy()
    out[:, [1, 3]] = out[:, [1, 3]] * scale + dx
    out[:, [2, 4]] = out[:, [2, 4]] * scale + dy
    return canvas, out, scale, dx, dy


class AugmentedDetection(torch.utils.data.Dataset):
    """Endless random views; item i of an epoch is a function of (seed, epoch, i) alone."""

    def __init__(self, data, size, length, seed, epoch, mosaic=0.5, strength=1.0, min_box=5.0, base=416):
        self.data, self.size, self.length, self.seed, self.epoch = data, size, length, seed, epoch
        self.mosaic, self.strength, self.min_box = mosaic, strength, min_box
        # a smaller training size is a crop of the view at the base size, never a smaller picture of it:
        # lesions keep their size in pixels
        self.base = base
        # scenes with one large lesion against scenes with forty small ones: by boxes alone the large ones are not learnt
        share = np.array([(2.0 + len(b)) ** -0.75 for b in data.boxes])
        self.cumulative = np.cumsum(share / share.sum())

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        rng = np.random.RandomState((self.seed * 1000003 + self.epoch * 65537 + index * 7919) % (2 ** 32))
        size = self.size
        canvas = np.full((size, size, 3), PAD, np.uint8)
        boxes = []
        if rng.rand() < self.mosaic:
            cx, cy = (int(size * rng.uniform(0.3, 0.7)) for _ in range(2))
            tiles = [(0, 0, cx, cy), (cx, 0, size, cy), (0, cy, cx, size), (cx, cy, size, size)]
        else:
            tiles = [self._window(rng, size)]
        for tile in tiles:
            self._place(canvas, tile, rng, boxes, whole=len(tiles) == 1)
        image = photometric(canvas, rng, self.strength)
        if self.strength > 0 and rng.rand() < 0.5:
            # bars stay what the runtime paints
            image = np.array(image)
            for left, top, right, bottom in self._bars(tiles, size):
                image[top:bottom, left:right] = PAD
        boxes = np.array(boxes, np.float32).reshape(-1, 6)
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))), torch.from_numpy(boxes)

    @staticmethod
    def _bars(tiles, size):
        if len(tiles) > 1:
            return []
        left, top, right, bottom = tiles[0]
        return [b for b in [(0, 0, size, top), (0, bottom, size, size), (0, top, left, bottom),
                            (right, top, size, bottom)] if b[2] > b[0] and b[3] > b[1]]

    @staticmethod
    def _window(rng, size):
        """The whole input, or a centred window of another aspect: a 16:9 frame fills 416x234."""
        if rng.rand() < 0.65:
            return 0, 0, size, size
        aspect = 16 / 9 if rng.rand() < 0.5 else np.exp(rng.uniform(-0.7, 0.7))
        width, height = (size, int(size / aspect)) if aspect >= 1 else (int(size * aspect), size)
        left, top = (size - width) // 2, (size - height) // 2
        return left, top, left + width, top + height

    def _place(self, canvas, tile, rng, boxes, whole):
        data, size = self.data, self.base
        i = min(int(np.searchsorted(self.cumulative, rng.rand())), len(data) - 1)
        image, source = data.image(i), data.boxes[i]
        left, top, right, bottom = tile
        tw, th = right - left, bottom - top
        fit = min(size / image.width, size / image.height)
        if self.strength > 0:
            zoom = fit * np.exp(rng.uniform(np.log(0.4), np.log(1.6)))
            squeeze = np.exp(rng.uniform(-0.18, 0.18))
        else:
            zoom, squeeze = fit, 1.0
        sx, sy = zoom * squeeze, zoom / squeeze
        k, flip = (rng.randint(4), rng.randint(2)) if self.strength > 0 else (0, 0)
        # source to tile: scale, flip, quarter turns, then shift
        linear = np.diag([sx * (-1 if flip else 1), sy])
        for _ in range(k):
            linear = np.array([[0, -1], [1, 0]]) @ linear
        corners = np.array([[0, 0], [image.width, image.height]]) @ linear.T
        low, high = corners.min(0), corners.max(0)
        spare = np.array([tw, th]) - (high - low)
        # an image larger than the tile covers it, a smaller one lies somewhere within, sometimes over the edge
        u = rng.rand(2) if (self.strength > 0 or not whole) else np.array([0.5, 0.5])
        shift = spare * u - low
        inverse = np.linalg.inv(linear)
        # PIL wants output -> input; pixel centres are its own business (it adds the half itself)
        offset = -inverse @ shift
        if zoom < 0.8 and rng.rand() < 0.5:
            # the other half of the time lesions shrink without aliasing, as optics would do it
            reduce = max(1, int(round(1 / zoom)))
            if reduce > 1:
                image = image.reduce(reduce)
                inverse, offset = inverse / reduce, offset / reduce
        patch = image.transform((tw, th), Image.AFFINE, (inverse[0, 0], inverse[0, 1], offset[0],
                                                        inverse[1, 0], inverse[1, 1], offset[1]),
                                Image.BILINEAR, fillcolor=(PAD, PAD, PAD))
        canvas[top:bottom, left:right] = np.asarray(patch)
        for c, x1, y1, x2, y2 in source:
            p = np.array([[x1, y1], [x2, y2]]) @ linear.T + shift
            (ax, ay), (bx, by) = p.min(0), p.max(0)
            area = (bx - ax) * (by - ay)
            ax, ay, bx, by = max(ax, 0), max(ay, 0), min(bx, tw), min(by, th)
            if bx <= ax or by <= ay:
                continue
            visible = (bx - ax) * (by - ay) / max(area, 1e-6)
            # too little left to learn from, and no reason to call it skin either: ignored in the loss
            ignored = visible < 0.4 or min(bx - ax, by - ay) < self.min_box
            if visible > 0.02:
                boxes.append([c, ax + left, ay + top, bx + left, by + top, float(ignored)])


def collate(batch):
    """-> uint8 [B,3,S,S], float32 [T,7]: image, class, left, top, right, bottom, ignored."""
    images = torch.stack([b[0] for b in batch])
    rows = [torch.cat([torch.full((len(b[1]), 1), float(i)), b[1]], 1) for i, b in enumerate(batch)]
    return images, torch.cat(rows)


def cluster_anchors(boxes_wh, k=9, seed=0, iterations=100):
    """k-means with 1 - IoU as distance and the median as centre, from several starts; sorted by area."""
    rng = np.random.RandomState(seed)
    best, best_score = None, -1
    for _ in range(8):
        centres = boxes_wh[rng.choice(len(boxes_wh), k, replace=False)].astype(np.float64)
        for _ in range(iterations):
            nearest = wh_iou(boxes_wh, centres).argmax(1)
            moved = np.array([np.median(boxes_wh[nearest == j], 0) if (nearest == j).any() else centres[j]
                              for j in range(k)])
            if np.allclose(moved, centres, atol=1e-3):
                break
            centres = moved
        score = wh_iou(boxes_wh, centres).max(1).mean()
        if score > best_score:
            best, best_score = centres, score
    return best[np.argsort(best.prod(1))], best_score


def wh_iou(a, b):
    inter = np.minimum(a[:, None], b[None]).prod(2)
    return inter / (a.prod(1)[:, None] + b.prod(1)[None] - inter)

"""Classification data: folders of crops or an ISIC csv with an image folder -> normalised squares and labels."""
import csv
import os

import numpy as np
import torch
from PIL import Image

from augment import photometric
from detect_data import IMAGE_SUFFIXES

LABELS = ["benign", "unknown", "melanoma", "distractor"]
MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
STD = np.array([0.229, 0.224, 0.225], np.float32) * 255

# A distractor is a thing that is no lesion; data without any trains a model without that class.
# What each diagnosis counts as. AK, BCC and SCC are cancers or their precursors: never benign.
DIAGNOSES = {
    "nv": "benign", "nevus": "benign", "bkl": "benign", "df": "benign", "vasc": "benign",
    "seborrheic keratosis": "benign", "lentigo nos": "benign", "lentigo": "benign", "solar lentigo": "benign",
    "lichenoid keratosis": "benign", "dermatofibroma": "benign", "vascular lesion": "benign",
    "cafe-au-lait macule": "benign", "benign": "benign", "pigmented benign keratosis": "benign", "angioma": "benign",
    "ak": "unknown", "akiec": "unknown", "bcc": "unknown", "scc": "unknown", "unk": "unknown",
    "actinic keratosis": "unknown", "basal cell carcinoma": "unknown", "squamous cell carcinoma": "unknown",
    "atypical melanocytic proliferation": "unknown", "unknown": "unknown", "distractor": "distractor",
    "mel": "melanoma", "melanoma": "melanoma",
}
NOT_CLASSES = {"image", "image_name", "isic_id", "lesion_id", "score_weight", "validation_weight"}


def read_csv(path, images):
    """ISIC 2018/2019 one-hot columns, or 2020 target / benign_malignant / diagnosis -> [(file, label)].

    Where a row is malignant but its diagnosis is not melanoma it counts as unknown, never as benign. The 2020 'unknown'
    diagnosis means "benign without histology": such a row is benign by its benign_malignant or target column.
    """
    with open(path, newline="") as source:
        rows = list(csv.DictReader(source))
    if not rows:
        raise ValueError("%s has no rows" % path)
    columns = {c.strip().lower(): c for c in rows[0]}
    name = next((columns[c] for c in ("image", "image_name", "isic_id") if c in columns), None)
    if name is None:
        raise ValueError("%s has columns %s, expected image, image_name or isic_id" % (path, list(rows[0])))
    one_hot = {c: k for k, c in columns.items() if k in DIAGNOSES and k not in NOT_CLASSES}
    pairs, missing = [], []
    for row in rows:
        if len(one_hot) > 1 and "diagnosis" not in columns:
            label = DIAGNOSES[one_hot[max(one_hot, key=lambda c: float(row[c] or 0))]]
        else:
            label = _label_2020({k: (row[c] or "").strip().lower() for k, c in columns.items()}, path)
        file = _find(images, row[name].strip())
        (pairs if file else missing).append((file, LABELS.index(label)) if file else row[name])
    if missing:
        print("%s: %d of %d images are not in %s, e.g. %s" % (path, len(missing), len(rows), images, missing[0]))
    if not pairs:
        raise ValueError("none of the images of %s is in %s" % (path, images))
    return pairs


def _label_2020(row, path):
    diagnosis = DIAGNOSES.get(row.get("diagnosis", ""))
    malignancy = row.get("benign_malignant", "")
    if "target" not in row and not malignancy and diagnosis is None:
        raise ValueError("%s: expected columns target, benign_malignant or diagnosis, or one-hot classes" % path)
    malignant = malignancy == "malignant" or row.get("target") in ("1", "1.0")
    if diagnosis == "melanoma" or (malignant and row.get("diagnosis", "") == ""):
        return "melanoma"  # in the 2020 training csv target = 1 is melanoma
    if malignant:
        return "unknown"
    if row.get("diagnosis") == "unknown" and (malignancy == "benign" or row.get("target") in ("0", "0.0")):
        return "benign"
    return diagnosis or ("benign" if malignancy == "benign" or row.get("target") in ("0", "0.0") else "unknown")


def _find(folder, name):
    if os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES and os.path.exists(os.path.join(folder, name)):
        return os.path.join(folder, name)
    for suffix in IMAGE_SUFFIXES:
        file = os.path.join(folder, name + suffix)
        if os.path.exists(file):
            return file
    return None


def read_folders(path):
    """Folders named by class (benign, unknown, melanoma, distractor) -> [(file, label)]."""
    pairs = []
    for folder in sorted(os.listdir(path)):
        if os.path.isdir(os.path.join(path, folder)):
            if folder.lower() not in DIAGNOSES:
                raise ValueError("%s: folder %s is no class, expected one of %s" % (path, folder, LABELS))
            label = LABELS.index(DIAGNOSES[folder.lower()])
            pairs += [(os.path.join(path, folder, f), label) for f in sorted(os.listdir(os.path.join(path, folder)))
                      if f.lower().endswith(IMAGE_SUFFIXES)]
    if not pairs:
        raise ValueError("no crops under %s, expected folders %s with images" % (path, ", ".join(LABELS)))
    return pairs


class Crops(torch.utils.data.Dataset):
    """Squares of size x size. With train, seen through a random box, orientation, light and camera."""

    def __init__(self, pairs, size, train=False, seed=0, strength=1.0, cache=None, margin=1.0):
        self.pairs, self.size, self.train, self.seed, self.strength = pairs, size, train, seed, strength
        self.cache, self.epoch, self.margin = cache if cache is not None else {}, 0, margin

    def __len__(self):
        return len(self.pairs)

    def load(self, i):
        file = self.pairs[i][0]
        if file in self.cache:
            return Image.fromarray(self.cache[file])
        with Image.open(file) as opened:
            image = opened.convert("RGB")
            if max(image.size) > 512:
                # clinical photographs are megapixels; the network sees at most 224 of them
                image.thumbnail((512, 512), Image.BILINEAR)
            return image

    def fill(self, limit_mb=6000):
        used = 0
        for i, (file, _) in enumerate(self.pairs):
            if file not in self.cache:
                self.cache[file] = np.asarray(self.load(i))
                used += self.cache[file].nbytes
                if used > limit_mb * 1e6:
                    break

    def __getitem__(self, i):
        image, label = self.load(i), self.pairs[i][1]
        if self.train:
            rng = np.random.RandomState((self.seed * 1000003 + self.epoch * 65537 + i * 7919) % (2 ** 32))
            pixels = photometric(self._view(image, rng), rng, self.strength)
        else:
            pixels = square(image, self.size, self.margin)
        x = (pixels.astype(np.float32) - MEAN) / STD
        return torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1))), label

    def _view(self, image, rng):
        side = min(image.size)
        # a detector's box is never exact: the crop shifts and breathes, and sometimes reaches over what there is
        scale = np.exp(rng.uniform(np.log(0.75), np.log(1.15))) * self.margin
        stretch = np.exp(rng.uniform(-0.1, 0.1))
        window = np.array([side * scale * stretch, side * scale / stretch])
        centre = np.array(image.size) / 2 + rng.uniform(-0.09, 0.09, 2) * side
        step = window / self.size
        linear = np.diag(step)
        if rng.rand() < 0.5:
            linear = linear @ np.diag([-1, 1])
        for _ in range(rng.randint(4)):
            linear = linear @ np.array([[0, -1], [1, 0]])
        if rng.rand() < 0.5:
            angle = rng.uniform(-0.5, 0.5)
            linear = linear @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        half = np.full(2, self.size / 2)
        offset = centre - linear @ half
        if rng.rand() < 0.2 and side > 40:
            # a lesion far away: fewer pixels in the frame than in the network
            less = rng.uniform(0.25, 0.8)
            small = image.resize([max(8, int(v * less)) for v in image.size], Image.BILINEAR)
            image = small.resize(image.size, Image.BILINEAR)
        # the border repeats: a runtime moves its crop inside the frame instead of padding it
        pad = int(0.25 * side) + 1
        padded = Image.fromarray(np.pad(np.asarray(image), ((pad, pad), (pad, pad), (0, 0)), "reflect"
                                        if pad < side else "edge"))
        offset = offset + pad
        return np.asarray(padded.transform((self.size, self.size), Image.AFFINE,
                                           (linear[0, 0], linear[0, 1], offset[0], linear[1, 0], linear[1, 1],
                                            offset[1]), Image.BILINEAR))


def square(image, size, margin=1.0):
    """The centred square of an image, margin times its shorter side (at most all of it), sampled as the runtime does."""
    side = min(image.size) * min(1.0, margin)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    step = side / size
    return np.asarray(image.transform((size, size), Image.AFFINE, (step, 0, left, 0, step, top), Image.BILINEAR))

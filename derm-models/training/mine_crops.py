"""Crops as an exam's classifier gets them: cut by the boxes that a detector finds in labelled scenes. See README.md."""
import argparse
import json
import os

import numpy as np
import onnx
import onnxruntime
from PIL import Image

from detect_metrics import iou_matrix
from evaluate import Heads, detect_one


def crop(image, box, scale):
    """The square round a box, moved into the image as the runtimes do, in the image's own pixels."""
    side = min(max(box[2] - box[0], box[3] - box[1]) * scale, *image.size)
    corner = [min(max((box[k] + box[k + 2]) / 2 - side / 2, 0), image.size[k] - side) for k in range(2)]
    out = max(8, round(side))
    step = side / out
    return image.transform((out, out), Image.AFFINE, (step, 0, corner[0], 0, step, corner[1]), Image.BILINEAR)


def truths(folder):
    """[(file, boxes float32 [n,4] left, top, right, bottom, class names)] of a data set of phantoms."""
    with open(os.path.join(folder, "annotations.json")) as source:
        coco = json.load(source)
    names = {c["id"]: c["name"] for c in coco["categories"]}
    by_image = {i["id"]: [] for i in coco["images"]}
    for a in coco["annotations"]:
        by_image[a["image_id"]].append(a)
    for image in coco["images"]:
        found = by_image[image["id"]]
        boxes = np.array([a["bbox"] for a in found], np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        yield os.path.join(folder, image["file_name"]), boxes, [names[a["category_id"]] for a in found]


def label_of(box, boxes, names):
    """The class of the lesion under a box, distractor where there is none, None where it can be argued."""
    if not len(boxes):
        return "distractor"
    overlaps = iou_matrix(box[None, :4], boxes)[0]
    best = int(overlaps.argmax())
    if overlaps[best] >= 0.4:
        return names[best]
    return "distractor" if overlaps[best] < 0.05 else None


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("detector", help="an exported ONNX file")
    p.add_argument("data", nargs="+", help="folders of ./derm phantom --images")
    p.add_argument("--out", required=True)
    p.add_argument("--threshold", type=float, default=0.25, help="lowest score of a box")
    p.add_argument("--smallest", type=float, default=14, help="longer side of a box from which on it is cut")
    p.add_argument("--crop-scale", type=float, default=1.25)
    args = p.parse_args()
    session = onnxruntime.InferenceSession(args.detector, providers=["CPUExecutionProvider"])
    heads = Heads({e.key: e.value for e in onnx.load(args.detector).metadata_props}, session.get_outputs())
    counts = {}
    for folder in args.data:
        for file, boxes, names in truths(folder):
            with Image.open(file) as opened:
                image = opened.convert("RGB")
            for n, box in enumerate(detect_one(session, heads, image, args.threshold, 0.45)):
                label = label_of(box, boxes, names)
                if label is None or max(box[2] - box[0], box[3] - box[1]) < args.smallest:
                    continue
                target = os.path.join(args.out, label)
                os.makedirs(target, exist_ok=True)
                stem = "%s_%s_%d.png" % (os.path.basename(os.path.normpath(folder)), os.path.basename(file)[:-4], n)
                crop(image, box, args.crop_scale).save(os.path.join(target, stem))
                counts[label] = counts.get(label, 0) + 1
    print(counts)


if __name__ == "__main__":
    main()

"""Detection figures: mAP50, and recall against false boxes an image, over all and by skin tone."""
import numpy as np
import torch

from detect_data import letterbox
from detect_loss import decode


def candidates(outputs, model, size, threshold, limit=400):
    """Raw heads of a batch -> per image float32 [n,5] left, top, right, bottom, score in input pixels, best first."""
    rows = []
    for raw, head in zip(outputs, model.heads):
        boxes, objectness, classes = decode(raw, head, size // raw.shape[2])
        score = objectness.sigmoid() * classes.sigmoid().max(-1)[0]
        half = boxes[..., 2:] / 2
        rows.append(torch.cat([boxes[..., :2] - half, boxes[..., :2] + half, score[..., None]], -1)
                    .reshape(raw.shape[0], -1, 5))
    found = []
    for image in torch.cat(rows, 1).cpu().numpy():
        image = image[image[:, 4] >= threshold]
        found.append(image[np.argsort(-image[:, 4], kind="stable")][:limit])
    return found


def nms(boxes, threshold):
    keep = []
    rest = np.arange(len(boxes))
    while len(rest):
        first, rest = rest[0], rest[1:]
        keep.append(first)
        if len(rest):
            rest = rest[iou_matrix(boxes[first:first + 1], boxes[rest])[0] <= threshold]
    return boxes[keep]


def iou_matrix(a, b):
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    inter = np.clip(width, 0, None) * np.clip(height, 0, None)
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    return inter / (area_a[:, None] + area_b[None] - inter + 1e-9)


def detect(model, data, size, device, threshold=0.01, nms_threshold=0.45, batch=8, autocast=None):
    """Detections of every image of a DetectionSet, letterboxed; boxes back in source pixels."""
    model.eval()
    found, truth = [], []
    with torch.no_grad():
        for start in range(0, len(data), batch):
            views = [letterbox(data.image(i), data.boxes[i], size) for i in range(start, min(start + batch, len(data)))]
            x = torch.from_numpy(np.stack([v[0] for v in views])).permute(0, 3, 1, 2).to(device).float() / 255
            if autocast is None:
                outputs = model(x.contiguous(memory_format=torch.channels_last))
            else:
                with autocast():
                    outputs = model(x.contiguous(memory_format=torch.channels_last))
            for boxes, view, i in zip(candidates(outputs, model, size, threshold), views, range(start, len(data))):
                boxes = nms(boxes, nms_threshold).copy()
                boxes[:, [0, 2]] = (boxes[:, [0, 2]] - view[3]) / view[2]
                boxes[:, [1, 3]] = (boxes[:, [1, 3]] - view[4]) / view[2]
                found.append(boxes)
                truth.append(data.boxes[i][:, 1:])
    return found, truth


def match(found, truth, threshold=0.5):
    """Greedy by score. Returns scores, hit flags, image numbers (best first) and, per truth, the score that found it."""
    scores, hits, images, found_at = [], [], [], []
    for number, (boxes, real) in enumerate(zip(found, truth)):
        taken = np.zeros(len(real))
        overlaps = iou_matrix(boxes[:, :4], real) if len(real) and len(boxes) else np.zeros((len(boxes), len(real)))
        for box, row in zip(boxes, overlaps):
            row = np.where(taken > 0, -1, row)
            hit = len(row) > 0 and row.max() >= threshold
            if hit:
                taken[row.argmax()] = box[4]
            scores.append(box[4])
            hits.append(hit)
            images.append(number)
        found_at.append(taken)
    order = np.argsort(-np.array(scores), kind="stable")
    return np.array(scores)[order], np.array(hits, bool)[order], np.array(images, int)[order], found_at


def figures(found, truth, tones=None, iou=0.5, recall_aim=0.95):
    scores, hits, images, found_at = match(found, truth, iou)
    total = sum(len(t) for t in truth)
    if not len(scores) or not total:
        return {"map50": 0.0, "max_recall": 0.0}
    recall = np.cumsum(hits) / total
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(np.concatenate([[0], recall]))
    out = {"map50": float((steps * envelope).sum()), "max_recall": float(recall[-1])}
    reached = np.nonzero(recall >= recall_aim)[0]
    at = reached[0] if len(reached) else len(recall) - 1
    out["threshold"] = float(scores[at])
    out["recall"] = float(recall[at])
    out["false_boxes_per_image"] = float((~hits[:at + 1]).sum() / len(truth))
    sizes = np.concatenate([np.sqrt(np.clip((t[:, 2] - t[:, 0]) * (t[:, 3] - t[:, 1]), 0, None)) for t in truth])
    ok = np.concatenate(found_at) >= scores[at]
    for low, high in [(0, 8), (8, 12), (12, 20), (20, 50), (50, 1e9)]:
        group = (sizes >= low) & (sizes < high)
        if group.any():
            out["recall_%d_%s_px" % (low, int(high) if high < 1e9 else "up")] = float(ok[group].mean())
    if tones and any(t is not None for t in tones):
        for tone in sorted({str(t) for t in tones}):
            group = np.concatenate([np.full(len(t), str(n) == tone) for t, n in zip(truth, tones)])
            if group.any():
                out["recall_tone_%s" % tone] = float(ok[group.astype(bool)].mean())
    return out

"""YOLOv4 loss: CIoU, objectness with soft labels, class; several anchors a lesion (darknet's iou_thresh)."""
import math

import torch
import torch.nn.functional as F


def decode(raw, head, stride):
    """Raw head [B,3*(5+C),S,S] -> boxes [B,3,S,S,4] (cx,cy,w,h in input pixels), objectness and class logits."""
    b, _, rows, cols = raw.shape
    p = raw.float().view(b, 3, 5 + head.classes, rows, cols).permute(0, 1, 3, 4, 2)
    grid_y, grid_x = torch.meshgrid(torch.arange(rows, device=raw.device), torch.arange(cols, device=raw.device),
                                    indexing="ij")
    anchors = torch.tensor(head.anchors, device=raw.device).view(1, 3, 1, 1, 2)
    s = head.scale_x_y
    x = (p[..., 0].sigmoid() * s - (s - 1) / 2 + grid_x) * stride
    y = (p[..., 1].sigmoid() * s - (s - 1) / 2 + grid_y) * stride
    wh = p[..., 2:4].clamp(max=6).exp() * anchors
    return torch.cat([x[..., None], y[..., None], wh], -1), p[..., 4], p[..., 5:]


def ciou(a, b):
    """Complete IoU of (cx,cy,w,h) rows, and the plain IoU."""
    al, at, ar, ab = a[:, 0] - a[:, 2] / 2, a[:, 1] - a[:, 3] / 2, a[:, 0] + a[:, 2] / 2, a[:, 1] + a[:, 3] / 2
    bl, bt, br, bb = b[:, 0] - b[:, 2] / 2, b[:, 1] - b[:, 3] / 2, b[:, 0] + b[:, 2] / 2, b[:, 1] + b[:, 3] / 2
    inter = (torch.min(ar, br) - torch.max(al, bl)).clamp(0) * (torch.min(ab, bb) - torch.max(at, bt)).clamp(0)
    iou = inter / (a[:, 2] * a[:, 3] + b[:, 2] * b[:, 3] - inter + 1e-7)
    diagonal = (torch.max(ar, br) - torch.min(al, bl)) ** 2 + (torch.max(ab, bb) - torch.min(at, bt)) ** 2 + 1e-7
    distance = (a[:, 0] - b[:, 0]) ** 2 + (a[:, 1] - b[:, 1]) ** 2
    v = 4 / math.pi ** 2 * (torch.atan(b[:, 2] / b[:, 3].clamp(1e-3)) - torch.atan(a[:, 2] / a[:, 3].clamp(1e-3))) ** 2
    with torch.no_grad():
        alpha = v / (1 - iou + v + 1e-7)
    return iou - distance / diagonal - alpha * v, iou.detach()


def detection_loss(outputs, targets, model, size, soft=0.5, box_weight=2.5, class_weight=0.3):
    """outputs: raw heads; targets [T,7] from collate. Returns loss and its parts (box, objectness, class, positives)."""
    device = outputs[0].device
    targets = targets.to(device)
    real = targets[targets[:, 6] == 0]
    boxes = torch.stack([(real[:, 2] + real[:, 4]) / 2, (real[:, 3] + real[:, 5]) / 2,
                         real[:, 4] - real[:, 2], real[:, 5] - real[:, 3]], 1)
    all_anchors = torch.tensor([a for h in model.heads for a in h.anchors], device=device)
    inter = torch.min(boxes[:, None, 2:], all_anchors[None]).prod(2)
    fit = inter / (boxes[:, 2:].prod(1)[:, None] + all_anchors.prod(1)[None] - inter + 1e-7)
    chosen = fit > model.heads[0].iou_thresh
    if len(boxes):
        chosen[torch.arange(len(boxes), device=device), fit.argmax(1)] = True

    box_sum, class_sum, objectness_sum, positives = 0.0, 0.0, 0.0, 0
    for level, (raw, head) in enumerate(zip(outputs, model.heads)):
        stride = size // raw.shape[2]
        predicted, objectness, classes = decode(raw, head, stride)
        target = torch.zeros_like(objectness)
        weight = torch.ones_like(objectness)
        _ignore(weight, predicted.detach(), objectness.detach(), boxes, real, targets, head.ignore_thresh, stride)
        which, anchor = chosen[:, level * 3:level * 3 + 3].nonzero(as_tuple=True)
        if len(which):
            image = real[which, 0].long()
            col = (boxes[which, 0] / stride).long().clamp(0, raw.shape[3] - 1)
            row = (boxes[which, 1] / stride).long().clamp(0, raw.shape[2] - 1)
            value, iou = ciou(predicted[image, anchor, row, col], boxes[which])
            # the coarser heads see fewer lesions
            balance = (stride / 8) ** 0.5
            box_sum = box_sum + balance * (1 - value).sum()
            labels = F.one_hot(real[which, 1].long(), head.classes).float()
            class_sum = class_sum + F.binary_cross_entropy_with_logits(
                classes[image, anchor, row, col], labels, reduction="sum")
            target[image, anchor, row, col] = 1 - soft + soft * iou.clamp(0, 1)
            weight[image, anchor, row, col] = balance
            positives += len(which)
        objectness_sum = objectness_sum + F.binary_cross_entropy_with_logits(
            objectness, target, weight=weight, reduction="sum")
    n = max(positives, 1)
    # a batch that happens to hold little must not shout
    box, obj, cls = box_sum / n, objectness_sum / max(positives, outputs[0].shape[0]), class_sum / n
    return box_weight * box + obj + class_weight * cls, tuple(float(torch.as_tensor(v).detach()) for v in (box, obj, cls, positives))


def _ignore(weight, predicted, objectness, boxes, real, targets, threshold, stride):
    """Clears the weight of cells whose prediction already covers a lesion, and of cells inside ignored boxes."""
    # below this score the objectness loss of a cell is next to nothing anyway
    candidates = (objectness > -2).nonzero()
    for image in real[:, 0].unique().tolist():
        mine = candidates[candidates[:, 0] == int(image)]
        lesions = boxes[real[:, 0] == image]
        p = predicted[mine[:, 0], mine[:, 1], mine[:, 2], mine[:, 3]]
        low = torch.max((p[:, :2] - p[:, 2:] / 2)[:, None], (lesions[:, :2] - lesions[:, 2:] / 2)[None])
        high = torch.min((p[:, :2] + p[:, 2:] / 2)[:, None], (lesions[:, :2] + lesions[:, 2:] / 2)[None])
        inter = (high - low).clamp(0).prod(2)
        iou = inter / (p[:, None, 2:].prod(2) + lesions[None, :, 2:].prod(2) - inter + 1e-7)
        hit = mine[(iou > threshold).any(1)]
        weight[hit[:, 0], hit[:, 1], hit[:, 2], hit[:, 3]] = 0
    for t in targets[targets[:, 6] > 0].tolist():
        left, top = max(0, int(t[2] / stride)), max(0, int(t[3] / stride))
        weight[int(t[0]), :, top:int(t[5] / stride) + 1, left:int(t[4] / stride) + 1] = 0

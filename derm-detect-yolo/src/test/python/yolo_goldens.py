"""Writes ../resources/goldens/*.txt: outputs of YOLO models in each layout, and the boxes they stand for.

The boxes are worked out here in float64 with NumPy from the definitions alone (docs/models.md), without the code under
test: decode to network pixels, suppress by comparing all pairs, map to the frame, clip. Run: python3 yolo_goldens.py
"""

import math
import os

import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "goldens")
YOLOV4 = [(12, 16), (19, 36), (40, 28), (36, 75), (76, 55), (72, 146), (142, 110), (192, 243), (459, 401)]
TINY = [(10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319)]
FRAMES = [(96, 64), (200, 100), (1920, 1080), (37, 91)]


def r3(a):
    """Three decimals, exactly the float32 that a reader of the text gets."""
    return np.round(np.asarray(a, np.float64), 3).astype(np.float32)


def sig(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def logit(p):
    return np.log(p / (1 - p))


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    inter = w * h if w > 0 and h > 0 else 0.0
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


def diou(a, b, beta):
    d = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    c = (max(a[2], b[2]) - min(a[0], b[0])) ** 2 + (max(a[3], b[3]) - min(a[1], b[1])) ** 2
    return iou(a, b) - (d / c) ** beta


def suppress(dets, threshold, kind, beta):
    """dets: (l, t, r, b, score, class). One matrix of all pairs, then a pass from the highest score down."""
    dets = sorted(dets, key=lambda d: -d[4])
    n = len(dets)
    over = [[False] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            if i != j and dets[i][5] == dets[j][5]:
                o = iou(dets[i], dets[j]) if kind == "greedy" else diou(dets[i], dets[j], beta)
                # A tie within rounding would make the expectation a matter of float32: none may be in a golden.
                assert abs(o - threshold) > 1e-5
                over[i][j] = o > threshold
    alive = [True] * n
    for i in range(n):
        if alive[i]:
            for j in range(i + 1, n):
                if over[i][j]:
                    alive[j] = False
    return [d for d, a in zip(dets, alive) if a]


def to_frame(dets, net, frame, fit):
    nw, nh = net
    fw, fh = frame
    if fit == "stretch":
        w, h, left, top = nw, nh, 0, 0
    else:
        scale = min(nw / fw, nh / fh)
        w = max(1, min(nw, math.floor(fw * scale + 0.5)))
        h = max(1, min(nh, math.floor(fh * scale + 0.5)))
        left, top = (nw - w) // 2, (nh - h) // 2
    out = []
    for l, t, r, b, s, c in dets:
        l, r = [min(max((v - left) * fw / w, 0), fw) for v in (l, r)]
        t, b = [min(max((v - top) * fh / h, 0), fh) for v in (t, b)]
        if r > l and b > t:
            out.append((l, t, r, b, s, c))
    return out


def write(name, layout, net, fit, inputs, tensors, dets, meta=(), free=(), score=0.25, iou_t=0.45, nms="greedy", beta=0.6,
          nms_done=False, frames=FRAMES):
    dets = [d for d in dets if d[4] > score and d[2] > d[0] and d[3] > d[1]]
    for d in dets:
        assert abs(d[4] - score) > 1e-5
    scores = sorted(d[4] for d in dets)
    assert all(b - a > 1e-7 for a, b in zip(scores, scores[1:])), "equal scores"
    kept = sorted(dets, key=lambda d: -d[4]) if nms_done else suppress(dets, iou_t, nms, beta)
    lines = ["layout " + layout, "input " + inputs]
    for k, v in meta:
        lines.append("meta %s %s" % (k, v))
    for tname, arr in tensors:
        shape = list(arr.shape)
        sig_shape = [-1 if (tname, i) in free or ("*", i) in free else s for i, s in enumerate(shape)]
        kind = "int32" if arr.dtype == np.int32 else "float32"
        lines.append("output %s %s %s %s" % (
            tname, kind, ",".join(map(str, sig_shape)), ",".join(map(str, shape))))
        flat = arr.reshape(-1)
        text = ["%d" % v if kind == "int32" else ("%.3f" % v).rstrip("0").rstrip(".") for v in flat]
        lines.append(" ".join("0" if t in ("-0", "") else t for t in text))
    for f in frames:
        lines.append("frame %d %d" % f)
        for d in to_frame(kept, net, f, fit):
            lines.append("det %.6f %.6f %.6f %.6f %.9f %d" % d)
    with open(os.path.join(OUT, name + ".txt"), "w") as file:
        file.write("\n".join(lines) + "\n")
    print("%-28s %4d over the threshold, %3d kept" % (name, len(dets), len(kept)))


def heads(rng, net, strides, masks, anchors, classes, scales, new_coords=False, probabilities=False, batch=1, density=0.08):
    """Raw heads [batch, A, 5 + C, H, W] as a network would give them, and the boxes of the first of the batch."""
    nw, nh = net
    raws, dets = [], []
    for stride, mask, s in zip(strides, masks, scales):
        h, w = nh // stride, nw // stride
        a = len(mask)
        raw = np.zeros((batch, a, 5 + classes, h, w))
        raw[:, :, 0:2] = rng.normal(0, 1.5, (batch, a, 2, h, w))
        for k, m in enumerate(mask):
            target = rng.uniform(0.08, 0.6, (batch, 2, h, w)) * np.array([nw, nh]).reshape(1, 2, 1, 1)
            pw = np.array(anchors[m], np.float64).reshape(1, 2, 1, 1)
            raw[:, k, 2:4] = np.sqrt(target / pw) / 2 if new_coords else np.log(target / pw)
        hit = rng.random((batch, a, h, w)) < density
        raw[:, :, 4] = np.where(hit, rng.normal(2, 1, hit.shape), rng.normal(-5, 1.5, hit.shape))
        raw[:, :, 5:] = rng.normal(0.5, 2, (batch, a, classes, h, w))
        if new_coords:
            raw[:, :, [0, 1]] = sig(raw[:, :, [0, 1]])
            raw[:, :, 4:] = sig(raw[:, :, 4:])
        elif probabilities:
            raw[:, :, 4:] = sig(raw[:, :, 4:])
        raw = r3(raw)
        raws.append(raw)
        v = raw[0].astype(np.float64)
        col, row = np.meshgrid(np.arange(w), np.arange(h))
        xy = v[:, 0:2] if new_coords else sig(v[:, 0:2])
        cx = (xy[:, 0] * s - (s - 1) / 2 + col) / w * nw
        cy = (xy[:, 1] * s - (s - 1) / 2 + row) / h * nh
        pw = np.array([anchors[m][0] for m in mask], np.float64).reshape(-1, 1, 1)
        ph = np.array([anchors[m][1] for m in mask], np.float64).reshape(-1, 1, 1)
        bw = (2 * v[:, 2]) ** 2 * pw if new_coords else np.exp(v[:, 2]) * pw
        bh = (2 * v[:, 3]) ** 2 * ph if new_coords else np.exp(v[:, 3]) * ph
        active = new_coords or probabilities
        obj = v[:, 4] if active else sig(v[:, 4])
        cls = v[:, 5:] if active else sig(v[:, 5:])
        for k in range(a):
            for y in range(h):
                for x in range(w):
                    for c in range(classes):
                        dets.append((cx[k, y, x] - bw[k, y, x] / 2, cy[k, y, x] - bh[k, y, x] / 2,
                                     cx[k, y, x] + bw[k, y, x] / 2, cy[k, y, x] + bh[k, y, x] / 2,
                                     obj[k, y, x] * cls[k, c, y, x], c))
    return raws, dets


def planar(raws):
    return [r.reshape(r.shape[0], -1, r.shape[3], r.shape[4]) for r in raws]


def text(list_of_lists, inner, outer):
    return outer.join(inner.join(str(v) for v in one) for one in list_of_lists)


def rows(rng, n, classes):
    """Random boxes in clusters and their scores, as fractions of the network."""
    centres = rng.uniform(0.1, 0.9, (max(1, n // 6), 2))
    boxes = np.zeros((n, 4))
    for i in range(n):
        c = centres[rng.integers(len(centres))] + rng.normal(0, 0.02, 2)
        wh = rng.uniform(0.1, 0.35, 2)
        boxes[i] = [c[0] - wh[0] / 2, c[1] - wh[1] / 2, c[0] + wh[0] / 2, c[1] + wh[1] / 2]
    scores = np.where(rng.random((n, classes)) < 0.5, rng.uniform(0.2, 1, (n, classes)), rng.uniform(0, 0.2, (n, classes)))
    return boxes, scores


def unique_scores(rng, shape):
    """Scores with three decimals, no two alike."""
    n = int(np.prod(shape))
    return (rng.permutation(np.arange(1, 1000))[:n] / 1000).reshape(shape)


def main():
    os.makedirs(OUT, exist_ok=True)
    nchw = "images float32 1,3,64,96"
    net = (96, 64)

    rng = np.random.default_rng(1)
    masks = [[6, 7, 8], [3, 4, 5], [0, 1, 2]]
    raws, dets = heads(rng, net, [32, 16, 8], masks, YOLOV4, 2, [1.05, 1.1, 1.2])
    write("darknet-yolov4", "darknet", net, "stretch", "000_net float32 1,3,64,96",
          list(zip(["138_convolutional", "149_convolutional", "160_convolutional"], planar(raws))), dets,
          meta=[("derm.labels", "nevus,melanoma")])

    rng = np.random.default_rng(2)
    raws, dets = heads(rng, net, [16, 32], [[1, 2, 3], [3, 4, 5]], TINY, 1, [1.05, 1.05], batch=2, density=0.2)
    write("darknet-tiny-letterbox", "darknet", net, "letterbox", "images float32 2,3,64,96",
          list(zip(["b", "a"], planar(raws))), dets,
          meta=[("derm.labels", "lesion"), ("derm.input.fit", "letterbox"), ("derm.score_threshold", "0.1"),
                ("derm.iou_threshold", "0.3")], free=[("*", 0), ("*", 2), ("*", 3)], score=0.1, iou_t=0.3)

    rng = np.random.default_rng(3)
    anchors = [(5, 7), (9, 8), (13, 17), (22, 19), (31, 36), (44, 30)]
    masks = [[4, 5], [0, 1], [2, 3]]
    raws, dets = heads(rng, net, [32, 8, 16], masks, anchors, 3, [2, 2, 2], new_coords=True)
    write("darknet-new-coords", "darknet", net, "stretch", nchw, list(zip(["x", "y", "z"], planar(raws))), dets,
          meta=[("derm.new_coords", "1"), ("derm.anchors", text(anchors, ",", " ")), ("derm.masks", text(masks, ",", ";"))])

    rng = np.random.default_rng(4)
    masks = [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    anchors = [(6, 6), (9, 10), (13, 12), (17, 18), (22, 21), (28, 27), (36, 35), (47, 45), (60, 58)]
    raws, dets = heads(rng, net, [8, 16, 32], masks, anchors, 1, [1.05, 1.3, 1.05], density=0.15)
    write("darknet-diou", "darknet", net, "letterbox", nchw, list(zip(["x", "y", "z"], planar(raws))), dets,
          meta=[("derm.anchors", text(anchors, ",", " ")), ("derm.masks", text(masks, ",", ";")),
                ("derm.scale_x_y", "1.05,1.3,1.05"), ("derm.nms", "diou"), ("derm.beta_nms", "0.8"),
                ("derm.input.fit", "letterbox")], nms="diou", beta=0.8)

    rng = np.random.default_rng(5)
    boxes, scores = rows(rng, 60, 2)
    boxes, scores = r3(boxes), r3(unique_scores(rng, scores.shape) * (scores > 0.2)).astype(np.float32)
    dets = [(*(boxes[i].astype(np.float64) * [96, 64, 96, 64]), float(scores[i, c]), c) for i in range(60) for c in range(2)]
    b, c = boxes.reshape(1, 60, 1, 4), scores.reshape(1, 60, 2)
    write("boxes-confs", "boxes-confs", net, "stretch", "input float32 1,3,64,96", [("boxes", b), ("confs", c)], dets)
    write("confs-boxes-symbolic", "boxes-confs", net, "stretch", "frame float32 -1,3,64,96", [("confs", c), ("boxes", b)],
          dets, free=[("*", 0), ("*", 1), ("confs", 2)])

    rng = np.random.default_rng(6)
    masks = [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    raws, dets = heads(rng, net, [8, 16, 32], masks, YOLOV4, 3, [1.2, 1.1, 1.05], probabilities=True)
    last = [r.transpose(0, 3, 4, 1, 2) for r in raws]
    write("zoo", "zoo", net, "letterbox", "input_1:0 float32 1,64,96,3",
          list(zip(["Identity:0", "Identity_1:0", "Identity_2:0"], last)), dets,
          free=[("*", 0), ("*", 1), ("*", 2)])

    rng = np.random.default_rng(7)
    boxes, scores = rows(rng, 24, 4)
    boxes, scores = r3(boxes), r3(unique_scores(rng, scores.shape) * (scores > 0.2)).astype(np.float32)
    dets = [(*(boxes[i].astype(np.float64) * [96, 64, 96, 64]), float(scores[i, c]), c) for i in range(24) for c in range(4)]
    out = np.concatenate([boxes[:, [1, 0, 3, 2]], scores], axis=1).reshape(1, 24, 8)
    write("hunglc007", "hunglc007", net, "stretch", "input_1 float32 1,64,96,3", [("tf_op_layer_concat_18", out)], dets,
          free=[("*", 0), ("*", 1)])

    rng = np.random.default_rng(8)
    tensors, dets = [], []
    used = unique_scores(rng, (50, 2))
    for name, part in (("yolo_139", slice(0, 10)), ("yolo_150", slice(10, 50))):
        n = part.stop - part.start
        boxes, scores = rows(rng, n, 2)
        boxes = r3(np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2,
                             boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], axis=1))
        scores = r3(used[part] * (scores > 0.2))
        obj = r3(np.minimum(1, scores.max(axis=1) * 1.1))
        tensors.append((name, np.concatenate([boxes, obj[:, None], scores], axis=1)))
        for i in range(n):
            x, y, w, h = boxes[i].astype(np.float64)
            for c in range(2):
                dets.append(((x - w / 2) * 96, (y - h / 2) * 64, (x + w / 2) * 96, (y + h / 2) * 64, float(scores[i, c]), c))
    write("opencv-rows", "opencv-rows", net, "stretch", nchw, tensors, dets)

    for name, kind, beta, iou_t, seed in (("deepstream-greedy", "greedy", 0.6, 0.45, 9), ("deepstream-diou", "diou", 0.6, 0.45, 10),
                                          ("deepstream-diou-beta2", "diou", 2.0, 0.3, 11)):
        rng = np.random.default_rng(seed)
        boxes, _ = rows(rng, 200, 1)
        boxes = r3(boxes * [96, 64, 96, 64])
        score = r3(unique_scores(rng, (200,)))
        cls = rng.integers(0, 3, 200).astype(np.float32)
        dets = [(*boxes[i].astype(np.float64), float(score[i]), int(cls[i])) for i in range(200)]
        out = np.concatenate([boxes, score[:, None], cls[:, None]], axis=1).reshape(1, 200, 6)
        write(name, "deepstream", net, "letterbox", nchw, [("output", out)], dets, free=[("*", 0)], nms=kind, beta=beta,
              iou_t=iou_t, meta=[("derm.labels", "a,b,c"), ("derm.nms", kind), ("derm.beta_nms", beta),
                                 ("derm.iou_threshold", iou_t)])

    rng = np.random.default_rng(12)
    boxes, _ = rows(rng, 20, 1)
    boxes, score = r3(boxes), np.sort(r3(unique_scores(rng, (20,))))[::-1].copy()
    cls = rng.integers(0, 3, 20).astype(np.float32)
    dets = [(*(boxes[i].astype(np.float64) * [96, 64, 96, 64]), float(score[i]), int(cls[i])) for i in range(14)]
    write("tao-batched-nms", "tao-batched-nms", net, "letterbox", "Input float32 1,3,64,96",
          [("BatchedNMS", np.array([[14]], np.int32)), ("BatchedNMS_1", boxes.reshape(1, 20, 4)),
           ("BatchedNMS_2", score.reshape(1, 20)), ("BatchedNMS_3", cls.reshape(1, 20))], dets,
          free=[("*", 0)], nms_done=True, meta=[("derm.labels", "a,b,c")])


main()

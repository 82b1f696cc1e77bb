"""Writes ../resources/calibration.txt: outputs of classifiers and what they mean.

Worked out here in float64 with NumPy from the definitions alone (docs/models.md), without the code under test: softmax with
temperature, sums over the label map, the rule of abstention. Run: python3 effnet_goldens.py
"""

import os

import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "calibration.txt")

# b benign, u unknown, m melanoma; orders from the ISIC 2019 ground truth csv and from sorting the diagnoses as the first place
# of SIIM-ISIC 2020 does (dataset.py of haqishen/SIIM-ISIC-Melanoma-Classification-1st-Place-Solution).
PRESETS = {
    "derm": [("benign", "b"), ("unknown", "u"), ("melanoma", "m")],
    "benign-malignant": [("benign", "b"), ("malignant", "m")],
    "siim4": [(d, {"nevus": "b", "BKL": "b", "melanoma": "m", "unknown": "u"}[d])
              for d in sorted(["nevus", "melanoma", "BKL", "unknown"])],
    "isic2019": list(zip("MEL NV BCC AK BKL DF VASC SCC UNK".split(), "m b u u b b b u u".split())),
    "isic2020": [(d, {"AK": "u", "BCC": "u", "SCC": "u", "unknown": "u", "melanoma": "m"}.get(d, "b"))
                 for d in sorted(["AK", "BCC", "BKL", "DF", "SCC", "VASC", "melanoma", "nevus", "unknown"])],
}


def answer(p, floor, limit):
    b, u, m = p["b"], p["u"], p["m"]
    if m == max(b, u, m):
        return "MELANOMA" if m >= floor else "UNKNOWN"
    if b == max(b, u, m) and b != u and b >= floor and m <= limit:
        return "BENIGN"
    return "UNKNOWN"


def main():
    rng = np.random.default_rng(2020)
    lines, seen = [], set()
    for preset, classes in PRESETS.items():
        for activation in ("logits", "probabilities"):
            for temperature in (1.0, 0.5, 2.5):
                for floor, limit in ((0.5, 0.2), (0.7, 0.05)):
                    for sharp in (0.3, 2.0, 5.0):
                        z = np.round(rng.normal(0, sharp, len(classes)), 3)
                        if activation == "probabilities":
                            z = np.exp(z) / np.exp(z).sum()
                            values = z.astype(np.float32)
                            z = np.log(values.astype(np.float64))
                        else:
                            values = z.astype(np.float32)
                            z = values.astype(np.float64)
                        q = np.exp(z / temperature)
                        q /= q.sum()
                        p = {k: sum(v for (_, c), v in zip(classes, q) if c == k) for k in "bum"}
                        near = min(abs(p["b"] - floor), abs(p["m"] - floor), abs(p["m"] - limit), abs(p["b"] - p["m"]),
                                   abs(p["b"] - p["u"]), abs(p["m"] - p["u"]))
                        if near < 1e-5:
                            continue
                        a = answer(p, floor, limit)
                        seen.add((preset, a))
                        lines.append("%s %s %g %g %g | %s | %s | %.9f %.9f %.9f | %s" % (
                            preset, activation, temperature, floor, limit, " ".join("%.9g" % v for v in values),
                            " ".join("%s=%.9f" % (label, v) for (label, _), v in zip(classes, q)), p["b"], p["u"], p["m"], a))
    for preset in PRESETS:
        assert (preset, "BENIGN") in seen and (preset, "MELANOMA") in seen and (preset, "UNKNOWN") in seen, preset
    with open(OUT, "w") as file:
        file.write("\n".join(lines) + "\n")
    print(len(lines), "cases")


main()

"""Classification figures: melanoma against the rest, and the confusion of the three classes."""
import numpy as np


def auc(scores, positive):
    """Area under the ROC curve by ranks (Mann-Whitney), ties counted half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.bincount(inverse, ranks) / counts)[inverse]
    p, n = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - p * (p + 1) / 2) / (p * n)) if p and n else float("nan")


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def nll(logits, labels, temperature):
    p = softmax(logits / temperature)
    return float(-np.log(p[np.arange(len(labels)), labels] + 1e-12).mean())


def fit_temperature(logits, labels):
    """The divisor that minimises the negative log-likelihood, by golden-section search in its logarithm."""
    low, high, ratio = np.log(0.05), np.log(20.0), (np.sqrt(5) - 1) / 2
    for _ in range(60):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if nll(logits, labels, np.exp(a)) < nll(logits, labels, np.exp(b)):
            high = b
        else:
            low = a
    return float(np.exp((low + high) / 2))


def calibration_error(probabilities, labels, bins=15):
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    bucket = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(sum(abs(confidence[bucket == b].mean() - right[bucket == b].mean()) * (bucket == b).mean()
                     for b in range(bins) if (bucket == b).any()))


def distractor_figures(p, labels, distractor=3):
    """How things that are no lesions part from lesions, by the probability of their class."""
    score, thing = p[:, distractor], labels == distractor
    out = {"lesions_taken_for_distractors": float((score[~thing] >= 0.5).mean()),
           "melanomas_taken_for_distractors": float((score[labels == 2] >= 0.5).mean())}
    if thing.any():
        out["distractor_auc"] = auc(score, thing)
        out["distractors_known"] = float((score[thing] >= 0.5).mean())
    return out


def figures(logits, labels, temperature=1.0, melanoma=2):
    p = softmax(logits / temperature)
    positive = labels == melanoma
    score = p[:, melanoma]
    out = {"melanoma_auc": auc(score, positive), "accuracy": float((p.argmax(1) == labels).mean()),
           "ece": calibration_error(p, labels), "nll": nll(logits, labels, temperature)}
    if positive.any() and (~positive).any():
        threshold = np.sort(score[~positive])[int(np.ceil(0.85 * (~positive).sum())) - 1]
        out["sensitivity_at_specificity_0.85"] = float((score[positive] > threshold).mean())
        out["threshold"] = float(threshold)
    if p.shape[1] > 3:
        out.update(distractor_figures(p, labels))
    out["confusion"] = [[int(((labels == i) & (p.argmax(1) == j)).sum()) for j in range(p.shape[1])]
                        for i in range(p.shape[1])]
    return out

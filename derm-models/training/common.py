"""What both recipes share: device and precision, weight average, schedule, checkpoints."""
import copy
import math
import os
import sys
import time

import torch


def log(*words):
    print(time.strftime("%H:%M:%S"), *words)
    sys.stdout.flush()


class Precision:
    """Mixed precision where the hardware is faster with it: fp16 with loss scaling on a GPU, bf16 on a CPU with AMX."""

    def __init__(self, device, mode="auto"):
        self.device = torch.device(device)
        if mode == "auto":
            amx = getattr(torch.cpu, "_is_amx_tile_supported", None) if hasattr(torch, "cpu") else None
            if self.device.type == "cuda":
                mode = "fp16"
            else:
                mode = "bf16" if amx is not None and amx() else "fp32"
        self.mode = mode
        self.scaler = torch.cuda.amp.GradScaler() if mode == "fp16" else None

    def autocast(self):
        if self.mode == "fp32":
            return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=False)
        return torch.autocast(self.device.type, dtype=torch.float16 if self.mode == "fp16" else torch.bfloat16)

    def step(self, loss, optimizer, parameters, clip=10.0):
        optimizer.zero_grad()
        if self.scaler is not None:
            self.scaler.scale(loss).backward()
            self.scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(parameters, clip)
            self.scaler.step(optimizer)
            self.scaler.update()
        else:
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, clip)
            optimizer.step()


class Average:
    """Exponential moving average of weights and running statistics: what is evaluated and exported."""

    def __init__(self, model, decay):
        self.model = copy.deepcopy(model).eval()
        self.decay, self.steps = decay, 0
        for p in self.model.parameters():
            p.requires_grad_(False)

    def update(self, model):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values()):
                if mine.dtype.is_floating_point:
                    mine.lerp_(theirs.detach().to(mine.dtype), 1 - decay)
                else:
                    mine.copy_(theirs)


def optimizer_for(model, lr, weight_decay):
    """AdamW; biases and BatchNorm are not decayed."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    other = [p for p in model.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": weight_decay},
                              {"params": other, "weight_decay": 0.0}], lr=lr)


def cosine(step, total, warmup, peak, floor=0.02):
    """Learning rate: linear warm-up, then a cosine down to floor * peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    t = min(1.0, (step - warmup) / max(1, total - warmup))
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * t)))


def save(path, **content):
    """Atomic: a run that is stopped while writing leaves the last checkpoint whole."""
    torch.save(content, path + ".part")
    os.replace(path + ".part", path)


def load(path):
    try:
        return torch.load(path, map_location="cpu", weights_only=False)
    except TypeError:  # torch 1.12 has no weights_only
        return torch.load(path, map_location="cpu")


def load_matching(model, state):
    """Weights whose name and shape fit (another number of classes changes the last layer). Returns what was left out."""
    own = model.state_dict()
    fits = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    model.load_state_dict({**own, **fits})
    return sorted(set(own) - set(fits))

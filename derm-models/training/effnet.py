"""EfficientNet-B0 (Tan and Le, 2019) and EfficientNet-Lite0, which has no squeeze and excitation and ReLU6 for SiLU, as int8 wants it.

Both in torchvision's layout, so that its ImageNet weights load by name (into Lite0 without those of squeeze and excitation).
"""
import torch
import torch.nn as nn

# expansion, kernel, stride, output channels, repeats
B0 = [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
      (6, 3, 1, 320, 1)]


class Depthwise(nn.Conv2d):
    """A depthwise convolution computed in float32 on a CPU: its bfloat16 gradients are several times slower (oneDNN)."""

    def forward(self, x):
        if x.device.type != "cpu" or x.dtype == torch.float32:
            return super().forward(x)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=False):
            return self._conv_forward(x.float(), self.weight, self.bias).to(x.dtype)


def conv(inputs, outputs, kernel, stride=1, groups=1, activation=None):
    kind = Depthwise if groups > 1 else nn.Conv2d
    parts = [kind(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
             nn.BatchNorm2d(outputs)]
    return nn.Sequential(*(parts + ([activation(inplace=True)] if activation else [])))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = nn.SiLU(inplace=True)
        self.scale_activation = nn.Sigmoid()

    def forward(self, x):
        return x * self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))


class MBConv(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride, drop, lite):
        super().__init__()
        wide, activation = inputs * expansion, nn.ReLU6 if lite else nn.SiLU
        parts = [conv(inputs, wide, 1, activation=activation)] if expansion != 1 else []
        parts += [conv(wide, wide, kernel, stride, wide, activation),
                  nn.Identity() if lite else SqueezeExcitation(wide, max(1, inputs // 4)), conv(wide, outputs, 1)]
        self.block = nn.Sequential(*parts)
        self.residual = stride == 1 and inputs == outputs
        self.drop = drop

    def forward(self, x):
        y = self.block(x)
        if not self.residual:
            return y
        if self.training and self.drop > 0:
            keep = 1 - self.drop
            y = y * (torch.rand(y.shape[0], 1, 1, 1, device=y.device) < keep).to(y.dtype) / keep
        return x + y


class EfficientNet(nn.Module):
    """B0, or Lite0 with lite: float32 NCHW [N,3,H,W], RGB normalised -> logits [N,classes]."""

    def __init__(self, classes=3, lite=False, drop_connect=0.1, dropout=0.2):
        super().__init__()
        self.lite, activation = lite, nn.ReLU6 if lite else nn.SiLU
        layers, channels, block = [conv(3, 32, 3, 2, activation=activation)], 32, 0
        total = sum(s[4] for s in B0)
        for expansion, kernel, stride, outputs, repeats in B0:
            stage = []
            for i in range(repeats):
                stage.append(MBConv(channels, outputs, expansion, kernel, stride if i == 0 else 1,
                                    drop_connect * block / total, lite))
                channels, block = outputs, block + 1
            layers.append(nn.Sequential(*stage))
        layers.append(conv(channels, 1280, 1, activation=activation))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, classes))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.01)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))

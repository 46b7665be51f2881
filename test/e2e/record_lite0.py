"""Records what PyTorch makes of EfficientNet-Lite0: record_lite0.py SITE_PACKAGES WEIGHTS.pth, where SITE_PACKAGES has
efficientnet_lite_pytorch. Writes golden/efficientnet_lite0.npy: the scores for noise of seed 7."""
import pathlib
import sys

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
from efficientnet_lite_pytorch import EfficientNet  # noqa: E402

model = EfficientNet.from_name("efficientnet-lite0")
model.load_state_dict(torch.load(sys.argv[2]))
model.eval()
noise = np.random.default_rng(7).standard_normal((1, 3, 224, 224), np.float32)
with torch.no_grad():
    scores = model(torch.from_numpy(noise)).numpy()
np.save(pathlib.Path(__file__).parent / "golden" / "efficientnet_lite0.npy", scores)

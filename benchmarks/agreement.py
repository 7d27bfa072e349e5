"""Do our methods give the maps of another library, where both follow the same definition?

    python -m benchmarks.agreement

pytorch-grad-cam's methods, unaltered, and ours get the same activations and gradients of random normal values, ReLU for
the activations. The difference is the largest of any position, divided by the map's largest absolute value. Grad-CAM++
is shown, but not expected to agree: pytorch-grad-cam adds 1e-6 to a denominator that is small where gradients are.
"""

import numpy as np
import pytorch_grad_cam as peer
import torch

from benchmarks import timing

PEERS = {
    "grad_cam": "GradCAM",
    "xgrad_cam": "XGradCAM",
    "hires_cam": "HiResCAM",
    "layer_cam": "LayerCAM",
    "grad_cam_pp": "GradCAMPlusPlus",
}
GRADIENTS = (1.0, 1e-3)  # their standard deviation
SHAPE = (8, 14, 14, 64)
TOLERANCE = 1e-4
DIFFER = "grad_cam_pp"


def main() -> None:
    differences = {
        f"{method}, gradients of {scale:g}": difference(method, scale) for method in PEERS for scale in GRADIENTS
    }
    for name, value in differences.items():
        print(f"{name:40}{value:10.2g}")
    timing.write("agreement", {"differences": {name: float(f"{value:.2g}") for name, value in differences.items()}})
    wrong = [name for name, value in differences.items() if value > TOLERANCE and DIFFER not in name]
    if wrong:
        raise SystemExit(f"Error: Expected differences of at most {TOLERANCE}, but these are larger: {wrong}.")


def difference(method: str, scale: float) -> float:
    """Largest difference of a map of ours from the peer's, relative to the map."""
    from wsol.maps.methods import maps  # here: torch crashes where TensorFlow is imported first

    rng = np.random.default_rng(0)
    activations = np.maximum(rng.normal(size=SHAPE), 0).astype(np.float32)
    gradients = rng.normal(scale=scale, size=SHAPE).astype(np.float32)
    ours = maps([method], activations, gradients)[..., 0].numpy()
    return float(np.abs(ours - peers_maps(PEERS[method], activations, gradients)).max() / np.abs(ours).max())


def peers_maps(name: str, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The peer's maps (n, h, w) before ReLU, of arrays (n, h, w, k); the peer's have the channels second."""
    layer = torch.nn.Conv2d(3, 1, 1)
    pair = (np.moveaxis(values, -1, 1) for values in (activations, gradients))
    with getattr(peer, name)(model=torch.nn.Sequential(layer), target_layers=[layer]) as extract:
        return np.asarray(extract.get_cam_image(None, layer, None, *pair, eigen_smooth=False))


if __name__ == "__main__":
    main()

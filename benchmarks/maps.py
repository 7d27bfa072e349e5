"""Time of all heatmaps of an image, in comparison with other libraries.

    python -m benchmarks.maps

Maps at all 16 block outputs of ResNet50, 224 x 224, random weights, images in memory, two cores. All
contestants run with the environment variables that `stages` sets. Each warms up before it is timed.

ours               CAM, six methods at 16 layers and the fusion of each, as in the heatmaps stage: default
                   batch size, two passes in parallel
grad-cam-alone     the same with CAM and Grad-CAM alone, without fusion
bfloat16           as ours, in bfloat16; it is also timed beside torch-cam
torch-cam          Grad-CAM, one pass for all 16 layers, channels last, no gradients of weights, batch size 8
pytorch-grad-cam   six methods at 16 layers, a layer and method at a time, channels last, batch size 8. The sum
                   of activations is not among its methods: a subclass with weights of 1
tf-keras-vis       Grad-CAM, one call a layer, no search for another layer, no upsampling, batch size 8
xplique            Grad-CAM, one explainer a layer, built once so that its graph is traced once, batch size 8
notebook           Grad-CAM by the code of the study's notebook: one image, a new model and an eager pass a layer
sgemm              products of 4096 x 4096 float32 matrices with as many operations as the pass, 14.7 GFLOP: a
                   bound for the hardware, not a peer
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import timing

ROUNDS = {
    "grad-cam-alone": 7,
    "bfloat16": 7,
    "torch-cam": 7,
    "sgemm": 7,
    "xplique": 3,
    "tf-keras-vis": 3,
    "notebook": 3,
    "pytorch-grad-cam": 1,
}
METHODS = ("grad_cam", "grad_cam_pp", "xgrad_cam", "hires_cam", "layer_cam", "activation")
SIDE, CLASSES, BLOCKS = 224, 120, (3, 4, 6, 3)
GFLOP = 14.7  # forward 7.7, backward to conv2_block1_out 7.0


def main() -> None:
    seconds, ratios = timing.beside("benchmarks.maps", "ours", ROUNDS, {})
    in_bfloat16, ratio = timing.beside("benchmarks.maps", "bfloat16", {"torch-cam": 7}, {})
    seconds |= in_bfloat16
    ratios["torch-cam, ours in bfloat16"] = ratio["torch-cam"]
    timing.table("All maps of an image", "ms an image", seconds, ratios)
    timing.write("maps", {"unit": "ours over the peer's", "ratios": ratios})


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (count, SIDE, SIDE, 3)).astype(np.float32)


def labels(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, CLASSES, count)


def ours(batch: int = 8, methods: Sequence[str] = METHODS, fusion: bool = True) -> Callable[[], int]:
    import tensorflow as tf

    from stages.support.in_flight import in_flight
    from wsol.maps import one_pass
    from wsol.networks import classifier
    from wsol.networks.layers import block_outputs

    model = classifier.build("ResNet50", 1, SIDE, CLASSES)
    mapper = one_pass.mapper(
        model, methods, block_outputs(model), fusion=fusion, target="ground_truth", score="logit", relu=True
    )
    batches = [(pictures(batch), labels(batch))] * (64 // batch)

    def work() -> int:
        for values, _ in in_flight(batches, mapper):
            tf.nest.map_structure(lambda tensor: tensor.numpy(), list(values.values()))
        return 64

    return work


def grad_cam_alone() -> Callable[[], int]:
    return ours(methods=["grad_cam"], fusion=False)


def bfloat16() -> Callable[[], int]:
    from wsol.networks import precision

    precision.compute_in_bfloat16()
    return ours()


def torch_resnet() -> tuple:
    """ResNet50 of torchvision in channels last, and its 16 blocks by name."""
    import torch
    import torchvision

    torch.set_num_threads(2)
    model = torchvision.models.resnet50(num_classes=CLASSES).eval()
    layers = [f"layer{stage + 1}.{block}" for stage, blocks in enumerate(BLOCKS) for block in range(blocks)]
    return model.to(memory_format=torch.channels_last), layers


def torch_pictures() -> Any:
    import torch

    return torch.from_numpy(pictures(8)).permute(0, 3, 1, 2).to(memory_format=torch.channels_last)


def pytorch_grad_cam() -> Callable[[], int]:
    import pytorch_grad_cam as peer
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    class Activation(peer.GradCAM):
        def get_cam_weights(self, *args: Any) -> np.ndarray:
            return np.ones(args[3].shape[:2], np.float32)  # of the activations (n, k, h, w)

    model, layers = torch_resnet()
    modules = dict(model.named_modules())
    methods = (peer.GradCAM, peer.GradCAMPlusPlus, peer.XGradCAM, peer.HiResCAM, peer.LayerCAM, Activation)
    images, targets = torch_pictures(), [ClassifierOutputTarget(label) for label in labels(8)]

    def work() -> int:
        for method in methods:
            for layer in layers:
                with method(model=model, target_layers=[modules[layer]]) as extract:
                    extract(input_tensor=images, targets=targets)
        return 8

    return work


def torch_cam() -> Callable[[], int]:
    from torchcam.methods import GradCAM

    model, layers = torch_resnet()
    model.requires_grad_(False)
    images = torch_pictures()
    # stop backpropagation at the earliest layer, as ours does; by default it goes on to the images
    model.layer1[0].register_forward_hook(lambda module, args, output: output.requires_grad_())
    extract = GradCAM(model, target_layer=layers)

    def work() -> int:
        maps = extract(labels(8).tolist(), model(images))
        assert len(maps) == 16
        return 8

    return work


def keras_model() -> tuple:
    """The model for the other TensorFlow libraries, and the names of its 16 layers."""
    from wsol.networks import classifier
    from wsol.networks.layers import block_outputs

    model = classifier.build("ResNet50", 1, SIDE, CLASSES)
    return model, block_outputs(model)


def tf_keras_vis() -> Callable[[], int]:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.scores import CategoricalScore

    model, layers = keras_model()
    explain, images, score = Gradcam(model, clone=False), pictures(8), CategoricalScore(labels(8).tolist())

    def work() -> int:
        for layer in layers:
            explain(score, images, penultimate_layer=layer, seek_penultimate_conv_layer=False, expand_cam=False)
        return 8

    return work


def xplique() -> Callable[[], int]:
    from xplique.attributions import GradCAM

    model, layers = keras_model()
    explainers = [GradCAM(model, batch_size=8, conv_layer=layer) for layer in layers]
    images, targets = pictures(8), np.eye(CLASSES, dtype=np.float32)[labels(8)]

    def work() -> int:
        for explain in explainers:
            explain(images, targets)
        return 8

    return work


def notebook() -> Callable[[], int]:
    import keras
    import tensorflow as tf

    model, layers = keras_model()
    image = pictures(1)

    def work() -> int:
        for layer in layers:
            with_activations = keras.Model(model.input, [model.get_layer(layer).output, model.output])
            with tf.GradientTape() as tape:
                activations, logits = with_activations(image)
                score = tf.nn.softmax(logits)[:, labels(1)[0]]
            weights = tf.reduce_mean(tape.gradient(score, activations), axis=(0, 1, 2))
            heatmap = (activations[0] @ weights[..., None])[..., 0].numpy()
            heatmap = np.maximum(heatmap, 0) / heatmap.max()
        return 1

    return work


def sgemm() -> Callable[[], float]:
    import tensorflow as tf

    matrix = tf.random.normal((4096, 4096))

    def work() -> float:
        for _ in range(4):
            product = tf.linalg.matmul(matrix, matrix)
        product[0, 0].numpy()
        return 4 * 2 * 4096**3 / (GFLOP * 1e9)

    return work


if __name__ == "__main__":
    if len(sys.argv) > 1:
        timing.serve(globals()[sys.argv[1].replace("-", "_")])
    else:
        main()

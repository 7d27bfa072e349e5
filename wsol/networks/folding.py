"""Batch normalisation folded into the convolution before it: the same outputs, faster inference."""

import collections

import keras
import numpy as np

from wsol.networks.flattening import set_weights
from wsol.networks.layers import CONVOLUTIONS, nodes

BatchNorms = dict[str, keras.layers.BatchNormalization]


def folded(model: keras.Model, keep: set[str]) -> keras.Model:
    """Copy a model, with batch normalisations folded into convolutions.

    gamma (K x - mean) / sqrt(variance + epsilon) + beta is a convolution of x with another
    kernel and bias. A batch normalisation is folded if it alone uses a convolution's output and
    the model calls both once.

    Args:
        model: a flat functional model; it is not changed.
        keep: names of the layers whose outputs must not change.

    Returns:
        Model with the same layer names and the same outputs at inference. Each folded batch
        normalisation is replaced by an Identity layer.
    """
    batch_norms = _foldable(model, keep)
    copy = _cloned(model, batch_norms)
    identities = {norm.name for norm in batch_norms.values()}
    for layer in model.layers:
        if layer.weights and layer.name not in identities:
            norm = batch_norms.get(layer.name)
            set_weights(copy.get_layer(layer.name), _folded_weights(layer, norm) if norm else layer.get_weights())
    return copy


def _foldable(model: keras.Model, keep: set[str]) -> BatchNorms:
    """Batch normalisations that can be folded, keyed by the name of the convolution before them."""
    inputs = [tensor for node in nodes(model) for tensor in node.input_tensors]
    uses = collections.Counter(map(id, inputs + model.outputs))
    calls = collections.Counter(node.operation.name for node in nodes(model))
    once = [layer for layer in model.layers if calls[layer.name] == 1]
    norms = {id(layer.input): layer for layer in once if isinstance(layer, keras.layers.BatchNormalization)}
    pairs = {
        layer.name: norms.get(id(layer.output))
        for layer in once
        if _is_linear_convolution(layer) and layer.name not in keep and uses[id(layer.output)] == 1
    }
    return {name: norm for name, norm in pairs.items() if norm and norm.axis in (-1, len(norm.input.shape) - 1)}


def _is_linear_convolution(layer: keras.layers.Layer) -> bool:
    return type(layer) in CONVOLUTIONS and layer.activation is keras.activations.linear


def _cloned(model: keras.Model, batch_norms: BatchNorms) -> keras.Model:
    """The model with Identity layers and biases in place, weights not yet set."""
    identities = {norm.name for norm in batch_norms.values()}

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in identities:
            return keras.layers.Identity(name=layer.name)
        bias = {"use_bias": True} if layer.name in batch_norms else {}
        return layer.__class__.from_config(layer.get_config() | bias)

    def call(layer: keras.layers.Layer, *inputs: keras.KerasTensor, **options: object) -> keras.KerasTensor:
        return layer(*inputs, **({} if layer.name in identities else options))  # Identity takes no further arguments

    return keras.models.clone_model(model, clone_function=clone, call_function=call)


def _folded_weights(layer: keras.layers.Layer, norm: keras.layers.BatchNormalization) -> list[np.ndarray]:
    """Kernels and bias of the convolution that also normalises."""
    gamma, beta, mean, variance = _statistics(norm)
    scale = gamma / np.sqrt(variance + norm.epsilon)  # (channels,)
    weights = layer.get_weights() + ([] if layer.use_bias else [np.zeros_like(mean)])
    *kernels, kernel, bias = weights  # a separable convolution has two kernels
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)  # kernel (h, w, in, multiplier), else (h, w, in, out)
    kernel = kernel * (scale.reshape(kernel.shape[2:]) if depthwise else scale)
    return [*kernels, kernel, beta + (bias - mean) * scale]


def _statistics(norm: keras.layers.BatchNormalization) -> tuple[np.ndarray, ...]:
    """Gamma, beta, mean and variance, (channels,) each."""
    weights = iter(norm.get_weights())
    mean, variance = norm.get_weights()[-2:]
    gamma = next(weights) if norm.scale else np.ones_like(mean)
    beta = next(weights) if norm.center else np.zeros_like(mean)
    return gamma, beta, mean, variance

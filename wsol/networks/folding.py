"""Batch normalisation folded into the convolutions before it: the same network, faster at inference."""

import collections

import keras
import numpy as np

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)


def folded(model: keras.Model, keep: set[str]) -> keras.Model:
    """A copy of a model that computes the same at inference, with fewer passes over its activations.

    A convolution whose output goes to a batch normalisation alone does its work as well:
    gamma (K x - mean) / sqrt(variance + epsilon) + beta is one convolution with other weights.

    Args:
        model: a functional model that calls each of its layers once; it is left as it was.
        keep: names of layers whose own outputs must stay.

    Returns:
        Model with the same layer names, where folded normalisations pass on what they get.
    """
    norms = _followers(model, keep)
    passing = {norm.name for norm in norms.values()}
    copy = keras.models.clone_model(
        model,
        clone_function=lambda layer: _clone(layer, passing, biased=layer.name in norms),
        # a layer that passes on takes none of a normalisation's other arguments
        call_function=lambda layer, *args, **options: layer(*args, **({} if layer.name in passing else options)),
    )
    for layer in (layer for layer in model.layers if layer.weights and layer.name not in passing):
        weights = _with_norm(layer, norms[layer.name]) if layer.name in norms else layer.get_weights()
        twin = copy.get_layer(layer.name)
        twin.set_weights(weights)
        if isinstance(twin, keras.layers.Normalization):
            twin.finalize_state()  # it works with what it has derived from its weights
    return copy


def _followers(model: keras.Model, keep: set[str]) -> dict[str, keras.layers.BatchNormalization]:
    """The normalisation that can be folded into each convolution, by the convolution's name."""
    inputs = [tensor for operation in model.operations for tensor in keras.tree.flatten(operation.input)]
    uses = collections.Counter(map(id, inputs + model.outputs))
    norms = {id(layer.input): layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)}
    linear = [
        layer
        for layer in model.layers
        if type(layer) in CONVOLUTIONS and layer.activation is keras.activations.linear and layer.name not in keep
    ]
    found = {layer.name: norms.get(id(layer.output)) for layer in linear if uses[id(layer.output)] == 1}
    return {name: norm for name, norm in found.items() if norm and norm.axis in (-1, len(norm.input.shape) - 1)}


def _clone(layer: keras.layers.Layer, passing: set[str], biased: bool) -> keras.layers.Layer:
    if layer.name in passing:
        return keras.layers.Identity(name=layer.name)
    return layer.__class__.from_config(layer.get_config() | ({"use_bias": True} if biased else {}))


def _with_norm(layer: keras.layers.Layer, norm: keras.layers.BatchNormalization) -> list[np.ndarray]:
    """The weights of a convolution that normalises as well."""
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

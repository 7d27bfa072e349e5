"""Classifiers as users save them: models inside models, with preprocessing, augmentation and a softmax."""

import keras
from keras import layers

SIDE, CLASSES = 32, 5


def backbone(side: int | None = SIDE) -> keras.Model:
    """Two residual blocks with names, and batch-norm statistics of no order."""
    keras.utils.set_random_seed(0)
    image = keras.Input((side, side, 3))
    features = layers.Conv2D(4, 3, 2, padding="same", name="stem")(image)
    for number in (1, 2):
        residual = layers.Conv2D(4, 3, padding="same", name=f"block{number}_conv")(features)
        residual = layers.BatchNormalization(name=f"block{number}_bn")(residual)
        features = layers.ReLU(name=f"block{number}_out")(layers.add([features, residual], name=f"block{number}_add"))
    model = keras.Model(image, features, name="backbone")
    for norm in (layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)):
        norm.set_weights([keras.random.uniform(weight.shape, 0.5, 1.5) for weight in norm.weights])
    return model


def augmentation() -> keras.Sequential:
    return keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)], name="augmentation")


def functional_in_sequential() -> keras.Model:
    return keras.Sequential(
        [
            *(keras.Input((SIDE, SIDE, 3)), augmentation(), layers.Rescaling(1 / 127.5, -1), backbone()),
            *(layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(CLASSES, activation="softmax")),
        ]
    )


def functional_in_functional() -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    features = backbone()(keras.applications.mobilenet_v2.preprocess_input(augmentation()(image)), training=False)
    pooled = layers.GlobalAveragePooling2D()(features)
    return keras.Model(image, layers.Softmax()(layers.Dense(CLASSES)(pooled)))


def sequential_in_sequential() -> keras.Model:
    head = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(CLASSES), layers.Activation("softmax")])
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Rescaling(1 / 255), backbone(), head])


def normalised() -> keras.Model:
    """Statistics that were given, as those of a training set, and an average pooling over the grid of 16 x 16."""
    pixels = layers.Normalization(mean=[120.0, 110, 100], variance=[3600.0, 3000, 2500])
    pooling = [layers.AveragePooling2D(SIDE // 2), layers.Flatten(), layers.Dense(CLASSES)]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), pixels, backbone(), *pooling])


def any_size() -> keras.Model:
    image = keras.Input((None, None, 3))
    return keras.Model(image, layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(backbone(None)(image))))


def shared() -> keras.Model:
    """One backbone for the picture and its mirror image, and one ReLU for both."""
    image = keras.Input((SIDE, SIDE, 3))
    both, relu = backbone(), layers.ReLU()
    features = layers.add([relu(both(image)), relu(both(image[:, :, ::-1]))])
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="last")(features))
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(pooled))


NESTED = {
    model.__name__: model
    for model in (
        *(functional_in_sequential, functional_in_functional, sequential_in_sequential, normalised, any_size, shared),
    )
}

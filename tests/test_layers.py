import keras
import pytest
from keras.layers import AveragePooling2D, Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D, MaxPooling2D

from wsol.errors import InputError
from wsol.networks import cam_parts, layers

# Keras's names: 3, 4, 6 and 3 blocks
BLOCK_OUTPUTS = [
    *(f"conv2_block{block}_out" for block in (1, 2, 3)),
    *(f"conv3_block{block}_out" for block in (1, 2, 3, 4)),
    *(f"conv4_block{block}_out" for block in (1, 2, 3, 4, 5, 6)),
    *(f"conv5_block{block}_out" for block in (1, 2, 3)),
]


def test_block_outputs_of_a_resnet50(model: keras.Model) -> None:
    assert layers.block_outputs(model) == BLOCK_OUTPUTS


def test_layer_names_end_before_the_pooling(model: keras.Model) -> None:
    names = layers.layer_names(model)
    assert names[2:5] == ["conv1_pad", "conv1_conv", "conv1_bn"]  # after two operations of the preprocessing
    assert names[-3:] == ["conv5_block3_3_bn", "conv5_block3_add", "conv5_block3_out"]


def test_features_feed_the_pooling(model: keras.Model) -> None:
    (features,) = layers.features(model).outputs
    assert features is model.get_layer("gap").input
    # 64 / 32 = 2 on each side; 2048 * 0.1 = 205 channels
    assert features.shape == (None, 2, 2, 205)


def six_layers(*head: keras.layers.Layer, pool: bool = False) -> keras.Model:
    """image -> stem -> a -> sum of stem and a -> b -> (pool) -> sum of both -> last -> head."""
    image = keras.Input((8, 8, 3))
    stem = Conv2D(4, 3, padding="same", name="stem")(image)
    first = keras.layers.add([stem, Conv2D(4, 3, padding="same", name="a")(stem)], name="first")
    pooled = MaxPooling2D(name="pool")(first) if pool else first
    second = keras.layers.add([pooled, Conv2D(4, 3, padding="same", name="b")(pooled)], name="second")
    features = Conv2D(5, 3, padding="same", name="last")(second)
    for layer in head:
        features = layer(features)
    return keras.Model(image, features)


LAST_CLASSES = ("last", "classes")
HEAD = (GlobalAveragePooling2D, lambda: Dense(3, name="classes"))


def test_blocks_of_six_layers_by_hand() -> None:
    model = six_layers(*(layer() for layer in HEAD))
    # Every path goes through stem, first, second and last; a and b are passed by the shortcuts. The stem lies before
    # the first merge. first is used twice, by b and by second; second is used once, by last.
    passed = layers.bottlenecks(layers.nodes(model))
    assert [node.operation.name for node in passed[1:5]] == ["stem", "first", "second", "last"]
    assert layers.block_outputs(model) == ["first", "last"]
    assert layers.stage_outputs(model) == ["last"]  # both are 8 x 8


def test_stages_of_six_layers_by_hand() -> None:
    model = six_layers(*(layer() for layer in HEAD), pool=True)
    # first is now used once, by the pooling, which is used twice
    assert layers.block_outputs(model) == ["pool", "last"]
    assert layers.stage_outputs(model) == ["last"]  # both are 4 x 4


def test_without_a_merge_there_is_the_last_layer_of_each_resolution() -> None:
    image = keras.Input((8, 8, 3))
    features = image
    for name, stride in (("a", 1), ("b", 2), ("c", 1), ("d", 2)):
        features = Conv2D(4, 3, stride, padding="same", name=name)(features)
    model = keras.Model(image, Dense(3)(GlobalAveragePooling2D()(features)))
    # a is 8 x 8, b and c are 4 x 4, d is 2 x 2
    assert layers.block_outputs(model) == layers.stage_outputs(model) == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ([GlobalAveragePooling2D(), Dense(3, name="classes")], LAST_CLASSES),
        (
            [GlobalAveragePooling2D(keepdims=True), Flatten(), Dropout(0.5), Dense(3, name="classes")],
            LAST_CLASSES,
        ),
        ([AveragePooling2D(8), Flatten(), Dense(3, name="classes")], LAST_CLASSES),
        ([GlobalAveragePooling2D(), Dense(3, name="classes"), Dropout(0.5)], LAST_CLASSES),
        ([AveragePooling2D(8), GlobalAveragePooling2D(), Dense(3, name="classes")], LAST_CLASSES),
        ([GlobalAveragePooling2D(keepdims=True), GlobalAveragePooling2D(), Dense(3, name="classes")], LAST_CLASSES),
        ([lambda grid: keras.ops.mean(grid, (1, 2)), Dense(3, name="classes")], LAST_CLASSES),
        (
            [lambda grid: keras.ops.mean(grid, [-3, -2], keepdims=True), Flatten(), Dense(3, name="classes")],
            LAST_CLASSES,
        ),
        ([lambda grid: keras.ops.mean(grid, (2, 3)), Flatten(), Dense(3)], None),
        ([lambda grid: keras.ops.mean(grid, 1), Flatten(), Dense(3)], None),
        ([Flatten(), Dense(3)], None),
        ([AveragePooling2D(4), Flatten(), Dense(3)], None),
        ([GlobalAveragePooling2D(), keras.layers.LayerNormalization(), Dense(3)], None),
        ([GlobalAveragePooling2D(), Dense(4, activation="relu"), Dense(3)], None),
        ([keras.layers.GlobalMaxPooling2D(), Dense(3)], None),
        ([GlobalAveragePooling2D(keepdims=True), Conv2D(3, 1), Flatten()], None),
    ],
)
def test_where_cam_is_defined(head: list[keras.layers.Layer], expected: tuple[str, str] | None) -> None:
    parts = cam_parts.cam_parts(six_layers(*head))
    assert (parts and (parts.layer, parts.dense)) == expected


def test_features_are_what_the_first_average_pools() -> None:
    # the convolution after the pooling has a single position
    for pooling in (AveragePooling2D(8), lambda grid: keras.ops.mean(grid, (1, 2), keepdims=True)):
        assert layers.features(six_layers(pooling, Conv2D(3, 1), Flatten())).operation.name == "last"


def test_a_pooling_between_two_blocks_is_no_end() -> None:
    # of 8 x 8 pixels, the pooling averages all; the convolution after it has 3 x 3 weights
    later = [AveragePooling2D(8), Conv2D(3, 3, padding="same", name="later")]
    assert layers.features(six_layers(*later, *(layer() for layer in HEAD))).operation.name == "later"


def test_a_gate_is_no_layer_of_the_sweep() -> None:
    image = keras.Input((8, 8, 3))
    features = Conv2D(4, 3, name="features")(image)
    gate = Dense(4, activation="sigmoid", name="gate")(GlobalAveragePooling2D(keepdims=True)(features))
    pooled = GlobalAveragePooling2D()(keras.layers.multiply([features, gate], name="gated"))
    # a single merge, so the last layer of each resolution: 6 x 6 alone, without the 1 x 1 of the gate
    assert layers.block_outputs(keras.Model(image, Dense(3)(pooled))) == ["gated"]


def test_no_layer_for_a_heatmap() -> None:
    image = keras.Input((8, 8, 3))
    with pytest.raises(InputError, match="this one has no convolutions before it"):
        layers.block_outputs(keras.Model(image, Dense(3)(Flatten()(image))))


def test_streams_that_meet_after_their_poolings() -> None:
    image = keras.Input((8, 8, 3))
    streams = [GlobalAveragePooling2D()(Conv2D(4, size)(image)) for size in (3, 5)]
    with pytest.raises(InputError, match="this one has several streams of convolutions before it"):
        layers.block_outputs(keras.Model(image, Dense(3)(keras.layers.concatenate(streams))))


def test_streams_that_meet_before_their_pooling() -> None:
    image = keras.Input((8, 8, 3))
    streams = [Conv2D(4, size, padding="same")(image) for size in (3, 5)]
    merged = keras.layers.concatenate(streams, name="merged")
    assert layers.features(keras.Model(image, Dense(3)(GlobalAveragePooling2D()(merged)))).operation.name == "merged"


def test_a_name_of_a_layer_is_a_name_of_a_file() -> None:
    with pytest.raises(ValueError, match="cannot contain character `/`"):
        Conv2D(4, 3, name="a/b")

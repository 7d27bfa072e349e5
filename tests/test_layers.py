import keras

from wsol.networks import layers

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


def test_last_layer_feeds_the_pooling(model: keras.Model) -> None:
    assert model.get_layer(layers.last_layer(model)).output is model.get_layer("gap").input


def test_convolutional_part_gives_the_input_of_the_pooling(model: keras.Model) -> None:
    # 64 / 32 = 2 on each side; 2048 * 0.1 = 205 channels
    assert layers.convolutional_part(model).output.shape == (None, 2, 2, 205)

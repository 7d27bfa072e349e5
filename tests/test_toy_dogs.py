import numpy as np
import pytest
import tensorflow_datasets as tfds

from wsol.data.toy_dogs import dog
from wsol.data.toy_dogs.breeds import BREEDS, Breed
from wsol.data.toy_dogs.picture import picture
from wsol.data.toy_dogs.skeleton import POSES


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("breed", BREEDS, ids=lambda breed: breed.name)
def test_no_dog_touches_the_edge_of_its_layer(breed: Breed, pose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dog, "_cropped", lambda layer: layer)
    for seed in range(3):
        alpha = dog.draw(breed, pose, np.random.default_rng(seed))[..., 3]
        assert alpha.any()
        for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
            assert not edge.any()


@pytest.mark.parametrize("breed", BREEDS, ids=lambda breed: breed.name)
def test_a_cutout_is_cropped_exactly(breed: Breed) -> None:
    alpha = dog.draw(breed, "walk", np.random.default_rng(0))[..., 3]
    assert set(np.unique(alpha)) == {0, 255}
    for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
        assert edge.any()


def test_the_same_seed_draws_the_same_picture() -> None:
    first, again, another = [picture(3, [seed, 0, 5])[0] for seed in (0, 0, 1)]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, another)


def test_boxes_lie_in_the_image() -> None:
    pictures_with_two = 0
    for number in range(200):
        image, boxes_yxyx = picture(number % 10, [1, number])
        assert image.dtype == np.uint8
        assert ((boxes_yxyx >= 0) & (boxes_yxyx <= 1)).all()
        sides = boxes_yxyx[:, 2:] - boxes_yxyx[:, :2]
        assert (sides > 0.08).all()
        pictures_with_two += len(boxes_yxyx) == 2
    # 8 % of 200 are 16, with a standard deviation of sqrt(200 * 0.08 * 0.92) = 3.8; three of them are 11.5
    assert 16 - 11.5 < pictures_with_two < 16 + 11.5


def test_a_box_is_exactly_the_dogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a white scene without shadow, the dark pixels are the dog."""
    white = np.full((120, 160, 3), 255, np.float32)
    monkeypatch.setattr("wsol.data.toy_dogs.picture.scene", lambda *_: (white.copy(), 60))
    monkeypatch.setattr("wsol.data.toy_dogs.picture._shadow", lambda *_: None)
    monkeypatch.setattr("wsol.data.toy_dogs.picture.SIZES", ((160, 120),))
    monkeypatch.setattr("wsol.data.toy_dogs.picture.TWO_DOGS", 0)
    image, boxes_yxyx = picture(9, [0, 1])  # a rottweiler: black
    background = image[0, 0].astype(int)
    rows, columns = np.nonzero((background - image).min(axis=2) > 0.5 * background.min())
    expected_yxyx = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
    # one pixel of tolerance, for the outline's pixels with an alpha of about one half
    assert np.abs(expected_yxyx - boxes_yxyx[0] * [120, 160, 120, 160]).max() <= 1


def test_the_features_are_those_of_stanford_dogs(toy_dogs: tfds.core.DatasetBuilder) -> None:
    features, expected = toy_dogs.info.features, tfds.builder("stanford_dogs").info.features
    assert set(features) == set(expected)
    assert type(features["objects"]) is type(expected["objects"])
    assert features["label"].names == [breed.name for breed in BREEDS]


def test_every_breed_has_as_many_pictures(toy_dogs: tfds.core.DatasetBuilder) -> None:
    for split, count in (("train", 3), ("test", 1)):
        labels = [int(example["label"]) for example in toy_dogs.as_dataset(split=split).as_numpy_iterator()]
        assert np.bincount(labels).tolist() == [count] * 10

import numpy as np
import pytest
import tensorflow_datasets as tfds

from wsol.data.toy_dogs import dog
from wsol.data.toy_dogs.breeds import BREEDS
from wsol.data.toy_dogs.picture import TWO_DOGS, picture
from wsol.data.toy_dogs.skeleton import POSES


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("breed", BREEDS, ids=lambda breed: breed.name)
def test_a_dog_fits_its_layer(breed: dog.Breed, pose: str) -> None:
    for seed in range(3):
        cutout = dog.draw(breed, pose, np.random.default_rng(seed))
        assert max(cutout.shape[:2]) < dog.SIDE  # else an edge would cut it
        assert set(np.unique(cutout[..., 3])) == {0, 255}
        for edge in (cutout[0], cutout[-1], cutout[:, 0], cutout[:, -1]):
            assert edge[..., 3].any()  # cut out exactly


def test_the_same_seed_draws_the_same_picture() -> None:
    images = [picture(3, [seed, 0, 5])[0] for seed in (0, 0, 1)]
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_boxes_lie_in_the_image() -> None:
    counts = []
    for number in range(200):
        image, boxes_yxyx = picture(number % 10, [1, number])
        assert image.dtype == np.uint8
        assert ((boxes_yxyx >= 0) & (boxes_yxyx <= 1)).all()
        sides = boxes_yxyx[:, 2:] - boxes_yxyx[:, :2]
        assert (sides > 0.08).all()
        counts.append(len(boxes_yxyx))
    # 200 draws of 0.08: 16 +- 4 standard deviations of 3.8
    assert abs(counts.count(2) - 200 * TWO_DOGS) < 16


def test_a_box_is_exactly_the_dogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an empty scene with no shadow and no light, what differs from the scene is the dog."""
    flat = np.full((120, 160, 3), 255, np.float32)
    monkeypatch.setattr("wsol.data.toy_dogs.picture.scene", lambda *_: (flat.copy(), 60))
    monkeypatch.setattr("wsol.data.toy_dogs.picture._shadow", lambda *_: None)
    monkeypatch.setattr("wsol.data.toy_dogs.picture.SIZES", ((160, 120),))
    monkeypatch.setattr("wsol.data.toy_dogs.picture.TWO_DOGS", 0)
    image, boxes_yxyx = picture(9, [0, 1])  # a rottweiler: black on white
    corner = image[0, 0].astype(int)
    rows, columns = np.nonzero((corner - image).min(axis=2) > 0.5 * corner.min())
    found = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
    assert np.abs(found - boxes_yxyx[0] * [120, 160, 120, 160]).max() <= 1  # the outline's half-covered rim


def test_the_features_are_those_of_stanford_dogs(toy_dogs: tfds.core.DatasetBuilder) -> None:
    ours, theirs = toy_dogs.info.features, tfds.builder("stanford_dogs").info.features
    assert set(ours) == set(theirs)
    assert type(ours["objects"]) is type(theirs["objects"])
    assert ours["label"].names == [breed.name for breed in BREEDS]


def test_every_breed_has_as_many_pictures(toy_dogs: tfds.core.DatasetBuilder) -> None:
    for split, count in (("train", 3), ("test", 1)):
        labels = [int(row["label"]) for row in toy_dogs.as_dataset(split=split).as_numpy_iterator()]
        assert np.bincount(labels).tolist() == [count] * 10

"""Files of Keras 2.3.1: those written on TensorFlow 1.15 are read on kjax, and kjax writes files of the same form.

`record_files.py --read` is the other half: there TensorFlow 1.15 reads what kjax wrote.
"""

import json
import pathlib
import re

import h5py
import numpy as np
import pytest

from clients import models, saved
from clients.conftest import keras_on_kjax

RECORDED = pathlib.Path(__file__).parent / "recorded"
ANSWERS = np.load(RECORDED / "answers.npz")


def load(keras, file):
    return keras.models.load_model(str(file), saved.custom_objects(keras))


def agree(found):
    assert found
    for key, value in found.items():
        np.testing.assert_allclose(value, ANSWERS[key], rtol=1e-5, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", ["convolutional", "recurrent", "custom"])
@pytest.mark.filterwarnings("ignore:No training configuration found")
def test_models_of_tensorflow_say_the_same(name, keras):
    agree(saved.answers(name, load(keras, RECORDED / f"{name}.h5")))


def test_weights_of_tensorflow_can_be_loaded_without_their_model(keras):
    model = saved.lambdas(keras)
    model.load_weights(str(RECORDED / "lambdas.h5"))
    agree(saved.answers("lambdas", model))


def test_a_lambda_of_another_python_is_a_clear_error(keras):
    with pytest.raises(ValueError, match=r"bytecode of the Python that saved it.*Build the model in code and load"):
        load(keras, RECORDED / "lambdas.h5")


def test_weights_go_by_name(keras):
    layers = keras.layers
    trained = load(keras, RECORDED / "convolutional.h5")
    first = trained.layers[0]
    model = keras.models.Sequential([layers.Conv2D(4, 3, name=first.name, input_shape=(9, 9, 2)), layers.Flatten()])
    model.load_weights(str(RECORDED / "convolutional.h5"), by_name=True)
    for value, expected in zip(model.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All files, written on kjax."""
    folder = tmp_path_factory.mktemp("written")
    saved.written(str(folder), keras_on_kjax(), models.weights)
    return folder


@pytest.mark.filterwarnings("ignore:No training configuration found")
@pytest.mark.parametrize("name", saved.MODELS)
def test_what_kjax_writes_it_reads(name, keras, folder):
    written = np.load(folder / "answers.npz")
    assert set(written) == set(ANSWERS)
    agree(written)  # from the same weights and batches
    found = saved.answers(name, load(keras, folder / f"{name}.h5"))
    assert found
    for key, value in found.items():
        np.testing.assert_allclose(value, written[key], rtol=1e-6, atol=1e-7, err_msg=key)


@pytest.mark.parametrize("name", saved.MODELS)
def test_what_kjax_writes_has_the_form_of_what_tensorflow_wrote(name, folder):
    assert form(folder / f"{name}.h5") == form(RECORDED / f"{name}.h5")


def form(path):
    """All that a file holds, but numbers: its groups, data sets and attributes, with their types and texts."""
    found = {}

    def look(place, part):
        if isinstance(part, h5py.Dataset):
            found[alike(place)] = part.shape, part.dtype
        else:
            found[alike(place)] = "group"
        for key, value in part.attrs.items():
            kind = part.attrs.get_id(key).get_type()
            found[f"{place}@{key}"] = kind.get_class(), np.shape(value), text(key, value)

    with h5py.File(path, "r") as file:
        look("", file)
        file.visititems(look)
    return found


def text(key, value):
    """The part of an attribute that has to agree."""
    if key == "backend":
        return None
    if key in ("model_config", "training_config"):
        return without_code(json.loads(value))
    return [alike(name.decode()) for name in value] if key == "weight_names" else np.asarray(value).tolist()


def alike(name):
    """A name without the number that TensorFlow 1.15 gives to the second thing of one name, such as `m_0_1:0`."""
    return re.sub(r"(?<=_\d)_1:0$", ":0", name)


def without_code(config):
    """A model's configuration, without the bytecode of its lambdas."""
    if isinstance(config, dict):
        return {key: without_code(value) for key, value in config.items() if key != "function"}
    return [without_code(value) for value in config] if isinstance(config, list) else config

"""Texts: bytes that know `numpy()`, `shape` and `dtype`."""

import pathlib
import pickle

import numpy as np
import pytest

from kjax.dialects import tensorflow_texts as texts


def test_a_text_is_bytes_and_a_tensor_to_those_who_ask():
    text = texts.Text(b"abc")
    assert text.numpy().decode() == "abc" and type(text.numpy()) is bytes
    assert text.shape == () and text.get_shape().rank == 0 and text.dtype == "string" and text == b"abc"


def test_arrays_of_texts():
    array = texts.as_texts([["a", b"b"], ["c", "ü"]])
    assert array.shape == (2, 2) and array[0, 1] == b"b" and isinstance(array[0, 1], texts.Text)
    assert array.numpy().tolist() == [[b"a", b"b"], [b"c", "ü".encode()]] and type(array.numpy()) is np.ndarray
    with pytest.raises(TypeError, match="str or bytes"):
        texts.as_texts(["a", 1])


def test_the_dtype_of_strings():
    assert texts.STRING.name == "string" and pickle.loads(pickle.dumps(texts.STRING)) is texts.STRING
    assert all(map(texts.is_string, ["string", str, bytes, texts.STRING])) and not texts.is_string("int32")
    assert texts.STRING.is_compatible_with("string") and texts.STRING.as_numpy_dtype is np.object_


@pytest.mark.parametrize("name", ["a/b", b"a/b", pathlib.Path("a/b"), np.array("a/b"), texts.Text(b"a/b")])
def test_names_of_files(name):
    assert texts.as_path(name, "f()") == "a/b"


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match=r"f\(\)"):
        texts.as_path(1, "f()")
    with pytest.raises(TypeError, match=r"f\(\)"):
        texts.as_bytes(1, "f()")
    assert texts.as_bytes("a", "f()") == texts.as_bytes(np.array(b"a"), "f()") == b"a"
    assert texts.holds_texts(np.array(["a"])) and not texts.holds_texts([1]) and not texts.holds_texts([])

import copy
import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import kjax
from kjax.core import dtypes
from kjax.core.dtypes import NAMES, as_dtype


@pytest.mark.parametrize("name", NAMES)
def test_a_dtype_is_its_name_and_numpys_type(name):
    dtype = as_dtype(name)
    assert dtype == name and name == dtype and str(dtype) == dtype.name == name
    numpy_dtype = dtypes.to_numpy(dtype)
    assert dtype == numpy_dtype and dtype == numpy_dtype.type and dtype.as_numpy_dtype is numpy_dtype.type
    assert as_dtype(numpy_dtype) is dtype and as_dtype(numpy_dtype.type) is dtype and as_dtype(dtype) is dtype
    assert np.zeros(2, dtype).dtype == numpy_dtype
    assert dtype.base_dtype is dtype and dtype.size == numpy_dtype.itemsize
    assert {dtype: 1}[name] == 1
    assert pickle.loads(pickle.dumps(dtype)) is dtype and copy.deepcopy(dtype) is dtype
    assert repr(dtype) == f"kjax.{name}"


def test_other_spellings():
    assert as_dtype(float) == "float32" and as_dtype(bool) == "bool" and as_dtype("double") == "float64"
    assert as_dtype("<f4") == "float32" and as_dtype(np.zeros(1, "int8").dtype) == "int8"


@pytest.mark.parametrize("bad", ["foo", None, 3.5, "U5", object, "datetime64[s]", [1], ">f4"])
def test_unknown_dtypes_are_type_errors(bad):
    with pytest.raises(TypeError, match="unknown dtype"):
        as_dtype(bad)


def test_equality_with_what_is_no_dtype():
    assert as_dtype("float32") != 3 and as_dtype("float32") != [1] and as_dtype("float32") != None  # noqa: E711
    assert as_dtype("float32") != "float64" and (as_dtype("float32") == "float64") is False


def test_properties():
    assert as_dtype("bfloat16").is_floating and not as_dtype("int8").is_floating
    assert as_dtype("uint8").is_integer and as_dtype("uint8").is_unsigned and not as_dtype("int8").is_unsigned
    assert as_dtype("bool").is_bool and as_dtype("complex64").is_complex
    assert as_dtype("complex128").real_dtype == "float64" and as_dtype("int8").real_dtype == "int8"
    assert as_dtype("int8").min == -128 and as_dtype("uint8").max == 255
    assert as_dtype("float32").max == np.finfo("float32").max and float(as_dtype("bfloat16").max) > 3e38
    assert as_dtype("float32").is_compatible_with(np.float32)
    with pytest.raises(TypeError):
        _ = as_dtype("bool").max


def test_adaptation():
    allowed = {(a, b) for a in NAMES for b in NAMES if dtypes.adapts(as_dtype(a), as_dtype(b))}
    assert ("float64", "float32") in allowed and ("int64", "float32") in allowed and ("float32", "complex64") in allowed
    assert ("int64", "uint8") in allowed and ("bool", "bool") in allowed
    assert ("float32", "int32") not in allowed and ("bool", "float32") not in allowed
    assert ("complex64", "float32") not in allowed and ("int32", "bool") not in allowed


def test_what_a_tensor_can_not_hold():
    with pytest.raises(TypeError, match="can't hold"):
        dtypes.of_array(np.array(["a"]), "f()")
    assert kjax.as_dtype is as_dtype


def test_dtypes_of_jax_as_first_use():
    code = """
    import jax, jax.numpy as jnp
    from kjax import backend as K
    assert K.square(jnp.full(2, 3, jnp.bfloat16)).tolist() == [9, 9]
    for x in (jnp.ones(2, jnp.float8_e4m3fn), jnp.ones(2, jnp.int4), jax.random.key(0)):
        for function in (K.square, K.softmax, K.constant, K.variable, K.sum):
            try:
                function(x)
            except TypeError as error:
                assert function.__name__ in str(error), error
            else:
                raise AssertionError(function)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)

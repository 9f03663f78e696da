import pytest

from kjax import backend as K


def test_floatx():
    assert K.floatx() == "float32"
    K.set_floatx("float64")
    assert K.floatx() == "float64" and K.dtype(K.ones((2,))) == "float64" and K.dtype(K.constant([1])) == "float64"
    for bad in ("int32", "bfloat16", None, 3):
        with pytest.raises(ValueError, match="set_floatx"):
            K.set_floatx(bad)
    assert K.floatx() == "float64"


def test_epsilon():
    K.set_epsilon(1e-3)
    assert K.epsilon() == 1e-3
    with pytest.raises(TypeError, match="set_epsilon"):
        K.set_epsilon("small")
    assert K.epsilon() == 1e-3


def test_image_data_format():
    K.set_image_data_format("channels_first")
    assert K.image_data_format() == "channels_first"
    for bad in ("th", None, 1):
        if bad is not None:
            with pytest.raises(ValueError, match="data_format"):
                K.set_image_data_format(bad)


def test_uids_count_for_each_prefix():
    assert [K.get_uid("a"), K.get_uid("a"), K.get_uid("b"), K.get_uid()] == [1, 2, 1, 1]
    K.reset_uids()
    assert K.get_uid("a") == 1


def test_the_backend_does_not_claim_to_be_tensorflow():
    assert K.backend() == "kjax"

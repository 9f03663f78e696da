"""What arguments may be. How type checkers read it is in tests/test_backend_stub.py; this is what programs see."""

import typing

import numpy as np
import pytest

import kjax.typing
from kjax import backend as K
from kjax.core import types


def test_the_public_names_are_these_types():
    assert all(getattr(kjax.typing, name) is getattr(types, name) for name in kjax.typing.__all__)


def test_functions_of_programs_may_be_annotated_with_them():
    def loss(
        y: kjax.typing.TensorLike, w: kjax.typing.ArrayLike | None = None, **how: kjax.typing.DTypeLike
    ) -> kjax.Tensor:
        return K.mean(y)

    hints = typing.get_type_hints(loss)
    assert hints["return"] is kjax.Tensor and type(None) in typing.get_args(hints["w"])


@pytest.mark.parametrize("value", [K.ones(2), np.ones((2, 2)), np.float32(1)], ids=repr)
def test_tensors_and_arrays_have_what_shaped_asks_for(value):
    assert all(hasattr(value, name) for name in ("shape", "dtype"))
    assert {*vars(types.Shaped)} >= {"shape", "dtype"}

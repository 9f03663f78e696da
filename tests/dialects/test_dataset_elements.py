"""Elements: structures taken apart and rebuilt, conversion, padding."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import kjax
from kjax.dialects import dataset_elements as elements
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_texts import Text, Texts

Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize("form", [1, (1, 2), {"b": 1, "a": (2, 3)}, Pair(1, {"x": 2}), OrderedDict(z=1, a=2), ()])
def test_structures_survive(form):
    parts = elements.parts_of(form)
    again = elements.rebuilt(form, parts)
    assert (again == form and type(again) is type(form)) or isinstance(form, dict)
    assert elements.parts_of(elements.each(lambda part: part * 2, form)) == [part * 2 for part in parts]


def test_what_programs_give_and_see():
    element = elements.as_element(({"x": [1.0, 2.0]}, "text", np.arange(2), ["a", "b"]), "f()")
    seen = elements.given(element)
    assert isinstance(seen[0]["x"], kjax.Tensor) and seen[0]["x"].dtype == "float32"
    assert isinstance(seen[1], Text) and isinstance(seen[3], Texts) and seen[2].dtype == "int64"
    plain = elements.plain(elements.as_element((1, "a"), "f()"))
    assert isinstance(plain[0], np.int32) and plain[1] == b"a"
    with pytest.raises(TypeError, match=r"f\(\)"):
        elements.as_element(["a", 1], "f()")


def test_padding():
    rows = [(np.ones(n, np.float32), np.array(n)) for n in (1, 3)]
    shapes = elements.shapes_for(rows[0], ([None], []), "f()")
    values = elements.fillers_for(rows[0], (-1.0, None), [np.dtype("float32"), np.dtype("int64")])
    batch = elements.padded_batch(rows, shapes, values, "f()")
    assert batch[0].tolist() == [[1, -1, -1], [1, 1, 1]] and batch[1].tolist() == [1, 3]
    with pytest.raises(InvalidArgumentError, match="does not fit"):
        elements.padded_batch(rows, [(2,), ()], values, "f()")
    with pytest.raises(TypeError, match="form of an element"):
        elements.shapes_for(rows[0], ([None],), "f()")
    texts = [elements.as_part([b"a"] * n, "f()") for n in (1, 2)]
    assert elements.padded_batch(texts, [None], [b""], "f()").tolist() == [[b"a", b""], [b"a", b"a"]]


def test_batches_need_one_shape():
    with pytest.raises(InvalidArgumentError, match="padded_batch"):
        elements.batched([np.ones(1), np.ones(2)])

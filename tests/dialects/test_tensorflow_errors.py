"""`tf.errors`: classes that are also of Python's kinds."""

import pickle

import pytest

from kjax.dialects import tensorflow_errors as errors


@pytest.mark.parametrize("name", errors._CLASSES)
def test_each_error_is_caught_by_its_name_and_by_the_base(tf, name):
    kind = errors.ERRORS[name]
    with pytest.raises(errors.OpError, match="what went wrong"):
        raise kind(None, None, "what went wrong")
    error = kind("node", "op", "text")
    assert (error.node_def, error.op, error.message, str(error)) == ("node", "op", "text", "text")
    assert type(pickle.loads(pickle.dumps(error))) is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("InvalidArgumentError", ValueError),
        ("OutOfRangeError", IndexError),
        ("NotFoundError", FileNotFoundError),
        ("UnimplementedError", NotImplementedError),
        ("ResourceExhaustedError", MemoryError),
    ],
)
def test_pythons_kinds(name, kind):
    assert issubclass(errors.ERRORS[name], kind)

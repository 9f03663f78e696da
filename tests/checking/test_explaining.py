"""`kjax check --explain`."""

import pytest

from kjax.checking.explaining import explained


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("K.square", "tensorflow.keras.backend.square: answered\n\nsquare(x)\n\n"),
        ("square()", "tensorflow.keras.backend.square: answered"),
        ("K.max", "tensorflow.keras.backend.max: answered with a difference"),
        ("tf.gather", "tensorflow.gather: answered\n\ngather("),
        ("tf.lite", "tensorflow.lite: not answered\n\n"),
        ("tf.placeholder", "tensorflow.placeholder: answered, as TensorFlow 1 had it"),
        ("tf.nn", "A module with "),
        ("tf.float32", "tensorflow.float32: answered"),
        ("np.float", "numpy.float: gone, and answered by `kjax run`"),
        ("np.rank", "numpy.rank: not answered"),
        ("np.array", "there; kjax leaves it as it is"),
        ("KJ101", "KJ101: not answered\n\n"),
        ("kj301", "KJ301: gone, and repaired"),
    ],
)
def test_names_and_codes(answers, name, told):
    assert told in explained(name, answers)


def test_others(answers):
    assert explained("torch.nn", answers) is None and explained("no_such_name", answers) is None

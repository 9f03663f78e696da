"""Functions of pictures stand in `tf.io`, too."""

from kjax.dialects.tensorflow_image import IMAGE
from kjax.dialects.tensorflow_io import IO


def test_they_are_those_of_tf_image():
    assert all(IO[name] is IMAGE[name] for name in IO) and "decode_jpeg" in IO

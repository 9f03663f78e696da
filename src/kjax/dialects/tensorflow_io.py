"""`tf.io`: the functions of files of pictures, which `tf.image` has, too."""

from __future__ import annotations

from kjax.dialects.tensorflow_calls import Table
from kjax.dialects.tensorflow_image import IMAGE

_BOTH = ("decode_and_crop_jpeg", "decode_bmp", "decode_gif", "decode_image", "decode_jpeg", "decode_png", "encode_jpeg",
         "extract_jpeg_shape", "is_jpeg")  # fmt: skip

IO: Table = {name: IMAGE[name] for name in _BOTH}

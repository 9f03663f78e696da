"""Pictures read from and written to the bytes of PNG, JPEG, GIF and BMP files, by Pillow.

JPEG files are decoded by the accurate transform, TensorFlow's `dct_method='INTEGER_ACCURATE'`. Its default is a faster
one, whose elements differ by a few levels.
"""

import io
from importlib import import_module
from typing import Any

import numpy as np

from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.ops.colours import convert_image_dtype

# The first bytes of each format.
_SIGNATURES = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PN", "GIF": b"GIF", "BMP": b"BM"}


def _pillow(where: str) -> Any:
    try:
        return import_module("PIL.Image")
    except ImportError:
        raise NotImplementedError(f'{where} needs Pillow: pip install "kjax[images]"') from None


def _as_bytes(contents: Any, where: str) -> bytes:
    value = contents.item() if isinstance(contents, (np.ndarray, np.generic)) else contents
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{where}: contents must be bytes (kjax has no tensors of strings); got {contents!r}")
    return bytes(value)


def kind_of(contents: Any, where: str) -> str | None:
    """The format of a file, by its first bytes; None if it is none of the four."""
    contents = _as_bytes(contents, where)
    return next((kind for kind, first in _SIGNATURES.items() if contents.startswith(first)), None)


def _opened(contents: bytes, where: str, mode: str | None = None) -> Any:
    """The picture in a file; a JPEG file gives it in a mode at once."""
    pillow = _pillow(where)
    try:
        picture = pillow.open(io.BytesIO(contents))
        picture.draft(mode, None)
        picture.load()
    except (OSError, SyntaxError) as error:
        raise ValueError(f"{where}: contents are no picture that Pillow can read: {error}") from None
    return picture


_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
# Pillow's modes of other pictures as those of pictures with three channels, or four for a palette with transparency.
_OWN = {"1": "L", "CMYK": "RGB", "YCbCr": "RGB", "P": "RGB"}


def decoded(contents: Any, channels: Any, where: str, dtype: Any = "uint8") -> Tensor:
    """The picture in a file, of shape `(rows, columns, channels)`; 0 channels stand for those of the file."""
    if channels not in (0, 1, 3, 4):
        raise ValueError(f"{where}: channels must be 0, 1, 3 or 4; got {channels!r}")
    contents = _as_bytes(contents, where)
    picture = _opened(contents, where, "L" if channels == 1 else None)
    if picture.mode.startswith("I"):  # 16 bits a pixel
        wide = np.asarray(picture).astype(np.uint16)[..., None].repeat(channels or 1, -1)
        return Tensor(wide if dtype == "uint16" else (wide >> 8).astype(np.uint8))
    if kind_of(contents, where) == "PNG" and contents[24] == 16 and (dtype == "uint16" or contents[25] == 4):
        raise NotImplementedError(f"{where}: of pictures with 16 bits and more than one channel Pillow reads 8 bits")
    own = "RGBA" if picture.mode == "P" and "transparency" in picture.info else _OWN.get(picture.mode, picture.mode)
    if channels == 1 and own in ("RGB", "RGBA"):
        red, green, blue = np.asarray(picture.convert("RGB")).astype(np.int64).transpose(2, 0, 1)
        pixels = ((9797 * red + 19234 * green + 3737 * blue) >> 15).astype(np.uint8)
    else:
        pixels = np.asarray(picture.convert(_MODES[channels] if channels else own))
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return Tensor(pixels.astype(np.uint16) * np.uint16(257) if dtype == "uint16" else pixels.copy())


def frames(contents: Any, where: str) -> Tensor:
    """All pictures of a GIF file, of shape `(count, rows, columns, 3)`."""
    picture = _opened(_as_bytes(contents, where), where)
    pixels = []
    for i in range(getattr(picture, "n_frames", 1)):
        picture.seek(i)
        pixels.append(np.asarray(picture.convert("RGB")))
    return Tensor(np.stack(pixels))


def any_decoded(contents: Any, channels: Any, dtype: Any, expand_animations: bool, where: str) -> Tensor:
    """The picture in a file of any of the formats."""
    kind = kind_of(contents, where)
    if kind is None:
        raise ValueError(f"{where}: contents must be those of a JPEG, PNG, GIF or BMP file; got {contents[:4]!r}...")
    if channels not in (None, 0, 1, 3, 4):
        raise ValueError(f"{where}: channels must be None, 0, 1, 3 or 4; got {channels!r}")
    if channels in {"JPEG": (4,), "GIF": (1, 4), "BMP": (1,)}.get(kind, ()):
        raise ValueError(f"{where}: a {kind} file can't be read with channels={channels}")
    if kind == "GIF":
        pictures = frames(contents, where)
        return convert_image_dtype(pictures if expand_animations else pictures[0], dtype)
    wide = kind == "PNG" and dtype != "uint8"
    return convert_image_dtype(decoded(contents, channels or 0, where, "uint16" if wide else "uint8"), dtype)


def encoded(image: Any, kind: str, where: str, **options: Any) -> bytes:
    """The bytes of a file with a picture of uint8, or of one channel of uint16 in PNG."""
    pillow = _pillow(where)
    tensor = as_tensor(image, where=f"{where}: image")
    pixels = tensor.numpy()
    if pixels.ndim != 3 or pixels.shape[-1] not in ((1, 3) if kind == "JPEG" else _MODES):
        raise ValueError(f"{where}: image must be of shape (rows, columns, channels); got {pixels.shape}")
    if pixels.dtype != np.uint8 and (kind == "JPEG" or pixels.dtype != np.uint16):
        raise TypeError(f"{where}: image can't be of dtype {tensor.dtype}")
    if pixels.dtype == np.uint16 and pixels.shape[-1] > 1:
        raise NotImplementedError(f"{where}: Pillow writes uint16 with one channel only; got shape {pixels.shape}")
    file = io.BytesIO()
    pillow.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, kind, **options)
    return file.getvalue()


def with_jpeg_quality(image: Any, quality: int, where: str) -> Tensor:
    """An image as it comes back from a JPEG file."""
    image = as_tensor(image, where=f"{where}: image")
    contents = encoded(convert_image_dtype(image, "uint8"), "JPEG", where, quality=int(quality))
    return convert_image_dtype(decoded(contents, image.shape[-1], where), image.dtype)

"""`tf.io.parse_example`, `decode_csv`, `decode_raw` and their like: from texts to tensors."""

from __future__ import annotations

import base64
import csv
import gzip
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from kjax.core import dtypes
from kjax.core.tensor import Tensor
from kjax.dialects import wire
from kjax.dialects.dataset_elements import as_part, given
from kjax.dialects.example_messages import Example, Feature, SequenceExample
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_specs import as_type
from kjax.dialects.tensorflow_texts import STRING, Text, as_bytes

# ------------------------------------------------------------------------------------------------------------- examples


class FixedLenFeature(NamedTuple):
    """`tf.io.FixedLenFeature`: a feature of a known shape."""

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """`tf.io.FixedLenSequenceFeature`: a feature of any number of parts of a known shape."""

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """`tf.io.VarLenFeature`: a feature of any length, which TensorFlow gives as a sparse tensor."""

    dtype: Any


_LISTS = {"int64": "int64_list", "float32": "float_list", "string": "bytes_list"}


def _wrong(where: str, name: Any, message: str) -> Exception:
    error: Exception = InvalidArgumentError(None, None, f"{where}: feature {name!r} {message}")
    return error


def _values(where: str, name: Any, feature: Feature | None, dtype: Any) -> Any:
    """The values of a feature as an array; None where it is missing."""
    kind = as_type(dtype, f"{where}: dtype of feature {name!r}")
    if kind not in _LISTS:
        raise ValueError(f"{where}: feature {name!r} must be of int64, float32 or string; got {dtype!r}")
    chosen = None if feature is None else feature.WhichOneof("kind")
    if feature is None or chosen is None:
        return None
    if chosen != _LISTS[kind]:
        raise _wrong(where, name, f"is of another type than {kind}: it has a {chosen}")
    values = getattr(feature, chosen).value
    return np.array(values, object if kind is STRING else dtypes.to_numpy(kind)) if values else as_empty(kind)


def as_empty(kind: Any) -> Any:
    """An array of no elements."""
    return np.zeros(0, object if kind is STRING else dtypes.to_numpy(kind))


def _shape(spec: Any) -> tuple[int, ...]:
    return tuple(int(dim) for dim in (spec.shape if hasattr(spec.shape, "__iter__") else [spec.shape]))


def _parsed(where: str, name: Any, feature: Feature | None, spec: Any) -> Any:
    """A feature as an array."""
    if not isinstance(spec, (FixedLenFeature, FixedLenSequenceFeature)):
        raise NotImplementedError(
            f"{where}: feature {name!r}: kjax answers FixedLenFeature, and FixedLenSequenceFeature(shape, dtype, "
            f"allow_missing=True) for features of any length; got {type(spec).__name__}, which makes sparse tensors"
        )
    values, shape = _values(where, name, feature, spec.dtype), _shape(spec)
    if isinstance(spec, FixedLenSequenceFeature):
        if values is None and not spec.allow_missing:
            raise _wrong(where, name, "is missing")
        values = as_empty(as_type(spec.dtype, where)) if values is None else values
        size = int(np.prod(shape))
        if len(values) % size:
            raise _wrong(where, name, f"has {len(values)} values, which is no multiple of {size}")
        return values.reshape(-1, *shape)
    if values is None:
        if spec.default_value is None:
            raise _wrong(where, name, "is missing, and has no default_value")
        values = np.broadcast_to(as_part(spec.default_value, where, as_type(spec.dtype, where)), shape).reshape(-1)
    if len(values) != int(np.prod(shape)):
        raise _wrong(where, name, f"has {len(values)} values where shape {shape} is expected")
    return values.reshape(shape)


def _message(kind: Any, serialized: Any, where: str) -> Any:
    try:
        return kind.FromString(as_bytes(serialized, where))
    except (ValueError, UnicodeDecodeError) as error:
        message = f"{where}: serialized is no tf.train.{kind.__name__}: {error}"
        raise InvalidArgumentError(None, None, message) from None


def _named(features: Any, where: str) -> dict[Any, Any]:
    if not isinstance(features, Mapping) or not features:
        raise ValueError(f"{where}: features must be a dict of features by name; got {features!r}")
    return {name: features[name] for name in sorted(features)}


def _example(where: str, serialized: Any, features: Any) -> dict[Any, Any]:
    found = _message(Example, serialized, where).features.feature
    return {name: _parsed(where, name, found.get(name), spec) for name, spec in _named(features, where).items()}


def _parse_single_example(serialized: Any, features: Any, example_names: Any = None, name: Any = None) -> Any:
    """The features of one serialized example, as tensors by name."""
    return given(_example("tf.io.parse_single_example()", serialized, features))


def _filled(parts: list[Any], spec: Any) -> Any:
    """The features of several examples as one array; shorter sequences are filled up."""
    if not isinstance(spec, FixedLenSequenceFeature):
        return np.stack(parts)
    empty = b"" if parts[0].dtype == np.object_ else 0
    filler = empty if spec.default_value is None else spec.default_value
    longest = max(len(part) for part in parts)
    whole = np.full((len(parts), longest, *parts[0].shape[1:]), filler, parts[0].dtype)
    for row, part in zip(whole, parts, strict=True):
        row[: len(part)] = part
    return whole


def _parse_example(serialized: Any, features: Any, example_names: Any = None, name: Any = None) -> Any:
    """The features of several serialized examples, as tensors by name with a first dim for the examples."""
    where = "tf.io.parse_example()"
    texts = as_part(serialized, where)
    if texts.ndim == 0:
        return _parse_single_example(texts, features)
    if not len(texts):
        raise ValueError(f"{where}: serialized is empty")
    examples = [_example(where, text, features) for text in texts]
    wanted = _named(features, where)
    return given({name: _filled([one[name] for one in examples], spec) for name, spec in wanted.items()})


def _parse_sequence(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_name: Any = None,
    name: Any = None,
) -> Any:
    """The features of one serialized sequence example: those of the whole, and those of the sequence."""
    where = "tf.io.parse_single_sequence_example()"
    if not (context_features or sequence_features):
        raise ValueError(f"{where}: give context_features or sequence_features")
    message = _message(SequenceExample, serialized, where)
    context = {
        key: _parsed(where, key, message.context.feature.get(key), spec)
        for key, spec in sorted((context_features or {}).items())
    }
    sequences = {}
    for key, spec in sorted((sequence_features or {}).items()):
        if not isinstance(spec, FixedLenSequenceFeature):
            raise NotImplementedError(f"{where}: {key!r}: kjax answers FixedLenSequenceFeature; got {spec!r}")
        found = message.feature_lists.feature_list.get(key)
        if found is None and not spec.allow_missing:
            raise _wrong(where, key, "is missing")
        one = FixedLenFeature(spec.shape, spec.dtype)
        parts = [_parsed(where, key, part, one) for part in ([] if found is None else found.feature)]
        empty = as_empty(as_type(spec.dtype, where)).reshape(0, *_shape(spec))
        sequences[key] = np.stack(parts) if parts else empty
    return given(context), given(sequences)


# ---------------------------------------------------------------------------------------------------------------- texts


def _of_each(texts: Any, function: Callable[[bytes], Any], where: str) -> Any:
    """What a function gives of each text."""
    parts = as_part(texts, where, STRING)
    found = [function(text) for text in parts.reshape(-1)]
    if parts.ndim == 0:
        return given(as_part(found[0], where))
    whole = np.array([as_part(one, where) for one in found])
    return given(whole.reshape(*parts.shape, *whole.shape[1:]))


def _decode_raw(
    input_bytes: Any, out_type: Any, little_endian: bool = True, fixed_length: Any = None, name: Any = None
) -> Any:
    """The numbers whose bytes a text has."""
    where = "tf.io.decode_raw()"
    kind = dtypes.to_numpy(dtypes.as_dtype(out_type, f"{where}: out_type"))
    stored = kind if little_endian else kind.newbyteorder(">")

    def numbers(text: bytes) -> Any:
        if fixed_length is not None:
            text = text[:fixed_length].ljust(fixed_length, b"\0")
        if len(text) % kind.itemsize:
            raise InvalidArgumentError(
                None,
                None,
                f"{where}: input_bytes has {len(text)} bytes, no multiple of the {kind.itemsize} of {out_type}",
            )
        return np.frombuffer(text, stored).astype(kind)

    texts = as_part(input_bytes, where, STRING)
    if len({len(text) for text in texts.reshape(-1)}) > 1 and fixed_length is None:
        raise InvalidArgumentError(None, None, f"{where}: the strings must have one length; tf.io.decode_raw has "
                                               "fixed_length=")  # fmt: skip
    return _of_each(texts, numbers, where)


def _default(value: Any, where: str) -> tuple[Any, Any]:
    """The dtype of a column, and the value of an empty field; None where one has to be there."""
    if isinstance(value, (str, dtypes.DType)):
        raise TypeError(f"{where} must be lists or tensors of one value, or none where one is required; got {value!r}")
    array = as_part(value, where)
    if array.dtype == np.object_:
        return STRING, bytes(array.reshape(-1)[0]) if array.size else None
    return dtypes.of_array(array, where), (array.reshape(-1)[0] if array.size else None)


def _decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: Any = ",",
    use_quote_delim: bool = True,
    na_value: Any = "",
    select_cols: Any = None,
    name: Any = None,
) -> Any:
    """The columns of lines of comma-separated values, as tensors."""
    where = "tf.io.decode_csv()"
    defaults = [_default(value, f"{where}: record_defaults") for value in record_defaults]
    texts = as_part(records, where, STRING)
    quoting: Any = csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE
    columns: list[list[Any]] = [[] for _ in defaults]
    for text in texts.reshape(-1):
        rows = [*csv.reader([text.decode("latin-1")], delimiter=field_delim, quoting=quoting)]
        fields = rows[0] if rows else [""]
        if select_cols is not None:
            fields = [fields[i] for i in select_cols if i < len(fields)]
        if len(fields) != len(defaults):
            message = f"{where}: a record has {len(fields)} fields where {len(defaults)} are expected: {text!r}"
            raise InvalidArgumentError(None, None, message)
        for i, (field, (kind, default)) in enumerate(zip(fields, defaults, strict=True)):
            columns[i].append(_field(field, kind, default, na_value, f"{where}: field {i}"))
    parts = []
    for column, (kind, _) in zip(columns, defaults, strict=True):
        array = np.empty(len(column), object if kind is STRING else dtypes.to_numpy(kind))
        array[:] = column
        parts.append(given(array.reshape(texts.shape)))
    return parts


def _field(field: str, kind: Any, default: Any, missing: str, where: str) -> Any:
    if field in ("", missing):
        if default is None:
            raise InvalidArgumentError(None, None, f"{where} is required but missing in the record")
        return default
    if kind is STRING:
        return field.encode("latin-1")
    try:
        return int(field) if kind.is_integer else float(field)
    except ValueError:
        raise InvalidArgumentError(None, None, f"{where} is no {kind}: {field!r}") from None


def _encode_base64(input: Any, pad: bool = False, name: Any = None) -> Any:
    def encoded(text: bytes) -> bytes:
        found = base64.urlsafe_b64encode(text)
        return found if pad else found.rstrip(b"=")

    return _of_each(input, encoded, "tf.io.encode_base64()")


def _decode_base64(input: Any, name: Any = None) -> Any:
    where = "tf.io.decode_base64()"

    def decoded(text: bytes) -> bytes:
        text = text.rstrip(b"=")
        try:
            return base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True)
        except ValueError as error:
            raise InvalidArgumentError(None, None, f"{where}: {error}") from None

    return _of_each(input, decoded, where)


def _decode_compressed(bytes: Any, compression_type: Any = "", name: Any = None) -> Any:
    unpack: dict[str, Callable[[Any], Any]] = {"": lambda text: text, "GZIP": gzip.decompress, "ZLIB": zlib.decompress}
    if compression_type not in unpack:
        raise ValueError(f"tf.io.decode_compressed(): compression_type must be '', 'GZIP' or 'ZLIB'; got "
                         f"{compression_type!r}")  # fmt: skip
    return _of_each(bytes, unpack[compression_type], "tf.io.decode_compressed()")


# -------------------------------------------------------------------------------------------------- tensors as messages

NUMBERS = {
    "float32": 1,
    "float64": 2,
    "int32": 3,
    "uint8": 4,
    "int16": 5,
    "int8": 6,
    "string": 7,
    "complex64": 8,
    "int64": 9,
    "bool": 10,
    "bfloat16": 14,
    "uint16": 17,
    "complex128": 18,
    "float16": 19,
    "uint32": 22,
    "uint64": 23,
}


def tensor_message(array: Any) -> bytes:
    """An array as a serialized message of a tensor."""
    dims = b"".join(wire.block(2, wire.integer(1, size)) for size in array.shape)
    texts = array.dtype == np.object_
    head = wire.integer(1, NUMBERS["string" if texts else str(dtypes.of_array(array, "tf.io"))]) + wire.block(2, dims)
    if texts:
        return head + b"".join(wire.block(8, text) for text in array.reshape(-1))
    return head + wire.block(4, np.ascontiguousarray(array).tobytes())


def _serialize_tensor(tensor: Any, name: Any = None) -> Any:
    return Text(tensor_message(as_part(tensor, "tf.io.serialize_tensor()")))


def _parse_tensor(serialized: Any, out_type: Any, name: Any = None) -> Any:
    where = "tf.io.parse_tensor()"
    kind = as_type(out_type, f"{where}: out_type")
    try:
        fields = [*wire.fields(as_bytes(serialized, where))]
        number = dict(fields).get(1)
        dims = [wire.fields(dim) for field, value in fields if field == 2 for _, dim in wire.fields(value)]
        shape = [next((value for field, value in dim if field == 1), 0) for dim in dims]
    except (ValueError, TypeError, AttributeError):
        raise InvalidArgumentError(None, None, f"{where}: serialized is no tensor") from None
    if number != NUMBERS[kind]:
        found = next((name for name, one in NUMBERS.items() if one == number), number)
        raise InvalidArgumentError(None, None, f"{where}: the tensor is of {found}; out_type is {kind}")
    if kind is STRING:
        texts = np.empty(shape, object)
        texts.reshape(-1)[:] = [value for field, value in fields if field == 8]
        return given(texts)
    content = dict(fields).get(4, b"")
    return Tensor(np.frombuffer(content, dtypes.to_numpy(kind)).reshape(shape).copy())


# --------------------------------------------------------------------------------------------------------------- tables

IO: Table = {
    "FixedLenFeature": FixedLenFeature,
    "FixedLenSequenceFeature": FixedLenSequenceFeature,
    "VarLenFeature": VarLenFeature,
    "decode_base64": _decode_base64,
    "decode_compressed": _decode_compressed,
    "decode_csv": _decode_csv,
    "decode_raw": _decode_raw,
    "encode_base64": _encode_base64,
    "parse_example": _parse_example,
    "parse_single_example": _parse_single_example,
    "parse_single_sequence_example": _parse_sequence,
    "parse_tensor": _parse_tensor,
    "serialize_tensor": _serialize_tensor,
}


def _decode_raw_v1(
    input_bytes: Any = None, out_type: Any = None, little_endian: bool = True, name: Any = None, bytes: Any = None
) -> Any:
    return _decode_raw(bytes if input_bytes is None else input_bytes, out_type, little_endian)


V1_IO: Table = {
    **IO,
    "decode_csv": lambda records, record_defaults, field_delim=",", use_quote_delim=True, name=None, na_value="",
    select_cols=None: _decode_csv(records, record_defaults, field_delim, use_quote_delim, na_value, select_cols),
    "decode_raw": _decode_raw_v1,
    "parse_example": lambda serialized, features, name=None, example_names=None: _parse_example(serialized, features),
    "parse_single_example": lambda serialized, features, name=None, example_names=None: _parse_single_example(
        serialized, features
    ),
}  # fmt: skip
_AT_ROOT = ("FixedLenFeature", "FixedLenSequenceFeature", "VarLenFeature", "decode_base64", "decode_compressed",
            "decode_csv", "decode_raw", "encode_base64", "parse_example", "parse_single_example",
            "parse_single_sequence_example", "parse_tensor", "serialize_tensor")  # fmt: skip
V1: Table = {name: V1_IO[name] for name in _AT_ROOT}

give_names({"tensorflow.io": IO, "tensorflow.compat.v1.io": V1_IO}, __name__)

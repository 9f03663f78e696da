"""Run-time repairs, each with a name, with which Keras 2.3.1 runs unedited on a current Python.

Keras 2.3.1 (2019) was written for Python 3.6, NumPy 1.17 and h5py 2. A repair belongs to a few of its modules, and only
they see it: their imports of a package get a stand-in with the missing names, or one of their functions is wrapped.
Nothing of Python, NumPy or h5py is changed, and no file is.

`REPAIRS` is the list, which `kjax info` shows; `kjax.dialects.keras2_import` makes them.
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import functools
import importlib
import importlib.abc
import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

import numpy as np

from kjax.core import graph
from kjax.dialects import history_names
from kjax.dialects.repairs import Repair, StandIn, together, wrap
from kjax.dialects.settings import Settings
from kjax.machine.files import once
from kjax.machine.scopes import scope

VERSION = "2.3.1"

_BACKEND, LOAD_BACKEND = "kjax.keras2", "keras.backend.load_backend"


# ------------------------------------------------------------------------------------------------ attributes in h5py 2


class _Text(str):
    """A string with a method `decode`, as bytes have."""

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The string itself."""
        return str(self)


def _old_attribute(attributes: Any, name: str) -> Any:
    """The HDF5 attribute `name` as h5py 2 read it: bytes where it holds ASCII, which h5py 3 gives as str."""
    value = attributes[name]
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if not isinstance(value, str) and kind not in "OT":
        return value
    h5py: Any = importlib.import_module("h5py")
    ascii_only = attributes.get_id(name).get_type().get_cset() == h5py.h5t.CSET_ASCII

    def old(part: Any) -> Any:
        return part.encode() if ascii_only else _Text(part)

    return (
        old(value) if isinstance(value, str) else [old(part) if isinstance(part, str) else part for part in value.flat]
    )


class _OldAttributes:
    """The attributes of an HDF5 group, read as h5py 2 did."""

    def __init__(self, attributes: Any) -> None:
        self._attributes = attributes

    def __getitem__(self, name: str) -> Any:
        return _old_attribute(self._attributes, name)

    def __contains__(self, name: str) -> bool:
        return name in self._attributes


class _OldGroup:
    """An HDF5 group, with attributes as h5py 2 read them; its subgroups likewise."""

    def __init__(self, group: Any) -> None:
        self._group = group
        self.attrs = _OldAttributes(group.attrs)

    def __getitem__(self, name: str) -> Any:
        found = self._group[name]
        return _OldGroup(found) if hasattr(found, "keys") else found

    def __contains__(self, name: str) -> bool:
        return name in self._group

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._group, name)


def _read_as_before(saving: ModuleType) -> None:
    for name in (
        "load_attributes_from_hdf5_group",
        "load_weights_from_hdf5_group",
        "load_weights_from_hdf5_group_by_name",
    ):
        wrap(saving, name, lambda load, f, *args, **kwargs: load(_seen_as_before(f), *args, **kwargs))


def _seen_as_before(group: Any) -> Any:
    return group if isinstance(group, _OldGroup) else _OldGroup(group)


def _dict_reads_as_before(io_utils: ModuleType) -> None:
    def get(original: Any, self: Any, name: Any) -> Any:
        if isinstance(self.data, dict) or name not in self.data.attrs:
            return original(self, name)
        value = _old_attribute(self.data.attrs, name)
        return value.tolist() if isinstance(value, (np.ndarray, np.bytes_)) else value

    wrap(io_utils.H5Dict, "__getitem__", get)


def _write_as_before(saving: ModuleType) -> None:
    def save(original: Any, group: Any, name: str, data: Any) -> None:
        original(group, name, np.asarray(data) if len(data) else data)

    wrap(saving, "save_attributes_to_hdf5_group", save)


def _dict_writes_as_before(io_utils: ModuleType) -> None:
    def put(original: Any, self: Any, name: Any, value: Any) -> None:
        original(self, name, value)
        if isinstance(value, (list, tuple)) and value and not isinstance(self.data, dict) and name in self.data.attrs:
            self.data.attrs[name] = np.asarray([v.encode() if isinstance(v, str) else v for v in value])

    wrap(io_utils.H5Dict, "__setitem__", put)


def _file_class() -> Any:
    """h5py's class of files, changed: files in memory are opened for writing, and have the attribute `fid`."""
    h5py: Any = importlib.import_module("h5py")

    class File(h5py.File):  # type: ignore[misc]
        def __init__(self, name: Any, mode: Any = None, driver: Any = None, **options: Any) -> None:
            super().__init__(name, mode or ("w" if driver == "core" else "r"), driver, **options)

        @property
        def fid(self) -> Any:
            return self.id

    return File


# ------------------------------------------------------------------------------------------------- other old behaviour


def ragged(make: Callable[..., Any]) -> Callable[..., Any]:
    """`np.array` or `np.asarray`, which makes an array of objects from lists of different lengths."""

    def array(values: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return make(values, *args, **kwargs)
        except ValueError as error:
            if args or kwargs.get("dtype") is not None or "inhomogeneous" not in str(error):
                raise
        found = np.empty(len(values), object)
        found[:] = list(values)
        return found

    array.__name__, array.__doc__ = make.__name__, make.__doc__
    return array


def _explain_lambdas(generic_utils: ModuleType) -> None:
    def load(original: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except (EOFError, ValueError, TypeError) as error:
            raise ValueError(
                "a function that was saved with the model (a lambda, as a rule) can't be loaded: it is stored as the "
                "bytecode of the Python that saved it, which this one does not understand. Build the model in code "
                "and load its weights; or save it anew, under that Python, with a named function."
            ) from error

    wrap(generic_utils, "func_load", load)


def _tags(self: Any) -> Any:
    """The tags that scikit-learn asks of an estimator since version 1.6."""
    base: Any = importlib.import_module("sklearn.base")
    wrappers: Any = importlib.import_module("keras.wrappers.scikit_learn")
    kind = base.ClassifierMixin if isinstance(self, wrappers.KerasClassifier) else base.RegressorMixin
    return type("Estimator", (kind, base.BaseEstimator), {})().__sklearn_tags__()


def _read_only(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
    """`open`, for reading."""
    if mode != "r":
        raise OSError(f"{file!r} is not written under kjax")
    return open(file, mode, *args, **kwargs)


def _no_folder(*args: Any, **kwargs: Any) -> None:
    raise OSError("no folder is made under kjax")


def _access(path: Any, mode: int) -> bool:
    """`os.access`; for a folder that does not exist, whether it could be made."""
    return os.access(path if os.path.exists(path) else os.path.dirname(os.path.abspath(path)), mode)


def _environment() -> dict[str, str]:
    """The current environment, with kjax as the backend."""
    return {**os.environ, "KERAS_BACKEND": _BACKEND}


def symbolic(function: Any) -> Any:
    """A decorator that runs a function in graph mode, as Keras has it for backends with a graph mode."""

    @functools.wraps(function)
    def building(*args: Any, **kwargs: Any) -> Any:
        if not graph.executing_eagerly():  # (each training step comes by here)
            return function(*args, **kwargs)
        with graph.graph_mode():
            return function(*args, **kwargs)

    return building


def _functions_in_graph_mode(training: ModuleType) -> None:
    for name in ("_set_inputs", "_make_train_function", "_make_test_function", "_make_predict_function"):
        setattr(training.Model, name, symbolic(getattr(training.Model, name)))


def _weights_in_graph_mode(base_layer: ModuleType) -> None:
    base_layer.Layer.add_weight = symbolic(base_layer.Layer.add_weight)


def _int_prod(*args: Any, **kwargs: Any) -> Any:
    """`np.prod`; of a shape as a Python int."""
    product = np.prod(*args, **kwargs)
    return int(product) if isinstance(product, np.integer) else product


def _numbers_print_as_before(layer_utils: ModuleType) -> None:
    def print_summary(original: Any, *args: Any, **kwargs: Any) -> None:
        with np.printoptions(legacy="1.25"):
            original(*args, **kwargs)

    wrap(layer_utils, "print_summary", print_summary)


def _logs_in_double(callbacks: ModuleType) -> None:
    def on_batch_end(original: Any, self: Any, batch: int, logs: Any = None) -> None:
        original(self, batch, {name: _double(value) for name, value in (logs or {}).items()})

    wrap(callbacks.BaseLogger, "on_batch_end", on_batch_end)


def _double(value: Any) -> Any:
    return np.float64(value) if isinstance(value, np.floating) else value


def _saved_once(network: ModuleType) -> None:
    def save(original: Any, self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        with once(filepath) as path:
            return original(self, path, *args, **kwargs)

    for name in ("save", "save_weights"):
        wrap(network.Network, name, save)


def _name_backend(load_backend: ModuleType) -> None:
    from kjax.dialects.keras2_calls import backend

    load_backend.backend = backend  # type: ignore[attr-defined]


def _on_devices(multi_gpu_utils: ModuleType) -> None:
    from kjax.dialects.keras2_devices import multi_gpu_model

    wrap(multi_gpu_utils, "multi_gpu_model", multi_gpu_model)


# ------------------------------------------------------------------------------------------------------------ the table

_SAVING, _IO = "keras.engine.saving", "keras.utils.io_utils"
ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
COLLECTIONS = StandIn("collections", **{name: getattr(collections.abc, name) for name in collections.abc.__all__})

REPAIRS = together(
    Repair(
        "backend",
        "the backend is kjax, whatever ~/.keras/keras.json says, which is neither made nor changed",
        (LOAD_BACKEND,),
        imports={"os": StandIn("os", {"environ": _environment}, makedirs=_no_folder)},
        builtins={"open": _read_only},
    ),
    Repair(
        "name of the backend",
        "K.backend() is 'tensorflow' for programs, which know no other name but those of backends that are gone",
        (LOAD_BACKEND,),
        afterwards=_name_backend,
    ),
    Repair(
        "graph mode, functions",
        "in a program in eager mode, parts of the outputs of the functions of a model would be computed at once",
        ("keras.engine.training",),
        afterwards=_functions_in_graph_mode,
    ),
    Repair(
        "graph mode, weights",
        "in a program in eager mode, regularizers of weights that are added outside of a call would be numbers",
        ("keras.engine.base_layer",),
        afterwards=_weights_in_graph_mode,
    ),
    Repair(
        "data folder",
        "downloads go to /tmp if there is no ~/.keras, which Keras made as it was imported",
        ("keras.utils.data_utils",),
        imports={"os": StandIn("os", access=_access)},
    ),
    Repair(
        "collections",
        "collections.Iterable and others moved to collections.abc (Python 3.10)",
        ("keras.callbacks.callbacks", "keras.engine.training_utils"),
        imports={"collections": COLLECTIONS},
    ),
    Repair(
        "argspec",
        "inspect.ArgSpec is gone (Python 3.11)",
        ("keras.utils.generic_utils",),
        imports={"inspect": StandIn("inspect", ArgSpec=ArgSpec)},
    ),
    Repair(
        "numpy names",
        "np.Inf, np.string_ and np.unicode_ are gone (NumPy 2)",
        ("keras.callbacks.callbacks", _IO, "keras_preprocessing.sequence"),
        imports={"numpy": StandIn("numpy", Inf=np.inf, string_=np.bytes_, unicode_=np.str_)},
    ),
    Repair(
        "shapes of integers",
        "the shape of Flatten and Reshape shows a dim as np.int64(4) (NumPy 2)",
        ("keras.layers.core",),
        imports={"numpy": StandIn("numpy", prod=_int_prod)},
    ),
    Repair(
        "summary",
        "a dim that a layer computes with NumPy is shown as np.int64(4) (NumPy 2)",
        ("keras.utils.layer_utils",),
        afterwards=_numbers_print_as_before,
    ),
    Repair(
        "means of an epoch",
        "losses of batches are summed as float32, and a history can't be written as JSON (NumPy 2)",
        ("keras.callbacks.callbacks",),
        afterwards=_logs_in_double,
    ),
    Repair(
        "names of metrics",
        "histories and logs know metrics by the names since Keras 2.3 alone: 'accuracy', and no 'acc'",
        ("keras.callbacks.callbacks",),
        afterwards=history_names.known_by_all_names,
    ),
    Repair(
        "randint",
        "random.randint takes integers only (Python 3.12)",
        ("keras_preprocessing.sequence",),
        imports={"random": StandIn("random", randint=lambda a, b: random.randint(int(a), int(b)))},
    ),
    Repair(
        "generators of images",
        "they import tensorflow.keras for its Sequence, which would make Keras that of TensorFlow 2.2",
        tuple(f"keras_preprocessing.image.{kind}_iterator" for kind in ("directory", "numpy_array", "dataframe")),
        imports={"tensorflow.keras.utils": StandIn("keras.utils")},
    ),
    Repair(
        "ragged arrays",
        "np.array refuses lists of different lengths (NumPy 1.24)",
        ("keras.datasets.imdb", "keras.datasets.reuters"),
        imports={"numpy": StandIn("numpy", array=ragged(np.array))},
    ),
    Repair(
        "hdf5 text, models",
        "attributes are read as str where bytes are expected (h5py 3): nothing could be loaded",
        (_SAVING,),
        afterwards=_read_as_before,
    ),
    Repair("hdf5 text, dicts", "the same where models are read as dicts", (_IO,), afterwards=_dict_reads_as_before),
    Repair(
        "hdf5 lists, weights",
        "lists of names are stored in a form that older versions do not read (h5py 3.16)",
        (_SAVING,),
        afterwards=_write_as_before,
    ),
    Repair("hdf5 lists, dicts", "the same where models are saved as dicts", (_IO,), afterwards=_dict_writes_as_before),
    Repair(
        "hdf5 in memory",
        "files in memory need a mode, and have no attribute fid (h5py 3): saving to a stream fails",
        (_IO, _SAVING),
        imports={"h5py": StandIn("h5py", {"File": _file_class})},
    ),
    Repair(
        "one file of several processes",
        "each of the processes that `kjax run --processes` starts would write the file of a model",
        ("keras.engine.network",),
        afterwards=_saved_once,
    ),
    Repair(
        "lambdas",
        "a function that another Python saved with a model fails without saying why",
        ("keras.utils.generic_utils",),
        afterwards=_explain_lambdas,
    ),
    Repair(
        "shape of Lambda",
        "with any backend but TensorFlow, Lambda assumes that its result has the shape of its input",
        ("keras.layers.core",),
        imports={"keras.backend": StandIn("keras.backend", backend=lambda: "tensorflow")},
    ),
    Repair(
        "multi_gpu_model",
        "models on several devices are for TensorFlow only",
        ("keras.utils.multi_gpu_utils",),
        afterwards=_on_devices,
    ),
    Repair(
        "estimators",
        "scikit-learn asks estimators for tags (since 1.6)",
        ("keras.wrappers.scikit_learn",),
        names={"BaseWrapper.__sklearn_tags__": _tags},
    ),
)


# --------------------------------------------------------------------------------------------------------- application

settings = Settings()  # settings of the program that Keras changes


def is_installed() -> bool:
    """Whether `import keras` finds Keras 2.3.1."""
    spec = PathFinder.find_spec("keras")
    if spec is None or spec.origin is None:
        return False
    return spec.origin in _known or _says_its_version(spec.origin)


_known: set[str] = set()


def _says_its_version(file: str) -> bool:
    try:
        with open(file, encoding="utf-8") as source:
            found = re.search(r"""^__version__ = ['"](.*)['"]""", source.read(), re.MULTILINE)
    except OSError:
        return False
    if found is None or found[1] != VERSION:
        return False
    _known.add(file)
    return True


def other_backend() -> str | None:
    """The name of the backend on which Keras runs already, if that is not kjax."""
    name = getattr(sys.modules.get(LOAD_BACKEND), "_BACKEND", None)
    return None if name == _BACKEND else name


keeps_mode: ContextVar[bool] = ContextVar("kjax_keras_keeps_mode", default=False)


@contextlib.contextmanager
def mode_kept() -> Iterator[None]:
    """A `with` block in which importing Keras does not switch the program to graph mode."""
    with scope(keeps_mode, True), graph.graph_mode():
        yield

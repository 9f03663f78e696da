"""Keras 2.3.1 on a current Python, unedited: what it needs changed at run time, each repair by its name.

Keras 2.3.1 (2019) was written for Python 3.6, NumPy 1.17 and h5py 2. A repair belongs to a few of its modules, and only
they see it: what they import is answered, for them alone, by a stand-in that has the names they miss, or a function
of theirs is wrapped. Nothing of Python, NumPy or h5py is changed, and no file is.

`install` puts a finder first in `sys.meta_path` which repairs these modules as they are imported; those that are there
already are repaired at once. `REPAIRS` is the list, which `kjax info` shows.
"""

from __future__ import annotations

import collections
import collections.abc
import functools
import importlib
import importlib.abc
import os
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

import numpy as np

from kjax.core import graph
from kjax.dialects.repairs import Loader, Repair, StandIn, repair_late, wrap

VERSION = "2.3.1"

# Is told of each module that was asked for: its name, and where an installed one is that is left alone, else None.
Report = Callable[[str, str | None], None]


# ------------------------------------------------------------------------------------------------------ what h5py 2 did


class _Text(str):
    """A string that can also be decoded, as if it were bytes."""

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
    """An HDF5 group, with attributes as h5py 2 read them, and its groups likewise."""

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


class _H5py(StandIn):
    """h5py, whose files in memory are opened for writing, and have the attribute `fid`."""

    def __init__(self) -> None:
        super().__init__("h5py")

    @property
    def File(self) -> Any:
        """The class of files."""
        h5py: Any = importlib.import_module("h5py")

        class File(h5py.File):  # type: ignore[misc]
            def __init__(self, name: Any, mode: Any = None, driver: Any = None, **options: Any) -> None:
                super().__init__(name, mode or ("w" if driver == "core" else "r"), driver, **options)

            @property
            def fid(self) -> Any:
                return self.id

        return File


# --------------------------------------------------------------------------------------------------- other old manners


def _array(values: Any, *args: Any, **kwargs: Any) -> Any:
    """`np.array`, which makes an array of lists where they are of different lengths."""
    try:
        return np.array(values, *args, **kwargs)
    except ValueError:
        array = np.empty(len(values), object)
        array[:] = values
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


def _infer_shapes(core: ModuleType) -> None:
    vars(core)["K"] = StandIn("keras.backend", backend=lambda: "tensorflow")


def _describe_estimators(scikit_learn: ModuleType) -> None:
    """Give the wrappers what scikit-learn asks of estimators since its version 1.6."""

    def tags(self: Any) -> Any:
        base: Any = importlib.import_module("sklearn.base")
        kind = base.ClassifierMixin if isinstance(self, scikit_learn.KerasClassifier) else base.RegressorMixin
        return type("Estimator", (kind, base.BaseEstimator), {})().__sklearn_tags__()

    scikit_learn.BaseWrapper.__sklearn_tags__ = tags


def _read_only(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
    """`open`, for reading."""
    if mode != "r":
        raise OSError(f"{file!r} is not written under kjax")
    return open(file, mode, *args, **kwargs)


def _no_folder(*args: Any, **kwargs: Any) -> None:
    raise OSError("no folder is made under kjax")


def _access(path: Any, mode: int) -> bool:
    """`os.access`, of a folder that is not there: whether it could be made."""
    return os.access(path if os.path.exists(path) else os.path.dirname(os.path.abspath(path)), mode)


class _Environment(StandIn):
    """The module os, whose environment names kjax as the backend, and which makes no folder."""

    def __init__(self) -> None:
        super().__init__("os", makedirs=_no_folder)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of now, and the backend."""
        return {**os.environ, "KERAS_BACKEND": "kjax.keras2"}


def _in_graph_mode(common: ModuleType) -> None:
    def symbolic(function: Any) -> Any:
        @functools.wraps(function)
        def building(*args: Any, **kwargs: Any) -> Any:
            with graph.graph_mode():
                return function(*args, **kwargs)

        return building

    vars(common)["symbolic"] = symbolic


def _attach(load_backend: ModuleType) -> None:
    # A backend that was imported before Keras was could not attach itself then.
    importlib.import_module("kjax.dialects.keras2").attach()


# ------------------------------------------------------------------------------------------------------------ the table

_SAVING, _IO = "keras.engine.saving", "keras.utils.io_utils"
_ArgSpec = collections.namedtuple("_ArgSpec", "args varargs keywords defaults")

REPAIRS = (
    Repair(
        "backend",
        "the backend is kjax, whatever ~/.keras/keras.json says, which is neither made nor changed",
        ("keras.backend.load_backend",),
        imports={"os": _Environment()},
        afterwards=_attach,
        builtins={"open": _read_only},
    ),
    Repair(
        "graph mode",
        "Keras builds its graphs in graph mode, also within a program in eager mode",
        ("keras.backend.common",),
        afterwards=_in_graph_mode,
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
        imports={
            "collections": StandIn(
                "collections", **{name: getattr(collections.abc, name) for name in collections.abc.__all__}
            )
        },
    ),
    Repair(
        "argspec",
        "inspect.ArgSpec is gone (Python 3.11)",
        ("keras.utils.generic_utils",),
        imports={"inspect": StandIn("inspect", ArgSpec=_ArgSpec)},
    ),
    Repair(
        "numpy names",
        "np.Inf, np.string_ and np.unicode_ are gone (NumPy 2)",
        ("keras.callbacks.callbacks", _IO, "keras_preprocessing.sequence"),
        imports={"numpy": StandIn("numpy", Inf=np.inf, string_=np.bytes_, unicode_=np.str_)},
    ),
    Repair(
        "randint",
        "random.randint takes integers only (Python 3.12)",
        ("keras_preprocessing.sequence",),
        imports={"random": StandIn("random", randint=lambda a, b: random.randint(int(a), int(b)))},
    ),
    Repair(
        "ragged arrays",
        "np.array refuses lists of different lengths (NumPy 1.24)",
        ("keras.datasets.imdb", "keras.datasets.reuters"),
        imports={"numpy": StandIn("numpy", array=_array)},
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
        imports={"h5py": _H5py()},
    ),
    Repair(
        "lambdas",
        "a function that another Python saved with a model fails without saying why",
        ("keras.utils.generic_utils",),
        afterwards=_explain_lambdas,
    ),
    Repair(
        "shape of Lambda",
        "Lambda takes the shape of its result for that of its input, with any backend but TensorFlow",
        ("keras.layers.core",),
        afterwards=_infer_shapes,
    ),
    Repair(
        "estimators",
        "scikit-learn asks estimators for tags (since 1.6)",
        ("keras.wrappers.scikit_learn",),
        afterwards=_describe_estimators,
    ),
)


# ----------------------------------------------------------------------------------------------------- carrying it out


def _of(module: str) -> list[Repair]:
    return [repair for repair in REPAIRS if module in repair.modules]


_TENSORFLOW_BACKEND = "keras.backend.tensorflow_backend"


class _TensorFlowBackend(importlib.abc.Loader):
    """Answers Keras's backend for TensorFlow, from which programs import `set_session` and their like, with kjax's."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module."""
        importlib.import_module("kjax.dialects.keras2_private").fill(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds Keras 2.3.1 where it is installed, and has its modules repaired; an entry of `sys.meta_path`."""

    def __init__(self, report: Report | None = None) -> None:
        self.report = report or (lambda name, left_alone: None)
        self.repaired = {module for repair in REPAIRS for module in repair.modules}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of Keras 2.3.1; None for what others should look for."""
        root = name.partition(".")[0]
        if root not in ("keras", "keras_preprocessing") or (root == "keras" and not is_installed()):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and name in self.repaired and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path, _of(name))
        if name == "keras.backend":
            self.report(name, None)
        if name == _TENSORFLOW_BACKEND:
            return ModuleSpec(name, _TensorFlowBackend(), origin="kjax")
        return spec


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


_finder: Finder | None = None


def install(report: Report | None = None) -> None:
    """Have the modules of Keras 2.3.1 repaired: those that are there at once, others as they are imported."""
    global _finder
    if _finder is None:
        _finder = Finder(report)
        sys.meta_path.insert(0, _finder)
    for name in _finder.repaired & sys.modules.keys():
        module = sys.modules[name]
        if not _is_running(module):
            repair_late(module, _of(name))


def _is_running(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


def uninstall() -> None:
    """Undo `install`; modules that are repaired already stay so."""
    global _finder
    if _finder is not None and _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    _finder = None

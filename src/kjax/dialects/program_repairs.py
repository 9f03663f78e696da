"""Names that NumPy, SciPy, Python and others have dropped since 2019, answered for the modules of a program.

A program of its time runs under `kjax run` on the packages of today: its imports of a package get a stand-in with the
missing names (`kjax.dialects.repairs`). Nothing of these packages is changed, and no other module sees it.
`kjax run --no-repairs` does without; `kjax info` shows the list.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.util
import math
import os
import random
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

import numpy as np

from kjax.dialects import matplotlib_repairs, scientific_repairs
from kjax.dialects.keras2_repairs import COLLECTIONS, ArgSpec, ragged
from kjax.dialects.repairs import Loader, Repair, StandIn, prepare, together

# --------------------------------------------------------------------------------------------------------------- NumPy


_NUMPY = {
    "Inf": np.inf,
    "Infinity": np.inf,
    "NAN": np.nan,
    "NINF": -np.inf,
    "NZERO": -0.0,
    "NaN": np.nan,
    "PINF": np.inf,
    "PZERO": 0.0,
    "alltrue": np.all,
    "array": ragged(np.array),
    "asarray": ragged(np.asarray),
    "asfarray": lambda a, dtype=np.float64: np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64),
    "asscalar": lambda a: a.item(),
    "bool": bool,
    "cfloat": np.complex128,
    "complex": complex,
    "complex_": np.complex128,
    "cumproduct": np.cumprod,
    "float": float,
    "float_": np.float64,
    "in1d": lambda ar1, ar2, assume_unique=False, invert=False: np.isin(
        np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert
    ),
    "infty": np.inf,
    "int": int,
    "issubsctype": np.issubdtype,
    "longcomplex": np.clongdouble,
    "longfloat": np.longdouble,
    "mat": lambda data, dtype=None: np.asmatrix(data, dtype),
    "msort": lambda a: np.sort(a, axis=0),
    "object": object,
    "product": np.prod,
    "row_stack": np.vstack,
    "singlecomplex": np.complex64,
    "sometrue": np.any,
    "str": str,
    "string_": np.bytes_,
    "trapz": lambda y, x=None, dx=1.0, axis=-1: np.trapezoid(y, x, dx, axis),
    "typeDict": np.sctypeDict,
    "unicode_": np.str_,
}

# --------------------------------------------------------------------------------------------------------- scipy.misc


def _pillow() -> Any:
    return importlib.import_module("PIL.Image")


def _imread(name: Any, flatten: bool = False, mode: str | None = None) -> Any:
    image = _pillow().open(name)
    if mode is not None:
        image = image.convert(mode)
    elif image.mode in ("P", "1"):
        image = image.convert("RGB" if image.mode == "P" else "L")
    return np.asarray(image.convert("F") if flatten else image)


def _bytescale(data: Any, cmin: Any = None, cmax: Any = None, high: int = 255, low: int = 0) -> Any:
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    least = data.min() if cmin is None else cmin
    spread = (data.max() if cmax is None else cmax) - least
    scaled = (data - least) * (float(high - low) / (spread or 1)) + low
    return (scaled.clip(low, high) + 0.5).astype(np.uint8)


def _toimage(arr: Any, high: int = 255, low: int = 0, cmin: Any = None, cmax: Any = None, mode: Any = None) -> Any:
    if np.iscomplexobj(arr):
        raise ValueError("scipy.misc.toimage(): arr must not be complex")
    data = np.asarray(arr)
    if mode == "F":
        return _pillow().fromarray(data.astype(np.float32))
    if data.ndim == 3 and data.shape[-1] not in (3, 4) and data.shape[0] in (3, 4):
        data = data.transpose(1, 2, 0)
    image = _pillow().fromarray(_bytescale(data, cmin, cmax, high, low))
    return image if mode is None else image.convert(mode)


def _imresize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> Any:
    image = _toimage(arr, mode=mode)
    if isinstance(size, (int, np.integer)):
        shape = tuple(int(n * size / 100.0) for n in image.size)
    elif isinstance(size, (float, np.floating)):
        shape = tuple(int(n * size) for n in image.size)
    else:
        shape = (int(size[1]), int(size[0]))
    ways = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "cubic": 3}
    return np.asarray(image.resize(shape, resample=ways[interp]))


def _imrotate(arr: Any, angle: float, interp: str = "bilinear") -> Any:
    ways = {"nearest": 0, "bilinear": 2, "bicubic": 3, "cubic": 3}
    return np.asarray(_toimage(arr).rotate(angle, resample=ways[interp]))


def _special(name: str) -> Callable[[], Any]:
    return lambda: getattr(importlib.import_module("scipy.special"), name)


_SCIPY_MISC = {
    "bytescale": _bytescale,
    "fromimage": lambda im, flatten=False, mode=None: np.asarray(
        im.convert(mode) if mode else im.convert("F") if flatten else im
    ),
    "imread": _imread,
    "imresize": _imresize,
    "imrotate": _imrotate,
    "imsave": lambda name, arr, format=None: _toimage(arr).save(name, format),
    "toimage": _toimage,
}

# -------------------------------------------------------------------------------------------------------------- Python


def _getargspec(func: Any) -> Any:
    import inspect

    spec = inspect.getfullargspec(func)
    return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


def _load_source(name: str, pathname: str, file: Any = None) -> ModuleType:
    loader = SourceFileLoader(name, pathname)
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def _sample(population: Any, k: int, **how: Any) -> Any:
    """`random.sample`, which took sets, too."""
    return random.sample(sorted(population) if isinstance(population, (set, frozenset)) else population, k, **how)


def _shuffle(x: Any, random: Any = None) -> None:
    """`random.shuffle`, which took a function that draws numbers."""
    if random is None:
        return _random_module.shuffle(x)
    for i in reversed(range(1, len(x))):
        j = int(random() * (i + 1))
        x[i], x[j] = x[j], x[i]
    return None


_random_module = random


def _yaml_load(stream: Any, Loader: Any = None) -> Any:
    """`yaml.load`, which needed no loader."""
    yaml = importlib.import_module("yaml")
    return yaml.load(stream, Loader or yaml.FullLoader)


# ------------------------------------------------------------------------------------------------------------ the table

REPAIRS = together(
    Repair(
        "NumPy's names",
        "np.float, np.int, np.bool, np.object, np.product, ragged np.array and others are gone (NumPy 1.24, 2)",
        (),
        imports={"numpy": StandIn("numpy", **_NUMPY)},
    ),
    Repair(
        "scipy.misc",
        "imread, imresize, imsave and others are gone (SciPy 1.2 to 1.14): Pillow answers, where it is installed",
        (),
        imports={
            "scipy.misc": StandIn(
                "scipy.misc", {name: _special(name) for name in ("comb", "factorial", "logsumexp")}, **_SCIPY_MISC
            )
        },
        gone=("scipy.misc",),
    ),
    Repair(
        "collections",
        "collections.Mapping and others are in collections.abc (Python 3.10)",
        (),
        imports={"collections": COLLECTIONS},
    ),
    Repair(
        "Python's names",
        "inspect.getargspec, time.clock, fractions.gcd, os.errno and the samples of sets are gone (Python 3.3 to 3.11)",
        (),
        imports={
            "inspect": StandIn("inspect", ArgSpec=ArgSpec, getargspec=_getargspec),
            "time": StandIn("time", clock=time.perf_counter),
            "fractions": StandIn("fractions", gcd=math.gcd),
            "os": StandIn("os", {"errno": lambda: importlib.import_module("errno")}),
            "random": StandIn("random", sample=_sample, shuffle=_shuffle),
        },
    ),
    Repair(
        "imp",
        "the module imp is gone (Python 3.12)",
        (),
        imports={
            "imp": StandIn(
                "importlib", reload=importlib.reload, load_source=_load_source, new_module=lambda name: ModuleType(name)
            )
        },
        gone=("imp",),
    ),
    Repair(
        "PyYAML",
        "yaml.load needs a loader (PyYAML 6)",
        (),
        imports={"yaml": StandIn("yaml", load=_yaml_load)},
    ),
    Repair(
        "Pillow's names",
        "Image.ANTIALIAS is gone (Pillow 10)",
        (),
        imports={"PIL.Image": StandIn("PIL.Image", ANTIALIAS=1)},
    ),
    matplotlib_repairs.REPAIR,
    scientific_repairs.SCIPY,
    scientific_repairs.SCIKIT_LEARN,
)


# --------------------------------------------------------------------------------------------------------- application


def repair(module: ModuleType) -> None:
    """Let a module of the program, which has not run yet, import stand-ins."""
    prepare(module, REPAIRS)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of the program: those that belong neither to Python nor to an installed package."""

    def __init__(self) -> None:
        paths = sysconfig.get_paths()
        self._others = tuple({os.path.realpath(paths[kind]) + os.sep for kind in _OTHERS} | {_OURS})

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of the program; None for others."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        file = os.path.realpath(spec.loader.path)
        if (
            file.startswith(self._others)
            or not _NAMES.isdisjoint(file.split(os.sep))
            or _has_packages(_root(file, name))
        ):
            return None
        spec.loader = Loader(spec.loader.name, spec.loader.path, REPAIRS)
        return spec


def _root(file: str, name: str) -> str:
    """The folder in which the outermost package of a module lies."""
    inside = name.count(".") + (os.path.basename(file) == "__init__.py")
    return functools.reduce(lambda path, _: os.path.dirname(path), range(inside), os.path.dirname(file))


@functools.cache
def _has_packages(folder: str) -> bool:
    """Whether packages were installed into a folder (by `pip install --target`, for example)."""
    return any(entry.endswith(".dist-info") for entry in os.listdir(folder))


_NAMES = {"site-packages", "dist-packages"}
_OTHERS = ("stdlib", "platstdlib", "purelib", "platlib")
_OURS = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep


def is_installed() -> bool:
    """Whether modules of the program are repaired."""
    return any(isinstance(finder, Finder) for finder in sys.meta_path)


def install() -> None:
    """Repair the modules of the program as they are imported."""
    if not is_installed():
        at = next((i for i, finder in enumerate(sys.meta_path) if finder is PathFinder), len(sys.meta_path))
        sys.meta_path.insert(at, Finder())

"""What kjax answers under a name, found where `kjax run` finds it: in the stand-in modules themselves.

Within `Answers()` kjax stands in for TensorFlow, as under `kjax run --force`; at its end all is as before.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import importlib
import importlib.util
import inspect
import io
import sys
import warnings
from types import ModuleType, TracebackType
from typing import Any, NamedTuple

from kjax.checking import outlines
from kjax.core import graph
from kjax.dialects import keras2_repairs, program_repairs, tensorflow, tensorflow_modules
from kjax.dialects.repairs import Repair, StandIn, stand_ins
from kjax.dialects.stand_ins import Face

# Packages that kjax answers for.
OURS = ("keras", "tensorflow")

# Packages that kjax repairs names of, or is itself.
_OTHERS = ("kjax", "numpy")

# Packages whose names are found in their files, where they are installed.
_OUTLINED = ("PIL", "h5py", "imageio", "joblib", "matplotlib", "mpl_toolkits", "pandas", "pylab", "scipy", "seaborn",
             "skimage", "sklearn")  # fmt: skip

# Modules and names of Python 2 that Python 3 has under other names.
PYTHON_2 = {
    "ConfigParser": "configparser",
    "HTMLParser": "html.parser",
    "Queue": "queue",
    "StringIO": "io",
    "__builtin__": "builtins",
    "builtins.basestring": "str",
    "builtins.long": "int",
    "builtins.raw_input": "input",
    "builtins.reduce": "functools.reduce",
    "builtins.unichr": "chr",
    "builtins.unicode": "str",
    "builtins.xrange": "range",
    "cPickle": "pickle",
    "cStringIO": "io",
    "commands": "subprocess",
    "httplib": "http.client",
    "itertools.ifilter": "filter",
    "itertools.imap": "map",
    "itertools.izip": "zip",
    "itertools.izip_longest": "itertools.zip_longest",
    "string.letters": "string.ascii_letters",
    "string.maketrans": "str.maketrans",
    "sys.maxint": "sys.maxsize",
    "urllib.quote": "urllib.parse.quote",
    "urllib.unquote": "urllib.parse.unquote",
    "urllib.urlencode": "urllib.parse.urlencode",
    "urllib.urlopen": "urllib.request.urlopen",
    "urllib.urlretrieve": "urllib.request.urlretrieve",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
}


class Found(NamedTuple):
    """What stands under a name.

    Attributes:
        name: the name up to the first thing that is no module; further parts are attributes of that.
        there: whether all of it is there.
        value: what is there.
        refusal: why it is not there, as the error at run time says it.
        repair: the repair that gives it, since its package no longer does.
        older: whether `tf` itself had it before TensorFlow 2 only.
    """

    name: str
    there: bool
    value: Any = None
    refusal: str = ""
    repair: Repair | None = None
    older: bool = False

    @property
    def is_module(self) -> bool:
        """Whether it is a module."""
        return self.there and isinstance(self.value, ModuleType)


class Answers:
    """Finds names; a context, within which kjax stands in for TensorFlow."""

    def __init__(self) -> None:
        self._undo = contextlib.ExitStack()
        self._found: dict[str, Found] = {}
        self._repairs = {
            f"{module}.{name}": repair
            for repair in program_repairs.REPAIRS
            for module, stand_in in repair.imports.items()
            for name in {**stand_in._names, **stand_in._computed}
        }
        self._stand_ins = stand_ins(program_repairs.REPAIRS)
        self._gone = {name: repair for repair in program_repairs.REPAIRS for name in repair.gone}

    def __enter__(self) -> Answers:
        self._undo.enter_context(tensorflow.install(force=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def knows(self, name: str) -> bool:
        """Whether the package of a name is one that this tells of."""
        root = name.partition(".")[0]
        return (
            root in OURS
            or root in _OTHERS
            or root in self._stand_ins
            or name in PYTHON_2
            or root in PYTHON_2
            or is_outlined(root)
        )

    def find(self, name: str) -> Found:
        """What stands under a full name, such as `tensorflow.nn.relu`."""
        if name not in self._found:
            mode = graph._PROGRAM.graph  # (which an import of Keras or `tf.contrib` changes)
            # (In graph mode `tf.contrib` is seen; whether a program is in it, its other names decide.)
            with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()), graph.graph_mode():
                warnings.simplefilter("ignore")
                self._found[name] = self._find(name)
            graph._PROGRAM.build(mode)
        return self._found[name]

    def meant(self, name: str) -> str:
        """A full name that is there and may have been meant by one that is not; else an empty string."""
        parent, _, last = name.rpartition(".")
        above = self.find(parent).value if parent else None
        names = [other for other in dir(above) if not other.startswith("_")] if isinstance(above, ModuleType) else []
        close = difflib.get_close_matches(last, names, 1, 0.8)
        return f"{parent}.{close[0]}" if close else ""

    def _find(self, name: str) -> Found:
        if name in PYTHON_2:
            what = name.removeprefix("builtins.")
            return Found(name, False, refusal=f"{what} is gone since Python 3; it has {PYTHON_2[name]}")
        parent, _, last = name.rpartition(".")
        if is_outlined(name) and name not in self._stand_ins and name not in self._repairs and parent not in self._gone:
            return _from_files(name)
        if not parent:
            return self._imported(name)
        above = self.find(parent)
        if not above.there:
            return above
        if isinstance(above.value, ModuleType):
            return self._in_module(above.value, parent, last)
        if inspect.isclass(above.value) or inspect.isroutine(above.value):
            if hasattr(above.value, last):
                return above._replace(value=inspect.getattr_static(above.value, last))
            what = f"{above.name} is there, but has no attribute {last!r}"
            return above._replace(there=False, refusal=what, value=None)
        return above._replace(value=None)  # (an attribute of an object, which is not looked at: it may compute)

    def _imported(self, name: str) -> Found:
        if not self.knows(name):  # (which is not imported)
            there = name in sys.modules or _is_installed(name)
            return Found(name, there, refusal="" if there else f"{name} is not found here")
        if name in self._gone and not _is_installed(name):
            return Found(name, True, self._stand_ins[name], repair=self._gone[name])
        try:
            return Found(name, True, self._stand_ins.get(name) or importlib.import_module(name))
        except ImportError as error:
            if name.partition(".")[0] in OURS:
                return Found(name, False, refusal=str(error))
        except Exception:  # of a package that is not ours
            pass
        return Found(name, True)

    def _in_module(self, module: ModuleType, parent: str, last: str) -> Found:
        name = f"{parent}.{last}"
        if isinstance(module, Face):
            return self._in_face(module, name, last)
        if isinstance(module, StandIn):
            return self._in_stand_in(module, parent, name, last)
        try:
            return Found(name, True, getattr(module, last))
        except (AttributeError, ImportError) as error:
            try:
                return Found(name, True, importlib.import_module(name))
            except ImportError:
                return Found(name, False, refusal=str(error))

    def _in_face(self, face: Face, name: str, last: str) -> Found:
        finder: Any = face.__spec__.loader
        if last in vars(face) or name in finder.contents or name in finder.attributes:
            return Found(name, True, getattr(face, last))
        older = tensorflow_modules.only_older(name)  # (`getattr` would switch the program to graph mode)
        if older is not None:
            return Found(name, True, older, older=True)
        return Found(name, False, refusal=finder.refusal(name))

    def _in_stand_in(self, module: StandIn, parent: str, name: str, last: str) -> Found:
        """A name of a package that the program gets repaired."""
        if name in self._stand_ins:  # a module below
            return self._imported(name) if name in self._gone else Found(name, True, self._stand_ins[name])
        gone = self._gone.get(parent)
        if name not in self._repairs and not (gone or name.partition(".")[0] in _LOOKED_AT):
            return Found(name, True)  # (to import all of SciPy for the names that it does have takes seconds)
        if gone and gone.name in _WHOLE and name not in self._repairs:
            moved = f"{module._module}.{last}"
            if is_outlined(moved) and not outlines.has(moved):
                return _from_files(moved)._replace(name=name)
            return Found(name, True, repair=gone)
        if name in self._repairs and not gone and is_outlined(name) and outlines.sees(name):
            return Found(name, True, module._names.get(last))
        real = _real(module._module)
        if name in self._repairs:
            value, there = module._names.get(last), real is not None and not gone and _has(real, last)
            return Found(name, True, value, repair=None if there else self._repairs[name])
        if real is not None and _has(real, last):
            return Found(name, True, getattr(real, last, None) or _real(name), repair=gone)
        return Found(name, False, refusal=f"{name} is gone{_since(real)}")


# Packages whose names are looked up, besides those that are repaired. (Each system has an `os` of its own.)
_LOOKED_AT = ("collections", "fractions", "imp", "inspect", "numpy", "random", "time")

# Repairs of modules that moved as a whole, to packages which take long to import, or may be missing here.
_WHOLE = ("scikit-learn's modules",)


def _from_files(name: str) -> Found:
    root = name.partition(".")[0]
    refusal = "" if outlines.has(name) else f"{name} is gone, in {outlines.version(root) or root}"
    return Found(name, not refusal, refusal=refusal)


@functools.cache
def is_outlined(name: str) -> bool:
    """Whether a name is looked up in the files of its package, which is installed."""
    root = name.partition(".")[0]
    return root in _OUTLINED and _is_installed(root)


def _real(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception:  # it is not installed, or does not run here
        return None


def _has(module: ModuleType, name: str) -> bool:
    return hasattr(module, name) or _is_installed(f"{module.__name__}.{name}")


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False


def _since(module: ModuleType | None) -> str:
    version = getattr(module, "__version__", None)
    return f", in {module.__name__} {version}" if module is not None and version else ""


def has_keras() -> bool:
    """Whether Keras 2.3.1 is installed, which answers for `keras` and `tf.keras.layers`."""
    return keras2_repairs.is_installed()


def needs_keras(name: str) -> bool:
    """Whether a name is one that Keras 2.3.1 would answer, and is not installed."""
    below = name.partition("keras.")[2]
    root = name.partition(".")[0]
    return not has_keras() and (root == "keras" or "keras" in name.split(".")[:3]) and not below.startswith("backend")

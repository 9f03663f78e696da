"""The modules of TensorFlow that kjax answers, and their contents."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache, partial, wraps
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

from kjax.core.foreign import answering
from kjax.core.graph import disable_eager_execution
from kjax.dialects.stand_ins import Contents, united

VERSION = "2.2.0+kjax"
KERAS_VERSION = "2.3.0+kjax"


_PADDED = "a tensor padded with zeros, and a mask: keras.preprocessing.sequence.pad_sequences, tf.sequence_mask"

# What does in place of a module or a name that has no place here, by its name in TensorFlow.
_INSTEAD = {
    "app": 'it is absl\'s, and is answered where that is installed: pip install "kjax[flags]"',
    "contrib": "TensorFlow 2 has none; a program in graph mode, or one that imports it, has parts of contrib.layers, "
    "rnn, framework and signal; most of the rest is in tf and tf.keras",
    "GraphDef": "graphs are not written to files; model.save and tf.train.Saver keep what was learnt",
    "RaggedTensor": _PADDED,
    "TFRecordReader": "tf.data.TFRecordDataset",
    "batch_matmul": "tf.matmul, since TensorFlow 1.0",
    "complex_abs": "tf.abs, since TensorFlow 1.0",
    "estimator": "tf.keras models have fit, evaluate and predict",
    "experimental.numpy": "NumPy itself, or jax.numpy",
    "feature_column": "keras.layers.Embedding, and NumPy or pandas before the data get to the model",
    "import_graph_def": "graphs are not read from files; build the model in code and load its weights",
    "inv": "tf.math.reciprocal, since TensorFlow 1.0",
    "lookup": "a Python dict, or tf.keras.layers.experimental.preprocessing, before tensors are made",
    "mul": "tf.multiply, since TensorFlow 1.0",
    "neg": "tf.negative, since TensorFlow 1.0",
    "pack": "tf.stack, since TensorFlow 1.0",
    "ragged": _PADDED,
    "random.Generator": "tf.random.stateless_normal and its kin take a seed that decides alone; so does jax.random",
    "raw_ops": "the functions of tf, tf.math and tf.nn",
    "select": "tf.where, since TensorFlow 1.0",
    "sets": "np.intersect1d and its kin, on values",
    "sub": "tf.subtract, since TensorFlow 1.0",
    "train.batch": "tf.data.Dataset.batch",
    "train.init_from_checkpoint": "tf.train.Saver(...).restore, or set_weights",
    "train.shuffle_batch": "tf.data.Dataset.shuffle and batch",
    "train.string_input_producer": "tf.data.Dataset.from_tensor_slices",
    "unpack": "tf.unstack, since TensorFlow 1.0",
    "flags": 'they are absl\'s, and are answered where that is installed: pip install "kjax[flags]"',
    "graph_util": "graphs are not written to files; a program builds its graph, tf.train.Saver restores the variables",
    "lite": "kjax trains and runs models; to convert one for small devices takes TensorFlow",
    "saved_model": "model.save and tf.keras.models.load_model keep models, tf.train.Checkpoint their variables",
    "strings": "Python's methods work on bytes and str, before tensors are made of them",
    "tpu": "what JAX runs on is chosen by JAX_PLATFORMS",
}


def instead(name: str) -> str:
    """What does in place of a name that is not answered; an empty string where nothing is known.

    >>> instead('tensorflow.pack')
    'tf.stack, since TensorFlow 1.0'
    """
    below = re.sub(r"^tensorflow\.(compat\.v[12]\.)?", "", name)
    return _INSTEAD.get(below) or _INSTEAD.get(below.partition(".")[0]) or ""


def refusal(name: str) -> str:
    """The text of the error for a name that is not answered.

    >>> refusal('tensorflow.estimator.Estimator').partition('. ')[0]
    'tensorflow.estimator.Estimator is not answered by kjax'
    """
    better = instead(name)
    if better:
        what = "kjax covers tf.keras.backend, and the calls that dir(tensorflow) lists"
        return f"{name} is not answered by kjax. Instead: {better}. ({what})"
    return (
        f"{name} is not answered by kjax. It covers tf.keras.backend (all of TensorFlow 2.2's) and the tf.* calls "
        f"that code written for it mixes in, as dir(tensorflow) lists them; everything else needs TensorFlow "
        f"itself. Read on in help('kjax.dialects.tensorflow')"
    )


def backend_name() -> str:
    """`K.backend()` for programs that know TensorFlow: `'tensorflow'`, unless `KJAX_BACKEND_NAME` is set.

    >>> backend_name()
    'tensorflow'
    """
    return os.environ.get("KJAX_BACKEND_NAME") or "tensorflow"


def _backend() -> Mapping[str, Any]:
    backend = import_module("kjax.backend")
    return {**{name: getattr(backend, name) for name in backend.__all__}, "backend": backend_name}


# For each module below `tf`, the tables that answer it together: of TensorFlow 2, and of TensorFlow 1.
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "": (
        (
            "calls.TF",
            "arrays.TF",
            "control.TF",
            "custom.TF",
            "function.TF",
            "gradients.TF",
            "graphs.TF",
            "initial.TF",
            "objects.TF",
            "options.TF",
            "overrides.TF",
            "linalg.TF",
            "math.TF",
            "printing.TF",
            "quiet.TF",
            "specs.TF",
            "tape.TF",
            "tensor_arrays.TF",
        ),
        (
            "v1.V1",
            "arrays.V1",
            "control.V1",
            "custom.V1",
            "dimensions.V1",
            "files.V1",
            "function.TF",
            "gradients.V1",
            "graphs.V1",
            "initial.V1",
            "objects.TF",
            "options.TF",
            "overrides.TF",
            "linalg.V1",
            "math.V1",
            "parsing.V1",
            "printing.V1",
            "quantization.QUANTIZATION",
            "quiet.TF",
            "random.V1",
            "signal.V1",
            "sparse.V1",
            "specs.TF",
            "summary.V1",
            "tape.TF",
            "tensor_arrays.TF",
        ),
    ),
    "autodiff": (("tape.AUTODIFF",), ()),
    "autograph": (("function.AUTOGRAPH",), ("function.AUTOGRAPH",)),
    "autograph.experimental": (("function.AUTOGRAPH_EXPERIMENTAL",), ("function.AUTOGRAPH_EXPERIMENTAL",)),
    "bitwise": (("arrays.BITWISE",), ("arrays.BITWISE",)),
    "compat": (("quiet.COMPAT",), ("quiet.COMPAT",)),
    "config": (
        ("quiet.CONFIG", "devices.CONFIG", "function.CONFIG"),
        ("quiet.CONFIG", "devices.CONFIG", "function.CONFIG"),
    ),
    "config.experimental": (
        ("quiet.CONFIG_EXPERIMENTAL", "devices.CONFIG_EXPERIMENTAL"),
        ("quiet.CONFIG_EXPERIMENTAL", "devices.CONFIG_EXPERIMENTAL"),
    ),
    "config.optimizer": (("quiet.CONFIG_OPTIMIZER",), ("quiet.CONFIG_OPTIMIZER",)),
    "config.threading": (("quiet.CONFIG_THREADING",), ("quiet.CONFIG_THREADING",)),
    "data": (("data.DATA",), ("data.V1_DATA",)),
    "data.experimental": (("data.EXPERIMENTAL",), ("data.EXPERIMENTAL",)),
    "debugging": (("control.DEBUGGING", "arrays.DEBUGGING"), ("control.V1_DEBUGGING", "arrays.DEBUGGING")),
    "distribute": (("devices.DISTRIBUTE",), ("devices.DISTRIBUTE",)),
    "distribute.cluster_resolver": (("devices.CLUSTER_RESOLVER",), ("devices.CLUSTER_RESOLVER",)),
    "distribute.experimental": (("devices.DISTRIBUTE_EXPERIMENTAL",), ("devices.DISTRIBUTE_EXPERIMENTAL",)),
    "dtypes": (("calls.DTYPES", "arrays.DTYPES", "specs.DTYPES"), ("calls.DTYPES", "arrays.DTYPES", "specs.DTYPES")),
    "errors": (("errors.ERRORS",), ("errors.V1_ERRORS",)),
    "estimator": (("options.ESTIMATOR",), ("options.ESTIMATOR",)),
    "gfile": ((), ("files.V1_GFILE",)),
    "image": (("image.IMAGE",), ("image.V1_IMAGE",)),
    "initializers": ((), ("initial.V1_INITIALIZERS",)),
    "io": (("files.IO", "parsing.IO", "io.IO"), ("files.V1_IO", "parsing.V1_IO", "io.IO")),
    "io.gfile": (("files.GFILE",), ("files.GFILE",)),
    "layers": ((), ("v1_layers.V1_LAYERS",)),
    "linalg": (
        ("arrays.LINALG", "gradients.LINALG", "linalg.LINALG"),
        ("arrays.LINALG", "gradients.LINALG", "linalg.V1_LINALG"),
    ),
    "logging": ((), ("quiet.LOGGING",)),
    "losses": ((), ("losses.V1_LOSSES",)),
    "manip": ((), ("arrays.V1_MANIP",)),
    "math": (("calls.TF_MATH", "arrays.MATH", "math.MATH"), ("v1.V1_MATH", "arrays.MATH", "math.V1_MATH")),
    "metrics": ((), ("metrics.V1_METRICS",)),
    "mixed_precision": ((), ()),
    "mixed_precision.experimental": (("precision.EXPERIMENTAL",), ("precision.EXPERIMENTAL",)),
    "nest": (("control.NEST",), ("control.NEST",)),
    "nn": (
        ("calls.TF_NN", "nn.NN", "arrays.NN", "math.NN"),
        ("v1.V1_NN", "v1_nn.V1_NN", "arrays.V1_NN", "math.V1_NN", "rnn.V1_NN"),
    ),
    "nn.rnn_cell": ((), ("rnn_cells.V1_RNN_CELL",)),
    "python_io": ((), ("files.PYTHON_IO",)),
    "quantization": (("quantization.QUANTIZATION",), ("quantization.QUANTIZATION",)),
    "random": (
        ("calls.TF_RANDOM", "initial.RANDOM", "random.RANDOM"),
        ("v1.V1_RANDOM", "initial.V1_RANDOM", "random.V1_RANDOM"),
    ),
    "signal": (("signal.SIGNAL",), ("signal.SIGNAL",)),
    "sparse": (("sparse.SPARSE",), ("sparse.V1_SPARSE",)),
    "spectral": ((), ("signal.V1_SPECTRAL",)),
    "summary": (("summary.TF",), ("summary.V1_SUMMARY",)),
    "summary.experimental": (("summary.EXPERIMENTAL",), ()),
    "test": (("test.TEST",), ("test.TEST",)),
    "train": (
        ("files.TRAIN", "checkpoints.TRAIN", "train.TRAIN"),
        ("files.TRAIN", "checkpoints.V1_TRAIN", "optimizers.V1_TRAIN", "train.V1_TRAIN", "summary.V1_TRAIN"),
    ),
    "train.experimental": (("precision.TRAIN_EXPERIMENTAL",), ("precision.V1_TRAIN_EXPERIMENTAL",)),
    "version": (("quiet.VERSION",), ("quiet.VERSION",)),
}


# Modules that only TensorFlow 1 has.
ONLY_OLDER = frozenset(module for module, tables in TABLES.items() if not tables[0])


def table(name: str) -> dict[str, Any]:
    """A table by its name: `"calls.TF"` is `TF` in `kjax.dialects.tensorflow_calls`."""
    module, _, variable = name.partition(".")
    found: dict[str, Any] = getattr(import_module(f"kjax.dialects.tensorflow_{module}"), variable)
    return found


def answers(module: str, version: int) -> dict[str, Any]:
    """All that kjax answers in a module below `tf`, as TensorFlow 2 or 1 has it.

    Where the two call a parameter by different names (`axis` was `dim`, `keepdims` was `keep_dims`), a function of
    TensorFlow 2 takes those of TensorFlow 1, too.
    """
    new, old = (united(*map(table, tables)) for tables in TABLES[module])
    entries = {name: _answering(entry) for name, entry in (old if version == 1 else new).items()}
    for name, entry in entries.items():
        if isinstance(entry, FunctionType) and hasattr(entry, "__wrapped__") and entry.__module__.startswith("kjax."):
            where = "tensorflow.compat.v1" if version == 1 else "tensorflow"  # pickled as what the program calls
            entry.__module__, entry.__name__ = f"{where}.{module}".rstrip("."), name
    if version == 1:
        return entries
    both = new.keys() & old.keys()
    return {**entries, **{name: _for_both(new[name], old[name], module, name) for name in both}}


@cache
def _for_both(new: Any, old: Any, module: str, name: str) -> Any:
    """A function of TensorFlow 2 which leaves calls by names of TensorFlow 1 to the older one."""
    if new is old or not isinstance(new, FunctionType) or not isinstance(old, FunctionType):
        return _answering(new)
    known = _parameters(new)
    if known >= _parameters(old):
        return _answering(new)
    newer, older = _answering(new), _answering(old)

    @wraps(new)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return newer(*args)
        return (newer if known.issuperset(kwargs) else older)(*args, **kwargs)

    call.__module__, call.__name__, call.__qualname__ = f"tensorflow.{module}".rstrip("."), name, name
    vars(call)["older"] = old
    return call


def _parameters(function: FunctionType) -> frozenset[str]:
    code = function.__code__
    return frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


# Functions of tensors that call functions of the program's.
_CALLING_BACK = frozenset(
    ["case", "cond", "foldl", "foldr", "map_fn", "scan", "switch_case", "vectorized_map", "while_loop"]
)


@cache
def _answering(entry: Any) -> Any:
    """An entry of a table as a program gets it: what comes in decides what comes out, as in functions of `K`."""
    if not isinstance(entry, FunctionType) or entry in _left_alone():
        return entry
    return answering(entry, calls_back=entry.__name__ in _CALLING_BACK)


@cache
def _left_alone() -> frozenset[Any]:
    """Entries that take what comes as it is, or that call a function of `K`, which sees to its operands itself."""
    return frozenset([*table("calls.FORWARDING").values(), *table("control.NEST").values()])


# Tables of functions that do nothing but compute.
_COMPUTING = ("arrays", "calls", "image", "linalg", "math", "nn", "quantization", "random", "signal", "v1.V1_")


def computing(module: str, name: str) -> Any:
    """A function that does nothing but compute, by its module and name, as models are saved with; None for another.

    >>> computing('tensorflow.nn', 'relu') is answers('nn', 2)['relu'], computing('tensorflow', 'write_file')
    (True, None)
    """
    root, _, below = module.partition(".")
    version = 1 if below.startswith("compat.v1") else 2
    below = below.removeprefix(f"compat.v{version}").lstrip(".")
    if root != "tensorflow" or below not in TABLES:
        return None
    tables = [one for one in TABLES[below][version == 1] if one.startswith(_COMPUTING)]
    if not any(name in table(one) for one in [*tables, "v1.V1_MATH"]):
        return None
    return answers(below, version).get(name)


def only_older(name: str) -> Any:
    """What `tf` had under a full name before TensorFlow 2, as `tensorflow.Session`; None for no such name."""
    module, _, name = name.removeprefix("tensorflow").lstrip(".").rpartition(".")
    tables = map(table, TABLES[module][1]) if module in TABLES else ()
    return next((_answering(entries[name]) for entries in tables if name in entries), None)


def older(name: str) -> Any:
    """What `only_older` finds.

    A program that asks `tf` itself for one was written for TensorFlow 1: it is switched to graph mode.
    """
    found = only_older(name)
    if found is not None and name.count(".") == 1:
        disable_eager_execution()
        import_module("kjax.dialects.tensorflow_dimensions").show_dimensions()
    return found


def _nothing_but(**names: Any) -> Contents:
    return lambda: names


def _one_version(prefix: str, version: int) -> dict[str, Contents]:
    """The modules of `tf`, `tf.compat.v1` or `tf.compat.v2`."""
    # A module that only TensorFlow 1 has, such as `tf.logging`, is answered at `tf`, too.
    of = {module: version if tables[version == 1] else 1 for module, tables in TABLES.items()}
    modules = {f"{prefix}.{module}": partial(answers, module, of[module]) for module in TABLES if module}
    return {
        prefix: lambda: {"__version__": VERSION, **answers("", version)},
        **modules,
        f"{prefix}.keras": _nothing_but(__version__=KERAS_VERSION),
        f"{prefix}.keras.backend": _backend,
    }


class _Version1(ModuleType):
    """`tensorflow`, or a module of it, as code for TensorFlow 1 knows it, which no import gives."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        raise AttributeError(refusal(f"{self.__name__}.{name}"), name=name, obj=self)


def as_version_1() -> ModuleType:
    """`tensorflow` with the calls of `tensorflow.compat.v1`, whether or not it is installed: what Keras 2.3.1 imports.

    >>> tf = as_version_1()
    >>> tf.__name__, tf.Session is tf.compat.v1.Session
    ('tensorflow', True)
    """
    modules: dict[str, ModuleType] = {}
    for name, contents in _one_version("tensorflow", version=1).items():
        modules[name] = _Version1(name)
        vars(modules[name]).update(contents())
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(modules[parent], last, modules[name])
    tf: Any = modules["tensorflow"]
    tf.__version__ = "1.15.0+kjax"
    tf.compat = _Version1("tensorflow.compat")
    tf.compat.v1 = tf
    return modules["tensorflow"]


CONTENTS: dict[str, Contents] = {
    **_one_version("tensorflow", version=2),
    **_one_version("tensorflow.compat.v1", version=1),
    **_one_version("tensorflow.compat.v2", version=2),
    "keras": _nothing_but(__version__=KERAS_VERSION),
    "keras.backend": _backend,
}

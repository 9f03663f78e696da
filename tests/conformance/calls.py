"""The `tf.*` calls: TensorFlow 2.2's answers (`tests/dialects/recorded`), compared with kjax's."""

import ast
import contextlib
import contextvars
import json
import pathlib
import warnings
from unittest import mock

import numpy as np

import kjax
from kjax.core.running import NotCompiledWarning
from kjax.dialects import tensorflow_overrides
from kjax.dialects.tensorflow_graphs import Graph
from kjax.dialects.tensorflow_modules import TABLES, answers

FILES = sorted((pathlib.Path(__file__).parents[1] / "dialects" / "recorded").glob("*.json"))
RECORDED = {"eager": {}, "graph": {}, "alone": {}}
BLOCKS = {}  # the file of each case
for _file in FILES:
    for _group, _answers in json.loads(_file.read_text(encoding="utf-8")).items():
        RECORDED[_group].update(_answers)
        BLOCKS.update({(_group, expression): _file.stem for expression in _answers})
ERRORS = (TypeError, ValueError, IndexError)

# Entries that no recorded case can show, each with the reason.
_SETTERS = "TensorFlow refuses a change after its first operation; tests/dialects/test_tensorflow_devices.py"
_DRAWN = "random numbers; tests/dialects/test_tensorflow_initial.py"
_BUILDS = "tells how TensorFlow was built"
_OF_BOTH = {
    "config.experimental.get_memory_growth": _SETTERS,
    "config.experimental.set_memory_growth": _SETTERS,
    "config.experimental.set_virtual_device_configuration": _SETTERS,
    "config.optimizer.get_experimental_options": _SETTERS,
    "config.set_logical_device_configuration": _SETTERS,
    "config.threading.set_inter_op_parallelism_threads": _SETTERS,
    "config.threading.set_intra_op_parallelism_threads": _SETTERS,
    "distribute.ReduceOp": "two names",
    "distribute.Strategy": "TensorFlow's is abstract",
    "distribute.cluster_resolver.TPUClusterResolver": "raises ValueError wherever there is no TPU",
    **dict.fromkeys(
        [
            "glorot_normal_initializer",
            "glorot_uniform_initializer",
            "initializers.glorot_normal",
            "initializers.glorot_uniform",
            "initializers.orthogonal",
            "initializers.random_normal",
            "initializers.random_uniform",
            "initializers.truncated_normal",
            "initializers.uniform_unit_scaling",
            "initializers.variance_scaling",
            "multinomial",
            "orthogonal_initializer",
            "uniform_unit_scaling_initializer",
            "random.categorical",
            "random.multinomial",
            "random_normal_initializer",
            "random_uniform_initializer",
            "truncated_normal_initializer",
            "variance_scaling_initializer",
        ],
        _DRAWN,
    ),
    "logging.flush": "TensorFlow 2.2's fails",
    "compat.dimension_at_index": "takes a shape of TensorFlow 1",
    "test.is_built_with_cuda": _BUILDS,
    "test.is_built_with_gpu_support": _BUILDS,
    "test.is_built_with_xla": _BUILDS,
    "test.main": "ends the process",
    "version.COMPILER_VERSION": _BUILDS,
    "version.GIT_VERSION": _BUILDS,
    "version.VERSION": "names kjax",
}
EXEMPT = {f"{root}.{name}": reason for root in ("tf", "tf.compat.v1") for name, reason in _OF_BOTH.items()}
EXEMPT["tf.train.experimental.enable_mixed_precision_graph_rewrite"] = "takes optimizers of tf.keras alone"


def cases():
    """The group and the expression of each case."""
    return [(group, expression) for group, answers in RECORDED.items() for expression in answers]


def modules():
    """The modules of `tf` and `tf.compat.v1` that have tables, as programs write them, with their entries."""
    return {
        ".".join(filter(None, (root, module))): answers(module, version)
        for root, version in (("tf", 2), ("tf.compat.v1", 1))
        for module, tables in TABLES.items()
        if tables[version == 1]
    }


def entries():
    """All entries of the tables, as programs write them: `tf.math.log`."""
    return [f"{module}.{name}" for module, table in modules().items() for name in table]


def answer(tf, group, expression):
    """kjax's answer; `tf` is its module `tensorflow`."""
    # (What an expression enters and does not leave ends with it.)
    return contextvars.copy_context().run(_answer, tf, group, expression)


def _answer(tf, group, expression):
    registered = mock.patch.dict(tensorflow_overrides.REGISTRY._registry)  # gradients stay those of the expression
    with registered, Graph().as_default() if group == "graph" else contextlib.nullcontext():
        try:
            return eval(expression, {"tf": tf, "np": np, "x": tf.constant([[1.0, 2.0], [3.0, 4.0]])})
        finally:
            if group == "alone":
                kjax.enable_eager_execution()


def problem(tf, group, expression):
    """The difference between kjax's and TensorFlow's answer, in words; '' if there is none."""
    expected = RECORDED[group][expression]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotCompiledWarning)  # (what can't be compiled answers all the same)
            result = answer(tf, group, expression)
    except Exception as error:
        return "" if expected == "error" and isinstance(error, ERRORS) else f"{type(error).__name__}: {error}"
    return f"{result!r} instead of an error" if expected == "error" else difference(result, expected, group)


def difference(result, expected, group):
    """The difference between a result and a recorded one, in words; '' if there is none."""
    if isinstance(expected, list):
        if not isinstance(result, (list, tuple)) or len(result) != len(expected):
            return f"{result!r} instead of {len(expected)} results"
        return "; ".join(filter(None, (difference(*pair, group) for pair in zip(result, expected, strict=True))))
    if isinstance(expected, dict) and "bytes" in expected:
        found = result.numpy() if isinstance(result, kjax.Tensor) else result
        return "" if found == bytes.fromhex(expected["bytes"]) else f"{found!r} instead of {expected['bytes']}"
    if not isinstance(expected, dict):
        return "" if type(result) is type(expected) and result == expected else f"{result!r} instead of {expected!r}"
    if not isinstance(result, (np.ndarray, np.generic) if group == "graph" else kjax.Tensor):
        return f"{result!r} instead of a tensor"
    array = np.asarray(result) if group == "graph" else result.numpy()
    if (array.dtype.name, list(array.shape)) != (expected["dtype"], expected["shape"]):
        return f"{array.dtype.name} of shape {array.shape} instead of {expected['dtype']} of {expected['shape']}"
    wanted = np.array(expected["value"], array.dtype).reshape(array.shape)
    close = np.allclose(array, wanted, rtol=1e-5, atol=1e-6, equal_nan=True)
    return "" if close else f"{array} instead of {expected['value']}"


# ------------------------------------------------------------------------------------------------------------ evidence


def unproven(tf):
    """The entries whose wrong answers no recorded case would notice."""
    naming = {}
    for group, expression in cases():
        if RECORDED[group][expression] != "error":
            for path in _named(expression):
                naming.setdefault(path, []).append((group, expression))
    return [
        path
        for path in entries()
        if path not in EXEMPT and not any(_notices(tf, path, *case) for case in naming.get(path, ()))
    ]


def _named(expression):
    """The entries that an expression uses."""
    found = set()
    for node in ast.walk(ast.parse(expression, mode="eval")):
        names = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id == "tf":
            found.add(".".join(["tf", *reversed(names)]))
    return found


def _notices(tf, path, group, expression):
    """Whether a case fails when an entry answers something else."""
    _, *modules, name = path.split(".")
    module = tf
    for part in modules:
        module = getattr(module, part)
    with mock.patch.object(module, name, _wrong):
        return bool(problem(tf, group, expression))


def _wrong(*args, **kwargs):
    return 42

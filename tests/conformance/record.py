"""Record what TensorFlow 2.2.0 does with each case; or Keras 2.3.1 on TensorFlow 1.15, where that is installed.

With Python 3.8, or 3.7 for Keras 2.3.1: `cd tests && python -m conformance.record [family ...]`. An error that the case
does not announce is reported: either the case is wrong, or `error()` or `differs()` is missing.
"""

# ruff: noqa: B905  (Python 3.8 has no strict zip)

import contextlib
import os
import sys
import types

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")
sys.dont_write_bytecode = True

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from . import dialects, play, records  # noqa: E402
from .rules import same  # noqa: E402

ERRORS = (Exception,)


def _separable_conv1d(
    x, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None, dilation_rate=1
):
    """On images of one row, since the function of `tf.keras` passes a layout of sequences to an operation on images."""
    axis = 2 if data_format == "channels_first" else 1
    kernels = [tf.expand_dims(kernel, 0) for kernel in (depthwise_kernel, pointwise_kernel)]
    options = ((strides, strides), padding, data_format, (1, dilation_rate))
    return tf.squeeze(K.separable_conv2d(tf.expand_dims(x, axis), *kernels, *options), [axis])


VERSIONS = {"tensorflow": tf.__version__, "numpy": np.__version__}
if tf.__version__.startswith("1."):
    import keras
    from keras.backend import tensorflow_backend

    DIALECT = dialects.KERAS2
    VERSIONS["keras"] = keras.__version__
    # The public names, and those which programs take from the module they come from.
    K = types.SimpleNamespace(**{**vars(tensorflow_backend), **vars(keras.backend)})
else:
    from tensorflow.keras import backend as K
    from tensorflow.python.keras import backend as whole

    DIALECT = dialects.TF22
    for _name in ("get_session", "set_session"):  # the two that only tf.compat.v1.keras.backend has
        setattr(K, _name, getattr(tf.compat.v1.keras.backend, _name))
    # Functions that Keras 2.3.1 asks of a backend beyond K. TF 2.2 has them undocumented, or in `tf` itself.
    play.BEYOND.update(
        conv3d_transpose=whole.conv3d_transpose,
        logsumexp=whole.logsumexp,
        separable_conv1d=_separable_conv1d,
        size=tf.size,
        slice=tf.slice,
    )
    # Without it, TF cannot differentiate a conditional inside a conditional when a session runs the graph.
    tf.compat.v1.experimental.output_all_intermediates(True)


def _elementwise(kernel, plain):
    """`==` in the graph of tf.keras.backend compares elements; in a plain graph, identities."""

    def compare(x, y):
        symbolic = any(isinstance(v, (tf.Tensor, tf.Variable)) for v in (x, y)) and not tf.executing_eagerly()
        known = x is not None and y is not None
        return kernel(x=x, y=y, incompatible_shape_error=False) if symbolic and known else plain(x, y)

    return compare


if DIALECT is dialects.TF22:
    for _name, _kernel in (("eq", tf.raw_ops.Equal), ("ne", tf.raw_ops.NotEqual)):
        play.OPERATORS[_name] = _elementwise(_kernel, play.OPERATORS[_name])


def new_session():
    """A session that runs a graph as it is: TF 1.15 ends the process when it estimates the cost of some wrong ones."""
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = DIALECT is dialects.KERAS2
    return tf.compat.v1.Session(config=config)


def is_array(leaf):
    return isinstance(leaf, (tf.Tensor, tf.Variable, tf.IndexedSlices, np.ndarray, np.generic))


def encode(leaf):
    """One output as JSON; what holds a dim of TF 1.15 is a number."""

    def known(part):
        if isinstance(part, (list, tuple)):
            return [known(item) for item in part]
        return part.value if isinstance(part, tf.compat.v1.Dimension) else part

    return records.encode(known(leaf))


def value(leaf):
    """The value of an eager output; TF returns a NumPy scalar for a tensor of rank 0."""
    return as_array(leaf.numpy(), leaf) if isinstance(leaf, (tf.Tensor, tf.Variable)) else leaf


def as_array(held, leaf):
    return np.array(held, dtype=leaf.dtype.base_dtype.as_numpy_dtype)


def static(leaf):
    """The static shape of a symbolic output, None where the rank is unknown."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return list(leaf.shape)
    return None if leaf.shape.rank is None else leaf.shape.as_list()


def at_once(case):
    """The outputs of a call on values, encoded: an eager one, or where there is no eager mode one on constants."""
    if DIALECT is dialects.KERAS2:
        return on_constants(case)
    try:
        result = play.call(K, case, play.concrete(K))
        return {"out": [encode(value(leaf)) for leaf in play.leaves(result, is_array)]}
    except ERRORS as error:
        return {"error": type(error).__name__}


def on_constants(case):
    """The outputs of a call on constants and variables, encoded."""
    with tf.Graph().as_default(), new_session() as session, session.as_default():
        try:
            outputs = [dense(leaf) for leaf in play.leaves(play.call(K, case, play.concrete(K)), is_array)]
        except ERRORS as error:
            return {"error": type(error).__name__, "when": "build"}
        try:
            return {"out": [encode(leaf) for leaf in run(session, outputs, {})]}
        except ERRORS as error:
            return {"error": type(error).__name__, "when": "run"}


def symbolic(case, variant, expected):
    """The static shapes of a symbolic call; its values only where they differ from the eager call."""
    with tf.Graph().as_default(), new_session() as session:
        symbols = play.Symbols(K, variant)
        try:
            outputs = [dense(leaf) for leaf in play.leaves(play.call(K, case, symbols), is_array)]
        except ERRORS as error:
            return {"error": type(error).__name__, "when": "build"}
        entry = {"static": [static(leaf) if is_array(leaf) else "py" for leaf in outputs]}
        feeds = dict(zip(symbols.placeholders, symbols.values))
        try:
            ran = run(session, outputs, feeds)
        except ERRORS as error:
            return {"error": type(error).__name__, "when": "run"}
        out = [encode(leaf) for leaf in ran]
        if case.range is None and not (expected and all(map(same, expected, out))):
            entry["out"] = out
        if case.wants_grad and variant == "known":
            # TF 1.15 has no gradient of some operations, and trips over that of others.
            with contextlib.suppress(*ERRORS) if DIALECT is dialects.KERAS2 else contextlib.nullcontext():
                entry["grad"] = [encode(leaf) for leaf in gradients(session, symbols, outputs, ran, feeds)]
        return entry


def dense(leaf):
    """A gradient of `gather` comes as slices."""
    return tf.convert_to_tensor(leaf) if isinstance(leaf, tf.IndexedSlices) else leaf


def run(session, tensors, feeds):
    """Run a list in which not everything needs to be a tensor."""
    session.run(tf.compat.v1.global_variables_initializer(), feeds)
    symbolic_ones = [leaf for leaf in tensors if isinstance(leaf, (tf.Tensor, tf.Variable))]
    ran = iter(session.run(symbolic_ones, feeds))
    return [as_array(next(ran), leaf) if isinstance(leaf, (tf.Tensor, tf.Variable)) else leaf for leaf in tensors]


def gradients(session, symbols, outputs, ran, feeds):
    """Gradients of the weighted sum of the floating-point outputs."""
    loss = play.loss(K, [(leaf, leaf.dtype.base_dtype.name, np.shape(array)) for leaf, array in zip(outputs, ran)])
    return run(session, [dense(leaf) for leaf in K.gradients(loss, symbols.differentiable)], feeds)


def session_run(case, graph):
    """Run a case that is a session of its own."""
    K.clear_session()
    np.random.seed(0)
    try:
        if not graph or DIALECT is dialects.KERAS2:
            result = play.call(K, case, lambda arr: arr.value())
        else:
            with tf.Graph().as_default(), tf.compat.v1.Session().as_default():
                result = play.call(K, case, lambda arr: arr.value())
        return {"out": [encode(leaf) for leaf in play.leaves(result, is_array)]}
    except ERRORS as error:
        return {"error": type(error).__name__}


def record(case):
    """All there is to know about a case, as one entry."""
    entry = {"case": case.label}
    if case.is_session:
        if DIALECT.at_once == "eager":
            entry["eager"] = session_run(case, False)
        entry["graph"] = session_run(case, True)
        return entry
    first = None
    if not case.is_symbolic:
        entry[DIALECT.at_once] = at_once(case)
        first = entry[DIALECT.at_once].get("out")
    for variant in play.variants(case):
        entry[variant] = symbolic(case, variant, first)
        first = first or entry[variant].get("out")
    if case.range:
        forget_values(entry)
    return entry


def forget_values(entry):
    """Random numbers are not worth a record, nor would it be the same twice."""
    for run in entry.values():
        for leaf in run.get("out", ()) if isinstance(run, dict) else ():
            leaf.pop("data", None)


def complaints(case, entry):
    """The faults of a case, judged by TF's answer."""
    if case.wants_error is None:
        return
    main_run = entry.get("known" if case.is_symbolic else DIALECT.at_once, {"error": ""})
    if case.is_session and "error" in main_run:  # TF's updates, gradients and phases often need graph mode
        main_run = entry["graph"]
    fails = "error" in main_run
    if fails and not case.wants_error and not case.reason:
        yield "TF raises {}, which the case does not announce".format(main_run["error"])
    if case.wants_error and not any("error" in run for run in entry.values()):
        yield "TF raises no error"
    if case.wants_grad and "grad" not in entry.get("known", {}):
        yield "no gradient came out"


def main(families):
    failed = False
    for family in families or DIALECT.cases.FAMILIES:
        entries = []
        for case in DIALECT.cases.load(family):
            try:
                entry = record(case)
            except ERRORS as error:
                raise RuntimeError(f"{family}: {case.label}") from error
            for complaint in complaints(case, entry):
                failed = True
                print(f"{family}: {case.label}: {complaint}")
            entries.append(entry)
        header = {"family": family, **VERSIONS, "cases": len(entries)}
        records.write(DIALECT.folder, family, header, entries)
        print(f"{family}: {len(entries)} cases", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The table of ports: each function on kjax, on `jax.numpy` and on Keras 3, side by side on values."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from keras3_process import environment
from kjax import backend as K
from kjax.checking.patterns import alternatives
from kjax.checking.ports import CHANGING, HINTS, PORTS, TF_PORTS

pytest.importorskip("libcst", reason="kjax port needs LibCST")

BEGINNING = """\
import numpy as np
import tensorflow as tf
from kjax import backend as K

x = np.array([[0.5, -1.5, 2.5], [3.0, 0.25, -0.75]], "float32")
y = np.array([[1.0, 2.0, -0.5], [-3.0, 0.5, 4.0]], "float32")
n = np.array([[1, 0, 2], [2, 1, 0]], "int32")
b = np.array([[True, False, True], [False, False, True]])
p = np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], "float32")
one = np.array([[0, 1, 0], [1, 0, 0]], "float32")
images = np.linspace(-1, 1, 2 * 6 * 5 * 2, dtype="float32").reshape(2, 6, 5, 2)
steps = np.linspace(-1, 1, 2 * 7 * 3, dtype="float32").reshape(2, 7, 3)
volumes = np.linspace(-1, 1, 2 * 4 * 4 * 4 * 2, dtype="float32").reshape(2, 4, 4, 4, 2)
kernel = np.linspace(-0.5, 0.5, 3 * 3 * 2 * 4, dtype="float32").reshape(3, 3, 2, 4)
"""

# Calls of each function; statements before a `;` come first.
CASES = {
    "abs": ["K.abs(x)"],
    "all": ["K.all(b)", "K.all(b, axis=1)", "K.all(b, 0, True)"],
    "any": ["K.any(b, axis=-1, keepdims=True)"],
    "arange": ["K.arange(5)", "K.arange(2, 9, 2)", "K.arange(0, 3, dtype='float32')", "K.arange(7, step=3)"],
    "argmax": ["K.argmax(x)", "K.argmax(x, axis=0)"],
    "argmin": ["K.argmin(x, 0)"],
    "backend": ["len(K.backend()) > 2"],
    "batch_dot": [
        "K.batch_dot(x, y, axes=1)", "K.batch_dot(x, y)", "K.batch_dot(steps, steps, axes=[2, 2])",
        "K.batch_dot(steps, y, axes=(2, 1))", "K.batch_dot(steps, K.permute_dimensions(steps, (0, 2, 1)))",
        "K.batch_dot(y, steps, axes=(1, -1))",
    ],
    "batch_flatten": ["K.batch_flatten(images)"],
    "batch_get_value": ["K.batch_get_value([K.variable(x), K.variable(y)])[1]"],
    "batch_normalization": [
        "K.batch_normalization(x, K.mean(x, 0), K.var(x, 0), y[0], y[1])",
        "K.batch_normalization(images, images[0, 0, 0], images[0, 1, 1] + 2, x[0, :2], x[1, :2], epsilon=0.1)",
    ],
    "bias_add": ["K.bias_add(images, x[0, :2])", "K.bias_add(x, y[0], data_format='channels_last') * 2"],
    "binary_crossentropy": ["K.binary_crossentropy(one, p)", "K.binary_crossentropy(one, x, from_logits=True)",
                            "K.binary_crossentropy(one, one)"],
    "cast": ["K.cast(x, 'int32')", "K.cast(b, 'float32')", "K.cast(n, dtype='float32')"],
    "cast_to_floatx": ["K.cast_to_floatx(np.arange(3))"],
    "categorical_crossentropy": ["K.categorical_crossentropy(one, p)", "K.categorical_crossentropy(one, x, True)",
                                 "K.categorical_crossentropy(one, p * 3)"],
    "clear_session": ["K.clear_session(); 1"],
    "clip": ["K.clip(x, -1.0, 1.0)", "K.clip(x, min_value=0, max_value=2)"],
    "concatenate": ["K.concatenate([x, y])", "K.concatenate([x, y], axis=0)", "K.concatenate(axis=0, tensors=[x, y])"],
    "constant": ["K.constant([1, 2, 3])", "K.constant(3, shape=(2, 2))", "K.constant(x, dtype='int32', name='c')"],
    "conv1d": ["K.conv1d(steps, steps.reshape(7, 3, 2)[:3])", "K.conv1d(steps, steps.reshape(7, 3, 2)[:3], 2, 'same')"],
    "conv2d": ["K.conv2d(images, kernel)", "K.conv2d(images, kernel, (2, 1), 'same')",
               "K.conv2d(images, kernel, padding='same', dilation_rate=(2, 2))"],
    "conv3d": ["K.conv3d(volumes, volumes[:1, :2, :2, :2].reshape(2, 2, 2, 2, 1), padding='same')"],
    "cos": ["K.cos(x)"],
    "count_params": ["K.count_params(K.variable(x))"],
    "cumprod": ["K.cumprod(x)", "K.cumprod(x, axis=1)"],
    "cumsum": ["K.cumsum(x)", "K.cumsum(x, 1)"],
    "depthwise_conv2d": ["K.depthwise_conv2d(images, kernel)", "K.depthwise_conv2d(images, kernel, padding='same')"],
    "dot": ["K.dot(x, y.T)", "K.dot(steps, x.T)", "K.dot(y=x.T, x=steps)"],
    "dropout": ["K.dropout(x, 0.4, seed=3)"],
    "dtype": ["K.dtype(K.constant(x)) == 'float32'"],
    "elu": ["K.elu(x)", "K.elu(x, alpha=0.5)"],
    "epsilon": ["K.epsilon()"],
    "equal": ["K.equal(n, 1)"],
    "eval": ["K.eval(K.constant(x) + 1)"],
    "exp": ["K.exp(x)"],
    "expand_dims": ["K.expand_dims(x)", "K.expand_dims(x, 1)", "K.expand_dims(x, axis=0)"],
    "eye": ["K.eye(3)", "K.eye(2, 'float32', 'e')"],
    "flatten": ["K.flatten(images)"],
    "floatx": ["K.floatx() == 'float32'"],
    "foldl": ["K.foldl(lambda a, e: a - e, x)", "K.foldl(lambda a, e: a * 2 + e, x, initializer=y[0])"],
    "foldr": ["K.foldr(lambda a, e: a - e, x)"],
    "gather": ["K.gather(x, n % 2)", "K.gather(x, [1, 0, 1])"],
    "get_value": ["K.get_value(K.variable(x))"],
    "greater": ["K.greater(x, y)"],
    "greater_equal": ["K.greater_equal(x, y)"],
    "hard_sigmoid": ["K.hard_sigmoid(x)", "K.hard_sigmoid(x + y) * 2"],
    "image_data_format": ["K.image_data_format() == 'channels_last'"],
    "in_test_phase": ["K.in_test_phase(x, y, training=True)"],
    "in_top_k": ["K.in_top_k(p, np.array([1, 2]), 2)"],
    "in_train_phase": ["K.in_train_phase(x, y, training=False)", "K.in_train_phase(x - y, y, training=True) * 2"],
    "int_shape": ["K.int_shape(K.constant(x))", "K.int_shape(K.constant(x) * 2)[1]"],
    "is_keras_tensor": [],
    "l2_normalize": ["K.l2_normalize(x)", "K.l2_normalize(x, axis=-1)", "K.l2_normalize(x * 0, axis=0)"],
    "less": ["K.less(x, y)"],
    "less_equal": ["K.less_equal(x, y)"],
    "log": ["K.log(p)"],
    "map_fn": ["K.map_fn(lambda row: row * 2, x)", "K.map_fn(K.square, x, name='m')"],
    "max": ["K.max(x)", "K.max(x, axis=-1, keepdims=True)"],
    "maximum": ["K.maximum(x, y)", "K.maximum(x, 0.0)"],
    "mean": ["K.mean(x)", "K.mean(x, -1)", "K.mean(images, axis=[1, 2], keepdims=True)"],
    "min": ["K.min(x, axis=0)"],
    "minimum": ["K.minimum(x, y)"],
    "moving_average_update": ["v = K.variable(x); K.moving_average_update(v, y, 0.9); K.get_value(v)"],
    "name_scope": ["with K.name_scope('layer'): r = K.square(x)\n    return r"],
    "ndim": ["K.ndim(images)"],
    "not_equal": ["K.not_equal(n, 1)"],
    "one_hot": ["K.one_hot(n, 3)", "K.one_hot(n[0], num_classes=4)"],
    "ones": ["K.ones((2, 3))", "K.ones([2], dtype='int32', name='o')"],
    "ones_like": ["K.ones_like(x)", "K.ones_like(x, 'int32')"],
    "permute_dimensions": ["K.permute_dimensions(images, (0, 3, 1, 2))", "K.permute_dimensions(x, pattern=[1, 0])"],
    "pool2d": ["K.pool2d(images, (2, 2))", "K.pool2d(images, (2, 2), (2, 2), 'same', pool_mode='max')",
               "K.pool2d(images, (2, 2), strides=(2, 2), padding='same', pool_mode='avg')",
               "K.pool2d(images, pool_size=(3, 2), data_format='channels_last', pool_mode='avg')"],
    "pow": ["K.pow(p, 2)", "K.pow(x, a=3.0)"],
    "prod": ["K.prod(x, axis=1)", "K.prod(n)"],
    "random_binomial": ["K.random_binomial((2, 3), p=0.5, seed=1)"],
    "random_normal": ["K.random_normal((2, 3), seed=1)", "K.random_normal((4,), 1.0, 0.5, seed=1)"],
    "random_normal_variable": ["K.random_normal_variable((2, 3), 0.0, 1.0, seed=2)"],
    "random_uniform": ["K.random_uniform((2, 3), seed=1)", "K.random_uniform((2, 3), -1.0, 1.0, seed=1)"],
    "random_uniform_variable": ["K.random_uniform_variable((2, 3), low=0.0, high=2.0, seed=2)"],
    "relu": ["K.relu(x)", "K.relu(x, alpha=0.2)", "K.relu(x, max_value=2.0)", "K.relu(x, 0.0, 6)"],
    "repeat": ["K.repeat(x, 3)"],
    "repeat_elements": ["K.repeat_elements(x, 2, axis=1)", "K.repeat_elements(x, rep=2, axis=0)"],
    "reshape": ["K.reshape(x, (3, 2))", "K.reshape(x, [-1])"],
    "resize_images": ["K.resize_images(images, 2, 3, 'channels_last')"],
    "reverse": ["K.reverse(x, 1)", "K.reverse(x, axes=[0, 1])"],
    "round": ["K.round(x)"],
    "separable_conv2d": ["K.separable_conv2d(images, kernel, kernel.reshape(1, 1, 8, 9))"],
    "set_value": ["v = K.variable(x); K.set_value(v, y); K.get_value(v)"],
    "shape": ["K.shape(x)", "K.reshape(x, (K.shape(x)[1], -1))"],
    "sigmoid": ["K.sigmoid(x)"],
    "sign": ["K.sign(x)"],
    "sin": ["K.sin(x)"],
    "softmax": ["K.softmax(x)", "K.softmax(x, axis=0)"],
    "softplus": ["K.softplus(x)"],
    "softsign": ["K.softsign(x)"],
    "sparse_categorical_crossentropy": ["K.sparse_categorical_crossentropy(n[:, 0], p)",
                                        "K.sparse_categorical_crossentropy(n[:, 2], x, from_logits=True)"],
    "spatial_2d_padding": ["K.spatial_2d_padding(images)", "K.spatial_2d_padding(images, ((0, 1), (2, 0)))"],
    "spatial_3d_padding": ["K.spatial_3d_padding(volumes)"],
    "sqrt": ["K.sqrt(x)"],
    "square": ["K.square(x)", "list(map(K.square, [x]))[0]"],
    "squeeze": ["K.squeeze(x[:, :1], 1)", "K.squeeze(x[:1], axis=0)"],
    "stack": ["K.stack([x, y])", "K.stack([x, y], axis=-1)"],
    "std": ["K.std(x)", "K.std(x, axis=0, keepdims=True)"],
    "stop_gradient": ["K.stop_gradient(K.constant(x))"],
    "sum": ["K.sum(x)", "K.sum(x, 1)", "K.sum(n, axis=(0, 1))", "K.sum(K.square(x - y), axis=-1, keepdims=True)"],
    "switch": ["K.switch(K.greater(x, 0.0), x, y)", "K.switch(K.constant(1) > 0, lambda: x * 2, lambda: y * 2)"],
    "tanh": ["K.tanh(x)"],
    "temporal_padding": ["K.temporal_padding(steps)", "K.temporal_padding(steps, (2, 0))"],
    "tile": ["K.tile(x, (2, 1))", "K.tile(x, n=[1, 3])"],
    "transpose": ["K.transpose(x)"],
    "truncated_normal": ["K.truncated_normal((2, 3), seed=4)", "K.truncated_normal((2, 3), 1.0, 0.1, seed=4)"],
    "update": ["v = K.variable(x); K.update(v, y); K.get_value(v)"],
    "update_add": ["v = K.variable(x); K.update_add(v, y); K.get_value(v)"],
    "update_sub": ["v = K.variable(x); K.update_sub(v, y); K.get_value(v)"],
    "var": ["K.var(x, axis=-1)"],
    "variable": ["K.get_value(K.variable(x, dtype='float32', name='v'))", "K.eval(K.variable([1, 2]) * 2)"],
    "zeros": ["K.zeros((2, 3))"],
    "zeros_like": ["K.zeros_like(x)"],
}  # fmt: skip

QUICKLY = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

ONE = "abs acos asin atan cos cosh exp floor negative round sign sin sinh sqrt square tan tanh sigmoid"
TWO = "add divide maximum minimum multiply subtract equal greater greater_equal less less_equal not_equal"
REDUCED = "max mean min prod sum logsumexp"
OF_NN = "log_softmax relu6 selu elu relu softplus softsign leaky_relu sigmoid softmax tanh"
OF_MATH = "erf expm1 reciprocal rsqrt ceil is_finite is_inf is_nan log log1p reduce_std reduce_variance"

TF_CASES = {
    **{f"reduce_{name}": [f"tf.reduce_{name}(b, 1)"] for name in ("all", "any")},
    **{f"reduce_{n}": [f"tf.reduce_{n}(x, axis=-1, keepdims=True)"] for n in REDUCED.split()},
    **{name: [f"tf.{name}(p)"] for name in ONE.split()},
    **{name: [f"tf.{name}(x, y)"] for name in TWO.split()},
    **{f"math.{name}": [f"tf.math.{name}(p)"] for name in OF_MATH.split()},
    **{f"nn.{name}": [f"tf.nn.{name}(x)"] for name in OF_NN.split()},
    "math.squared_difference": ["tf.math.squared_difference(x, y)"],
    "math.divide_no_nan": ["tf.math.divide_no_nan(x, n)"],
    "nn.l2_normalize": ["tf.nn.l2_normalize(x, axis=1)"],
    "nn.moments": ["tf.nn.moments(x, [0])[1]", "tf.nn.moments(images, axes=[1, 2], keepdims=True)[0]"],
    "nn.sigmoid_cross_entropy_with_logits": ["tf.nn.sigmoid_cross_entropy_with_logits(labels=one, logits=x)"],
    "nn.softmax_cross_entropy_with_logits": ["tf.nn.softmax_cross_entropy_with_logits(one, x)"],
    "nn.sparse_softmax_cross_entropy_with_logits": [
        "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=n[:, 0], logits=x)"
    ],
    "nn.top_k": ["tf.nn.top_k(x, 2)[0]", "tf.nn.top_k(x, k=2)[1]"],
    "nn.weighted_cross_entropy_with_logits": ["tf.nn.weighted_cross_entropy_with_logits(one, x, pos_weight=2.0)"],
    "boolean_mask": ["tf.boolean_mask(K.constant(x), b)"],
    "broadcast_to": ["tf.broadcast_to(x[0], (2, 3))"],
    "gather_nd": ["tf.gather_nd(K.constant(x), n[:, :2] % 2)"],
    "linalg.band_part": ["tf.linalg.band_part(x, -1, 0)", "tf.linalg.band_part(images, 0, -1)"],
    "linalg.diag_part": ["tf.linalg.diag_part(steps[:, :3])"],
    "range": ["tf.range(5)", "tf.range(2, 9, 3)", "tf.range(0, 3, dtype=tf.float32)"],
    "sequence_mask": ["tf.sequence_mask(n[0], maxlen=4)", "tf.sequence_mask(n[1], 3, dtype=tf.float32)"],
    "sort": ["tf.sort(x)", "tf.sort(x, axis=0, direction='DESCENDING')"],
    "split": ["tf.split(images, 2, axis=-1)[1]", "tf.split(x, [1, 2], 1)[1]"],
    "unstack": ["tf.unstack(x, axis=1)[2]", "tf.unstack(x, 2)[1]"],
    "logical_not": ["tf.logical_not(b)"],
    "logical_and": ["tf.logical_and(b, x > 0)"],
    "logical_or": ["tf.logical_or(b, x > 0)"],
    "argmax": ["tf.argmax(x)", "tf.argmax(x, axis=1)"],
    "argmin": ["tf.argmin(x, 1)"],
    "cumsum": ["tf.cumsum(x, axis=1)"],
    "pow": ["tf.pow(p, 2.0)"],
    "cast": ["tf.cast(x, tf.int32)", "tf.cast(b, dtype=tf.float32)"],
    "clip_by_value": ["tf.clip_by_value(x, -1.0, 1.0)"],
    "concat": ["tf.concat([x, y], 1)", "tf.concat([x, y], axis=-1)"],
    "constant": ["tf.constant([1, 2])", "tf.constant(2.0, shape=(2, 2))", "tf.constant(x, tf.int32)"],
    "convert_to_tensor": ["tf.convert_to_tensor([1.0, 2.0])"],
    "expand_dims": ["tf.expand_dims(x, -1)", "tf.expand_dims(x, axis=0)"],
    "eye": ["tf.eye(3)", "tf.eye(2, 3)"],
    "fill": ["tf.fill((2, 2), 3.0)"],
    "gather": ["tf.gather(x, [1, 0])", "tf.gather(x, n, axis=1)"],
    "matmul": ["tf.matmul(x, y.T)", "tf.matmul(x, y, transpose_b=True)", "tf.matmul(x, y, transpose_a=True)"],
    "one_hot": ["tf.one_hot(n, 3)"],
    "ones": ["tf.ones((2, 3))"],
    "ones_like": ["tf.ones_like(x)"],
    "pad": ["tf.pad(x, [[1, 0], [0, 2]])"],
    "rank": ["tf.rank(x)"],
    "reshape": ["tf.reshape(x, [3, 2])"],
    "reverse": ["tf.reverse(x, [1])"],
    "shape": ["tf.shape(x)"],
    "size": ["tf.size(x)"],
    "squeeze": ["tf.squeeze(x[:1])", "tf.squeeze(x[:1], axis=[0])"],
    "stack": ["tf.stack([x, y], axis=1)"],
    "stop_gradient": ["tf.stop_gradient(x)"],
    "tensordot": ["tf.tensordot(x, y, axes=[[1], [1]])"],
    "tile": ["tf.tile(x, [2, 1])"],
    "transpose": ["tf.transpose(x)", "tf.transpose(images, perm=[0, 3, 1, 2])"],
    "where": ["tf.where(x > 0, x, y)", "K.cast(tf.where(x > 0), 'int32')"],
    "zeros": ["tf.zeros((2,), tf.int32)"],
    "zeros_like": ["tf.zeros_like(x)"],
}  # fmt: skip

# Numbers that are drawn are others: their shapes are compared alone.
RANDOM = ("dropout", "random_binomial", "random_normal", "random_normal_variable", "random_uniform", "truncated_normal",
          "random_uniform_variable")  # fmt: skip


def written(name, case, number):
    """A case as a function."""
    *statements, last = case.split("; ")
    if case.startswith("with "):
        return f"def {name}_{number}():\n    {case}\n"
    body = "".join(f"    {statement}\n" for statement in statements)
    return f"def {name}_{number}():\n{body}    return {last}\n"


# A file in the manner of old code bases: its losses are called, too.
LEGACY = (pathlib.Path(__file__).parents[1] / "dialects/legacy/losses.py").read_text().partition("if __name__")[0]
LOSSES = ("dice_coef_loss", "focal_loss()", "tversky", "f1", "huber_loss", "masked_mse")

WHOLE = {
    "legacy": [f"{loss}(K.constant(one), K.constant(p))" for loss in LOSSES],
    **CASES,
    **{f"tf_{name.replace('.', '_')}": cases for name, cases in TF_CASES.items()},
}
PROGRAM = f"{LEGACY}\n{BEGINNING}" + "".join(
    f"\n\n{written(name, case, number)}" for name, cases in WHOLE.items() for number, case in enumerate(cases)
)

CALLED = [f"{name}_{number}" for name, cases in WHOLE.items() for number in range(len(cases))]

ENDING = """

import json, sys
results = {}
for name in NAMES:
    try:
        value = globals()[name]()
        value = getattr(value, "numpy", lambda: value)() if "kjax" in type(value).__module__ else value
        if isinstance(value, (tuple, list)):
            value = [int(part) for part in value]
        value = np.asarray(value)
        results[name] = [value.dtype.kind, value.shape, np.asarray(value, "float64").ravel().tolist()]
    except Exception as error:
        results[name] = repr(error)
print("RESULTS" + json.dumps(results))
"""


def ported(target):
    """The whole program for a target, and the names of its functions that were ported."""
    from kjax.checking.answers import Answers
    from kjax.checking.names import Walk
    from kjax.checking.porting import port
    from kjax.checking.programs import Programs
    from kjax.checking.reading import parsed

    answers = Answers()  # (of kjax alone: nothing is to stand in for TensorFlow)
    source = parsed("program.py", PROGRAM.encode())
    walk = Walk(source, answers, Programs(answers))
    walk.module()
    walk.functions()
    uses = [use for use in walk.uses if target != "jax" or use.name.rpartition(".")[2] not in CHANGING]
    done = port(source, uses, target)  # (a file that changes variables keeps all that it has, for JAX)
    left = {change.line for change in done.left}
    names, lines = {}, PROGRAM.split("\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith("def "):
            name = line[4:].partition("(")[0]
            names[name] = target != "jax" or name.rpartition("_")[0] not in CHANGING
        if number in left and number > LEGACY.count("\n"):
            names[name] = False
    return done, [name for name in CALLED if names[name]]


def results(text, names, env=None):
    program = f"{text}\n\nNAMES = {names!r}\n{ENDING}"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.partition("RESULTS")[2])


@pytest.fixture(scope="module")
def originals():
    return results(f"import kjax\nkjax.install()\n{PROGRAM.partition('print_function')[2]}", CALLED)


def test_every_function_of_the_table_is_a_function_of_k_and_has_cases():
    assert {*PORTS} == {*CASES} <= {*K.__all__}
    assert {*TF_PORTS} - {*TF_CASES} == {name for name in TF_PORTS if name.startswith("math.") and name[5:] in TF_CASES}
    assert {*HINTS} <= {*K.__all__}


def test_every_argument_of_a_pattern_is_one_of_the_function():
    tables = {**{f"kjax.backend.{name}": row for name, row in PORTS.items()},
              **{f"tensorflow.{name}": row for name, row in TF_PORTS.items()}}  # fmt: skip
    from kjax.checking.porting import _known

    for name, row in tables.items():
        known = _known(name)
        assert known.row is row
        for pattern in (row.jax, row.keras3):
            for alternative in alternatives(pattern):
                assert alternative.mentions() <= {*known.parameters}, (name, alternative)


@pytest.mark.parametrize("target", ["jax", "keras3"])
def test_original_and_ported_compute_the_same(target, originals):
    done, names = ported(target)
    # (On NumPy, where nothing is compiled; and for JAX compiled in the quickest way.)
    env = {**environment(), "KERAS_BACKEND": "numpy"} if target == "keras3" else {**os.environ, "XLA_FLAGS": QUICKLY}
    found = results(done.after, names, env=env)
    whole = {name.rpartition("_")[0] for name in names}
    rows = {name for name, row in PORTS.items() if (row.keras3 if target == "keras3" else row.jax) and CASES[name]}
    assert {name for name in WHOLE if name.startswith(("tf_", "legacy"))} <= whole
    assert rows <= whole, rows - whole
    wrong = []
    for name in names:
        expected, got = originals[name], found[name]
        if isinstance(expected, str) or isinstance(got, str):
            wrong.append((name, expected, got))
            continue
        same = expected[:2] == got[:2]
        if name.rpartition("_")[0] not in RANDOM:
            same = same and np.allclose(expected[2], got[2], 1e-5, 1e-6)
        if not same:
            wrong.append((name, expected, got))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(names) > 150

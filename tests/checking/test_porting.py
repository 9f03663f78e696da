"""Files written anew: what is changed, what is left, and that all else stays.

The files in `ported` are in the manner of old code bases: original and ported run side by side, on JAX and on Keras 3.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from keras3_process import environment
from kjax.checking import checks
from kjax.checking.answers import Answers

pytest.importorskip("libcst", reason="kjax port needs LibCST")

from kjax.checking.porting import TARGETS, port


def body(done):
    """The last lines, without the imports."""
    return done.after.rpartition("import jax.numpy as jnp\n")[2].strip()


IMPORT = "from tensorflow.keras import backend as K\n"


def test_formatting_and_comments_stay(ported):
    done = ported(
        '''
        """What it does."""
        from __future__ import division  # first

        import numpy as np

        # The backend.
        from tensorflow.keras import backend as K


        def loss( t,p ):   # spaces
            """Doc."""
            return K.mean(
                K.square(t-p),  # squared
                axis = -1,

                # kept
                keepdims=True,
            )
        '''
    )
    assert done.after == (
        '''
"""What it does."""
from __future__ import division  # first

import numpy as np

# The backend.
import jax.numpy as jnp


def loss( t,p ):   # spaces
    """Doc."""
    return jnp.mean(
        jnp.square(t-p),  # squared
        axis = -1,

        # kept
        keepdims=True,
    )
'''
    )
    assert not done.left and len(done.changes) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("K.sum(x, 1)", "jnp.sum(x, axis=1)"),
        ("K.sum(axis=1, x=x)", "jnp.sum(x, axis=1)"),
        ("K.sum(x, None, False)", "jnp.sum(x)"),
        ("K.hard_sigmoid(x - y) ** 2", "jnp.clip(0.2 * (x - y) + 0.5, 0.0, 1.0) ** 2"),
        ("-K.bias_add(x, b)", "-(x + b)"),
        ("K.int_shape(x + 1)[0]", "(x + 1).shape[0]"),
        ("map(K.square, x)", "map(jnp.square, x)"),
        ("K.relu(x, 0., 6)", "jnp.clip(x, 0, 6)"),
        ("K.in_train_phase(K.exp(x), x, training=t)", "(jnp.exp(x) if t else x)"),
        ("K.concatenate([K.exp(x), K.zeros_like(x)])", "jnp.concatenate([jnp.exp(x), jnp.zeros_like(x)], axis=-1)"),
        ("f(K.epsilon(), lambda K: K.square(x))", "f(1e-07, lambda K: K.square(x))"),
        ("K.cast(x, 'float')", "jnp.asarray(x, 'float32')"),
        ("K.zeros(s, dtype='double')", "jnp.zeros(s, dtype='float64')"),
        ("K.variable(1., name='v')", "jnp.asarray(1., dtype='float32')"),
    ],
)
def test_calls(ported, before, after):
    assert body(ported(IMPORT + before)) in (after, f"{IMPORT}{after}") or after in ported(IMPORT + before).after


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("K.rnn(f, x, s)", "JAX has no counterpart; instead: jax.lax.scan"),
        ("K.gradients(x, y)", "jax.grad"),
        ("K.random_normal((2,))", "not with these arguments; instead: jax.random with a key"),
        ("K.sum(*x)", "it is called with * or **"),
        ("K.sum(x, axxis=1)", "arguments that it does not have"),
        ("K.relu(x, threshold=1.0)", "argument 'threshold' has no counterpart"),
        ("map(K.hard_sigmoid, x)", "it is not called here"),
        ("K.batch_normalization(x, m, v, None, g)", "not with these arguments"),
    ],
)
def test_what_is_left_is_marked(ported, call, why):
    done = ported(f"{IMPORT}def f():\n    # why\n    return {call}\n")
    (left,) = done.left
    assert why in left.note and left.line == 4
    lines = done.after.split("\n")
    at = lines.index(f"    return {call}")
    assert lines[at - 2] == "    # why" and lines[at - 1] == f"    # kjax: {left.note}"
    assert "from kjax import backend as K" in lines  # which goes on to answer


def test_functions_written_into_the_file(ported):
    done = ported(f"import os\n{IMPORT}\nx = K.batch_dot(a, b)\n")
    assert done.after.count("def _batch_dot(") == 1 and "x = _batch_dot(a, b)" in done.after
    assert done.after.index("import jax.numpy as jnp") < done.after.index("def _batch_dot") < done.after.index("x = ")


@pytest.mark.parametrize(
    ("imports", "use"),
    [
        ("try:\n    from tensorflow.compat.v1.keras import backend as K\n"
         "except ImportError:\n    from tensorflow.keras import backend as K",
         "K.square(x)"),
        ("import tensorflow as tf", "tf.keras.backend.square(x)"),
        ("from tensorflow.keras.backend import square as s", "s(x)"),
        ("from kjax import backend as K", "K.square(x)"),
        ("from tensorflow.keras import backend", "backend.square(x)"),
    ],
)  # fmt: skip
def test_imports_of_k_go(ported, imports, use):
    done = ported(f"{imports}\nprint({use})\n")
    assert "print(jnp.square(x))" in done.after
    assert "import tensorflow" not in done.after and "kjax" not in done.after


def test_what_is_not_of_k_is_left(ported):
    done = ported("import tensorflow as tf\ndef f(x):\n    return tf.keras.backend.exp(tf.signal.fft(x))\n")
    (left,) = done.left
    assert "tf.signal.fft" in left.note and "# kjax: tf.signal.fft is left" in done.after
    assert "jnp.exp(tf.signal.fft(x))" in done.after


def test_a_diff(ported):
    assert "+import jax.numpy as jnp\n+jnp.exp(x)\n" in ported(f"{IMPORT}K.exp(x)\n").diff()


def test_functions_of_tf(ported):
    done = ported(
        "import tensorflow as tf\nfrom tensorflow.keras import backend as K\n"
        "x = tf.cast(tf.reduce_sum(K.exp(y), 1, name='s'), tf.float32) + tf.matmul(a, b, transpose_b=True)\n"
    )
    assert "import tensorflow" not in done.after and not done.left
    assert done.after.endswith(
        "x = jnp.asarray(jnp.sum(jnp.exp(y), axis=1), 'float32') + jnp.matmul(a, jnp.swapaxes(b, -1, -2))\n"
    )


def test_methods_of_shapes(ported):
    done = ported(f"{IMPORT}n = K.exp(x).get_shape().as_list()[1] + y.shape.as_list()[0] + z.as_list()\n")
    assert done.after.endswith("n = list(jnp.exp(x).shape)[1] + list(y.shape)[0] + z.as_list()\n")


def test_what_is_changed_stays_a_variable(ported):
    text = f"{IMPORT}v, w = K.zeros((2,)), K.variable(x)\nK.update(v, K.ones_like(w))\n"
    done = ported(text)
    assert "v, w = K.zeros((2,)), K.variable(x)\n" in done.after and "jnp.ones_like(w)" in done.after
    assert "K.zeros is left: the file changes its variables" in done.after
    assert "v, w = keras.Variable(ops.zeros((2,))), keras.Variable(x" in ported(text, "keras3").after
    assert "ops.zeros((2,)), ops.ones" in ported(f"{IMPORT}K.zeros((2,)), K.ones((2,))\n", "keras3").after


def test_stacked_sizes_are_lists(ported):
    done = ported(f"{IMPORT}K.tile(K.reshape(x, K.stack([n, 1])), K.stack([1, 2], axis=0))\n")
    assert done.after.endswith("jnp.tile(jnp.reshape(x, [n, 1]), [1, 2])\n")


# ------------------------------------------------------------------------------------------------------ whole files

FILES = sorted((pathlib.Path(__file__).parent / "ported").glob("*.py"))

# What has no counterpart, by files; all else is ported whole.
LEFT = {
    "jax": {
        "activations": {"K.relu"},
        "autoencoders": {"K.random_normal"},
        "updates": {"K.moving_average_update", "K.set_value", "K.update", "K.update_add", "K.variable", "K.zeros"},
    },
    "keras3": {"activations": {"K.relu"}},
}

# `values` is compiled as a whole by JAX, which also is the quickest; what looks at values comes from `by_values`.
PROGRAM = """\
import json, sys
if {kjax}:
    import kjax
    kjax.install()
import numpy as np

texts, found = json.load(sys.stdin), {{}}
for name, text in texts.items():
    space = {{"__name__": name}}
    exec(compile(text, name, "exec"), space)
    values = space.get("values", list)
    if {jit}:
        import jax
        values = jax.jit(values)
    results = [*values(), *space.get("by_values", list)()]
    if {kjax}:  # (those of Keras 2 are graphs)
        results = [space["K"].eval(result) if hasattr(result, "is_symbolic") else result for result in results]
    found[name] = [np.asarray(result, "float64").tolist() for result in results]
print("RESULTS" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def files():
    """What became of each file, by targets."""
    with Answers() as answers:
        read = {path.stem: checks.check([str(path)], answers) for path in FILES}
        assert {name: result.summary() for name, result in read.items() if result.status} == {}
        return {
            target: {name: port(result.sources[0], result.uses, target) for name, result in read.items()}
            for target in TARGETS
        }


def computed(texts, env, **options):
    """The results of files."""
    program = PROGRAM.format(**{"kjax": False, "jit": False, **options})
    command = [sys.executable, "-W", "ignore", "-c", program]
    run = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.partition("RESULTS")[2])


@pytest.fixture(scope="module")
def originals():
    # (An import of Keras 2 switches a program to graph mode: those without it come first.)
    texts = {path.stem: path.read_text() for path in FILES}
    old = {name for name, text in texts.items() if re.search(r"^(from|import) keras", text, re.MULTILINE)}
    return computed({name: texts[name] for name in sorted(texts, key=lambda n: (n in old, n))}, None, kjax=True)


QUICKLY = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.mark.parametrize("target", TARGETS)
def test_original_and_ported_compute_the_same(target, files, originals):
    jax = target == "jax"
    env = {**os.environ, "XLA_FLAGS": QUICKLY} if jax else {**environment(), "KERAS_BACKEND": "numpy"}
    found = computed({name: done.after for name, done in files[target].items()}, env, jit=jax)
    assert [*found] == [path.stem for path in FILES] and len(found) > 10
    wrong = []
    for name, results in found.items():
        for number, (expected, got) in enumerate(zip(originals[name], results, strict=True)):
            if np.shape(expected) != np.shape(got) or not np.allclose(expected, got, 1e-5, 1e-5):
                wrong.append((name, number, expected, got))
    assert not wrong


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_left_of_a_file_is_marked(target, files):
    for name, done in files[target].items():
        left = LEFT[target].get(name, set())
        assert {change.before for change in done.left} == left, name
        marks = [line.strip() for line in done.after.split("\n") if line.strip().startswith("# kjax: ")]
        assert {mark.split()[2] for mark in marks} == left, name
        assert ("from kjax import backend as K" in done.after) == bool(left)
        assert "tensorflow" not in done.after

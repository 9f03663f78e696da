"""What type checkers and editors see: the stub of `kjax.backend` is up to date, and types a program without `Any`."""

import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

import backend_stub
from kjax import backend as K

PROGRAM = """
    from typing import Any

    import jax
    import jax.numpy as jnp
    import numpy as np
    import numpy.typing as npt

    import kjax
    from kjax import backend as K
    from kjax import keras2
    from kjax.typing import TensorLike

    x = K.placeholder(shape=(None, 3))
    w = K.variable([[1.0], [2.0], [3.0]], name="w")
    s = K.placeholder((None, 3), sparse=True)
    a = jnp.ones((2, 3))
    n: npt.NDArray[np.float32] = np.ones((2, 3), "float32")


    def loss(y_true: TensorLike, y_pred: kjax.Tensor) -> kjax.Tensor:
        return K.mean(K.square(y_pred - y_true), axis=-1)


    def train(rate: float) -> list[npt.NDArray[Any]]:
        slopes = K.gradients(loss(n, K.dot(x, w)), [w])
        step = K.function([x], [K.sum(x)], updates=[K.update_sub(w, rate * slope) for slope in slopes])
        return step([n])


    {revealed}
    with kjax.graph_mode(), K.name_scope("outer") as scope:
        reveal_type(scope)  # str
    {wrong}
"""

# An expression, and its type.
REVEALED = {
    "x": "Placeholder",
    "w": "Variable",
    "s": "SparseTensor",
    "K.ones((3, 4))": "Variable",
    "K.zeros(K.shape(x))": "Tensor",
    "K.ones_like(x)": "Tensor",
    "K.constant([[1, 2]])": "Tensor",
    "K.variable(jax.random.key(0))": "Variable",
    "K.square(x)": "Tensor",
    "K.square(w)": "Tensor",
    "K.square(a)": "Array",
    "K.square(n)": "Tensor",
    "K.square([[1, 2], [3, 4]])": "Tensor",
    "K.square(s)": "SparseTensor",
    "K.dot(s, w)": "Tensor",
    "K.to_dense(s)": "Tensor",
    "K.cast(s, 'float64')": "SparseTensor",
    "K.cast(x, np.float64)": "Tensor",
    "K.cast_to_floatx(n)": "ndarray[Any, Any]",
    "K.maximum(a, 1.0)": "Array",
    "K.maximum(1.0, a)": "Array",
    "K.maximum(n, a)": "Array",
    "K.maximum(a, x)": "Tensor",
    "K.maximum(1.0, 2.0)": "Tensor",
    "K.concatenate([x, w], axis=0)": "Tensor",
    "K.concatenate([a, a])": "Array",
    "K.concatenate([s, s])": "SparseTensor",
    "K.sum(x, axis=[0, 1], keepdims=True)": "Tensor",
    "K.batch_normalization(a, a, a, None, None)": "Array",
    "K.batch_normalization(x, x, x, None, gamma=x)": "Tensor",
    "K.normalize_batch_in_training(x, None, None, [0])": "tuple[Tensor, Tensor, Tensor]",
    "K.ctc_decode(x, n, greedy=True)": "tuple[list[Tensor], Tensor]",
    "K.random_normal((2, 3))": "Tensor",
    "K.random_normal((2, 3), seed=jax.random.key(0))": "Array",
    "K.random_normal_variable((2, 3), 0.0, 1.0)": "Variable",
    "K.conv2d(x, w, strides=2, padding='same')": "Tensor",
    "K.pool2d(a, (2, 2))": "Array",
    "K.relu(x, max_value=6)": "Tensor",
    "K.stop_gradient([x, w])": "list[Tensor]",
    "K.in_train_phase(lambda: K.dropout(x, 0.5), x)": "Tensor",
    "K.switch(K.sum(x) > 0, x, lambda: x * 2)": "Tensor",
    "K.map_fn(lambda row: row * 2, x)": "Tensor",
    "K.map_fn(lambda row: (row, row), x)": "tuple[Tensor, Tensor]",
    "K.foldl(lambda total, row: total + row, x)": "Tensor",
    "K.rnn(lambda now, states: (K.tanh(now), [now]), x, [x])": "tuple[Tensor, Tensor, Sequence[Tensor]]",
    "K.gradients(K.sum(x), [w, x])": "list[Tensor | Any]",  # None where the loss does not depend on it
    "K.update_sub(w, 0.1 * w)": "Tensor",
    "K.update(w, a)": "Tensor",
    "K.function([x, K.learning_phase()], [x, w])": "Function[list[ndarray[Any, Any]]]",
    "K.function([x], (x, w))([n])": "tuple[ndarray[Any, Any], ...]",
    "K.function([x], {'sum': K.sum(x)})(n)": "dict[str, ndarray[Any, Any]]",
    "K.function(x, K.sum(x))(n)": "ndarray[Any, Any]",
    "train(0.1)": "list[ndarray[tuple[Any, ...], dtype[Any]]]",
    "K.get_value(w)": "ndarray[Any, Any]",
    "K.get_value(s)": "tuple[Any, Any, Any, fallback=SparseTensorValue]",
    "K.eval(x)": "ndarray[Any, Any]",
    "K.batch_get_value([w, w])": "list[ndarray[Any, Any]]",
    "K.int_shape(x)": "tuple[int | None, ...] | None",
    "K.ndim(x)": "int | None",
    "K.dtype(x)": "str",
    "K.is_sparse(x)": "bool",
    "K.learning_phase()": "Tensor | int",
    "K.get_session()": "Session",
    "K.epsilon()": "float",
    "(x + 1) * w / a": "Tensor",
    "2.0 * w": "Tensor",
    "x[0, ..., 1:]": "Tensor",
    "x > 0": "Tensor",
    "x == 0": "Any",  # a tensor, or in graph mode a bool
    "s * x": "SparseTensor",
    "abs(s) / 2.0": "SparseTensor",
    "[part for part in x]": "list[Tensor]",
    "len(x)": "int",
    "float(x[0, 0])": "float",
    "kjax.as_tensor(n)": "Tensor",
    "-x @ w": "Tensor",
    "x.shape": "Shape",
    "x.shape[0]": "int | Any",  # None where it is not known
    "x.shape[1:]": "Shape",
    "x.dtype": "DType",
    "x.numpy()": "ndarray[Any, Any]",
    "w.assign_add([[1.0]] * 3)": "Tensor",
    "w.value()": "Tensor",
    "keras2.square(x)": "Tensor",
    "keras2.ones((2, 3))": "Variable",
}

# What is wrong, and the start of what is said about it.
WRONG = {
    "K.onse((3, 4))": 'Module has no attribute "onse"',
    "keras2.onse((3, 4))": 'Module has no attribute "onse"',
    "kjax.bakend": 'Module has no attribute "bakend"',
    "K.square('text')": 'No overload variant of "square" matches argument type "str"',
    "K.sum(x, axes=1)": 'Unexpected keyword argument "axes"',
    "K.ones((2, 3), dtyp='float32')": 'Unexpected keyword argument "dtyp"',
    "K.epsilon(1)": 'Too many arguments for "epsilon"',
    "x + 'text'": "Unsupported operand types for +",
    "w.asign(1.0)": '"Variable" has no attribute "asign"',
    "K.set_value(x, 1.0)": 'Argument 1 to "set_value" has incompatible type "Placeholder"',
}


@pytest.mark.parametrize("file", backend_stub.STUBS)
def test_a_stub_is_what_the_declarations_say(file):
    written = (backend_stub.PACKAGE / file).read_text(encoding="utf-8")
    assert written == backend_stub.STUBS[file](), "python tests/backend_stub.py writes it anew"


def test_every_parameter_has_a_type_in_the_stub():
    # (Whatever may be given: a structure of tensors, the object of another library, keywords.)
    untyped = {
        (name, parameter)
        for name in K.__all__
        for rows, _ in backend_stub.signatures(getattr(K, name))
        for parameter, text, *_ in rows
        if text == "Any"
    }
    structures = {("function", part) for part in ("inputs", "outputs", "updates", "kwargs")}
    structures |= {(f"in_{phase}_phase", part) for phase in ("train", "test") for part in ("x", "alt")}
    structures |= {("switch", f"{part}_expression") for part in ("then", "else")}
    structures |= {("map_fn", "dtype"), ("foldl", "initializer"), ("foldr", "initializer")}
    assert untyped == structures | {("is_sparse", "tensor"), ("set_session", "session")}


def test_a_program_is_typed_strictly(tmp_path, monkeypatch):
    api = pytest.importorskip("mypy.api", reason="mypy is not installed")
    revealed = "\n".join(f"reveal_type({expression})" for expression in REVEALED)
    text = textwrap.dedent(PROGRAM).format(revealed=revealed, wrong="\n".join(WRONG))
    program = tmp_path / "program.py"
    program.write_text(text, encoding="utf-8")
    monkeypatch.setenv("MYPYPATH", str(backend_stub.PACKAGE.parent))
    monkeypatch.chdir(tmp_path)
    options = ["--strict", "--config-file=", "--cache-dir=/dev/null", "--no-pretty", "--no-color-output"]
    out, trouble, _ = api.run([*options, str(program)])
    assert not trouble
    said = {}
    for line in out.splitlines():
        place = re.match(r"program\.py:(\d+): (.*)", line)
        if place:
            said.setdefault(int(place[1]), []).append(place[2])
    lines = text.splitlines()
    types = {lines[at - 1]: notes for at, notes in said.items() if "Revealed type" in notes[0]}
    found = {line: re.sub(r"(?:\w+\.)+(?=\w)", "", re.search('"(.*)"', note)[1]) for line, (note,) in types.items()}
    expected = {f"reveal_type({expression})": type_ for expression, type_ in REVEALED.items()}
    assert found == expected | {"    reveal_type(scope)  # str": "str"}
    errors = {lines[at - 1]: notes[0] for at, notes in said.items() if lines[at - 1] not in types}
    assert errors.keys() == WRONG.keys()
    assert all(errors[line].startswith(f"error: {message}") for line, message in WRONG.items()), errors


def test_pyright_types_the_program_strictly(tmp_path):
    found, node = importlib.util.find_spec("pyright"), shutil.which("node")
    if found is None or node is None:
        pytest.skip("pyright is not installed, or there is no Node.js to run it")
    revealed = "\n".join(f"reveal_type({expression})" for expression in REVEALED)
    text = textwrap.dedent(PROGRAM).format(revealed=revealed, wrong="\n".join(WRONG))
    (tmp_path / "program.py").write_text(text, encoding="utf-8")
    settings = {
        "typeCheckingMode": "strict",
        "include": ["program.py"],
        "extraPaths": [str(backend_stub.PACKAGE.parent)],
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    # (The package's own command asks for newer versions; its program does not.)
    program = os.path.join(found.submodule_search_locations[0], "dist", "index.js")
    command = [node, program, "--outputjson", "--pythonpath", sys.executable, "-p", "settings.json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    said = json.loads(run.stdout)["generalDiagnostics"]
    lines, wrong, types, others = text.splitlines(), set(), {}, {}
    for one in said:
        line = lines[one["range"]["start"]["line"]]
        if one["severity"] == "information":
            types[line] = re.search(' is "(.*)"$', one["message"])[1]
        elif line in WRONG:
            wrong.add(line)
        else:
            others[line] = one["message"]
    assert {line: why for line, why in others.items() if not re.search(r"\bjax\b|\bjnp\b", line)} == {}  # (JAX's own)
    assert wrong == WRONG.keys()
    expected = {f"reveal_type({expression})": type_ for expression, type_ in REVEALED.items()}
    plain = ("Tensor", "Variable", "SparseTensor", "Placeholder", "str", "bool", "float", "Session", "Shape", "DType")
    assert {line: types[line] for line, type_ in expected.items() if type_ in plain and types[line] != type_} == {}
    assert not [line for line, type_ in types.items() if "Unknown" in type_]


def test_editors_find_all_functions_with_signature_and_docstring():
    assert {*K.__all__} <= {*dir(K)}
    for name in K.__all__:
        function = getattr(K, name)
        assert inspect.getdoc(function) and " object at 0x" not in str(inspect.signature(function)), name
        described = [rows for rows, _ in backend_stub.signatures(function)][-1]
        # The last signature is the whole one: of the same parameters as at run time.
        names = [parameter for parameter, *_ in described if parameter != "*"]
        assert names == [*inspect.signature(function).parameters], name

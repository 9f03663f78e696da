"""The public namespace against TF 2.2's: names, parameters, their order and defaults."""

import ast
import inspect
import pathlib
import subprocess
import sys

import pytest

from kjax import backend as K

# As `tf.keras.backend` of TF 2.2 has them, and two of `tf.compat.v1.keras.backend`.
SIGNATURES = (pathlib.Path(__file__).parent / "data" / "signatures_tf22.txt").read_text(encoding="utf-8").splitlines()
KNOWN = {line.partition("(")[0]: line for line in SIGNATURES}


# As the backend of Keras 3 has them (`keras.src.legacy.backend`), beyond those.
KERAS3 = {
    "binary_focal_crossentropy": (
        "(target, output, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False)"
    ),
    "categorical_focal_crossentropy": "(target, output, alpha=0.25, gamma=2.0, from_logits=False, axis=-1)",
    "random_bernoulli": "(shape, p=0.0, dtype=None, seed=None)",
}


def written(name):
    parameters = [p.replace(annotation=p.empty) for p in inspect.signature(getattr(K, name)).parameters.values()]
    shown = ", ".join(str(p) for p in parameters)
    return f"{name}({shown})"


@pytest.mark.parametrize("name", KNOWN)
def test_signature(name):
    assert written(name) == KNOWN[name]


def test_nothing_else_is_public():
    assert len(KNOWN) == len(SIGNATURES) and sorted(K.__all__) == sorted(KNOWN)
    assert {name for name in dir(K) if not name.startswith("_")} == {*K.__all__, *KERAS3}


@pytest.mark.parametrize("name", KERAS3)
def test_what_keras_3_has_beyond_them(name):
    assert written(name) == f"{name}{KERAS3[name]}"
    text = inspect.getdoc(getattr(K, name))
    assert f"`keras._legacy.backend.{name}`, Keras 3" in text and ">>>" in text


def test_what_is_loaded_later_is_what_type_checkers_are_told():
    tree = ast.parse(pathlib.Path(K.__file__).read_text(encoding="utf-8"))
    (told,) = [node.body for node in tree.body if isinstance(node, ast.If)]
    assert {i.module: [a.name for a in i.names] for i in told} == {
        f"kjax.{module}": list(names) for module, names in K._LATER.items()
    }


def test_families_are_loaded_when_they_are_asked_for():
    program = "import sys; from kjax import backend as K; print([m for m in sys.modules if m.startswith('kjax.ops.')])"
    before = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "kjax.ops.creation" in before and not any(f"kjax.ops.{family}'" in before for family in K._LATER)
    with pytest.raises(AttributeError, match=r"'kjax\.backend' has no attribute 'relu6'"):
        K.relu6  # noqa: B018


@pytest.mark.parametrize("name", K.__all__)
def test_it_is_documented(name):
    text = inspect.getdoc(getattr(K, name))
    face = "tf.compat.v1.keras.backend" if name in ("get_session", "set_session") else "tf.keras.backend"
    assert f"`{face}.{name}`" in text and ">>>" in text

"""Names and arguments in the files of packages, which are not imported."""

import ast
import sys

import pytest

from kjax.checking import arguments, outlines

PACKAGE = {
    "__init__.py": """
        from . import moved
        from .low import *
        from .low import first as second
        import os.path

        def __getattr__(name):
            if name == "dropped":
                raise AttributeError("it is gone since 2.0")
            if name in ("lazy", "later"):
                return 1
            raise AttributeError(name)
    """,
    "low.py": """
        from inspect import cleandoc
        from parcel import below

        def first(x, /, y=1, *rest, z, **more): ...
        def fewer(x, *, y=2): ...
        @validate_params({})
        def checked(x): ...
        @renamed("a", "b")
        def unseen(x): ...
        class Made(Base):
            def __init__(self, size, *, shape=()): ...
        try:
            import json
        except ImportError:
            json = None
        for kind in ("a", "b"):
            last = kind
    """,
    "below/__init__.py": "from parcel.low import *\nfirst_of_all = 1",
    "moved.py": "from parcel.dynamic import *",
    "dynamic.py": "for name in 'ab':\n    globals()[name] = 1",
    "broken.py": "def (",
}


@pytest.fixture
def parcel(tmp_path, monkeypatch):
    for name, text in PACKAGE.items():
        path = tmp_path / "parcel" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.removeprefix("        ") for line in text.split("\n")))
    monkeypatch.syspath_prepend(tmp_path)
    yield
    assert "parcel" not in sys.modules
    for cached in (outlines._resolved, outlines._text, outlines._entries):
        cached.cache_clear()
    for name in [name for name in outlines._read_before if name.startswith("parcel")]:
        del outlines._read_before[name]


def test_names_are_found(parcel):
    there = ("first second fewer Made cleandoc json last below low lazy later moved.whatever broken.x "
             "low.first.attribute below.first_of_all below.fewer __file__ os.path")  # fmt: skip
    assert {name: outlines.has(f"parcel.{name}") for name in there.split()} == dict.fromkeys(there.split(), True)
    gone = ("third", "dropped", "low.third", "nowhere.first", "below.third", "low.third.attribute")
    assert {name: outlines.has(f"parcel.{name}") for name in gone} == dict.fromkeys(gone, False)
    seen = {name: outlines.sees(f"parcel.{name}") for name in ("first", "moved", "moved.whatever", "third")}
    assert seen == {"first": True, "moved": True, "moved.whatever": False, "third": False}
    assert not outlines.has("parzel.first") and outlines.version("parzel") == ""


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("first(1, 2, 3, z=4, w=5)", None),
        ("second(z=2)", "missing a required"),
        ("fewer(1, 2)", "too many positional arguments"),
        ("fewer(1, z=2)", "unexpected keyword argument 'z'"),
        ("fewer(*x, y=3)", None),
        ("checked(1, 2)", "too many"),
        ("unseen(1, 2)", None),
        ("Made(3, shape=4)", None),
        ("Made(size=3, shade=4)", "'shade'"),
        ("moved.whatever(1)", None),
    ],
)
def test_arguments_are_those_of_the_file(parcel, call, why):
    node = ast.parse(call).body[0].value
    signature = outlines.signature(f"parcel.{ast.unparse(node.func)}")
    told = None if signature is None else arguments.unbound(signature, node)
    assert (told is None) if why is None else (told is not None and why in told)


def test_installed_packages():
    assert outlines.has("scipy.optimize.fmin_l_bfgs_b") and not outlines.has("scipy.misc.imread")
    pytest.importorskip("sklearn", reason="the rest is of scikit-learn")
    assert outlines.has("sklearn.datasets.load_iris") and not outlines.has("sklearn.datasets.load_boston")
    assert outlines.version("sklearn").startswith("scikit-learn 1")

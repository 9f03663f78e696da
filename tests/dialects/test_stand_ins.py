"""Modules that answer for another package, and the finder of these modules."""

import copy
import importlib
import importlib.util
import inspect
import pickle
import sys
import types

import pytest

import kjax
from kjax.dialects.stand_ins import Face, Finder, united

# --------------------------------------------------------------------------------------------- a package of two modules


@pytest.fixture
def made():
    """How often the contents of which module have been made."""
    return []


@pytest.fixture
def finders(made):
    """Makes a finder that answers for `sham` and `sham.deep`; all are taken out of the import machinery in the end."""
    entered = []

    def contents(name, **names):
        def make():
            made.append(name)
            return names

        return make

    def finder(**options):
        found = Finder(
            {"sham": contents("sham", one=1, _two=2), "sham.deep": contents("sham.deep", three=3)},
            {"sham.late": contents("sham.late", four=4)},
            lambda name: f"no {name} here",
            "kjax test",
            **options,
        )
        entered.append(found)
        found.enter()
        return found

    yield finder
    for found in entered:
        found.leave()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package called `sham` on the path, with a module `deep`."""
    (tmp_path / "sham").mkdir()
    (tmp_path / "sham" / "__init__.py").write_text("one = 'real'")
    (tmp_path / "sham" / "deep.py").write_text("three = 'real'")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "sham" / "__init__.py"
    for name in ("sham", "sham.deep"):
        sys.modules.pop(name, None)


def test_contents_are_made_when_a_module_is_first_imported(finders, made):
    finders()
    assert made == []
    sham = importlib.import_module("sham")
    assert (sham.one, sham._two, sham.__all__, made) == (1, 2, ["one"], ["sham"])
    assert sham.deep.three == 3 and made == ["sham", "sham.deep"]  # a submodule, by its name alone
    assert importlib.import_module("sham.deep") is sham.deep and made == ["sham", "sham.deep"]
    assert sham.__doc__ == "Answered by kjax (kjax test): 2 names."


def test_attributes_are_made_when_they_are_first_asked_for(finders, made):
    finders()
    sham = importlib.import_module("sham")
    assert "late" in dir(sham) and made == ["sham"]
    assert sham.late is sham.late and sham.late == {"four": 4} and made == ["sham", "sham.late"]
    with pytest.raises(ModuleNotFoundError, match=r"^no sham\.late here$"):
        importlib.import_module("sham.late")  # it is no module


def test_what_is_not_covered_is_refused(finders):
    finders()
    sham = importlib.import_module("sham")
    with pytest.raises(AttributeError, match=r"^no sham\.five here$") as caught:
        sham.five  # noqa: B018
    assert caught.value.name == "five" and caught.value.obj is sham
    with pytest.raises(ModuleNotFoundError, match=r"^no sham\.five here$") as caught:
        importlib.import_module("sham.five")
    assert caught.value.name == "sham"  # the real package is missing
    with pytest.raises(AttributeError, match="has no attribute '__path_of_no_one__'"):
        sham.__path_of_no_one__  # noqa: B018
    assert sham.__spec__.loader.find_spec("other") is None


def test_what_is_answered_is_told(finders):
    told = []
    finders(report=lambda name, left_alone: told.append((name, left_alone)))
    importlib.import_module("sham.deep")
    assert told == [("sham", None), ("sham.deep", None)]


def test_an_installed_package_is_left_alone(finders, installed):
    told = []
    finder = finders(report=lambda name, left_alone: told.append((name, left_alone)))
    assert finder.installed("sham").origin == str(installed)
    assert importlib.import_module("sham").one == "real" and importlib.import_module("sham.deep").three == "real"
    assert told == [("sham", str(installed))]


def test_force_replaces_it_until_the_finder_leaves(finders, installed):
    real, deep = importlib.import_module("sham"), importlib.import_module("sham.deep")
    finder = finders(force=True)
    assert importlib.import_module("sham").one == 1 and importlib.import_module("sham").deep.three == 3
    finder.leave()
    assert finder not in sys.meta_path
    assert importlib.import_module("sham") is real and importlib.import_module("sham.deep") is deep
    finder.leave()  # once more changes nothing
    assert sys.modules["sham"] is real


def test_entering_twice_is_entering_once(finders):
    finder = finders()
    finder.enter()
    assert sys.meta_path.count(finder) == 1 and sys.meta_path[0] is finder
    assert isinstance(importlib.import_module("sham"), Face)
    finder.leave()
    assert finder not in sys.meta_path and "sham" not in sys.modules
    assert importlib.util.find_spec("sham") is None


def test_modules_of_others_stay(finders):
    finder = finders()
    importlib.import_module("sham")
    sys.modules["sham.theirs"] = theirs = types.ModuleType("sham.theirs")
    try:
        finder.leave()
        assert sys.modules["sham.theirs"] is theirs
    finally:
        del sys.modules["sham.theirs"]


# ------------------------------------------------------------------------------------------- the modules of tensorflow


def test_faces_behave_as_modules(tf):
    assert isinstance(tf, types.ModuleType)
    assert repr(tf) == f"<module 'tensorflow' (kjax {kjax.__version__})>"
    assert tf.__spec__.name == tf.__name__ == tf.__package__ == "tensorflow"
    assert tf.keras.backend.__spec__.parent == "tensorflow.keras.backend"
    assert (tf.__path__, hasattr(tf, "__file__"), hasattr(tf, "__wrapped__")) == ([], False, False)
    assert importlib.util.find_spec("tensorflow.keras") is tf.keras.__spec__
    assert copy.copy(tf) is copy.deepcopy(tf) is pickle.loads(pickle.dumps(tf)) is tf
    assert inspect.getdoc(tf.keras.backend).startswith("Answered by kjax")
    assert inspect.getmodule(tf.keras) is tf.keras
    assert importlib.reload(tf) is tf
    assert str(inspect.signature(tf.reduce_sum)) == "(input_tensor, axis=None, keepdims=False, name=None)"


def test_dir_lists_what_is_covered(tf):
    assert {"cast", "keras", "compat", "math", "float32", "Tensor"} <= set(dir(tf))
    assert {"backend"} <= set(dir(tf.keras))
    assert "layers" not in dir(tf.keras)
    assert all(hasattr(tf, name) for name in dir(tf))


def test_attributes_may_be_set(tf, monkeypatch):
    monkeypatch.setattr(tf.keras.backend, "ones", lambda shape: "mine")
    assert tf.keras.backend.ones(3) == "mine"
    assert kjax.backend.ones is not tf.keras.backend.ones


# ------------------------------------------------------------------------------------------- two that answer for one


def simple(contents, attributes=None, origin="us"):
    return Finder(contents, attributes or {}, lambda name: f"no {name}", origin)


def test_tables_are_united():
    assert united() == {} and united({"a": 1}, {"b": 2}, {"a": 1}) == {"a": 1, "b": 2}
    with pytest.raises(ValueError, match=r"^two things are to answer for a: 1 and 3$"):
        united({"a": 1}, {"b": 2}, {"a": 3})


def test_a_name_is_a_module_or_an_attribute():
    with pytest.raises(
        ValueError, match=r"two things are to answer for kjax_face\.part: <class 'dict'> and <class 'list'>"
    ):
        simple({"kjax_face": dict, "kjax_face.part": dict}, {"kjax_face.part": list})


@pytest.mark.parametrize("kind", ["contents", "attributes"])
def test_what_a_module_holds_does_not_hide_what_is_below_it(kind):
    tables = {"contents": {"kjax_face": lambda: {"part": 1, "other": 2}}, "attributes": {}}
    tables[kind]["kjax_face.part"] = dict
    made = simple(**tables)
    made.enter()
    try:
        with pytest.raises(ValueError, match=r"two things are to answer for kjax_face\.part: 1 and <class 'dict'>"):
            importlib.import_module("kjax_face")
    finally:
        made.leave()
    assert "kjax_face" not in sys.modules


def test_one_finder_answers_for_a_package():
    first, second = simple({"kjax_face": dict}), simple({"kjax_face.part": dict}, origin="others")
    before = [*sys.meta_path]
    first.enter()
    try:
        with pytest.raises(ValueError, match=r"^kjax_face can't be answered by others: us answers for it already$"):
            second.enter()
        first.enter()
        assert sys.meta_path == [first, *before]
    finally:
        first.leave()
    assert sys.meta_path == before
    second.enter()
    second.leave()
    assert sys.meta_path == before

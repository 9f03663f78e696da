import sys

import pytest

from kjax.machine import imports


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The name of a package that can be imported, and has not been."""
    name = "waited_for"
    (tmp_path / f"{name}.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    yield name
    sys.modules.pop(name, None)


def test_it_comes_when_the_package_has_been_imported(package):
    seen = []
    for _ in range(2):
        imports.when_imported(package, lambda: seen.append(sys.modules[package].value))
    assert not seen and sys.meta_path.count(imports._watch) == 1
    __import__(package)
    assert seen == [1, 1] and package not in imports._waiting


def test_it_comes_at_once_where_the_package_is_there():
    seen = []
    imports.when_imported("sys", lambda: seen.append(1))
    assert seen == [1]


def test_to_look_for_the_package_is_not_to_import_it(package):
    import importlib.util

    seen = []
    imports.when_imported(package, lambda: seen.append(1))
    assert importlib.util.find_spec(package) is not None and not seen
    __import__(package)
    assert seen == [1]


def test_a_package_that_is_missing_is_missing():
    imports.when_imported("not_there_at_all", lambda: None)
    with pytest.raises(ImportError):
        __import__("not_there_at_all")
    imports._waiting.pop("not_there_at_all")


def test_finders_in_front_may_ask_the_ones_behind(package, monkeypatch):
    class Asks:
        def find_spec(self, name, path=None, target=None):
            for finder in sys.meta_path:
                if finder is not self and name == package:
                    finder.find_spec(name, path, target)

    seen = []
    imports.when_imported(package, lambda: seen.append(1))
    monkeypatch.setattr(sys, "meta_path", [Asks(), *sys.meta_path])
    __import__(package)
    assert seen == [1]


def test_who_misses_tensorflow_is_told_of_kjax(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    (tmp_path / f"{package}.py").write_text("import tensorflow\n")
    imports.when_imported(package, lambda: None)
    with pytest.raises(ModuleNotFoundError) as raised:
        __import__(package)
    assert raised.value.__notes__ == ["kjax answers for TensorFlow after kjax.install(), and under `kjax run`"]
    imports._waiting.pop(package)

import subprocess
import sys

import numpy as np
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


def test_another_finder_may_ask_all_others(package, monkeypatch):
    import importlib.util

    class Asking:
        def find_spec(self, name, path=None, target=None):
            others = (finder for finder in sys.meta_path if finder is not self)
            return next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)

    monkeypatch.setattr(sys, "meta_path", [Asking(), *sys.meta_path])
    imports.when_imported(package, lambda: None)
    assert importlib.util.find_spec(package).name == package


def test_what_a_package_draws_when_it_is_imported_changes_no_numbers(package, tmp_path):
    (tmp_path / f"{package}.py").write_text("import numpy\nvalue = numpy.random.rand(5)\n")
    imports.when_imported(package, lambda: None)
    np.random.seed(0)
    wanted = np.random.rand()
    np.random.seed(0)
    __import__(package)
    assert np.random.rand() == wanted


def test_who_misses_tensorflow_is_told_of_kjax(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    (tmp_path / f"{package}.py").write_text("import tensorflow\n")
    imports.when_imported(package, lambda: None)
    with pytest.raises(ModuleNotFoundError) as raised:
        __import__(package)
    assert raised.value.__notes__ == ["kjax answers for TensorFlow after kjax.install(), and under `kjax run`"]
    imports._waiting.pop(package)


def test_kjax_by_itself_imports_nothing_large():
    code = "import sys, kjax; assert not {'numpy', 'jax', 'keras'} & {*sys.modules}; import numpy; import kjax.backend"
    rest = "assert not {'jax', 'keras', 'kjax.core.lowering', 'kjax.loops.hoisting'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", f"{code}; {rest}"], check=True)

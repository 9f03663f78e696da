"""Each repair on its own; that Keras runs with them is shown by test_keras2.py and by tests/clients."""

import collections.abc
import importlib
import random
from types import ModuleType

import h5py
import numpy as np
import pytest

from kjax.dialects import keras2_repairs
from kjax.dialects.keras2_import import Finder
from kjax.dialects.keras2_repairs import REPAIRS
from kjax.dialects.repairs import Loader

BY_NAME = {repair.name: repair for repair in REPAIRS}


def stand_in(repair, module):
    return BY_NAME[repair].imports[module]


def test_each_has_a_name_a_reason_and_modules_which_there_are():
    assert len(BY_NAME) == len(REPAIRS)
    for repair in REPAIRS:
        assert repair.what and repair.modules and ([*repair.sets()] or repair.afterwards)
        for module in repair.modules:
            path = None
            for part in range(module.count(".") + 1):  # without importing any of them
                name = ".".join(module.split(".")[: part + 1])
                spec = importlib.machinery.PathFinder.find_spec(name, path)
                path = spec.submodule_search_locations
            assert spec.origin.endswith(".py")


# ---------------------------------------------------------------------------------------------------------- which Keras


@pytest.fixture
def site(tmp_path, monkeypatch):
    (tmp_path / "keras").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "keras" / "__init__.py"


@pytest.mark.parametrize(
    ("text", "is_it"),
    [("__version__ = '2.3.1'", True), ('__version__ = "2.2.4"', False), ("__version__ = '3.9.0'", False), ("", False)],
)
def test_only_that_version_is_taken(site, text, is_it):
    site.write_text(text)
    assert keras2_repairs.is_installed() is is_it
    (site.parent / "backend").mkdir()
    (site.parent / "backend" / "load_backend.py").write_text("")
    found = Finder().find_spec("keras.backend.load_backend", [str(site.parent / "backend")])
    assert (found is not None and isinstance(found.loader, Loader)) is is_it
    assert Finder().find_spec("keras") is Finder().find_spec("numpy") is None  # others find them


def test_names_that_are_gone():
    assert stand_in("collections", "collections").Mapping is collections.abc.Mapping
    assert stand_in("collections", "collections").OrderedDict is collections.OrderedDict
    assert stand_in("argspec", "inspect").ArgSpec(args=[], varargs=None, keywords="k", defaults=()).keywords == "k"
    numpy = stand_in("numpy names", "numpy")
    assert (numpy.Inf, numpy.string_, numpy.unicode_, numpy.zeros) == (np.inf, np.bytes_, np.str_, np.zeros)
    random.seed(1)
    drawn = stand_in("randint", "random").randint(0, 10e6)
    random.seed(1)
    assert drawn == random.randint(0, 10**7)


def test_ragged_arrays():
    array = stand_in("ragged arrays", "numpy").array
    assert array([[1], [2, 3]]).tolist() == [[1], [2, 3]] and array([[1], [2, 3]]).dtype == object
    assert array([[1, 2]], dtype="float32").dtype == "float32"


def test_nothing_is_written_where_keras_is_imported(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    environment = stand_in("backend", "os")
    assert environment.environ["KERAS_BACKEND"] == "kjax.keras2" and environment.path.join("a", "b")
    with pytest.raises(OSError, match="no folder"):
        environment.makedirs(tmp_path / "new")
    opened = BY_NAME["backend"].builtins["open"]
    with pytest.raises(OSError, match="not written"):
        opened(tmp_path / "keras.json", "w")
    (tmp_path / "there").write_text("{}")
    with opened(tmp_path / "there") as file:
        assert file.read() == "{}"


def test_a_folder_that_is_not_there_can_be_written_to_if_it_can_be_made(tmp_path):
    access = stand_in("data folder", "os").access
    assert access(tmp_path / "new", 2) and access(tmp_path, 2) and not access(tmp_path / "none" / "new", 2)


def test_functions_of_another_python_are_explained():
    module = ModuleType("generic_utils")

    def func_load(code):
        raise EOFError("marshal data too short")

    module.func_load = func_load
    BY_NAME["lambdas"].afterwards(module)
    with pytest.raises(ValueError, match=r"bytecode of the Python that saved it.*load its weights"):
        module.func_load("abc")


# ----------------------------------------------------------------------------------------------------------------- HDF5


@pytest.fixture
def io_utils():
    """The part of `keras.utils.io_utils` that the repairs change."""

    class H5Dict:
        def __init__(self, data):
            self.data = data

        def __getitem__(self, name):
            return self.data[name]

        def __setitem__(self, name, value):
            (self.data if isinstance(self.data, dict) else self.data.attrs)[name] = value

    module = ModuleType("io_utils")
    module.H5Dict = H5Dict
    for name in ("hdf5 text, dicts", "hdf5 lists, dicts"):
        BY_NAME[name].afterwards(module)
    return module


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as opened:
        yield opened


def test_attributes_of_dicts_are_bytes_as_they_were(io_utils, file):
    data = io_utils.H5Dict(file)
    data["version"], data["names"], data["text"] = b"2.3.1", [b"a", b"bcd"], "an ä"
    assert file.attrs["names"].dtype == "S3"  # not of variable length
    assert data["version"] == b"2.3.1" and data["names"] == [b"a", b"bcd"]
    assert data["text"] == "an ä" and data["text"].decode("utf8") == "an ä"
    data["words"], data["number"] = ["x", "yz"], 3
    assert data["words"] == [b"x", b"yz"] and data["number"] == 3
    plain = io_utils.H5Dict({})
    plain["names"] = [b"a"]
    assert plain["names"] == [b"a"]


def test_groups_are_read_and_written_as_they_were(file):
    saving = ModuleType("saving")
    saving.load_attributes_from_hdf5_group = lambda group, name: [n.decode("utf8") for n in group.attrs[name]]
    saving.load_weights_from_hdf5_group = lambda f, layers: (
        f.attrs["keras_version"].decode("utf8"),
        "backend" in f.attrs,
        saving.load_attributes_from_hdf5_group(f["dense"], "weight_names"),
        np.asarray(f["dense"]["kernel"]).tolist(),
        [*f],
        "dense" in f,
        f.name,
        layers,
    )
    saving.load_weights_from_hdf5_group_by_name = saving.load_weights_from_hdf5_group

    def save(group, name, data):
        group.attrs[name] = data

    saving.save_attributes_to_hdf5_group = save
    for name in ("hdf5 text, models", "hdf5 lists, weights"):
        BY_NAME[name].afterwards(saving)
    file.attrs["keras_version"] = "2.3.1"  # as newer versions write it
    file.create_group("dense")["kernel"] = [1.0]
    saving.save_attributes_to_hdf5_group(file["dense"], "weight_names", [b"kernel:0", b"bias:0"])
    saving.save_attributes_to_hdf5_group(file["dense"], "none", [])
    assert file["dense"].attrs["weight_names"].dtype == "S8"
    expected = ("2.3.1", False, ["kernel:0", "bias:0"], [1.0], ["dense"], True, "/", "layers")
    assert saving.load_weights_from_hdf5_group(file, "layers") == expected


def test_files_in_memory(tmp_path):
    module = stand_in("hdf5 in memory", "h5py")
    with module.File("nowhere", driver="core", backing_store=False) as file:
        file["x"] = [1.0]
        file.flush()
        assert isinstance(file, h5py.File) and file.fid.get_file_image().startswith(b"\x89HDF")
    with module.File(tmp_path / "file.h5", "w") as file:
        file["x"] = [1.0]
    with module.File(tmp_path / "file.h5") as file:
        assert file.mode == "r" and isinstance(file["x"], module.Dataset)

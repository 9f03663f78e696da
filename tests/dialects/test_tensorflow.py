"""`tensorflow` as kjax answers it: the import machinery, the names, the results."""

import importlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

import kjax
from kjax import backend
from kjax.dialects import keras2_import, tensorflow_modules
from kjax.dialects import tensorflow as dialect
from kjax.dialects.stand_ins import Face

HERE = pathlib.Path(__file__).parent
LEGACY = HERE / "legacy"
BEYOND_V2 = {"get_session", "set_session"}
pytestmark = pytest.mark.usefixtures("without_keras")  # tests/clients are about it


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the path in which packages can be made, of names that are not imported."""
    monkeypatch.syspath_prepend(tmp_path)
    before = taken_out()
    yield tmp_path
    taken_out()
    sys.modules.update(before)


def python(program, **environment):
    """The output of a program."""
    command = [sys.executable, "-W", "ignore", "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def taken_out():
    """The modules that stand in the way, which are no longer imported."""
    names = [name for name in sys.modules if name.partition(".")[0] in ("tensorflow", "keras")]
    return {name: sys.modules.pop(name) for name in names}


def package(folder, name, text=""):
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(text)


# ------------------------------------------------------------------------------------------------- the ways to import


@pytest.mark.parametrize(
    "statement",
    [
        "import tensorflow as tf; K = tf.keras.backend",
        "import tensorflow; K = tensorflow.keras.backend",
        "import tensorflow.keras.backend as K",
        "import tensorflow.keras.backend; K = tensorflow.keras.backend",
        "from tensorflow.keras import backend as K",
        "from tensorflow import keras; K = keras.backend",
        "from tensorflow.compat.v1.keras import backend as K",
        "import tensorflow.compat.v1 as tf; K = tf.keras.backend",
        "import tensorflow.compat.v2 as tf; K = tf.keras.backend",
        "import tensorflow as tf; K = tf.compat.v1.keras.backend",
        "from keras import backend as K",
        "import keras.backend as K",
        "import keras; K = keras.backend",
        "import importlib; K = importlib.import_module('tensorflow.keras.backend')",
    ],
)
def test_every_way_to_import_the_backend(tf, statement):
    names = {}
    exec(statement, names)
    assert names["K"].eval(names["K"].ones((3, 4))).tolist() == [[1.0] * 4] * 3
    assert names["K"].backend() == "tensorflow"


def test_importing_names_from_it(tf):
    names = {}
    exec("from tensorflow.keras.backend import ones, eval as evaluate; from tensorflow import cast, float32", names)
    assert names["ones"] is backend.ones
    assert names["float32"] == "float32"
    exec("from tensorflow.keras.backend import *", names)
    assert set(backend.__all__) - BEYOND_V2 <= set(names)


def test_the_backend_has_exactly_the_documented_names(tf):
    v2, v1 = tf.keras.backend, tf.compat.v1.keras.backend
    assert set(v2.__all__) == set(v1.__all__) == set(backend.__all__)
    assert f"the {len(set(v2.__all__) - BEYOND_V2)} functions of TensorFlow 2.2" in dialect.__doc__
    assert all(getattr(v2, name) is getattr(backend, name) for name in v2.__all__ if name != "backend")


# ---------------------------------------------------------------------------------------------------- names not covered


@pytest.mark.parametrize(
    "path",
    ["keras.nothing", "raw_ops", "lite", "keras.backend.set_image_dim_ordering", "compat.v3", "math.nope"],
)
def test_a_name_that_is_not_covered_is_an_attribute_error_with_its_name(tf, path):
    *parents, name = path.split(".")
    module = tf
    for parent in parents:
        module = getattr(module, parent)
    with pytest.raises(AttributeError, match=rf"^tensorflow\.{path} is not answered by kjax\. .*tf\.keras\.backend"):
        getattr(module, name)
    assert not hasattr(module, name)
    assert getattr(module, name, None) is None


@pytest.mark.parametrize(
    "statement",
    [
        "import tensorflow.keras.layers",
        "from tensorflow.keras.layers import Dense",
        "from tensorflow.keras import layers",
    ],
)
def test_importing_a_name_that_is_not_covered(tf, statement):
    with pytest.raises(ModuleNotFoundError, match=r"^tensorflow\.keras\.layers is not answered by kjax") as caught:
        exec(statement, {})
    assert caught.value.name == "tensorflow"


@pytest.mark.parametrize("path", ["nothing_like_it", "reduce_summ", "keras.backend.arrange"])
def test_python_can_add_its_suggestion_to_the_error(tf, path, capsys):
    module, _, name = path.rpartition(".")
    with pytest.raises(AttributeError) as caught:
        getattr(tf.keras.backend if module else tf, name)
    sys.__excepthook__(caught.type, caught.value, caught.tb)
    shown = capsys.readouterr().err.strip().splitlines()[-1]
    assert shown.startswith(f"AttributeError: tensorflow.{path} is not answered") and ".." not in shown
    assert ("Did you mean" in shown) == (name != "nothing_like_it")


def test_importing_internals(tf):
    with pytest.raises(ModuleNotFoundError, match=r"^tensorflow\.python\.saved_model is not answered by kjax"):
        exec("from tensorflow.python.saved_model import loader", {})
    with pytest.raises(ModuleNotFoundError, match=r"^keras\.engine is not answered by kjax"):
        exec("from keras.engine.topology import Layer", {})


def test_the_page_that_errors_point_to_exists():
    finished = subprocess.run(
        [sys.executable, "-m", "pydoc", "kjax.dialects.tensorflow"], capture_output=True, text=True, check=True
    )
    assert "tensorflow.compat.v1.keras.backend" in finished.stdout


def test_versions(tf):
    assert tf.__version__ == tf.compat.v1.__version__ == "2.2.0+kjax"
    assert tf.__version__ >= "2"
    assert tuple(map(int, tf.__version__.split(".")[:2])) == (2, 2)
    assert tf.keras.__version__.split(".")[0] == "2"


# -------------------------------------------------------------------------------------------- installing, uninstalling


def test_install_is_undone_at_the_end_of_its_block():
    before = [*sys.meta_path]
    with dialect.install(force=True):
        import tensorflow.keras.backend  # noqa: F401
        from keras import backend as K

        assert isinstance(K, Face)
    assert before == sys.meta_path
    assert not [name for name, module in sys.modules.items() if isinstance(module, Face)]


def test_install_twice_is_install_once():
    with dialect.install(force=True):
        finders = len(sys.meta_path)
        with dialect.install(), kjax.install():
            assert len(sys.meta_path) == finders
        assert isinstance(importlib.import_module("tensorflow"), Face)
    assert "tensorflow" not in sys.modules


def test_uninstall_without_install():
    dialect.uninstall()


def test_each_undoes_what_it_did_and_no_more(site):
    package(site, "tensorflow", "__version__ = '9.9'")
    package(site, "keras", "__version__ = '8.8'")

    def versions():
        return [importlib.import_module(name).__version__ for name in ("tensorflow", "keras")]

    ours, theirs = [tensorflow_modules.VERSION, tensorflow_modules.KERAS_VERSION], ["9.9", "8.8"]
    first = dialect.install()
    import tensorflow

    with dialect.install(force=True):
        assert versions() == ours
        with dialect.install(force=True):
            pass
        assert importlib.import_module("tensorflow.keras.backend").backend() == "tensorflow"
    assert versions() == theirs and sys.modules["tensorflow"] is tensorflow
    assert "tensorflow.keras" not in sys.modules
    forced = dialect.install(force=True)
    assert versions() == ours
    first()
    assert versions() == theirs and sys.modules["tensorflow"] is tensorflow
    with dialect.install(force=True):
        first()
        forced()
        assert versions() == ours
    assert versions() == theirs and sys.modules["tensorflow"] is tensorflow


def test_repairs_that_were_installed_before_stay(monkeypatch):
    monkeypatch.setattr(keras2_import, "_finder", None)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    assert keras2_import.install() and not keras2_import.install()
    finders = [*sys.meta_path]
    with dialect.install():
        assert len(sys.meta_path) == len(finders) + 1
    assert sys.meta_path == finders
    keras2_import.uninstall()


def test_an_install_that_fails_changes_nothing(monkeypatch):
    def fail(report):
        raise OSError

    before = [*sys.meta_path]
    monkeypatch.setattr(keras2_import, "install", fail)
    with pytest.raises(OSError):
        dialect.install(force=True)
    assert sys.meta_path == before
    monkeypatch.undo()
    with dialect.install(force=True):
        assert isinstance(importlib.import_module("tensorflow"), Face)


# Compares what there is before `install` and after it was undone, whatever was imported in between.
STATE = """
import builtins, collections, inspect, json, os, random, sys
import importlib, multiprocessing.spawn
import h5py
import numpy as np
import kjax
from kjax.backend import *
from kjax import backend as K
from kjax.dialects import keras2, tensorflow, tensorflow_layers

OTHERS = (builtins, collections, inspect, json, os, random, sys, importlib, multiprocessing.spawn, h5py, np)


def state():
    found = {("mode",): kjax.executing_eagerly(), ("phase",): K.learning_phase()}
    found["finders",] = [finder for finder in sys.meta_path if type(finder).__module__ != "six"]
    found.update({(name,): getattr(K, name)() for name in ("floatx", "epsilon", "image_data_format")})
    found.update({("module", name): module for name, module in sys.modules.items() if name.startswith("tensorflow")})
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "kjax"]
    for module in (*OTHERS, *ours):
        names = {name: value for name, value in vars(module).items() if callable(value) or module in OTHERS}
        found.update({(module.__name__, name): value for name, value in names.items()})
        for owner in names.values():
            if isinstance(owner, type) and owner.__module__.startswith("kjax"):
                found.update({(owner, name): value for name, value in vars(owner).items()})
    return found


def compare(before):
    after = state()
    changed = [key for key in before if key not in after or after[key] is not before[key] != after[key]]
    assert not changed, changed
    assert not [key for key in after if key[0] == "module" and key not in before]
"""


@pytest.mark.parametrize("force", [False, True])
def test_what_is_there_before_is_there_afterwards(force, tmp_path):
    (tmp_path / "keras.json").write_text('{"floatx": "float64", "image_data_format": "channels_first"}')
    program = STATE + textwrap.dedent(f"""
        before = state()
        with kjax.install({force}):
            import tensorflow.compat.v1, tensorflow.keras.backend
            assert kjax.executing_eagerly()
        compare(before)
        with kjax.install({force}):
            import tensorflow as tf
            class Twice(tf.keras.layers.Layer):
                def call(self, x):
                    return 2 * x
            model = tf.keras.Sequential([Twice(input_shape=(3,)), tf.keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
            assert K.floatx() == "float64" and kjax.executing_eagerly()
            predicted = model.predict(np.ones((2, 3)))
        compare(before)
        print(np.array_equal(model.predict(np.ones((2, 3))), predicted), "keras" in sys.modules)
        """)
    assert python(program, KERAS_HOME=str(tmp_path)) == "True True\n"


def test_keras_by_its_own_name_is_in_graph_mode_as_long_as_it_is_installed(tmp_path):
    (tmp_path / "keras.json").write_text('{"floatx": "float64"}')
    program = STATE + textwrap.dedent("""
        before = state()
        with kjax.install():
            import keras
            assert (kjax.executing_eagerly(), K.floatx(), keras.backend.floatx()) == (False, "float64", "float64")
        compare(before)
        with kjax.install():
            import keras
            assert (kjax.executing_eagerly(), K.floatx()) == (False, "float64")
            K.set_floatx("float16")
        assert kjax.executing_eagerly() and K.floatx() == "float16"  # the program's own wish stays
        K.set_floatx("float32")
        compare(before)

        # What was made of it goes on working, in eager mode, too.
        layers = keras.layers
        dense = layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")
        dense.build((None, 400))
        normal = layers.BatchNormalization(momentum=0.0)
        model = keras.models.Sequential([layers.Dropout(0.999, input_shape=(400,)), dense, normal])
        model.compile("sgd", "mse")
        x, y = np.ones((64, 400)), np.zeros((64, 1))
        model.train_on_batch(x, y)
        mean, variance = model.layers[2].get_weights()[2:]
        print(len(model.losses), model.losses[0].is_symbolic, variance[0] > 1000, mean[0] != 400)
        """)
    assert python(program, KERAS_HOME=str(tmp_path)) == "1 True True True\n"


def test_installed_packages_are_left_alone(site):
    package(site, "tensorflow", "__version__ = '9.9'")
    told = []
    with dialect.install(report=lambda *about: told.append(about)):
        import tensorflow

        assert tensorflow.__version__ == "9.9"
        with pytest.raises(ModuleNotFoundError, match=r"No module named 'tensorflow\.keras'"):
            importlib.import_module("tensorflow.keras")
    assert told == [("tensorflow", str(site / "tensorflow" / "__init__.py"))]


def test_force_replaces_them_and_uninstall_brings_them_back(site):
    package(site, "tensorflow", "__version__ = '9.9'")
    package(site, "keras", "__version__ = '8.8'")
    import keras
    import tensorflow

    with dialect.install():
        assert importlib.import_module("tensorflow") is tensorflow
        dialect.install(force=True)
        assert importlib.import_module("tensorflow").__version__ == tensorflow_modules.VERSION
        assert importlib.import_module("keras").__version__ == tensorflow_modules.KERAS_VERSION
    assert importlib.import_module("tensorflow") is tensorflow
    assert importlib.import_module("keras") is keras


def test_keras_may_be_installed_without_tensorflow(site):
    package(site, "keras")
    with dialect.install():
        assert not isinstance(importlib.import_module("keras"), Face)
        assert isinstance(importlib.import_module("tensorflow"), Face)


def test_an_empty_folder_of_that_name_is_no_tensorflow(site):
    (site / "tensorflow").mkdir()
    with dialect.install():
        assert isinstance(importlib.import_module("tensorflow"), Face)


# ------------------------------------------------------------------------------------------- whole programs, unedited


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "kjax", "run", *map(str, arguments)], capture_output=True, text=True, cwd=LEGACY
    )


# The output of each; the same under TensorFlow 2.2, except for names.
PROGRAMS = {
    "documented_examples.py": """\
array([[1., 1., 1., 1.],
       [1., 1., 1., 1.],
       [1., 1., 1., 1.]], dtype=float32)
array([[1., 1., 1.],
       [1., 1., 1.]], dtype=float32)
array([[0., 0., 0.],
       [0., 0., 0.]], dtype=float32)
""",
    "losses.py": """\
dice_coef_loss 0.2222
focal_loss_fixed 0.0155
tversky 0.8
f1 0.75
huber_loss 0.0375
masked_mse [0.075 0.075]
""",
    "--graph graph_training.py": """\
loss fell True
accuracy True
iterations 101
penalty is evaluated anew True
(None, 1) 2 float32
""",
    "tf1_session.py": """\
[[1.0], [7.0]]
[[0.269, 0.731], [0.269, 0.731]] [[3.0, 3.0], [5.0, 5.0], [7.0, 7.0]]
[None, 3] [None, 1] scores/weights:0 False
""",
    "compatibility.py": f"""\
ModuleNotFoundError True
True 2 2 True True
v1 True True
['x', 'by', 'dtype'] True
True True True True
True True False True <module 'tensorflow' (kjax {kjax.__version__})>
""",
    "-m project --steps 4": """\
(2, 24) [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]] attention_1 attention_1/kernel:0
True True
""",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs(program):
    finished = run(*program.split())
    said = finished.stderr.removeprefix("Using kjax.keras2 backend.\n")  # by Keras, where it is installed
    assert (said, finished.returncode, finished.stdout) == ("", 0, PROGRAMS[program])

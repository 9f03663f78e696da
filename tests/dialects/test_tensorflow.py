"""`tensorflow` as kjax answers it: the import machinery, the names, the results."""

import copy
import importlib
import importlib.util
import inspect
import math
import os
import pathlib
import pickle
import subprocess
import sys
import textwrap
import types

import numpy as np
import pytest

import kjax
from kjax import backend
from kjax.dialects import keras2_import, keras2_repairs
from kjax.dialects import tensorflow as dialect
from kjax.dialects.stand_ins import Face

HERE = pathlib.Path(__file__).parent
LEGACY = HERE / "legacy"
BEYOND_V2 = {"get_session", "set_session"}


@pytest.fixture(autouse=True)
def without_keras(monkeypatch):
    """As where Keras 2.3.1 is not installed; tests/clients are about it."""
    monkeypatch.setattr(keras2_repairs, "is_installed", lambda: False)


@pytest.fixture
def tf():
    """`import tensorflow`, whatever is installed here."""
    with dialect.install(force=True):
        yield importlib.import_module("tensorflow")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the path in which packages can be made, of names that are not imported."""
    monkeypatch.syspath_prepend(tmp_path)
    before = taken_out()
    yield tmp_path
    taken_out()
    sys.modules.update(before)


def python(program, **environment):
    """What a program prints."""
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
    assert names["K"].backend() == "kjax"


def test_importing_names_from_it(tf):
    names = {}
    exec("from tensorflow.keras.backend import ones, eval as evaluate; from tensorflow import cast, float32", names)
    assert names["ones"] is backend.ones
    assert names["float32"] == "float32"
    exec("from tensorflow.keras.backend import *", names)
    assert set(backend.__all__) - BEYOND_V2 <= set(names)


def test_the_backend_has_exactly_the_documented_names(tf):
    v2, v1 = tf.keras.backend, tf.compat.v1.keras.backend
    assert set(v2.__all__) == set(backend.__all__) - BEYOND_V2
    assert set(v1.__all__) == set(backend.__all__)
    assert f"the {len(v2.__all__)} functions of TensorFlow 2.2" in dialect.__doc__
    assert not hasattr(v2, "get_session")
    assert all(getattr(v2, name) is getattr(backend, name) for name in v2.__all__)


# ---------------------------------------------------------------------------------------------------- names not covered


@pytest.mark.parametrize(
    "path",
    ["keras.mixed_precision", "function", "data", "keras.backend.set_image_dim_ordering", "compat.v3", "math.nope"],
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
    with pytest.raises(ModuleNotFoundError, match=r"^tensorflow\.python is not answered by kjax"):
        exec("from tensorflow.python.ops import array_ops", {})
    with pytest.raises(ModuleNotFoundError, match=r"^keras\.engine is not answered by kjax"):
        exec("from keras.engine.topology import Layer", {})


def test_the_page_that_errors_point_to_exists():
    finished = subprocess.run(
        [sys.executable, "-m", "pydoc", "kjax.dialects.tensorflow"], capture_output=True, text=True, check=True
    )
    assert "tensorflow.compat.v1.keras.backend" in finished.stdout


# ------------------------------------------------------------------------------------------------- faces are modules


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


def test_calls_are_functions_of_their_module(tf):
    assert repr(tf.reduce_sum).startswith("<function reduce_sum at ")
    assert inspect.getdoc(tf.math.log) == "`tensorflow.math.log`, answered by kjax."
    for function in (tf.cast, tf.squeeze, tf.where, tf.math.log, tf.nn.softmax, tf.compat.v1.Session, tf.Variable):
        assert pickle.loads(pickle.dumps(function)) is function


def test_dir_lists_what_is_covered(tf):
    assert {"cast", "keras", "compat", "math", "float32", "Tensor"} <= set(dir(tf))
    assert {"backend"} <= set(dir(tf.keras))
    assert "layers" not in dir(tf.keras)
    assert all(hasattr(tf, name) for name in dir(tf))


def test_attributes_may_be_set(tf, monkeypatch):
    monkeypatch.setattr(tf.keras.backend, "ones", lambda shape: "mine")
    assert tf.keras.backend.ones(3) == "mine"
    assert kjax.backend.ones is not tf.keras.backend.ones


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

    ours, theirs = [dialect.VERSION, dialect.KERAS_VERSION], ["9.9", "8.8"]
    first = dialect.install()
    import tensorflow

    with dialect.install(force=True):
        assert versions() == ours
        with dialect.install(force=True):
            pass
        assert importlib.import_module("tensorflow.keras.backend").backend() == "kjax"
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
        assert importlib.import_module("tensorflow").__version__ == dialect.VERSION
        assert importlib.import_module("keras").__version__ == dialect.KERAS_VERSION
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


# ------------------------------------- the tf.* calls (what TensorFlow answered: tests/conformance/test_evidence.py)


def test_calls_make_tensors_where_k_makes_variables(tf):
    made = [tf.ones(2), tf.zeros(2), tf.ones_like([1.0]), tf.zeros_like([1.0]), tf.eye(2), tf.fill((2,), 1.0)]
    made += [tf.identity(tf.Variable(1.0)), tf.convert_to_tensor(tf.Variable(1.0)), tf.random.normal((2,))]
    assert not any(isinstance(tensor, tf.Variable) for tensor in made)
    assert all(isinstance(tensor, tf.Tensor) for tensor in made)


def test_square_roots_of_negatives_are_nan_as_in_tensorflow(tf):
    assert math.isnan(tf.sqrt(-1.0))
    assert tf.keras.backend.sqrt(tf.constant(-1.0)).numpy() == 0


def test_calls_on_placeholders(tf):
    K = tf.keras.backend
    x = K.placeholder((None, 3))
    flat = tf.reshape(tf.where(x > 0, x, tf.zeros_like(x)), tf.stack([tf.shape(x)[0] * 3]))
    padded = tf.pad(tf.concat([flat, tf.fill([tf.shape(x)[0]], 9.0)], axis=0), [[1, 0]])
    positions = tf.cast(tf.range(tf.shape(padded)[0]), tf.float32)
    f = K.function([x], [padded, positions, tf.ones(tf.shape(x))])
    padded, positions, ones = f([[[1.0, -2.0, 3.0]]])
    assert padded.tolist() == [0, 1, 0, 3, 9]
    assert positions.tolist() == [0, 1, 2, 3, 4]
    assert ones.tolist() == [[1, 1, 1]]


def test_coordinates_of_what_is_true_on_placeholders(tf):
    K = tf.keras.backend
    x = K.placeholder((None,))
    found = tf.where(x > 1.0)
    assert K.int_shape(found) == (None, 1)
    importlib.import_module("jax")  # before that, small functions are not compiled
    with pytest.warns(kjax.NotCompiledWarning):
        assert K.function([x], [found])([[0.0, 2.0, 3.0]])[0].tolist() == [[1], [2]]


def test_gradients(tf):
    K = tf.keras.backend
    x = K.placeholder((2,))
    safe = tf.math.divide_no_nan(1.0, x)
    slopes = tf.gradients([tf.reduce_sum(x**2), tf.reduce_sum(safe)], x)
    weighted = tf.gradients(x**2, [x], grad_ys=[tf.constant([1.0, 10.0])])
    results = K.function([x], [*slopes, *weighted])([[0.0, 2.0]])
    assert results[0].tolist() == [0.0, 3.75]
    assert results[1].tolist() == [0.0, 40.0]


def test_random_numbers(tf):
    assert tf.random.normal((2, 3)).shape == (2, 3)
    assert tf.random.uniform([1000], 2.0, 3.0).numpy().min() >= 2
    assert tf.random.normal((3,), seed=1).numpy().tolist() == tf.random.normal((3,), seed=1).numpy().tolist()
    state = np.random.get_state()
    try:
        draws = []
        for set_seed in (tf.random.set_seed, tf.compat.v1.set_random_seed, tf.compat.v1.random.set_random_seed):
            set_seed(2**40 + 5)
            draws.append((tf.random.normal((3,)).numpy().tolist(), tf.random.normal((3,)).numpy().tolist()))
    finally:
        np.random.set_state(state)
    assert draws[0] == draws[1] == draws[2]
    assert draws[0][0] != draws[0][1]


def test_graph_mode_from_inside(tf):
    v1 = tf.compat.v1
    try:
        v1.disable_eager_execution()
        assert not tf.executing_eagerly()
        assert tf.constant(1.0).is_symbolic is False or not hasattr(tf.square(tf.Variable(1.0)), "numpy")
        x = v1.placeholder(tf.float32, [None, 2], name="x")
        with v1.Session(config=v1.ConfigProto(allow_soft_placement=True)) as session:
            session.run(v1.global_variables_initializer())
            assert session.run(tf.reduce_sum(x), {x: [[1, 2]]}) == 3
        assert (x.name, x.shape.as_list()) == ("x:0", [None, 2])
    finally:
        v1.enable_eager_execution()
    assert tf.executing_eagerly()


def test_session_options_take_anything(tf):
    options = tf.compat.v1.ConfigProto(log_device_placement=True)
    options.gpu_options.allow_growth = True
    assert (options.log_device_placement, options.gpu_options.allow_growth) == (True, True)
    assert copy.deepcopy(options).gpu_options.allow_growth


# ------------------------------------------------------------------------------------------- whole programs, unedited


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "kjax", "run", *map(str, arguments)], capture_output=True, text=True, cwd=LEGACY
    )


# What each prints; the same under TensorFlow 2.2, save for its names.
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
kjax
v1 True False
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

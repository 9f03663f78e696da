"""Keras 2.3.1 with kjax as its backend, each time in a process of its own; and the further functions of the backend."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

import kjax
from kjax import backend as K
from kjax.dialects import keras2


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KERAS_HOME", "KERAS_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def python(*arguments, **environment):
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


def run(folder, program, *options):
    """The finished process of a program under `kjax run`."""
    (folder / "program.py").write_text(textwrap.dedent(program))
    return python("-m", "kjax", "run", *options, "program.py")


def printed(finished):
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


# ---------------------------------------------------------------------------------------------------- being the backend

SETTINGS = """
    import keras
    from keras import backend as K
    import kjax.backend

    print(K.backend(), K.floatx(), K.image_data_format(), K.epsilon())
    K.set_floatx("float64")
    kjax.backend.set_epsilon(1e-3)
    K.common.set_image_dim_ordering("tf")
    print(kjax.backend.floatx(), kjax.backend.image_data_format(), K.epsilon(), K.cast_to_floatx([1]).dtype)
    print(K.dtype(K.variable(0.)), keras.layers.Dense(2)(keras.layers.Input((3,))).dtype)
    print(K.common.image_dim_ordering(), K.image_data_format(), kjax.executing_eagerly())
"""


def test_no_file_is_needed_or_made(home):
    finished = run(home, SETTINGS, "-v")
    assert printed(finished).splitlines() == [
        "tensorflow float32 channels_last 1e-07",
        "float64 channels_last 0.001 float64",
        "float64 float64",
        "tf channels_last False",
    ]
    assert "keras.backend is answered by kjax" in finished.stderr
    assert os.listdir(home) == ["program.py"]


def test_a_users_file_is_read_but_for_the_backend_and_not_changed(home):
    (home / ".keras").mkdir()
    file = home / ".keras" / "keras.json"
    file.write_text(json.dumps({"backend": "theano", "floatx": "float64", "image_data_format": "channels_first"}))
    before = file.read_text()
    finished = run(home, "from keras import backend as K; print(K.backend(), K.floatx(), K.image_data_format())")
    assert printed(finished) == "tensorflow float64 channels_first\n"
    assert file.read_text() == before and os.listdir(file.parent) == ["keras.json"]


FIT = """
    import sys
    import numpy as np
    {first}
    from keras import backend as K
    from keras.callbacks import EarlyStopping
    from keras.layers import Dense, Lambda
    from keras.models import Sequential, load_model
    from keras.utils import to_categorical

    model = Sequential([Dense(8, input_shape=(4,), activation="relu"), Lambda(lambda x: x[:, :5]), Dense(3)])
    print(model.layers[1].output_shape, model.layers[0].kernel.name)
    model.compile("adam", "mse", metrics=["mae"])
    x = np.random.RandomState(0).rand(16, 4)
    y = to_categorical(np.arange(16) % 3)
    history = model.fit(x, y, epochs=5, verbose=0, callbacks=[EarlyStopping("loss", min_delta=0)]).history
    print(sorted(history), history["loss"][-1] < history["loss"][0])
    model.save("model.h5")
    loaded = load_model("model.h5")
    print(np.array_equal(loaded.predict(x), model.predict(x)))
    print(np.isclose(loaded.train_on_batch(x, y)[0], model.train_on_batch(x, y)[0]))
"""

FITTED = "(None, 5) dense_1/kernel:0\n['loss', 'mae'] True\nTrue\nTrue\n"


@pytest.mark.parametrize("first", ["", "import kjax.keras2"])
def test_by_its_name_without_kjax_run(home, first):
    (home / "program.py").write_text(textwrap.dedent(FIT).format(first=first))
    finished = python("program.py", KERAS_BACKEND="kjax.keras2")
    assert printed(finished) == FITTED
    assert finished.stderr == "Using kjax.keras2 backend.\n"


def test_a_model_is_trained_saved_and_loaded(home):
    assert printed(run(home, FIT.format(first=""))) == FITTED


def test_what_old_programs_import_from_elsewhere(home):
    program = """
        from keras import backend as K
        from keras.backend.tensorflow_backend import set_session
        import keras.backend.tensorflow_backend as KTF

        print(K.get_session() is KTF.get_session(), K.eval(KTF.variable(2.)), KTF.get_variable_shape(K.zeros((2, 3))))
        K.clear_session()
        K.set_session(None)
        with K.learning_phase_scope(1):
            print(K.learning_phase())
    """
    assert printed(run(home, program)) == "True 2.0 (2, 3)\n1\n"


# ------------------------------------------------------------------------------------------------------------- mistakes

WRONG = """
    import numpy as np
    from keras import backend as K
    from keras.layers import Layer
    from keras.models import Sequential


    class Wrong(Layer):
        def call(self, x):
            return {body}


    model = Sequential([Wrong(input_shape=(4,))])
    model.predict(np.ones((2, 4)))
"""


def test_a_mistake_in_a_layer_shows_the_programs_lines(home):
    program = WRONG.format(body="K.dot(x, K.zeros((5, 2)))")
    finished = run(home, program)
    _, hint, *lines, message = finished.stderr.splitlines()
    assert finished.returncode == 1
    assert [line for line in lines if line.startswith("  File")] == [
        f'  File "{home}/program.py", line 13, in <module>',
        f'  File "{home}/program.py", line 10, in call',
    ]
    assert message.startswith("ValueError: dot(): shapes (None, 4) and (5, 2) can't be multiplied")
    assert "lines of kjax, JAX and Keras are left out below" in hint
    whole = run(home, program, "-v").stderr
    assert "base_layer.py" in whole and "left out below" not in whole


def test_a_mistake_that_shows_only_later_names_the_line_that_made_it(home):
    finished = run(home, WRONG.format(body="K.reshape(x, (-1, 3))"))
    lines = [line for line in finished.stderr.splitlines() if line.strip(" ~^")]  # without Python 3.13's markers
    assert lines[3:8] == [
        f'  File "{home}/program.py", line 14, in <module>',
        "    model.predict(np.ones((2, 4)))",
        "ValueError: reshape(): a tensor of shape (2, 4) can't be reshaped to (-1, 3)",
        "the operation was asked for in",
        f'  File "{home}/program.py", line 10',
    ]


# -------------------------------------------------------------------------------------------------------- the functions


def test_the_backend_is_that_of_kjax_and_more():
    assert set(K.__all__) <= set(keras2.__all__)
    own = {name: module for module in keras2.OWN for name in module.__all__}
    assert sum(len(module.__all__) for module in keras2.OWN) == len(own)  # each in one place
    assert all(getattr(keras2, name) is getattr(own.get(name, K), name) for name in keras2.__all__)
    assert kjax.executing_eagerly()  # importing the dialect does not change the program; kjax.keras2 does

"""How `kjax run` runs a program: as `python` would, with kjax in TensorFlow's place."""

import re
import socket
import subprocess
import sys
import textwrap
import zipfile

import pytest

from kjax.command import runner
from programs import ends, python, run, write

# ------------------------------------------------------------------------------------------ the same as under python

PROBE = """
    import __main__, os, pickle, sys
    class Thing: pass
    print(sys.argv, sys.path[0])
    print(sorted(globals()))
    print([globals().get(name) for name in ('__name__', '__file__', '__package__', '__cached__', '__doc__')])
    print(__spec__ and __spec__.name, getattr(__loader__, 'name', __loader__))
    print(vars(__main__) is globals(), type(pickle.loads(pickle.dumps(Thing()))) is Thing)
    print(sys.stdin.read())
"""

FAULTS = {
    "an exception": "def f():\n    1 / 0\nf()",
    "a chain": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('chain') from e",
    "a syntax error": "def f(:",
    "an exit": "import sys; sys.exit()",
    "an exit code": "import sys; sys.exit(3)",
    "an exit message": "import sys; sys.exit('bye')",
    "an exit without sys": "raise SystemExit",
    "an import error": "import no_such_module",
    "a hook": "import sys; sys.excepthook = lambda kind, e, trace: print(kind, trace.tb_lineno, sys.exc_info())\n1/0",
    "work at exit": "import atexit; X = 7; atexit.register(lambda: print(__import__('__main__').X))",
}


@pytest.fixture
def programs(folder):
    write(folder / "probe.py", PROBE)
    write(folder / "some where" / "probe.py", PROBE)
    write(folder / "package" / "__init__.py", "")
    write(folder / "package" / "__main__.py", PROBE)
    write(folder / "package" / "part.py", PROBE)
    (folder / "link.py").symlink_to("some where/probe.py")
    with zipfile.ZipFile(folder / "packed.zip", "w") as packed:
        packed.writestr("__main__.py", textwrap.dedent(PROBE))
    python("-m", "compileall", "-q", "-b", "probe.py")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("probe.py",),
        ("probe.py", "--graph", "-m", "x", "--", "-h"),
        ("./some where/../probe.py", ""),
        ("some where/probe.py",),
        ("link.py",),
        ("probe.pyc",),
        ("package", "x"),
        ("./package/", "x"),
        ("packed.zip", "x"),
        ("-m", "package", "-m"),
        ("-m", "package.part", "--force"),
        ("-mpackage.part",),
        ("-c", "import sys; print(sys.argv, sys.path[0], sorted(globals()), __loader__, __spec__)", "-c", "x"),
    ],
    ids=" ".join,
)
def test_the_program_sees_what_it_sees_under_python(programs, arguments):
    expected = python(*arguments, input="read from stdin")
    assert expected.returncode == 0
    assert ends(run(*arguments, input="read from stdin")) == ends(expected)


def test_an_absolute_path(programs):
    path = str(programs / "some where" / "probe.py")
    assert ends(run(path, input="")) == ends(python(path, input=""))


def test_a_program_on_standard_input(folder):
    program = "import sys; print(sys.argv, repr(sys.path[0]), __name__)"
    assert ends(run("-", "a", input=program)) == ends(python("-", "a", input=program))


@pytest.mark.parametrize("fault", FAULTS)
def test_it_ends_as_under_python(folder, fault):
    write(folder / "fault.py", FAULTS[fault])
    assert ends(run("fault.py")) == ends(python("fault.py"))


def test_an_interrupt(folder):
    write(folder / "interrupted.py", "raise KeyboardInterrupt")
    finished = run("interrupted.py")
    assert finished.returncode == 130
    assert finished.stderr == python("interrupted.py").stderr


def test_an_exception_in_a_module(folder):
    write(folder / "package" / "__init__.py", "")
    write(folder / "package" / "part.py", "1 / 0")
    finished = run("-m", "package.part")
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[:2] == [
        "Traceback (most recent call last):",
        f'  File "{folder}/package/part.py", line 1, in <module>',
    ]


def test_an_exception_in_the_package_around_a_module(folder):
    write(folder / "package" / "__init__.py", "import no_such_module")
    write(folder / "package" / "part.py", "")
    finished = run("-m", "package.part")
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[1] == f'  File "{folder}/package/__init__.py", line 1, in <module>'
    assert "No module named 'no_such_module'" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing.py",), "there is no file 'missing.py'"),
        (("empty",), "there is no __main__.py in"),
        (("binary.py",), "is not a Python program"),
        (("latin.py",), "is not a Python program"),
        (("book.ipynb",), "kjax.install()"),
        (("-m", "missing"), "there is no module named 'missing'"),
        (("-m", "empty.missing"), "there is no module named 'empty.missing'"),
        (("-m", ".part"), "relative"),
        (("-m", "full"), "without a __main__"),
    ],
)
def test_what_cannot_be_run(folder, arguments, told):
    (folder / "empty").mkdir()
    (folder / "binary.py").write_bytes(b"\x7fELF\0\0")
    (folder / "latin.py").write_bytes("print('ä')".encode("latin-1"))
    write(folder / "book.ipynb", '{"cells": []}')
    write(folder / "full" / "__init__.py", "")
    finished = run(*arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith("kjax run: ")
    assert told in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_an_unreadable_file(folder):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("secret.py")  # which no one may open as a file, root included
        finished = run("secret.py")
    assert finished.returncode == 2
    assert "'secret.py' cannot be read" in finished.stderr.replace(f"{folder}/", "")


# ------------------------------------------------------------------------------------------- additions of kjax run


def test_a_refusal_ends_a_traceback_that_starts_with_the_program(folder):
    write(folder / "layers.py", "import tensorflow as tf\n\ntf.lite.TFLiteConverter\n")
    finished = run("layers.py")
    lines = finished.stderr.splitlines()
    assert finished.returncode == 1
    assert lines[1] == f'  File "{folder}/layers.py", line 3, in <module>'
    assert lines[-2].startswith("AttributeError: tensorflow.lite is not answered by kjax.")


MISTAKE = """
    from kjax import backend as K

    def layer(x):
        return K.dot(x, K.ones((3, 2)))

    x = K.placeholder(shape=(None, 4))
    try:
        layer(x)
    except ValueError as error:
        raise RuntimeError("no model") from error
"""


def test_a_mistake_shows_the_lines_of_the_program_only(folder):
    write(folder / "mistake.py", MISTAKE)
    finished = run("mistake.py")
    files = [line for line in finished.stderr.splitlines() if line.startswith("  File")]
    assert files == [f'  File "{folder}/mistake.py", line {line}, in {name}' for line, name in FRAMES]
    assert "ValueError: dot(): shapes (None, 4) and (3, 2) can't be multiplied" in finished.stderr
    hint = finished.stderr.splitlines()[-1]
    assert re.fullmatch(r"kjax run: lines of kjax, JAX and Keras are left out above \(\d+\); -v shows them", hint)
    assert "op.py" in run("-v", "mistake.py").stderr


FRAMES = [(9, "<module>"), (5, "layer"), (11, "<module>")]


PROCESSES = """
    import multiprocessing, sys
    from tensorflow.keras import backend as K
    import kjax

    def work(number):
        return float(K.eval(K.square(K.constant(number)))), kjax.executing_eagerly()

    if __name__ == '__main__':
        context = multiprocessing.get_context(sys.argv[1])
        with context.Pool(1) as pool:
            print(pool.map(work, [1.0, 2.0]))
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_started_by_the_program_are_prepared_too(folder, method):
    write(folder / "processes.py", PROCESSES)
    finished = run("--graph", "processes.py", method)
    assert ends(finished) == (0, "[(1.0, False), (4.0, False)]\n", "")


def test_what_main_defines_can_be_pickled(folder):
    write(
        folder / "pickles.py",
        """
        import pickle, sys
        from tensorflow.keras import backend as K

        class Model:
            def __init__(self):
                self.weights = K.variable([1.0, 2.0], name='weights')

        twin = pickle.loads(pickle.dumps(Model()))
        print(type(twin).__module__, K.get_value(twin.weights))
        """,
    )
    assert ends(run("pickles.py")) == (0, "__main__ [1. 2.]\n", "")


def test_what_others_hand_to_processes_stays():
    program = """if True:
        from multiprocessing import spawn
        from kjax.command import runner
        spawn.get_preparation_data = lambda name: {"mine": name}
        for _ in range(2):
            runner.prepare(force=False, graph=False)
        print(sorted(spawn.get_preparation_data("child")))
    """
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ends(finished) == (0, "['kjax', 'mine']\n", "")


# ------------------------------------------------------------------------------------------------------ several devices


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ((None, None, None), None),
        ((8, None, None), (8, {"data": 8}, "data")),
        ((8, None, "rows"), (8, {"rows": 8}, "rows")),
        ((None, "data=4, model=2", None), (8, {"data": 4, "model": 2}, "data")),
        ((8, "model=2,data=4", "data"), (8, {"model": 2, "data": 4}, "data")),
    ],
)
def test_options_for_devices(options, wanted):
    assert runner.devices_for(*options) == wanted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((0, None, None), "how many"),
        ((-1, None, None), "how many"),
        ((None, None, "data"), "how many"),
        ((4, "data=8", None), "is for 8 devices, --devices says 4"),
        ((None, "data", None), "data=4,model=2"),
        ((None, "data=2", "model"), "no axis 'model'; it has data"),
    ],
)
def test_options_that_contradict_each_other(options, message):
    with pytest.raises(runner.CannotRun, match=message):
        runner.devices_for(*options)


def test_a_program_on_several_devices(folder):
    """Arguments behind the program are its own; strategies and models of Keras find the devices."""
    write(
        folder / "train.py",
        """
        import sys
        import numpy as np, tensorflow as tf, keras
        from keras.utils import multi_gpu_model

        def places(model):
            return {w._value.sharding.num_devices for w in model.weights}

        print(sys.argv[1:], len(tf.config.list_logical_devices()))
        x, y = np.random.rand(20, 8), np.random.rand(20, 3)
        template = keras.Sequential([keras.layers.Dense(4, input_shape=(8,)), keras.layers.Dense(3)])
        model = multi_gpu_model(template, gpus=4)
        model.compile("adam", "mse")
        model.fit(x, y, batch_size=8, epochs=1, verbose=0)
        print(model.layers[-2] is template, model.output_names == template.output_names, places(model))
        model.save_weights("weights.h5")
        before = template.get_weights()
        model.fit_generator(iter([(x[:8], y[:8])] * 2), 2, epochs=1, verbose=0)
        model.load_weights("weights.h5")
        print(all(map(np.array_equal, template.get_weights(), before)), places(model), model.predict(x).shape)
        """,
    )
    finished = run("--devices", "4", "--batch-axis", "rows", "train.py", "--devices", "3")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "['--devices', '3'] 4\nTrue True {4}\nTrue {4} (20, 3)\n"

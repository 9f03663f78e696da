"""The command line, each time in a process of its own; how a program runs is test_runner.py."""

import os
import platform
import re
import subprocess
import sysconfig

import pytest

import kjax
from programs import command, ends, python, run, write

# ------------------------------------------------------------------------------------------------ the command itself


def test_version():
    assert ends(command("--version")) == (0, f"kjax {kjax.__version__}\n", "")


def test_the_console_script_is_the_module():
    script = os.path.join(sysconfig.get_path("scripts"), "kjax")
    shown = subprocess.run([script, "--version"], capture_output=True, text=True)
    assert ends(shown) == ends(command("--version"))


def test_without_a_command_it_shows_help():
    finished = command()
    assert finished.returncode == 2
    assert "kjax run train.py" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--help",), ["from kjax import backend as K", "run", "info", "--version"]),
        (("run", "--help"), ["script.py", "-m module", "--force", "--graph", "--eager", "--verbose", "examples:"]),
        (("info", "--help"), ["versions, devices"]),
    ],
)
def test_help(arguments, told):
    finished = command(*arguments)
    assert finished.returncode == 0
    assert all(word in finished.stdout for word in told)


@pytest.mark.parametrize("arguments", [("walk",), ("run", "--fast", "x.py"), ("run", "--graph", "--eager", "x.py")])
def test_unknown_words_are_refused(arguments, folder):
    finished = command(*arguments)
    assert finished.returncode == 2
    assert "usage: kjax" in finished.stderr


def test_a_program_without_run_gets_a_hint(folder):
    write(folder / "train.py", "")
    finished = command("train.py")
    assert finished.returncode == 2
    assert "kjax run train.py" in finished.stderr


def test_info(folder):
    finished = command("info")
    assert (finished.returncode, finished.stderr) == (0, "")
    rows = dict(re.split(r"  +", line, maxsplit=1) for line in finished.stdout.splitlines())
    assert rows["kjax"].startswith(kjax.__version__)
    assert {"python", "numpy", "ml_dtypes", "jax", "device 0", "mode", "floatx", "compilation cache"} <= set(rows)
    assert rows["tensorflow"] == "not installed; `kjax run` answers for it"
    assert (rows["mode"], rows["floatx"]) == ("eager", "float32")


# ---------------------------------------------------------------------------------------------------------- kjax run


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "which program?"),
        (("--graph",), "which program?"),
        (("-m",), "-m needs an argument"),
        (("-c",), "-c needs an argument"),
    ],
)
def test_no_program(folder, arguments, told):
    finished = run(*arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith("kjax run: ") and told in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_options_come_before_the_program(folder):
    write(folder / "arguments.py", "import sys; print(sys.argv[1:])")
    finished = run("--eager", "-v", "--", "arguments.py", "--graph", "--", "-v")
    assert finished.stdout == "['--graph', '--', '-v']\n"


def test_versions():
    for option in ("-V", "-uV"):
        assert run(option).stdout == f"kjax {kjax.__version__}, Python {platform.python_version()}\n"


def test_modes(folder):
    write(folder / "mode.py", "import kjax; print(kjax.executing_eagerly())")
    assert [run(*options, "mode.py").stdout for options in [(), ("--eager",), ("--graph",)]] == [
        "True\n",
        "True\n",
        "False\n",
    ]


def test_verbose_says_what_is_answered(folder):
    write(folder / "imports.py", "import tensorflow.keras.backend as K; print(K.backend())")
    quiet, loud = run("imports.py"), run("--verbose", "imports.py")
    assert (quiet.stdout, quiet.stderr) == ("tensorflow\n", "")
    assert loud.stdout == "tensorflow\n"
    assert loud.stderr.splitlines() == [
        "kjax run: tensorflow is answered by kjax",
        "kjax run: tensorflow.keras is answered by kjax",
        "kjax run: tensorflow.keras.backend is answered by kjax",
    ]


def test_an_installed_tensorflow_is_left_alone_unless_forced(folder, monkeypatch):
    write(folder / "site" / "tensorflow" / "__init__.py", "__version__ = '9.9'")
    monkeypatch.setenv("PYTHONPATH", str(folder / "site"))
    write(folder / "which.py", "import tensorflow as tf; print(tf.__version__)")
    assert run("which.py").stdout == "9.9\n"
    assert "left alone" in run("which.py").stderr
    assert run("--force", "which.py").stdout == "2.2.0+kjax\n"
    assert "--force" in command("info").stdout


def test_neither_kjax_nor_its_command_imports_jax(folder):
    write(folder / "modules.py", "import sys, kjax; print('jax' in sys.modules)")
    assert run("modules.py").stdout == "False\n"
    assert python(
        "-c", "import sys, kjax; print([n for n in sys.modules if n == 'jax' or 'dialects' in n])"
    ).stdout == ("[]\n")

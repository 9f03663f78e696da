"""Options of `kjax run` and of Python, in all the forms in which Python takes them."""

import sys

import pytest

from kjax.command import options


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ([], [], [])),
        ("x.py -i -W", ([], [], ["x.py", "-i", "-W"])),
        ("--graph -v x.py", (["--graph", "-v"], [], ["x.py"])),
        ("-uvB x.py", (["-v"], ["-u", "-B"], ["x.py"])),
        ("-ui - a", ([], ["-u", "-i"], ["-", "a"])),
        ("-W error -Xdev -X utf8 x.py", ([], ["-W", "error", "-Xdev", "-X", "utf8"], ["x.py"])),
        ("-BWerror x.py", ([], ["-B", "-Werror"], ["x.py"])),
        ("-BW error x.py", ([], ["-B", "-W", "error"], ["x.py"])),
        ("-OOmpackage -x", ([], ["-O", "-O"], ["-mpackage", "-x"])),
        ("-ic text", ([], ["-i"], ["-c", "text"])),
        ("--check-hash-based-pycs always x.py", ([], ["--check-hash-based-pycs", "always"], ["x.py"])),
        ("--profile=p.json -o out.ipynb in.ipynb", (["--profile=p.json", "-o", "out.ipynb"], [], ["in.ipynb"])),
        ("--graph -- -x.py a", (["--graph"], [], ["-x.py", "a"])),
        ("-S x.py", (["-S"], [], ["x.py"])),
    ],
)
def test_each_option_goes_to_whom_it_belongs(given, expected):
    ours, pythons, program = options.split(["run", *given.split()])
    assert (ours, pythons, list(program)) == (["run", *expected[0]], expected[1], expected[2])


def test_those_of_this_process(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-uX", "dev", "-m", "kjax", "run", "-i", "x.py"])
    assert options.options_of_this_python() == ["-u", "-X", "dev"]

"""The cells of `kjax run notebook.ipynb`; test_notebook.py runs one."""

import pytest

from kjax.command.kernel import without_installs


@pytest.mark.parametrize(
    "line",
    [
        "!pip install -q tensorflow==1.15",
        "%pip install keras",
        "! pip3 -q install keras",
        "!{sys.executable} -m pip install keras",
        "!conda install -y keras",
        "!sudo apt-get -qq install graphviz",
        "!uv pip install keras",
        "%conda install keras",
        "!pip uninstall -y tensorflow",
    ],
)
def test_installations_are_not_carried_out(line):
    cell = ["if colab:\n", f"    {line} \\\n", "      --upgrade\n", "x = 1\n"]
    first, changed, empty, last = without_installs(cell)
    assert (first, empty, last) == ("if colab:\n", "\n", "x = 1\n")
    assert changed == f"    print({f'kjax run: not carried out: {line} ' + chr(92)!r})\n"


@pytest.mark.parametrize("line", ["!pip list", "!ls install", "pip = install", "!wget http://x/install", "%%bash"])
def test_other_lines_stay(line):
    assert without_installs([f"{line}\n"]) == [f"{line}\n"]

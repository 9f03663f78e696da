"""`kjax check`, as a command; what it finds is tested in tests/checking."""

import json
import pathlib
import re

import pytest

from programs import command, write


def test_a_program_on_keras_by_all_its_formats(folder):
    write(
        folder / "train.py",
        """\
        import numpy as np
        from keras import backend as K
        from keras.layers import Dense, Bense
        from keras.engine.topology import Container
        layer = Dense(np.int(3))
        K.square(layer, 4)
        """,
    )
    finished = command("check", "train.py")
    assert finished.returncode == 1 and finished.stderr == ""
    assert finished.stdout.splitlines() == [
        "4 of 5 names are answered; 2 lines to change",
        "train.py:3:33: KJ101 keras.layers.Bense is not answered; did you mean keras.layers.Dense?",
        "  3 | from keras.layers import Dense, Bense",
        "    |                                 ^^^^^",
        "train.py:6:1: KJ102 keras.backend.square(): too many positional arguments",
        "  6 | K.square(layer, 4)",
        "    | ^^^^^^^^",
        "note: 1 name is gone from its package, and answered by `kjax run`: np.int",
    ]


def test_standard_input(folder):
    finished = command("check", "-", input="import tensorflow as tf\ntf.exp(1)\n")
    assert (finished.returncode, finished.stdout) == (0, "all 2 names are answered; runs as it is\n")


def test_in_one_process(folder, capsys):
    from kjax.command import cli

    write(folder / "a.py", "from tensorflow.keras import backend as K\nK.exp(K.max(1))\n")
    assert cli.main(["check", "--ignore", "KJ2", "a.py"]) == 0
    assert capsys.readouterr().out == "all 3 names are answered; runs as it is\n"
    assert cli.main(["check", "--format", "json", "--select", "KJ2,KJ0", "--ignore", "KJ000", "a.py"]) == 0
    assert [finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]] == ["KJ201"]
    assert cli.main(["check", "nowhere.py"]) == 2 and "there is no file 'nowhere.py'" in capsys.readouterr().out
    assert cli.main(["check"]) == 2 and "which files?" in capsys.readouterr().err
    assert cli.main(["check", "--all", "a.py"]) == 0 and "KJ201 K.max: " in capsys.readouterr().out
    assert cli.main(["check", "--explain", "K.exp"]) == 0 and "exp(x)" in capsys.readouterr().out
    assert cli.main(["check", "--explain", "torch"]) == 2 and "no name of K" in capsys.readouterr().out
    assert cli.main(["check", "--diff", "a.py"]) == 2
    assert cli.main(["check", "--fix", "--diff", "a.py"]) == 0
    assert "+from kjax import backend as K" in capsys.readouterr().out
    assert cli.main(["check", "--fix", "a.py"]) == 0
    assert capsys.readouterr().out == "a.py: K is imported from kjax\n1 of 1 files changed\n"
    assert (folder / "a.py").read_text().startswith("from kjax import backend as K\n")
    write(folder / "b.py", "from tensorflow.keras import backend as K\nimport tensorflow as tf\ntf.exp(1)\n")
    assert cli.main(["check", "--fix", "b.py", "nowhere.py"]) == 2
    assert "b.py: not changed: it uses tensorflow" in capsys.readouterr().out


def test_what_the_guide_shows(folder, capsys):
    from kjax.command import cli

    guide = (pathlib.Path(__file__).parents[2] / "docs/guide/check.md").read_text(encoding="utf-8")
    train, losses, ported = re.findall(r"^```py\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    check, _, fix = re.findall(r"^```console\n\$ kjax (.*?)^```", guide, re.DOTALL | re.MULTILINE)
    (folder / "train.py").write_text(train)
    (folder / "losses.py").write_text(losses)
    for shown in (check, fix):
        arguments, _, output = shown.partition("\n")
        cli.main(arguments.split())
        assert capsys.readouterr().out == output
    pytest.importorskip("libcst", reason="kjax port needs LibCST")
    cli.main(["port", "--to", "jax", "losses.py"])
    assert capsys.readouterr().out == ported

"""The code of the documentation's pages on Keras 3, their blocks one after the other."""

import pathlib
import re

import numpy as np

DOCS = pathlib.Path(__file__).parents[2] / "docs"
PAGE = DOCS / "guide" / "keras3.md"


def test_the_code_of_the_page_runs(tmp_path):
    blocks = re.findall(r"^```py\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    names = {"__name__": "guide"}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert [value.shape for value in names["values"]][-1] == (16, 2)
    assert names["by_layer"].shape == (16, 8) and names["by_input"].shape == (16, 5, 8)
    np.testing.assert_allclose(names["model"].optimizer.learning_rate, 0.001 / 4, rtol=1e-6)
    names["model"].save(tmp_path / "model.keras")
    again = names["keras"].models.load_model(tmp_path / "model.keras", custom_objects={"dice_loss": names["dice_loss"]})
    np.testing.assert_allclose(
        again.predict(names["x"], verbose=0), names["model"].predict(names["x"], verbose=0), rtol=1e-6
    )


def test_the_program_of_who_comes_from_keras_3(capsys):
    page = (DOCS / "from" / "keras3.md").read_text(encoding="utf-8")
    (program, output) = re.search(r"^```py\n(.*?)^```\n+```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE).groups()
    exec(compile(program, "from/keras3.md", "exec"), {"__name__": "program"})
    assert capsys.readouterr().out == output

"""What Matplotlib has dropped, in a program of its time."""

import pytest

from programs import run, write

pytest.importorskip("matplotlib", reason="the repairs are of Matplotlib")

PROGRAM = """
import io
import matplotlib
matplotlib.use("agg", warn=False)
import matplotlib.pyplot as plt
import matplotlib.cm as cm
import numpy as np

plt.style.use("seaborn-whitegrid")
plt.style.use(["ggplot", "seaborn"])
plt.hold(True)
heights, *_ = plt.hist([1.0, 2.0, 3.0], bins=3, normed=True)
assert np.isclose(heights.sum() * 2 / 3, 1.0)
for labels in (["a"], list("abcd")):
    plt.xticks([1, 2, 3], labels)
    marks, texts = plt.yticks([1, 2, 3], labels)
    plt.gcf().canvas.draw()
    assert [text.get_text() for text in texts] == (labels + ["", ""])[:3], texts
locations, _ = plt.xticks()
assert list(locations) == [1, 2, 3]
plt.grid(b=True)
assert plt.subplot(111, axisbg="k").get_facecolor() == (0.0, 0.0, 0.0, 1.0)
assert plt.gca(projection="3d").name == "3d" and plt.gca().name == "3d"
plt.savefig(io.BytesIO(), frameon=False)
assert cm.get_cmap("spectral") == plt.cm.spectral and cm.get_cmap("jet", 5).N == 5 and plt.get_cmap("hot").name == "hot"
assert plt.cm.jet(0.5) and plt.rcParams["figure.dpi"] > 0
from pylab import *
plot([1], [2], hold=True)
xticks([1, 2], ["a"])
print("done")
"""


def test_a_program_of_its_time(tmp_path):
    done = run(str(write(tmp_path / "program.py", PROGRAM)))
    assert done.stdout == "done\n", done.stderr

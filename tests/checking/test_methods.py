"""Methods of objects that are gone, where nothing else can be meant."""

import pytest


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("for k, v in d.iteritems(): pass", "KJ403 dict.iteritems is gone, in Python 3"),
        ("if d.has_key(3): pass", "KJ403 dict.has_key"),
        ("import numpy as np\nx = np.ones(3)\nx.ptp(axis=0)", "KJ302 ndarray.ptp is gone, in numpy 2"),
        ("from PIL import ImageDraw\ndef f(draw):\n    draw.textsize('x')", "KJ302 ImageDraw.textsize is gone"),
        (
            "import matplotlib.pyplot as plt\nf = plt.figure()\nf.canvas.set_window_title('x')",
            "manager.set_window_title",
        ),
        (
            "import matplotlib.pyplot as plt\nax = plt.subplot()\nax.hist(x, normed=1)",
            "KJ302 Axes.hist(normed=) is gone",
        ),
        ("import h5py\nf = h5py.File('x')\nf['x'].value", "KJ302 Dataset.value is gone, in h5py 3"),
    ],
)
def test_gone(findings, program, told):
    assert any(told in f"{finding.code} {finding.message}" for finding in findings(program))


@pytest.mark.parametrize(
    "program",
    [
        "import six\nfor k in six.iteritems(d): pass",
        "class A:\n    def iteritems(self): ...\nA().iteritems()",
        "def f(a):\n    a.ix = 3\n    return a.ix",
        "try:\n    d.iteritems()\nexcept AttributeError:\n    d.items()",
        "import sys\nif sys.version_info[0] < 3:\n    d.iteritems()",
        "x.ptp()",
        "import numpy as np\nnp.ptp(x)",
        "import numpy, xml.etree.ElementTree as ET\nET.tostring(x, 'utf-8')",
        "import matplotlib.pyplot as plt\nfig.canvas.manager.set_window_title('x')\nax.hist(x, density=True)",
        "import h5py\nfor cell in cells:\n    print(cell.value)",
    ],
)
def test_not_gone(findings, program):
    assert not [finding for finding in findings(program) if finding.level == "error"]

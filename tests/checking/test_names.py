"""The full names that a program uses."""

import pytest

K, OTHER = "tensorflow.keras.backend.square", "tensorflow.compat.v1.keras.backend.square"


@pytest.mark.parametrize(
    "program",
    [
        "from tensorflow.keras import backend as K\nK.square(x)",
        "import tensorflow.keras.backend as K\nK.square(x)",
        "import tensorflow.keras.backend\ntensorflow.keras.backend.square(x)",
        "import tensorflow as tf\nK = tf.keras.backend\nK.square(x)",
        "import tensorflow as tf\nkeras = tf.keras\nK, L = keras.backend, 1\nK.square(x)",
        "from tensorflow import keras\nkeras.backend.square(x)",
        "from tensorflow.keras.backend import square as sq\nsq(x)",
        "from tensorflow.keras.backend import *\nsquare(x)",
        "import tensorflow as tf\ngetattr(tf.keras.backend, 'square')(x)",
        "import importlib\nK = importlib.import_module('tensorflow.keras.backend')\nK.square(x)",
        "__import__('tensorflow').keras.backend.square(x)",
        "import tensorflow as tf\ndef f():\n    K = tf.keras.backend\n    return lambda x: K.square(x)",
        "import tensorflow as tf\nclass A:\n    K = tf.keras.backend\n"
        "    def f(self, x):\n        return self.K.square(x)",
        "import tensorflow as tf\nclass A:\n    def __init__(self):\n        self.K = tf.keras.backend\n"
        "    def f(self, x):\n        return [self.K.square(y) for y in x]",
        "import tensorflow as tf\nclass A:\n    K = tf.keras.backend\nA.K.square(x)",
        "def f(x):\n    return K.square(x)\nfrom tensorflow.keras import backend as K",
        "def load():\n    global K\n    from tensorflow.keras import backend as K\ndef f(x):\n    return K.square(x)",
        "import tensorflow as tf\nif (K := tf.keras.backend):\n    K.square(x)",
        "import tensorflow as tf\nwith a as b, c:\n    match x:\n"
        "        case [y, *z]:\n            tf.keras.backend.square(y)",
        "async def f():\n    import tensorflow as tf\n    async for x in y:\n        await tf.keras.backend.square(x)",
        "try:\n    from tensorflow.keras import backend as K\n"
        "except ImportError:\n    from nowhere import K\nK.square(x)",
        "import tensorflow as tf\nK = tf.keras.backend if tf.__version__ > '2' else tf.nonsense\nK.square(x)",
    ],
)
def test_aliases(names, program):
    found = names(program)
    assert found[K] == "KJ000"
    assert {*found.values()} == {"KJ000"}


@pytest.mark.parametrize(
    "program",
    [
        "from tensorflow.keras import backend as K\ndef f(K):\n    return K.nonsense(x)",
        "from tensorflow.keras import backend as K\nK = object()\nK.nonsense",
        "from tensorflow.keras import backend as K\nfor K in y:\n    K.nonsense",
        "from tensorflow.keras import backend as K\n[K.nonsense for K in y]",
        "from tensorflow.keras import backend as K\nK.nonsense = 1\nK.nonsense",
        "import tensorflow as tf\nif tf.__version__ < '2':\n    tf.nonsense",
        "import tensorflow as tf\nimport sys\n"
        "if sys.version_info[0] == 2 or sys.version_info < (3, 0):\n    tf.nonsense",
        "import tensorflow as tf\nfrom distutils.version import LooseVersion as V\nOLD = V(tf.__version__) < V('2.0')\n"
        "if OLD:\n    tf.nonsense",
        "import tensorflow as tf\nif int(tf.__version__.split('.')[0]) >= 2:\n    pass\nelse:\n    tf.nonsense",
        "import tensorflow as tf\nif tf.__version__.startswith('1.') and x:\n    tf.nonsense",
        "import tensorflow as tf\nif hasattr(tf, 'nonsense'):\n    tf.nonsense",
        "import tensorflow as tf\nf = getattr(tf, 'nonsense', None)",
        "import sys\ngetattr(sys, 'no such name')",
        "import sys\nimport tensorflow as tf\nif hasattr(sys, 'maxint'):\n    tf.nonsense",
        "import tensorflow as tf\nif tf.keras.backend.backend() == 'theano':\n    tf.nonsense",
        "import tensorflow as tf\nfrom typing import TYPE_CHECKING\n"
        "if not hasattr(tf, 'square'):\n    raise ImportError\n",
        "import tensorflow as tf\ndef f():\n    if tf.__version__ > '2':\n        return 1\n    return tf.nonsense",
        "try:\n    import tensorflow as tf\nexcept ImportError:\n    import tensorflow_nonsense as tf\n    tf.nonsense",
    ],
)
def test_what_is_not_meant_or_not_reached(names, program):
    assert {*names(program).values()} <= {"KJ000"}


@pytest.mark.parametrize(
    "program",
    [
        "import tensorflow as tf\nif x:\n    tf.nonsense",
        "import tensorflow as tf\nwhile True:\n    tf.nonsense",
        "import tensorflow as tf\ndef f(a=tf.nonsense): pass",
        "import tensorflow as tf\nclass A(tf.nonsense): pass",
        "import tensorflow as tf\n@tf.nonsense\ndef f(): pass",
        "import tensorflow as tf\nx: tf.nonsense = 1",
        "import tensorflow as tf\nx = {'a': [1, lambda: f'{tf.nonsense}']}",
        "import tensorflow as tf\nx[tf.nonsense] = y",
        "import tensorflow as tf\nx += tf.nonsense",
        "import tensorflow as tf\ntry:\n    pass\nfinally:\n    tf.nonsense",
        "import tensorflow as tf\ntry:\n    f()\nexcept ValueError:\n    tf.nonsense",
        "import tensorflow as tf\ndef f():\n    try:\n        return 1\n"
        "    except KeyError:\n        pass\n    tf.nonsense",
        "import six\nimport tensorflow as tf\nif hasattr(six, 'unheard'):\n    tf.nonsense",
        "from tensorflow.nonsense import *",
        "import tensorflow.nonsense",
        "from tensorflow import nonsense",
        "import tensorflow as tf\nif tf.__version__ < '2':\n    pass\nelse:\n    tf.nonsense",
        "import tensorflow as tf\ndel x\ntf.nonsense.further.still(1)",
        "import tensorflow as tf\n" + " + ".join(["1"] * 400) + " + tf.nonsense",
    ],
)
def test_what_is_reached(names, program):
    found = names(program)
    assert found["tensorflow.nonsense"] == "KJ101"


def test_names_that_the_program_catches_are_no_errors(check):
    result = check(
        program="""
        import tensorflow as tf
        from contextlib import suppress
        try:
            f = tf.nonsense
        except AttributeError:
            f = None
        try:
            from tensorflow.nonsense import g
        except ImportError:
            from tensorflow.keras.backend import square as g
        with suppress(AttributeError):
            tf.nonsense
        g(x)
        """
    )
    assert not result.errors and result.status == 0
    assert [f.level for f in result.findings if f.code == "KJ101"] == ["note"] * 3


def test_alternatives_of_both_branches_are_told(names):
    found = names(
        """
        if x:
            from tensorflow.keras import backend as K
        else:
            from tensorflow.compat.v1.keras import backend as K
        K.square(1)
        """
    )
    assert {K, OTHER} <= {*found}


def test_names_of_python_2(names):
    found = names(
        """
        import urllib2
        from itertools import izip
        try:
            unicode
        except NameError:
            unicode = str
        for i in xrange(3):
            unicode(i)
        """
    )
    assert {name for name, code in found.items() if code == "KJ403"} == {
        "urllib2", "itertools.izip", "builtins.xrange", "builtins.unicode",
    }  # fmt: skip

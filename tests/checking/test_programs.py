"""The files of a program, and how they import one another."""

SQUARE = "tensorflow.keras.backend.square"


def found(result):
    return {(finding.place.path, finding.name) for finding in result.findings if finding.name.startswith("tensorflow.")}


def test_aliases_come_from_other_files(check):
    result = check(
        package__main="""
        from .compat import K, tf
        from package.compat import tf as other
        from . import compat
        import package.compat
        from .below import *
        from .. import nothing
        K.square(1), tf.exp(1), other.log1p, compat.K.cos(1), package.compat.K.sin(1), M.max(1)
        """,
        package__INIT="",
        package__compat="from tensorflow.keras import backend as K\nimport tensorflow as tf",
        package__below__INIT="from .deeper import M",
        package__below__deeper="from ..compat import K as M",
    )
    assert ("package/main.py", SQUARE) in found(result)
    names = {name.rpartition(".")[2] for path, name in found(result) if path == "package/main.py"}
    assert {"square", "exp", "log1p", "cos", "sin", "max"} <= names
    assert len(result.sources) == 5  # what is imported is checked, too


def test_modules_beside_a_script_are_its_own(check):
    result = check(train="import layers\nlayers.K.square(1)", layers="import tensorflow as tf\nK = tf.keras.backend")
    assert ("train.py", SQUARE) in found(result)


def test_modules_that_import_each_other(check):
    result = check(
        a="import tensorflow as tf\nimport b\nK = tf.keras.backend\ndef f(): return b.K.square(1)",
        b="import a\ndef g(): return a.K.cos(1)\nimport tensorflow as tf\nK = tf.keras.backend",
    )
    assert {("a.py", SQUARE), ("b.py", "tensorflow.keras.backend.cos")} <= found(result)


def test_packages_without_a_file(check):
    result = check(main="from parts.one import K\nimport parts.one\nparts.one.K.square(1)",
                   parts__one="from tensorflow.keras import backend as K")  # fmt: skip
    assert ("main.py", SQUARE) in found(result)


def test_files_that_import_broken_ones(check):
    result = check(main="import broken\nfrom broken import K\nK.square(1)", broken="def f(:")
    assert [(finding.code, finding.place.path) for finding in result.findings] == [("KJ402", "broken.py")]


def test_a_file_is_followed_once(check):
    result = check("a.py", "./a.py", "b.py", a="import tensorflow as tf\ntf.exp(1)", b="import a")
    assert [source.path for source in result.sources] == ["a.py", "b.py"]

"""`pytest -p kjax`."""

from programs import python, write


def test_kjax_answers_before_conftest_is_imported(tmp_path):
    write(tmp_path / "pytest.ini", "[pytest]\naddopts = -p kjax -p no:cacheprovider\nkjax_graph = true\n")
    write(tmp_path / "conftest.py", "import tensorflow as tf\nimport kjax\nassert not kjax.executing_eagerly()\n")
    write(tmp_path / "old.py", "import numpy as np\nhalf = np.float(0.5)\n")
    write(
        tmp_path / "test_it.py",
        """
        import tensorflow as tf
        from tensorflow.keras import backend as K
        import old

        def test_sum():
            assert K.eval(tf.reduce_sum([old.half, 2.0])) == 2.5
        """,
    )
    finished = python("-m", "pytest", cwd=tmp_path)
    assert finished.returncode == 0, finished.stdout
    assert "kjax: tensorflow: answered by kjax (as 2.2.0+kjax); keras: " in finished.stdout

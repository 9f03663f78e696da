"""`kjax run --profile`: the table, the file, and that results are those of a run without it."""

import json

from programs import run, write

PROGRAM = """
    import numpy as np
    import tensorflow as tf
    from tensorflow.keras import backend as K

    for _ in range(3):
        K.exp(K.constant([1.0, 2.0]))
    x = K.placeholder((None, 3), name="x")
    w = K.variable(np.linspace(-1, 1, 6).reshape(3, 2))
    y = K.in_train_phase(K.dot(x, w), x[:, :2])
    rows = K.gather(w, [0, 2])
    loss = K.mean(K.square(y)) + K.sum(K.abs(rows))
    slope, = K.gradients(loss, [w])
    curve, = K.gradients(K.sum(slope * slope), [w])
    train = K.function([x, K.learning_phase()], [loss, slope, curve], updates=[K.update_sub(w, 0.1 * slope)])
    for phase in (1, 1, 0):
        for result in train([np.ones((4, 3)), phase]):
            print(np.round(result, 5).tolist())
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.exp(v) * v)
    print(np.round(tape.gradient(loss, v).numpy(), 4).tolist())
"""


def test_operations_are_counted_for_lines_of_the_program(folder):
    write(folder / "model.py", PROGRAM)
    plain, finished = run("model.py"), run("--profile=profile.json", "model.py")
    assert plain.returncode == 0 and finished.returncode == 0, finished.stderr
    assert finished.stdout == plain.stdout and finished.stderr == ""
    told = json.loads((folder / "profile.json").read_text())
    calls = {(row["operation"], row["line"]): row["calls"] for row in told["operations"]}
    assert all(row["file"] == str(folder / "model.py") and row["seconds"] >= 0 for row in told["operations"])
    assert calls["Exp", 7] == 3 and calls["Square", 12] >= 3 and calls["Square (gradient)", 12] >= 3
    assert calls["Exp (gradient)", 21] == 1
    assert told["compile_seconds"] > 0


def test_the_table(folder):
    finished = run("--profile", "-c", "from kjax import backend as K\nfor i in range(7): K.exp(K.ones((2,)))")
    first, *lines = finished.stderr.splitlines()
    assert first.startswith("kjax run: 0.0") and "s in operations, one by one" in first
    (exponential,) = [line.split() for line in lines if line.split()[-2:] == ["Exp", "<string>:2"]]
    assert exponential[2] == "7"
    assert [line.split()[-1] for line in lines[-1:]] == ["<string>:2"]


def test_a_file_that_cannot_be_written(folder):
    finished = run("--profile=no/such/folder.json", "-c", "print(1)")
    assert finished.stdout == "1\n"
    assert "the profile can't be written to" in finished.stderr

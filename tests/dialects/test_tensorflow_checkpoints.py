"""Savers and checkpoints: all or nothing, what is kept, what objects hold. Answers are in recorded/train.json."""

import os

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.dialects.tensorflow_checkpoints import TRAIN, Checkpoint, CheckpointManager, Saver
from kjax.dialects.tensorflow_errors import InvalidArgumentError, NotFoundError
from programs import check_on_keras as check


def test_a_saver_restores_all_or_nothing(tmp_path):
    a, b = K.variable([1.0, 2.0], name="a"), K.variable(3, "int32", "b")
    path = Saver([a, b]).save(None, tmp_path / "m", global_step=K.variable(7, "int64"))
    assert path == str(tmp_path / "m-7")
    K.set_value(a, [0, 0])
    c = K.variable(1.0, name="c")
    with pytest.raises(NotFoundError, match="key c"):
        Saver([a, c]).restore(None, path)
    with pytest.raises(InvalidArgumentError, match="b is int32"):
        Saver({"a": a, "b": c}).restore(None, path)
    assert K.get_value(a).tolist() == [0, 0]
    Saver({"a": a}).restore(None, path)
    assert K.get_value(a).tolist() == [1, 2]
    for wrong in (None, str(tmp_path / "n")):
        with pytest.raises(ValueError, match=r"save_path|valid"):
            Saver([a]).restore(None, wrong)


def test_a_saver_of_the_whole_program(tmp_path):
    with kjax.graph_mode():
        kept = [K.variable(i, name="v") for i in range(3)]
        saver = Saver()
        assert sorted(saver._variables()) == ["v", "v_1", "v_2"]
        path = saver.save(K.get_session(), str(tmp_path / "m"))
        K.get_session().run([K.update(v, 9) for v in kept])
        saver.restore(K.get_session(), path)
        assert [K.get_value(v) for v in kept] == [0, 1, 2]
    K.clear_session()
    with pytest.raises(ValueError, match="no variables"):
        Saver()
    with pytest.raises(TypeError, match="variables"):
        Saver([1])
    with pytest.raises(NotImplementedError, match="graph"):
        saver.export_meta_graph()


def test_what_a_saver_keeps(tmp_path):
    saver = Saver([K.variable(1.0, name="v")], max_to_keep=2, pad_step_number=True)
    for step in range(4):
        saver.save(None, str(tmp_path / "m"), step, write_state=step != 3)
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "m-00000002.index", "m-00000003.index"]
    assert TRAIN["latest_checkpoint"](tmp_path) == str(tmp_path / "m-00000002")
    other = Saver([K.variable(1.0, name="v")])
    other.recover_last_checkpoints([str(tmp_path / "m-00000003"), str(tmp_path / "none")])
    assert other.last_checkpoints == [str(tmp_path / "m-00000003")]


class Module:
    def __init__(self, value):
        self.w = K.variable(value)
        self.parts = [K.variable(value + 1), {"deep": K.variable(value + 2)}]
        self.me = self

    def __call__(self, x):
        return x

    def values(self):
        return [float(K.get_value(v)) for v in (self.w, self.parts[0], self.parts[1]["deep"])]


def test_objects_are_looked_into(tmp_path):
    path = Checkpoint(module=Module(1.0), step=K.variable(5)).write(tmp_path / "c")
    names = [name for name, _ in TRAIN["list_variables"](path)]
    assert [name.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE") for name in names] == [
        "module/parts/0",
        "module/parts/1/deep",
        "module/w",
        "step",
    ]
    module = Module(0.0)
    status = Checkpoint(module=module).read(path)
    assert module.values() == [1, 2, 3]
    status.expect_partial().assert_existing_objects_matched().assert_nontrivial_match()
    with pytest.raises(AssertionError, match="step"):
        status.assert_consumed()
    other = Checkpoint(module=module, step=K.variable(0), new=K.variable(0))
    with pytest.raises(AssertionError, match="new"):
        other.restore(path).assert_existing_objects_matched()
    with pytest.raises(InvalidArgumentError, match="shape"):
        Checkpoint(module=module, step=K.variable([1.0])).restore(path)


def test_checkpoints_are_counted_across_programs(tmp_path):
    v = K.variable(1.0)
    assert [Checkpoint(v=v).save(str(tmp_path / "c")), Checkpoint(v=v).restore(None)][0].endswith("c-1")
    checkpoint = Checkpoint(v=v)
    checkpoint.restore(str(tmp_path / "c-1")).assert_consumed()
    assert checkpoint.save(str(tmp_path / "c")).endswith("c-2")


def test_a_manager_goes_on_where_another_stopped(tmp_path):
    v = K.variable(1.0)
    first = CheckpointManager(Checkpoint(v=v), tmp_path, 2)
    for _ in range(3):
        first.save()
    v2, called = K.variable(0.0), []
    second = CheckpointManager(Checkpoint(v=v2), str(tmp_path), 2, init_fn=lambda: called.append(1))
    assert second.checkpoints == first.checkpoints and second.restore_or_initialize() == first.latest_checkpoint
    assert K.get_value(v2) == 1 and second.save().endswith("ckpt-4") and not called
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "ckpt-3.index", "ckpt-4.index"]
    empty = CheckpointManager(Checkpoint(v=v2), str(tmp_path / "x"), None, init_fn=lambda: called.append(1))
    assert empty.restore_or_initialize() is None and called == [1] and empty.latest_checkpoint is None


def test_a_manager_with_an_interval(tmp_path):
    step = K.variable(0, "int64")
    manager = CheckpointManager(Checkpoint(step=step), tmp_path, None, step_counter=step, checkpoint_interval=3)
    saved = []
    for i in range(7):
        K.set_value(step, i)
        saved.append(manager.save() is not None)
    assert saved == [True, False, False, True, False, False, True]
    with pytest.raises(ValueError, match="step_counter"):
        CheckpointManager(Checkpoint(), tmp_path, None, checkpoint_interval=3)
    with pytest.raises(ValueError, match="max_to_keep"):
        CheckpointManager(Checkpoint(), tmp_path, 0)


def test_readers(tmp_path):
    path = Saver({"a": K.variable(np.arange(3))}).save(None, str(tmp_path / "m"))
    reader = TRAIN["load_checkpoint"](str(tmp_path))
    assert reader.get_variable_to_shape_map() == {"a": [3]} and reader.get_variable_to_dtype_map() == {"a": "float32"}
    assert TRAIN["load_variable"](path, "a:0").tolist() == [0, 1, 2]
    with pytest.raises(NotFoundError, match="Key b"):
        reader.get_tensor("b")
    assert [*TRAIN["checkpoints_iterator"](str(tmp_path), timeout=0)] == [path]


def test_models_and_optimizers_of_keras_are_restored_though_they_are_built_later():
    check(
        """
        import tempfile
        folder = tempfile.mkdtemp()
        x, y = np.random.rand(8, 3), np.ones((8, 1))

        def made():
            model = tf.keras.Sequential([tf.keras.layers.Dense(2), tf.keras.layers.Dense(1)])  # without an input shape
            model.compile(tf.keras.optimizers.Adam(0.1), "mse")
            return model, tf.train.Checkpoint(model=model, optimizer=model.optimizer)

        first, checkpoint = made()
        first.fit(x, y, epochs=3, verbose=0)
        path = checkpoint.save(folder + "/c")
        second, checkpoint = made()
        import gc, logging
        tf.get_logger().setLevel(logging.ERROR)
        checkpoint.restore(path).expect_partial()
        del checkpoint
        gc.collect()
        assert np.allclose(second.predict(x), first.predict(x))
        for model in (first, second):
            model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        assert np.allclose(second.predict(x), first.predict(x))
        assert second.optimizer.get_weights()[0] == 5
        third, checkpoint = made()
        third.predict(x)
        checkpoint.restore(path).assert_existing_objects_matched()
        """
    )


def test_an_optimizer_in_a_loop_of_the_program_is_restored_before_its_first_step():
    check(
        """
        import logging, tempfile
        tf.get_logger().setLevel(logging.ERROR)
        folder = tempfile.mkdtemp()

        def made():
            variable = tf.Variable([1.0, 2.0])
            optimizer = tf.keras.optimizers.Adam(0.1)
            return variable, optimizer, tf.train.Checkpoint(v=variable, optimizer=optimizer)

        def step(variable, optimizer):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(variable ** 3)
            optimizer.apply_gradients([(tape.gradient(loss, variable), variable)])

        first, optimizer, checkpoint = made()
        for _ in range(3):
            step(first, optimizer)
        path = checkpoint.save(folder + "/c")
        step(first, optimizer)
        for compiled in (False, True):
            second, again, checkpoint = made()
            checkpoint.restore(path)
            assert again.iterations.numpy() == 3
            (tf.function(lambda: step(second, again)) if compiled else lambda: step(second, again))()
            assert np.allclose(second.numpy(), first.numpy()) and again.iterations.numpy() == 4
            assert np.allclose(again.get_weights()[1], optimizer.get_weights()[1])
        """
    )

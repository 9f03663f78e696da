"""Metrics under all names that they have, in the versions of Keras and in books."""

import json
import pickle

import pytest

from kjax.dialects.history_names import Named
from programs import check_on_keras


@pytest.mark.parametrize(
    ("there", "asked", "found"),
    [
        (["accuracy"], "acc", "accuracy"),
        (["acc"], "accuracy", "acc"),
        (["loss", "val_loss", "accuracy", "val_accuracy"], "val_acc", "val_accuracy"),
        (["mae", "val_mae"], "val_mean_absolute_error", "val_mae"),
        (["val_mean_squared_error"], "val_mse", "val_mean_squared_error"),
        (["mse"], "MSE", "mse"),
        (["head_accuracy", "tail_accuracy"], "tail_acc", "tail_accuracy"),
        (["dense_1_accuracy", "dense_1_accuracy_1"], "dense_1_acc_1", "dense_1_accuracy_1"),
        (["accuracy"], "weighted_acc", "accuracy"),
        (["accuracy", "accuracy_1"], "val_weighted_acc", None),
        (["val_accuracy", "val_accuracy_1"], "val_weighted_acc", "val_accuracy_1"),
        (["acc", "accuracy"], "acc", "acc"),
        (["cosine_proximity"], "cosine_similarity", "cosine_proximity"),
        (["binary_accuracy"], "acc", None),
        (["accuracy"], "val_acc", None),
        (["my_mace"], "ace", None),
        (["loss"], "lr", None),
        ([], "acc", None),
        (["accuracy"], 3, None),
    ],
)
def test_a_metric_is_found_by_the_names_it_has(there, asked, found):
    logs = Named((name, number) for number, name in enumerate(there))
    value = None if found is None else there.index(found)
    assert logs.get(asked) == value and (asked in logs) is (found is not None)
    if found is None:
        with pytest.raises(KeyError, match="there is no metric of this name"):
            logs[asked]
    else:
        assert logs[asked] == value


def test_several_candidates_are_none():
    logs = Named(mse=1, MSE=2)
    assert logs.get("mean_squared_error") is None and "mean_squared_error" not in logs and logs["MSE"] == 2


def test_it_is_the_same_dict_to_go_through_and_to_write():
    logs = Named(loss=1.0, accuracy=0.5)
    assert logs["acc"] == 0.5 and [*logs.items()] == [("loss", 1.0), ("accuracy", 0.5)] and len(logs) == 2
    assert json.dumps(logs) == '{"loss": 1.0, "accuracy": 0.5}' and {**logs} == dict(logs) == logs
    assert type(pickle.loads(pickle.dumps(logs))) is dict and logs.copy() == logs


def test_under_keras(tmp_path):
    check_on_keras(f"""
        import json, os, pickle
        import keras
        from keras.callbacks import Callback, CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

        seen = []

        class Look(Callback):
            def on_batch_end(self, batch, logs=None):
                seen.append(logs.get("acc") is not None)

            def on_epoch_end(self, epoch, logs=None):
                assert logs["val_acc"] == logs["val_accuracy"] and "val_acc" in logs and logs.get("val_mae") is None
                logs["more"] = 1.0

        folder = {str(tmp_path)!r}
        x, y = np.random.RandomState(0).rand(40, 3), np.arange(40) % 2

        def model(module):
            made = module.models.Sequential([module.layers.Dense(1, activation="sigmoid", input_shape=(3,))])
            made.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
            return made

        for module in (keras, tf.keras):
            callbacks = [
                Look(), EarlyStopping(monitor="val_acc", patience=0, baseline=2.0), ReduceLROnPlateau(monitor="acc"),
                ModelCheckpoint(os.path.join(folder, "best-{{epoch:02d}}-{{val_acc:.2f}}.h5"), monitor="val_acc"),
                ModelCheckpoint(os.path.join(folder, "kept.h5"), monitor="val_acc", save_best_only=True),
                CSVLogger(os.path.join(folder, "log.csv")),
            ]
            history = model(module).fit(x, y, epochs=3, verbose=0, validation_split=0.5, callbacks=callbacks)
            names = ["val_loss", "val_accuracy", "loss", "accuracy", "lr", "more"]
            assert sorted(history.history) == sorted(names), list(history.history)
            assert len(history.history["val_acc"]) == 1  # stopped by it
            assert history.history["acc"] is history.history["accuracy"]
            assert json.loads(json.dumps(history.history, default=float)).keys() == history.history.keys()
            assert type(pickle.loads(pickle.dumps(history.history))) is dict
            value = history.history["val_accuracy"][0]
            assert sorted(os.listdir(folder)) == [f"best-01-{{value:.2f}}.h5", "kept.h5", "log.csv"]
            with open(os.path.join(folder, "log.csv")) as log:
                assert log.readline().strip() == ",".join(["epoch", *sorted(names)])
            for name in os.listdir(folder):
                os.remove(os.path.join(folder, name))
        assert seen and all(seen)
        data = tf.data.Dataset.from_tensor_slices((x, y)).batch(10)
        assert len(model(tf.keras).fit(data, epochs=2, verbose=0).history["acc"]) == 2
        try:
            history.history["val_precision"]
        except KeyError as error:
            assert "'val_accuracy'" in str(error), error

        inputs = keras.layers.Input((3,))
        outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("head", "tail")]
        two = keras.models.Model(inputs, outputs)
        two.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"])
        logs = two.fit(x, [y, y], epochs=1, verbose=0).history
        assert logs["tail_mean_absolute_error"] == logs["tail_mae"]
        assert logs["tail_weighted_mean_absolute_error"] == logs["tail_mae_1"], list(logs)
    """)

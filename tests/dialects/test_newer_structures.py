"""Models of structures, beside what TensorFlow 2.2 gives for the same programs."""

import pytest

from newer_programs import problems
from programs import check_on_keras as check

BEGINNING = """
        from tensorflow.keras.layers import Add, Dense, Input
        Model = tf.keras.Model
        a, b = Input((2,), name="a"), Input((2,), name="b")
        c, e = Dense(3, name="dense")(a), Add(name="add")([a, b])
        x = np.ones((4, 2), "float32")
        def shapes(outputs):
            return tf.nest.map_structure(lambda y: tuple(y.shape), outputs)
"""

PROGRAMS = {
    "one input in a list in a list": """
        model = Model([[a]], c)
        assert model.input is a and model.input_shape == [(None, 2)] and model.output is c
        assert shapes(model(x)) == shapes(model([x])) == shapes(model.predict(x)) == (4, 3)
        assert shapes(Dense(1)(model(a))) == (None, 1)
        model.compile("sgd", "mse")
        assert model.train_on_batch(x, model.predict(x)) == 0
        """,
    "several inputs in a list in a list": """
        model = Model([[a, b]], e)
        assert model.input_shape == [[(None, 2), (None, 2)]]
        assert shapes(model([x, x])) == shapes(model([[x, x]])) == shapes(model.predict([x, x])) == (4, 2)
        """,
    "dicts": """
        model = Model({"q": b, "p": a}, {"r": c, "s": [e]})
        assert model.input == {"p": a, "q": b} and model.output == {"r": c, "s": [e]}
        assert model.input_shape == {"p": (None, 2), "q": (None, 2)}
        assert model.output_shape == {"r": (None, 3), "s": [(None, 2)]}
        assert model.output_names == ["dense", "add"] and model.input_names == ["a", "b"]
        known = {"q": x, "p": 2 * x}
        expected = model.predict_on_batch(known)
        assert shapes(expected) == {"r": (4, 3), "s": [(4, 2)]} and (expected["s"][0] == 3).all()
        for found in (model(known), model(known, training=True), model.predict(known), model.predict([2 * x, x])):
            tf.nest.map_structure(np.testing.assert_allclose, found, expected)
        outer = Model([a, b], model({"p": a, "q": b})["r"])
        np.testing.assert_allclose(outer.predict([2 * x, x]), expected["r"], rtol=1e-6)
        """,
    "tuples": """
        model = Model((a, b), (c, e))
        assert model.input == (a, b) and model.output == (c, e)
        assert model.output_shape == ((None, 3), (None, 2))
        assert shapes(model((x, x))) == ((4, 3), (4, 2)) and isinstance(Model(a, (c,))(x), tuple)
        """,
    "what Keras has itself": """
        model = Model([a, b], [c, e])
        assert model.input == [a, b] and model.output_shape == [(None, 3), (None, 2)]
        assert shapes(model([x, x])) == [(4, 3), (4, 2)]
        assert shapes(Model([a], [c])(x)) == shapes(Model([a], [[c]])(x)[0]) == (4, 3)
        """,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_models_of_structures(program):
    check(BEGINNING + PROGRAMS[program])


def test_models_are_kept_called_and_restored_as_by_tensorflow(tmp_path):
    assert problems(tmp_path, "model") == {}

"""Names under which classes are saved and found."""

from programs import check_on_keras as check


def test_registered_classes_and_functions():
    check(
        """
        U, L = tf.keras.utils, tf.keras.layers

        @U.register_keras_serializable()
        class Own(L.Layer):
            def __init__(self, factor=1.0, **kwargs):
                super().__init__(**kwargs)
                self.factor = factor
            def call(self, x):
                return x * self.factor
            def get_config(self):
                return {**super().get_config(), "factor": self.factor}

        @U.register_keras_serializable("mine", "cube")
        def cubed(x):
            return x ** 3

        assert U.get_registered_name(Own) == "Custom>Own" and U.get_registered_name(cubed) == "mine>cube"
        assert U.get_custom_objects()["Custom>Own"] is Own and U.get_registered_object("mine>cube") is cubed
        assert U.get_registered_object("x", {"x": 1}) == 1 and U.get_registered_object("y", {}, {"y": 2}) == 2
        assert U.get_registered_object("nope") is None
        model = tf.keras.Sequential([Own(3.0, input_shape=(2,)), L.Dense(2, activation=cubed)])
        again = tf.keras.models.model_from_json(model.to_json())
        assert again.layers[0].factor == 3.0 and again.layers[1].activation is cubed

        class Other(L.Layer):
            pass
        with U.custom_object_scope({"Other": Other}):
            assert type(L.deserialize({"class_name": "Other", "config": {}})) is Other
        for wrong in (lambda: L.deserialize({"class_name": "Other", "config": {}}),
                      lambda: U.register_keras_serializable("Custom", "Own")(Other),
                      lambda: U.register_keras_serializable()(type("Plain", (), {}))):
            try:
                wrong()
            except ValueError as error:
                assert any(part in str(error) for part in ("Unknown layer", "is the name of", "no method get_config"))
            else:
                raise AssertionError
        """
    )

from kjax.dialects import newer_losses
from newer_programs import problems
from programs import check_on_keras as check


def test_losses_answer_as_those_of_tensorflow(tmp_path):
    assert problems(tmp_path, "loss") == {}


def test_reductions():
    assert {name: value for name, value in vars(newer_losses.Reduction).items() if name.isupper()} == {
        name.upper(): name for name in newer_losses.Reduction.all()
    }


def test_functions_have_one_meaning_under_all_their_names():
    check(
        """
        losses, metrics = tf.keras.losses, tf.keras.metrics
        assert losses.mse is losses.MSE is losses.mean_squared_error is metrics.mse is metrics.mean_squared_error
        assert losses.kld is losses.KLD is metrics.kld is losses.get("kullback_leibler_divergence")
        assert losses.CosineSimilarity.__name__ == "CosineSimilarity" and issubclass(losses.Huber, losses.Loss)
        assert losses.huber([[0., 2.]], [[0., 0.]]).numpy().tolist() == [0.75]
        import inspect
        assert inspect.signature(losses.Huber).parameters["reduction"].default == "auto"
        """
    )

from newer_programs import problems
from programs import check_on_keras as check


def test_metrics_answer_as_those_of_tensorflow(tmp_path):
    assert problems(tmp_path, "metric") == {}


def test_metrics_on_values_keep_nothing_of_their_updates():
    check(
        """
        metric = tf.keras.metrics.AUC()
        for _ in range(3):
            metric.update_state([0, 1], [0.1, 0.9])
            metric([0, 1], [0.1, 0.9])
        assert metric.updates == [] and metric.result().numpy() == 1
        """
    )


def test_metrics_of_symbolic_values_are_symbolic():
    check(
        """
        K, metric = tf.keras.backend, tf.keras.metrics.MeanSquaredError()
        x = K.placeholder((None, 2))
        result = metric(x, x + 1)
        assert result.is_symbolic
        values = K.function([x], [result])([np.zeros((3, 2))])
        assert values == [1.0] and metric.result().numpy() == 1
        """
    )


def test_classes_beyond_those_there_are():
    check(
        """
        metric = tf.keras.metrics.MeanIoU(2)
        for targets, predictions in (([0, 2], [0, 1]), ([0, 1], [0, -1])):
            try:
                metric.update_state(targets, predictions)
            except ValueError as error:
                assert "must be classes from 0 to 1" in str(error), error
            else:
                raise AssertionError
        """
    )

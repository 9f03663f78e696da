"""Names that stand for choices; recorded answers are in `recorded/options.json`."""

import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_initial import V1_INITIALIZERS


def test_programs_try_for_a_tpu(tf):
    with pytest.raises(ValueError, match="JAX_PLATFORMS"):
        tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
    context = tf.distribute.get_replica_context()
    assert context.merge_call(lambda strategy, x: x + strategy.num_replicas_in_sync, (2,)) == 3


def test_orthogonal_matrices():
    for shape in ((4, 3), (3, 4), (2, 2, 3)):
        drawn = V1_INITIALIZERS["orthogonal"](2.0, seed=1)(shape).numpy().reshape(-1, shape[-1])
        rows, columns = drawn.shape
        product = drawn.T @ drawn if rows >= columns else drawn @ drawn.T
        assert product == pytest.approx(4.0 * K.eval(K.eye(min(rows, columns))), abs=1e-5)
    drawn = V1_INITIALIZERS["uniform_unit_scaling"](2.0)((3, 1000)).numpy()
    assert 1.9 < abs(drawn).max() <= 2.0


def test_what_does_instead_is_named(tf):
    for name, text in {"mul": "tf.multiply", "lookup": "a Python dict", "import_graph_def": "load its weights"}.items():
        with pytest.raises(AttributeError, match=rf"tensorflow\.{name} is not answered by kjax\. Instead: .*{text}"):
            getattr(tf, name)
    with pytest.raises(AttributeError, match=r"Instead: tf.random.stateless_normal"):
        tf.random.Generator  # noqa: B018
    with pytest.raises(AttributeError, match=r"Instead: tf.keras models have fit"):
        tf.estimator.Estimator  # noqa: B018

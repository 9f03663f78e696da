from kjax import backend as K
from kjax.core.forms import Form
from kjax.core.graph import tensors_in


def form(build, count=2, shape=(2,)):
    given = [K.placeholder(shape) for _ in range(count)]
    return Form(list(tensors_in(build(*given))), set(given))


def test_graphs_that_compute_the_same_have_one_form():
    assert form(lambda a, b: a * b + K.exp(a)).key == form(lambda a, b: a * b + K.exp(a)).key


def test_all_that_matters_is_part_of_it():
    forms = [
        form(lambda a, b: a * b),
        form(lambda a, b: a * a),
        form(lambda a, b: a + b),
        form(lambda a, b: a * b, shape=(3,)),
        form(lambda a, b: K.sum(a * b)),
        form(lambda a, b: K.sum(a * b, axis=0, keepdims=True)),
        form(lambda a, b: a * K.constant([1.0, 2.0])),
        form(lambda a, b: a * K.constant([1.0, 3.0])),
        form(lambda a, b: a[0:1]),
        form(lambda a, b: a[1:2]),
        form(lambda a, b: [a * b, a]),
    ]
    assert len({f.key for f in forms}) == len(forms)


def test_the_ends_are_in_the_order_of_the_walk():
    a, b = K.placeholder((2,)), K.placeholder((2,))
    assert Form([b - a], {a, b}).ends == [b, a]
    inner = b - a
    assert Form([inner * 2.0], {inner}).ends == [inner]

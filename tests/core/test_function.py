import copy
import gc
import pickle
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.graph import Operation
from kjax.machine import config


@pytest.fixture
def x():
    return K.placeholder(shape=(None, 3), name="x")


def ones(*shape):
    return np.ones(shape, "float32")


def test_structures_come_back(x):
    y = x + 1.0
    assert K.function([x], [y])([ones(2, 3)])[0].tolist() == [[2, 2, 2]] * 2
    assert K.function(x, y)(ones(2, 3)).shape == (2, 3)
    assert K.function((x,), (y, None))((ones(1, 3),))[1] is None
    out = K.function({"a": x}, {"o": y, "p": [x, y]})({"a": ones(1, 3)})
    assert list(out) == ["o", "p"] and out["p"][1].tolist() == [[2, 2, 2]]
    assert K.function({"a": x}, y)(a=ones(1, 3)).shape == (1, 3)
    assert K.function([x], [y])(inputs=[ones(1, 3)])[0].shape == (1, 3)
    assert K.function([x], [y])(ones(4, 3))[0].shape == (4, 3)
    z = K.placeholder(shape=())
    assert K.function([[x], (z, x)], y * z)([[ones(1, 3)], (2, ones(1, 3))]).tolist() == [[4, 4, 4]]
    assert K.function([], [K.ones((2,))])([])[0].tolist() == [1, 1]


def test_results_are_new_writable_numpy_arrays(x):
    v = K.variable(ones(2))
    f = K.function([x], [x, v, K.square(x)[0, 0]])
    given = ones(2, 3)
    echoed, value, scalar = f([given])
    echoed[:] = 7
    value[:] = 7
    assert given[0, 0] == 1 and v.numpy()[0] == 1
    assert type(echoed) is np.ndarray and type(scalar) is np.float32


@pytest.mark.parametrize(
    "value",
    [ones(2, 3), np.ones((2, 3)), np.ones((2, 3), "int8"), [[1, 1, 1]] * 2, K.variable(ones(2, 3)), K.ones((2, 3)) + 0],
)
def test_feeds_are_cast_to_the_placeholder(x, value):
    assert K.function([x], [x * 2.0])([value])[0].tolist() == [[2, 2, 2]] * 2


def test_a_symbolic_value_is_computed_first(x):
    with kjax.graph_mode():
        value = K.square(K.variable(2 * ones(1, 3)))
    assert K.function([x], [x + 1.0])([value])[0].tolist() == [[5, 5, 5]]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([], ValueError, r"^function 'step' takes 1 value \(x:0\); got 0$"),
        ([np.ones((2, 4))], ValueError, r"takes shape \(None, 3\); got a value of shape \(2, 4\)"),
        ([np.ones(3)], ValueError, "takes shape"),
        ([["a", "b", "c"]], TypeError, "not made of numbers"),
        ([None], ValueError, "None"),
    ],
)
def test_values_that_do_not_fit_are_named_and_change_nothing(x, values, error, message):
    v = K.variable(0.0)
    f = K.function([x], [x], updates=[(v, v + x[0, 0])], name="step")
    with pytest.raises(error, match=message):
        f(values)
    assert float(v) == 0
    f([ones(2, 3)])
    assert float(v) == 1


def test_what_is_no_tensor_is_refused(x):
    with pytest.raises(TypeError, match="input 0"):
        K.function(["a"], [x])
    with pytest.raises(TypeError, match="output 0"):
        K.function([x], ["a"])
    with pytest.raises(TypeError, match="unexpected keywords foo"):
        K.function([x], [x], foo=1)
    with pytest.raises(TypeError, match=r"updates\[0\]"):
        K.function([x], [x], updates=[3])
    with pytest.raises(TypeError, match=r"updates\[0\]: a pair"):
        K.function([x], [x], updates=[(x, x)])
    with pytest.raises(TypeError, match="unexpected keywords y"):
        K.function([x], [x])([ones(1, 3)], y=3)


def test_an_unfed_placeholder_is_named(x):
    with pytest.raises(ValueError, match="'x:0'"):
        K.function([], [x + 1.0])([])
    with pytest.raises(ValueError, match="'x:0'"):
        K.eval(x + 1.0)


def test_updates_read_the_old_values(x):
    a, b = K.variable(1.0), K.variable(10.0)
    s = x[0, 0]
    f = K.function([x], [a * s, b * s], updates=[(a, b * s), (b, a * s)])
    assert f([ones(1, 3)]) == [1, 10] and (float(a), float(b)) == (10, 1)
    assert f([ones(1, 3)]) == [10, 1] and (float(a), float(b)) == (1, 10)


def test_two_additions_to_one_variable_both_count(x):
    v = K.variable(0.0)
    s = x[0, 0]
    K.function([x], [], updates=[K.update_add(v, s), K.update_add(v, 2.0 * s), K.update_sub(v, 0.5 * s)])([ones(1, 3)])
    assert float(v) == 2.5


def test_an_update_among_the_outputs_happens_and_gives_the_new_value(x):
    v = K.variable(1.0)
    f = K.function([x], [K.update_add(v, x[0, 0]), v])
    assert f([ones(1, 3)]) == [2, 1] and float(v) == 2


def test_a_variable_is_read_when_the_function_runs(x):
    v = K.variable(1.0)
    f = K.function([x], [x[0] * v])
    f([ones(1, 3)])
    K.set_value(v, 5.0)
    assert f([ones(1, 3)])[0][0] == 5
    with kjax.graph_mode():
        g = K.function([], [K.square(v)])
    K.set_value(v, 3.0)
    assert g([]) == [9]


def test_a_large_constant_goes_in_as_an_argument(x):
    big = K.constant(np.arange(6000.0).reshape(3, 2000))
    assert K.function([x], [(x @ big)[0, -1]])([ones(1, 3)])[0] == pytest.approx(1999 + 3999 + 5999)


def test_updates_made_eagerly_are_refused(x):
    v = K.variable(1.0)
    with pytest.raises(ValueError, match="graph_mode"):
        K.function([x], [x], updates=[K.update_add(v, 1.0)])
    with pytest.raises(ValueError, match="graph_mode"):
        K.function([x], [x], updates=[(v, v + 1.0)])
    w = K.zeros(())
    f = K.function([x], [x], updates=[(v, 0.0), (w, v)])  # plain constants and variables are clear enough
    f([ones(1, 3)])
    assert float(v) == 0 and float(w) == 2


def test_graph_mode_updates(x):
    v = K.variable(1.0)
    with kjax.graph_mode():
        f = K.function([], [v * 1.0], updates=[K.update_add(v, 1.0)])
    assert [f([])[0] for _ in range(3)] == [1, 2, 3] and float(v) == 4


def test_an_intermediate_tensor_can_be_fed(x):
    h = K.square(x)
    assert K.function([h], [h + 1.0])([3 * ones(1, 3)])[0].tolist() == [[4, 4, 4]]


def test_feed_dict_is_read_at_each_call(x):
    z = K.placeholder(shape=())
    value = np.array(2.0, "float32")
    feeds = {z: value}
    f = K.function([x], [x * z], feed_dict=feeds)
    assert f([ones(1, 3)])[0][0, 0] == 2
    value[...] = 5
    assert f([ones(1, 3)])[0][0, 0] == 5
    feeds[z] = 7.0
    assert f([ones(1, 3)])[0][0, 0] == 7
    with pytest.raises(TypeError, match="feed_dict"):
        K.function([x], [x], feed_dict={"z": 1})


def test_fetches_are_computed_and_dropped(x):
    v = K.variable(0.0)
    f = K.function([x], [x], fetches=[K.update(v, x[0, 0])])
    assert len(f([ones(1, 3)])) == 1 and float(v) == 1


def test_compiled_once_for_each_shape(x):
    traced = []

    class Counted(Operation):
        def execute(self, node, values):
            traced.append(1)
            return original.execute(node, values)

    y = K.square(x)
    original, y._node.op = y._node.op, Counted()
    f = K.function([x], [y])
    for n in (2, 2, 3, 2, 3):
        assert f([ones(n, 3)])[0].shape == (n, 3)
    assert len(traced) == 2


def test_shape_arithmetic_stays_concrete_while_compiling(x):
    rows = K.shape(x)[0]
    f = K.function([x], [K.ones((rows, 2)), K.reshape(x, (rows * 3,)), K.ones(K.shape(x) + 1)])
    a, b, c = f([ones(4, 3)])
    assert a.shape == (4, 2) and b.shape == (12,) and c.shape == (5, 4)
    assert f([ones(1, 3)])[0].shape == (1, 2)


def test_shapes_that_depend_on_data_fall_back_with_one_warning(x):
    n = K.placeholder(shape=(), dtype="int32")
    f = K.function([n], [K.ones((n, 2))])
    with pytest.warns(kjax.NotCompiledWarning, match="filled"):
        assert f([3])[0].shape == (3, 2)
    assert f([5])[0].shape == (5, 2)  # no second warning: those are errors here


def test_a_shape_that_goes_wrong_at_run_time_names_the_operation():
    a, b = K.placeholder(shape=(None,)), K.placeholder(shape=(None,))
    v = K.variable(0.0)
    f = K.function([a, b], [a + b], updates=[(v, v + a[0])])
    with pytest.raises(ValueError, match=r"add\(\): shapes \(2,\) and \(3,\)"):
        f([ones(2), ones(3)])
    assert float(v) == 0
    assert f([ones(2), ones(2)])[0].tolist() == [2, 2] and float(v) == 1


def test_64_bit_types_keep_their_bits():
    a = K.placeholder(shape=(1,), dtype="float64")
    n = K.placeholder(shape=(1,), dtype="int64")
    one, two = K.function([a, n], [a + 1e-12, n + 1])([[1.0], [2**40]])
    assert one.dtype == "float64" and one[0] == 1.0 + 1e-12 and two.dtype == "int64" and two[0] == 2**40 + 1
    import jax

    assert not jax.config.jax_enable_x64


def test_a_view_of_a_variable_survives_its_update(x):
    v = K.variable(np.zeros((256, 256)))
    f = K.function([x], [], updates=[(v, v + x[0, 0])])
    f([ones(1, 3)])
    view = np.asarray(v)
    f([ones(1, 3)])
    assert view[0, 0] == 1 and v.numpy()[0, 0] == 2
    copied = K.variable(v)
    other = v + 0.0
    K.update(copied, v)
    f([ones(1, 3)])
    assert copied.numpy()[0, 0] == 2 and other.numpy()[0, 0] == 2 and v.numpy()[0, 0] == 3


def test_deep_graphs_need_no_deep_stack(x):
    y = x
    for _ in range(3000):
        y = -y
    assert K.eval(K.square(K.function([x], [y])([ones(1, 3)])[0])).sum() == 3


def test_a_graph_is_garbage_like_any_other_object():
    p = K.placeholder(shape=(2,))
    y = K.exp(p)
    f = K.function([p], [y])
    f([ones(2)])
    alive = weakref.ref(y)
    del y, f, p
    gc.collect()
    assert alive() is None


def test_threads_have_their_own_mode_and_share_functions(x):
    f = K.function([x], [x * 2.0])
    seen, errors = [], []

    def work():
        try:
            seen.append((kjax.executing_eagerly(), f([ones(3, 3)])[0][0, 0], float(K.sum(K.ones((3,))))))
        except Exception as error:
            errors.append(error)

    with kjax.graph_mode():
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors and seen == [(True, 2, 3)] * 4


def test_repr():
    x = K.placeholder((None, 2), name="x")
    assert repr(K.function([x], [x, None], name="same")) == (
        "<kjax function 'same': (x (None, 2) float32) -> (x (None, 2) float32, None)>"
    )


def test_threads_may_update_read_and_copy_one_variable():
    x = K.placeholder(shape=(64, 64))
    v, w = K.variable(np.zeros((64, 64))), K.variable(np.ones((64, 64)))
    update = K.function([x], [], updates=[K.update_add(v, x * w)])
    read = K.function([x], [K.sum(v + x)])
    one, errors = np.ones((64, 64), "float32"), []

    def work(call):
        try:
            for _ in range(50):
                call()
        except Exception as error:
            errors.append(error)

    calls = (lambda: update([one]), lambda: update([one]), lambda: read([one]), lambda: K.get_value(v))
    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and (K.get_value(v) == 100).all()


def test_variables_never_share_an_array():
    x = K.placeholder(shape=())
    n = K.placeholder(shape=(), dtype="int32")
    a, b = K.variable(np.zeros(2000)), K.variable(np.ones(2000))
    move = K.function([x, n], [K.ones((n,))], updates=[(a, b)])  # runs operation by operation
    step = K.function([x], [], updates=[(b, b + x), (a, a + x)])
    step([1.0])
    with pytest.warns(kjax.NotCompiledWarning):
        move([1.0, 2])
    step([1.0])
    assert K.get_value(a)[0] == K.get_value(b)[0] == 3


FIRST_CALLS = """
import sys
import numpy as np
from kjax import backend as K
x, w = K.placeholder((None, 3)), K.variable(np.arange(6).reshape(3, 2) / 7)
f = K.function({"x": x}, [K.softmax(K.dot(x, w)), None, K.sum(x)])
value = np.random.RandomState(0).rand(2, 3)
first = f({"x": value})
assert "jax" not in sys.modules and type(first[2]) is np.float32 and first[1] is None and first[0].flags.writeable
second = f({"x": value})
assert "jax" in sys.modules and type(second[2]) is np.float32 and second[1] is None
np.testing.assert_allclose(first[0], second[0], 1e-6)
np.testing.assert_allclose(first[2], second[2], 1e-6)
"""


@pytest.mark.skipif(config.PLAIN, reason="KJAX_PLAIN switches this shortcut off")
def test_a_small_function_gives_its_first_result_without_jax():
    subprocess.run([sys.executable, "-c", FIRST_CALLS], check=True)


@pytest.mark.parametrize("more", ["[K.dropout(x, 0.5)]", "[x], updates=[(w, w * K.sum(x))]"])
def test_what_draws_or_changes_something_is_compiled_at_once(more):
    code = f"{FIRST_CALLS.partition('first =')[0]}\nK.function([x], {more})([value])\nassert 'jax' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


A = np.arange(6.0, dtype="float32").reshape(2, 3)


@pytest.mark.parametrize("value", [A, [A], (A,), [A, A + 1], [kjax.as_tensor(A)]])
def test_one_input_is_fed_by_itself_or_first_in_a_list(value):
    anything, known = K.placeholder(None), K.placeholder((None, 3))
    for x in (anything, known):
        np.testing.assert_array_equal(K.function(x, K.sum(x, 0))(value), A.sum(0))


def test_a_list_of_numbers_is_one_array():
    x, row, number = K.placeholder(None), K.placeholder((None,)), K.placeholder(())
    assert K.function(x, K.sum(x))([1.0, 2.0]) == 3 and K.function(row, K.sum(row))([1.0, 2.0]) == 3
    assert K.function(row, K.sum(row))([[1.0, 2.0]]) == 3 and K.function(number, number * 2)([3.0]) == 6


def test_surplus_values_of_a_list_are_not_looked_at():
    x, y = K.placeholder((None, 3)), K.placeholder((None, 3))
    assert K.function([x], [x * 2.0])([A, 0])[0].tolist() == (2 * A).tolist()
    f = K.function([x, y], [x - y])
    for _ in range(2):
        assert f([A, A, "anything"])[0].tolist() == (A - A).tolist()
    with pytest.raises(ValueError, match="takes 2 values"):
        f([A])


def test_structures_are_fed_flat_as_well():
    x, y = K.placeholder((None, 3)), K.placeholder((None, 3))
    assert K.function([[x], y], [x - y])([A, A + 1])[0].tolist() == (A - (A + 1)).tolist()
    assert K.function({"b": y, "a": x}, [x - y])([A, A + 1])[0].tolist() == (A - (A + 1)).tolist()


def test_messages_show_long_names_in_part():
    x, v = K.placeholder((2,), name="x" * 5000), K.variable([1.0, 2.0], name="v" * 5000)
    function = K.function([x], [x], name="f" * 5000)
    many = K.function([K.placeholder((2,)) for _ in range(300)], [x])
    for call, kind in (
        (lambda: function([[1.0, 2.0, 3.0]]), ValueError),
        (lambda: function(["a"]), (TypeError, ValueError)),
        (lambda: function([[1.0, 2.0]], **{"k" * 5000: 1}), TypeError),
        (lambda: many([1.0]), ValueError),
        (lambda: v.assign([1.0]), ValueError),
        (lambda: K.update(v, [1.0]), ValueError),
        (lambda: K.set_value(v, [1.0]), ValueError),
        (lambda: K.function([x], [], updates=[(v, 1.0)])([[1.0, 2.0]]), ValueError),
        (lambda: K.eval(x), kjax.UnfedPlaceholderError),
        (lambda: K.function([], [x])([]), kjax.UnfedPlaceholderError),
    ):
        with pytest.raises(kind) as caught:
            call()
        assert len(str(caught.value)) <= 500


def test_a_function_says_how_it_is_kept():
    x = K.placeholder((2,))
    function = K.function([x], [x * 2])
    for keep in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"kjax\.export writes it to a file"):
            keep(function)

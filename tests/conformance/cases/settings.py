"""Global settings, names, the learning phase as a scope, printing, sessions."""

import contextlib

from ..case import Family, arr, raw

cases = add = Family()


def default(K, name):
    """The default, before anything is set."""
    return getattr(K, name)()


@contextlib.contextmanager
def setting(setter, value, before):
    """A setting, and the restored one afterwards."""
    try:
        setter(value)
        yield
    finally:
        setter(before)


def set_and_read(K, setter, getter, value):
    """A setting is read as it was set, until it is set again."""
    read = getattr(K, getter)
    with setting(getattr(K, setter), value, read()):
        after = read()
    return [after, read()]


def refused(K, setter, value):
    """A value that can't be set."""
    with setting(getattr(K, setter), value, getattr(K, setter[4:])()):
        return True


def floatx_of(K, name, value):
    """The dtype of tensors made without one."""
    with setting(K.set_floatx, value, K.floatx()):
        return K.dtype(getattr(K, name)((2,)))


def cast_of(K, x, value):
    """The dtype that cast_to_floatx gives."""
    with setting(K.set_floatx, value, K.floatx()):
        return K.cast_to_floatx(x).dtype.name


def clipped_by_epsilon(K, x, value):
    """A crossentropy keeps away from 0 and 1 by epsilon."""
    with setting(K.set_epsilon, value, K.epsilon()):
        return K.eval(K.categorical_crossentropy(K.constant(x), K.constant(1.0 - x)))


def padded(K, x, value):
    """The layout decides which axes are rows and columns."""
    with setting(K.set_image_data_format, value, K.image_data_format()):
        return K.eval(K.spatial_2d_padding(K.constant(x)))


def uids(K, *prefixes):
    """Numbers that count up by prefix."""
    K.reset_uids()
    return [K.get_uid(prefix) for prefix in prefixes]


def uids_again(K, how):
    """They count from the start again."""
    K.get_uid("a")
    getattr(K, how)()
    return K.get_uid("a")


def scoped(K, *scopes):
    """The name of a variable in scopes."""
    if not scopes:
        return K.variable(1.0, name="v").name
    with K.name_scope(scopes[0]):
        return scoped(K, *scopes[1:])


def scope_gives(K, *scopes):
    """The value that the innermost scope gives to its block."""
    with K.name_scope(scopes[0]) as prefix:
        return scope_gives(K, *scopes[1:]) if scopes[1:] else prefix


def phase_in_scope(K, *values):
    """The phase in nested scopes."""
    if not values:
        return []
    with K.learning_phase_scope(values[0]):
        return [K.learning_phase()] + phase_in_scope(K, *values[1:])


def phase_after_scope(K, outer, inner, fails):
    """The phase after a scope, also if an error leaves it."""
    K.set_learning_phase(outer)
    try:
        with K.learning_phase_scope(inner):
            if fails:
                raise KeyError
    except KeyError:
        pass
    phase = K.learning_phase()
    K.clear_session()
    return phase


def branch_in_scope(K, x, value):
    """The branch that is taken in a scope."""
    with K.learning_phase_scope(value):
        return K.eval(K.in_train_phase(K.constant(x) * 2.0, K.constant(x)))


def is_keras_tensor(K, x, marked):
    """It is one if a layer has marked it."""
    tensor = K.constant(x)
    if marked:
        tensor._keras_history = ("layer", 0, 0)
    return K.is_keras_tensor(tensor)


def is_keras_variable(K, x):
    """A variable is none."""
    return K.is_keras_tensor(K.variable(x))


def is_keras_placeholder(K, shape):
    """A placeholder is none."""
    return K.is_keras_tensor(K.placeholder(shape))


def initialised(K, value):
    """A variable has its value all the same."""
    K.manual_variable_initialization(value)
    variable = K.variable(2.0)
    K.manual_variable_initialization(False)
    K.set_value(variable, 3.0)
    return K.get_value(variable)


def run_by_session(K, x):
    """A session feeds placeholders."""
    fed = K.placeholder(x.shape)
    return K.get_session().run(fed * 2.0, {fed: x})


def run_several(K, x):
    """A session returns results in the structure of its fetches."""
    fed = K.placeholder(x.shape)
    found = K.get_session().run({"sum": K.sum(fed), "both": [fed, fed + 1.0]}, feed_dict={fed: x})
    return [found["sum"]] + found["both"]


def run_replacing(K, x, y):
    """Any tensor can be fed."""
    fed = K.placeholder(x.shape)
    middle = K.square(fed)
    return K.get_session().run(middle + 1.0, {middle: y})


def run_update(K, x, y):
    """A session carries out updates."""
    variable = K.variable(x)
    K.get_value(variable)
    with_y = K.placeholder(y.shape)
    update = K.update_add(variable, with_y)
    session = K.get_session()
    session.run(update, {with_y: y})
    session.run(update, {with_y: y})
    return K.get_value(variable)


def run_unfed(K, x):
    """A placeholder that is not fed."""
    fed = K.placeholder(x.shape)
    return K.get_session().run(fed * 2.0)


def same_session(K):
    """The session that is set is the one that is got."""
    session = K.get_session()
    K.set_session(session)
    return K.get_session() is session


for name in ("floatx", "epsilon", "image_data_format"):
    add(default, name).session()
add("backend").session().differs("code that is told 'tensorflow' goes on to use what only TensorFlow has", "kjax")
for value in ("float16", "float32", "float64"):
    add(set_and_read, "set_floatx", "floatx", value).session()
    for maker in ("ones", "zeros", "variable", "constant", "placeholder", "random_uniform"):
        add(floatx_of, maker, value).session()
    for dtype in ("float32", "int32", "bool"):
        add(cast_of, arr((2,), dtype), value).session()
for value in ("bfloat16", "int32", "double", "", None, 32):
    add(refused, "set_floatx", value).session().error()
for value in (1e-3, 1e-5, 0.5, 0, 1):
    add(set_and_read, "set_epsilon", "epsilon", value).session()
    add(clipped_by_epsilon, arr((2, 3), kind="bits"), value).session()
for value in ("a", None):
    add(refused, "set_epsilon", value).session().differs("epsilon must be a number")
for value in ("channels_last", "channels_first"):
    add(set_and_read, "set_image_data_format", "image_data_format", value).session()
    add(padded, arr((1, 2, 3, 2)), value).session()
for value in ("channels_middle", "", None, 1):
    add(refused, "set_image_data_format", value).session().error()

add(uids, "a", "a", "b", "a").session()
add(uids, "", "").session()
for how in ("reset_uids", "clear_session"):
    add(uids_again, how).session()
for scopes in ((), ("a",), ("a", "b"), ("a/",), ("a", "b/"), ("a", ""), ("a/b",)):
    add(scoped, *scopes).session()
for scopes in (("a",), ("a", "b"), ("a/",), ("a", "b/"), ("a/b", "c")):
    add(scope_gives, *scopes).session()
for scope in (None, 1):
    add(scope_gives, scope).session().error()

for values in ((0,), (1,), (0, 1), (1, 0, 1)):
    add(phase_in_scope, *values).session()
for value in (2, -1, None, "a"):
    add(phase_in_scope, value).session().error()
for outer in (0, 1):
    for inner in (0, 1):
        for fails in (False, True):
            add(phase_after_scope, outer, inner, fails).session()
    add(branch_in_scope, arr((2, 3)), outer).session()

for marked in (False, True):
    add(is_keras_tensor, arr((2,)), marked).session()
add(is_keras_variable, arr((2,))).session()
add(is_keras_placeholder, (2, None)).session()
for value in (1, "a", None, [1.0]):
    add("is_keras_tensor", value).error()
add("is_keras_tensor", raw(arr((2,)))).error()

for shape in ((), (2,), (2, 3), (0, 2)):
    add("print_tensor", arr(shape)).grad()
for dtype in ("int32", "bool", "float64"):
    add("print_tensor", arr((2,), dtype), message="x is")

for value in (True, False):
    add(initialised, value).session()
for shape in ((), (3,), (2, 3)):
    add(run_by_session, arr(shape)).session()
    add(run_several, arr(shape)).session()
    add(run_replacing, arr(shape), arr(shape, seed=1)).session()
    add(run_update, arr(shape), arr(shape, seed=1)).session()
add(run_unfed, arr((2,))).session().error()
add(same_session).session()

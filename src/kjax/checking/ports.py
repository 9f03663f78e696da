"""What functions of K and `tf` become in `jax.numpy` and in Keras 3's `keras.ops`: one row for each function.

A row is a function's name with two patterns, for JAX and for Keras 3, each of them one or several alternatives. An
alternative has the arguments in the words of K:

    mean    jnp.mean({x}[, axis={axis}][, keepdims={keepdims}])

- `{x}` must be given in a call of K; `[...]` is left out where the argument in it is not given;
- `{axis=-1}` is the argument, or `-1`, which is K's default where that is not the target's;
- `{x!p}` has parentheses around it where it needs them;
- `data_format='channels_last' => ...` holds for this value only, and `then_expression=lambda => ...` for a lambda.

The first alternative that takes all arguments of a call is used. Names that begin with an underscore are functions of
`kjax.checking.helpers`, which are written into the file. None: there is no counterpart; `HINTS` says what does instead.
"""

from __future__ import annotations

from typing import NamedTuple

Pattern = str | tuple[str, ...] | None


class Row(NamedTuple):
    """What a function becomes.

    Attributes:
        jax: the pattern for `jax.numpy`.
        keras3: the pattern for `keras.ops`.
        note: what differs then.
    """

    jax: Pattern
    keras3: Pattern
    note: str = ""


def _both(pattern: str, note: str = "") -> Row:
    """A row whose pattern is the same for both, but for `np`, the module."""
    return Row(pattern.replace("np.", "jnp."), pattern.replace("np.", "ops."), note)


_REDUCTION = "({x}[, axis={axis}][, keepdims={keepdims}])"
_INT64 = "indices are int32, where K has int64"
_SCALED = "{mean=0.0!p} + {stddev=1.0!p} * "
_KEY = "jax.random.key({seed})"
_NUMBERS = "other numbers are drawn than K draws"
_ARRAY = "the result is an array, and no variable"
_CONV = "[, strides={strides}][, padding={padding}][, data_format={data_format}][, dilation_rate={dilation_rate}]"


def _conv(rank: int) -> Row:
    ones, letters = f"({', '.join(['1'] * rank)}{',' * (rank == 1)})", "DHW"[-rank:]
    layout = f"dimension_numbers=('N{letters}C', '{letters}IO', 'N{letters}C')"
    window = ones if rank > 1 else "({strides=1},)"
    strides = "{strides=" + ones + "}" if rank > 1 else window
    dilated = "{dilation_rate=" + ones + "}" if rank > 1 else "({dilation_rate=1},)"
    jax = (
        f"jax.lax.conv_general_dilated({{x}}, {{kernel}}, window_strides={strides}, "
        f"padding={{padding='valid'!u}}, rhs_dilation={dilated}, {layout})"
    )
    causal = "padding 'causal' has no counterpart" if rank == 1 else ""
    return Row(jax, "ops.conv({x}, {kernel}" + _CONV + ")", causal)


def _switch(cond: str, where: str) -> tuple[str, str]:
    arguments = "({condition}, {then_expression}, {else_expression})"
    return f"then_expression=lambda => {cond}{arguments}", f"{where}{arguments}"


PORTS: dict[str, Row] = {
    **{
        name: _both(f"np.{name}({{x}})")
        for name in ("abs", "cos", "exp", "log", "round", "sign", "sin", "square", "tanh")
    },
    **{
        name: _both(f"np.{name}{_REDUCTION}")
        for name in ("all", "any", "max", "mean", "min", "prod", "std", "sum", "var")
    },
    **{
        name: _both(f"np.{name}({{x}}, {{y}})")
        for name in (
            "equal",
            "greater",
            "greater_equal",
            "less",
            "less_equal",
            "not_equal",
            "maximum",
            "minimum",
            "dot",
        )
    },
    **{name: _both(f"np.{name}({{x}}, axis={{axis=-1}})", _INT64) for name in ("argmax", "argmin")},
    **{name: _both(f"np.{name}({{x}}, axis={{axis=0}})") for name in ("cumprod", "cumsum")},
    **{name: _both(f"np.{name}({{shape}}[, dtype={{dtype}}])", _ARRAY) for name in ("ones", "zeros")},
    **{name: _both(f"np.{name}({{x}}[, dtype={{dtype}}])") for name in ("ones_like", "zeros_like")},
    **{name: Row(f"jax.nn.{name}({{x}})", f"ops.{name}({{x}})") for name in ("sigmoid", "softplus")},
    "arange": _both("np.arange({start}[, {stop}][, step={step}], dtype={dtype='int32'})"),
    "backend": Row("'tensorflow'", "'tensorflow'", "the branch for TensorFlow is the one that is ported"),
    "batch_dot": Row(*["_batch_dot({x}, {y}[, axes={axes}])"] * 2),
    "batch_flatten": Row(*["_batch_flatten({x})"] * 2),
    "batch_get_value": Row(
        "[np.asarray(value) for value in {tensors!p}]", "[ops.convert_to_numpy(value) for value in {tensors!p}]"
    ),
    "batch_normalization": Row(
        "({x!p} - {mean!p}) * jax.lax.rsqrt({var!p} + {epsilon=0.001!p}) * {gamma!p} + {beta!p}",
        "ops.batch_normalization({x}, {mean}, {var}, {axis=-1}, offset={beta}, scale={gamma}, epsilon={epsilon=0.001})",
    ),
    "bias_add": Row(
        ("{x!p} + {bias!p}", "data_format='channels_last' => {x!p} + {bias!p}"),
        ("{x!p} + {bias!p}", "data_format='channels_last' => {x!p} + {bias!p}"),
        "the bias is one number for each channel, and channels are last",
    ),
    "binary_crossentropy": Row(
        "_binary_crossentropy({target}, {output}[, from_logits={from_logits}])",
        "ops.binary_crossentropy({target}, {output}[, from_logits={from_logits}])",
    ),
    "cast": Row("jnp.asarray({x}, {dtype})", "ops.cast({x}, {dtype})"),
    "cast_to_floatx": Row("jnp.asarray({x}, 'float32')", "ops.cast({x}, keras.config.floatx())"),
    "categorical_crossentropy": Row(
        "_categorical_crossentropy({target}, {output}[, from_logits={from_logits}][, axis={axis}])",
        "ops.categorical_crossentropy({target}, {output}[, from_logits={from_logits}][, axis={axis}])",
    ),
    "clear_session": Row(None, "keras.utils.clear_session()"),
    "clip": _both("np.clip({x}, {min_value}, {max_value})"),
    "concatenate": _both("np.concatenate({tensors}, axis={axis=-1})"),
    "constant": Row(
        ("jnp.asarray({value}, dtype={dtype='float32'})", "jnp.full({shape}, {value}, dtype={dtype='float32'})"),
        (
            "ops.convert_to_tensor({value}, dtype={dtype=keras.config.floatx()})",
            "ops.full({shape}, {value}, dtype={dtype=keras.config.floatx()})",
        ),
    ),
    "conv1d": _conv(1),
    "conv2d": _conv(2),
    "conv3d": _conv(3),
    "count_params": _both("np.size({x})"),
    "depthwise_conv2d": Row(
        "_depthwise_conv({x}, {depthwise_kernel}, {strides=(1, 1)}, {padding='valid'!u}, {dilation_rate=(1, 1)})",
        "ops.depthwise_conv({x}, {depthwise_kernel}" + _CONV + ")",
    ),
    "dropout": Row(
        "_dropout({x}, {level}, {seed})",
        "keras.random.dropout({x}, {level}[, noise_shape={noise_shape}][, seed={seed}])",
        _NUMBERS,
    ),
    "dtype": Row("str({x!p}.dtype)", "keras.backend.standardize_dtype({x!p}.dtype)"),
    "elu": Row("jax.nn.elu({x}[, alpha={alpha}])", "ops.elu({x}[, alpha={alpha}])"),
    "epsilon": Row("1e-07", "keras.config.epsilon()"),
    "eval": Row("np.asarray({x})", "ops.convert_to_numpy({x})"),
    "expand_dims": _both("np.expand_dims({x}, axis={axis=-1})"),
    "eye": _both("np.eye({size}[, dtype={dtype}])", _ARRAY),
    "flatten": _both("np.reshape({x}, (-1,))"),
    "floatx": Row("'float32'", "keras.config.floatx()"),
    "foldl": Row(*["functools.reduce({fn}, {elems}[, {initializer}])"] * 2),
    "foldr": Row(*["functools.reduce({fn}, {elems!p}[::-1][, {initializer}])"] * 2),
    "gather": Row("jnp.take({reference}, jnp.asarray({indices}), axis=0)", "ops.take({reference}, {indices}, axis=0)"),
    "get_value": Row("np.asarray({x})", "ops.convert_to_numpy({x})"),
    "hard_sigmoid": _both("np.clip(0.2 * {x!p} + 0.5, 0.0, 1.0)"),
    "image_data_format": Row("'channels_last'", "keras.config.image_data_format()"),
    "in_test_phase": Row(*["{alt!p} if {training!p} else {x!p}"] * 2),
    "in_top_k": Row(
        "jnp.any(jax.lax.top_k({predictions}, {k})[1] == jnp.expand_dims({targets}, -1), axis=-1)",
        "ops.in_top_k({targets}, {predictions}, {k})",
    ),
    "in_train_phase": Row(*["{x!p} if {training!p} else {alt!p}"] * 2),
    "int_shape": Row(*["{x!p}.shape"] * 2),
    "is_keras_tensor": Row(None, "keras.utils.is_keras_tensor({x})"),
    "l2_normalize": Row(*["_l2_normalize({x}[, axis={axis}])"] * 2),
    "map_fn": Row("jax.lax.map({fn}, {elems})", "ops.map({fn}, {elems})"),
    "moving_average_update": Row(None, "{x!p}.assign({x!p} * {momentum!p} + {value!p} * (1 - {momentum!p}))"),
    "name_scope": Row("jax.named_scope({name})", "keras.name_scope({name})"),
    "ndim": _both("np.ndim({x})"),
    "one_hot": Row("jax.nn.one_hot({indices}, {num_classes})", "ops.one_hot({indices}, {num_classes})"),
    "permute_dimensions": _both("np.transpose({x}, {pattern})"),
    "pool2d": Row(
        (
            "_max_pool({x}, {pool_size}, {strides=(1, 1)}, {padding='valid'!u})",
            "pool_mode='max' => _max_pool({x}, {pool_size}, {strides=(1, 1)}, {padding='valid'!u})",
            "pool_mode='avg' => _average_pool({x}, {pool_size}, {strides=(1, 1)}, {padding='valid'!u})",
        ),
        tuple(
            f"{when}ops.{pool}({{x}}, {{pool_size}}, strides={{strides=(1, 1)}}[, padding={{padding}}]"
            "[, data_format={data_format}])"
            for when, pool in (
                ("", "max_pool"),
                ("pool_mode='max' => ", "max_pool"),
                ("pool_mode='avg' => ", "average_pool"),
            )
        ),
    ),
    "pow": _both("np.power({x}, {a})"),
    "random_binomial": Row(
        f"jnp.asarray(jax.random.bernoulli({_KEY}, {{p=0.0}}, {{shape}}), {{dtype='float32'}})",
        "keras.random.binomial({shape}, 1.0, {p=0.0}[, dtype={dtype}][, seed={seed}])",
        _NUMBERS,
    ),
    "random_normal": Row(
        (
            f"jax.random.normal({_KEY}, {{shape}}[, dtype={{dtype}}])",
            _SCALED + f"jax.random.normal({_KEY}, {{shape}}[, dtype={{dtype}}])",
        ),
        "keras.random.normal({shape}[, mean={mean}][, stddev={stddev}][, dtype={dtype}][, seed={seed}])",
        _NUMBERS,
    ),
    "random_normal_variable": Row(
        f"{{mean!p}} + {{scale!p}} * jax.random.normal({_KEY}, {{shape}}[, dtype={{dtype}}])",
        "keras.Variable(keras.random.normal({shape}, {mean}, {scale}[, dtype={dtype}][, seed={seed}])[, name={name}])",
        _NUMBERS,
    ),
    "random_uniform": Row(
        f"jax.random.uniform({_KEY}, {{shape}}[, dtype={{dtype}}][, minval={{minval}}][, maxval={{maxval}}])",
        "keras.random.uniform({shape}[, minval={minval}][, maxval={maxval}][, dtype={dtype}][, seed={seed}])",
        _NUMBERS,
    ),
    "random_uniform_variable": Row(
        f"jax.random.uniform({_KEY}, {{shape}}[, dtype={{dtype}}], minval={{low}}, maxval={{high}})",
        "keras.Variable(keras.random.uniform({shape}, {low}, {high}[, dtype={dtype}][, seed={seed}])[, name={name}])",
        _NUMBERS,
    ),
    "relu": Row(
        ("jax.nn.relu({x})", "jax.nn.leaky_relu({x}, {alpha})", "jnp.clip({x}, 0, {max_value})"),
        ("ops.relu({x})", "ops.leaky_relu({x}, {alpha})", "ops.clip({x}, 0, {max_value})"),
    ),
    "repeat": _both("np.repeat(np.expand_dims({x}, 1), {n}, axis=1)"),
    "repeat_elements": _both("np.repeat({x}, {rep}, axis={axis})"),
    "reshape": _both("np.reshape({x}, {shape})"),
    "resize_images": Row(
        *[
            f"data_format='channels_last' => {np}.repeat({np}.repeat({{x}}, {{height_factor}}, axis=1), "
            "{width_factor}, axis=2)"
            for np in ("jnp", "ops")
        ]
    ),
    "reverse": _both("np.flip({x}, axis={axes})"),
    "separable_conv2d": Row(None, "ops.separable_conv({x}, {depthwise_kernel}, {pointwise_kernel}" + _CONV + ")"),
    "set_value": Row(None, "{x!p}.assign({value})"),
    "shape": _both("np.shape({x})", "the result is a tuple, and no tensor"),
    "softmax": Row("jax.nn.softmax({x}[, axis={axis}])", "ops.softmax({x}[, axis={axis}])"),
    "softsign": Row("jax.nn.soft_sign({x})", "ops.softsign({x})"),
    "sparse_categorical_crossentropy": Row(
        "_sparse_categorical_crossentropy({target}, {output}[, from_logits={from_logits}])",
        "ops.sparse_categorical_crossentropy({target}, {output}[, from_logits={from_logits}][, axis={axis}])",
    ),
    "spatial_2d_padding": _both("np.pad({x}, ((0, 0), *{padding=((1, 1), (1, 1))!p}, (0, 0)))"),
    "spatial_3d_padding": _both("np.pad({x}, ((0, 0), *{padding=((1, 1), (1, 1), (1, 1))!p}, (0, 0)))"),
    "sqrt": _both("np.sqrt(np.maximum({x}, 0))"),
    "squeeze": _both("np.squeeze({x}, axis={axis})"),
    "stack": _both("np.stack({x}[, axis={axis}])"),
    "stop_gradient": Row("jax.lax.stop_gradient({variables})", "ops.stop_gradient({variables})"),
    "switch": Row(
        _switch("jax.lax.cond", "jnp.where"),
        _switch("ops.cond", "ops.where"),
        "a condition of lower rank is not expanded",
    ),
    "temporal_padding": _both("np.pad({x}, ((0, 0), {padding=(1, 1)}, (0, 0)))"),
    "tile": _both("np.tile({x}, {n})"),
    "transpose": _both("np.transpose({x})"),
    "truncated_normal": Row(
        (
            f"jax.random.truncated_normal({_KEY}, -2, 2, {{shape}}[, dtype={{dtype}}])",
            _SCALED + f"jax.random.truncated_normal({_KEY}, -2, 2, {{shape}}[, dtype={{dtype}}])",
        ),
        "keras.random.truncated_normal({shape}[, mean={mean}][, stddev={stddev}][, dtype={dtype}][, seed={seed}])",
        _NUMBERS,
    ),
    "update": Row(None, "{x!p}.assign({new_x})"),
    "update_add": Row(None, "{x!p}.assign_add({increment})"),
    "update_sub": Row(None, "{x!p}.assign_sub({decrement})"),
    "variable": Row(
        "jnp.asarray({value}, dtype={dtype='float32'})",
        "keras.Variable({value}, dtype={dtype=keras.config.floatx()}[, name={name}])",
    ),
}

_TF_REDUCTION = "({input_tensor}[, axis={axis}][, keepdims={keepdims}])"
_REDUCE = ("all", "any", "max", "mean", "min", "prod", "sum")
_ONE = (
    "abs",
    "cos",
    "cosh",
    "exp",
    "floor",
    "negative",
    "round",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "logical_not",
)
_TWO = (
    *("add", "divide", "equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or"),
    *("maximum", "minimum", "multiply", "not_equal", "subtract"),
)
_MATH = {
    **{f"reduce_{name}": _both(f"np.{name}{_TF_REDUCTION}") for name in _REDUCE},
    **{name: _both(f"np.{name}({{x}})") for name in (*_ONE, "tanh", "logical_not")},
    **{name: _both(f"np.{name}({{x}}, {{y}})") for name in _TWO},
    "argmax": _both("np.argmax({input}, axis={axis=0})", _INT64),
    "argmin": _both("np.argmin({input}, axis={axis=0})", _INT64),
    **{name: _both(f"np.arc{name[1:]}({{x}})") for name in ("acos", "asin", "atan")},
    "cumsum": _both("np.cumsum({x}, axis={axis=0})"),
    "pow": _both("np.power({x}, {y})"),
    "reduce_logsumexp": Row(*[f"{place}.logsumexp{_TF_REDUCTION}" for place in ("jax.nn", "ops")]),
    "sigmoid": Row("jax.nn.sigmoid({x})", "ops.sigmoid({x})"),
}
_BY_VALUES = "not within jit: the shape of the result depends on values"


def _crossentropy(function: str, axis: str = "") -> Row:
    arguments = f"({{labels}}, {{logits}}, from_logits=True{axis})"
    return Row(f"_{function}{arguments}", f"ops.{function}{arguments}")


def _matmul(np: str) -> tuple[str, ...]:
    return (
        f"{np}.matmul({{a}}, {{b}})",
        f"transpose_b=True => {np}.matmul({{a}}, {np}.swapaxes({{b}}, -1, -2))",
        f"transpose_a=True => {np}.matmul({np}.swapaxes({{a}}, -1, -2), {{b}})",
    )


def _sort(np: str) -> tuple[str, ...]:
    upwards = f"{np}.sort({{values}}, axis={{axis=-1}})"
    return upwards, f"direction='DESCENDING' => {np}.flip({upwards}, axis={{axis=-1}})"


# The same for functions of `tf`, in the words of TensorFlow 2.
TF_PORTS: dict[str, Row] = {
    **_MATH,
    **{f"math.{name}": row for name, row in _MATH.items()},
    **{f"math.{name}": _both(f"np.{name}({{x}})") for name in ("ceil", "expm1", "log", "log1p", "reciprocal")},
    **{f"math.is_{name}": _both(f"np.is{name}({{x}})") for name in ("finite", "inf", "nan")},
    "math.divide_no_nan": Row("_divide_no_nan({x}, {y})", "ops.divide_no_nan({x}, {y})"),
    "math.erf": Row("jax.lax.erf({x})", "ops.erf({x})"),
    "math.rsqrt": Row("jax.lax.rsqrt({x})", "ops.rsqrt({x})"),
    "math.squared_difference": _both("np.square({x!p} - {y!p})"),
    "math.reduce_std": _both(f"np.std{_TF_REDUCTION}"),
    "math.reduce_variance": _both(f"np.var{_TF_REDUCTION}"),
    **{
        f"nn.{name}": Row(f"jax.nn.{jax}({{features}})", f"ops.{name}({{features}})")
        for name, jax in (("elu", "elu"), ("relu", "relu"), ("softplus", "softplus"), ("softsign", "soft_sign"))
    },
    "nn.leaky_relu": Row("jax.nn.leaky_relu({features}, {alpha=0.2})", "ops.leaky_relu({features}, {alpha=0.2})"),
    **{f"nn.{name}": Row(f"jax.nn.{name}({{features}})", f"ops.{name}({{features}})") for name in ("relu6", "selu")},
    "nn.l2_normalize": PORTS["l2_normalize"],
    "nn.log_softmax": Row("jax.nn.log_softmax({logits}[, axis={axis}])", "ops.log_softmax({logits}[, axis={axis}])"),
    "nn.moments": Row("_moments({x}, {axes}[, {keepdims}])", "ops.moments({x}, axes={axes}[, keepdims={keepdims}])"),
    "nn.sigmoid": _MATH["sigmoid"],
    "nn.sigmoid_cross_entropy_with_logits": _crossentropy("binary_crossentropy"),
    "nn.softmax": Row("jax.nn.softmax({logits}[, axis={axis}])", "ops.softmax({logits}[, axis={axis}])"),
    "nn.softmax_cross_entropy_with_logits": _crossentropy("categorical_crossentropy", "[, axis={axis}]"),
    "nn.sparse_softmax_cross_entropy_with_logits": _crossentropy("sparse_categorical_crossentropy"),
    "nn.tanh": _MATH["tanh"],
    "nn.weighted_cross_entropy_with_logits": Row(*["_weighted_crossentropy({labels}, {logits}, {pos_weight})"] * 2),
    "nn.top_k": Row("jax.lax.top_k({input}, {k=1})", "ops.top_k({input}, {k=1})"),
    "boolean_mask": _both("_boolean_mask({tensor}, {mask})", _BY_VALUES),
    "broadcast_to": _both("np.broadcast_to({input}, {shape})"),
    "cast": PORTS["cast"],
    "clip_by_value": _both("np.clip({t}, {clip_value_min}, {clip_value_max})"),
    "concat": _both("np.concatenate({values}, axis={axis})"),
    "constant": Row(
        ("jnp.asarray({value}[, dtype={dtype}])", "jnp.full({shape}, {value}[, dtype={dtype}])"),
        ("ops.convert_to_tensor({value}[, dtype={dtype}])", "ops.full({shape}, {value}[, dtype={dtype}])"),
    ),
    "convert_to_tensor": Row(
        "jnp.asarray({value}[, dtype={dtype}])", "ops.convert_to_tensor({value}[, dtype={dtype}])"
    ),
    "expand_dims": _both("np.expand_dims({input}, axis={axis})"),
    "eye": _both("np.eye({num_rows}[, {num_columns}])"),
    "fill": _both("np.full({dims}, {value})"),
    "gather": Row(
        "jnp.take({params}, jnp.asarray({indices}), axis={axis=0})", "ops.take({params}, {indices}, axis={axis=0})"
    ),
    "gather_nd": Row(*["_gather_nd({params}, {indices})"] * 2),
    "linalg.band_part": Row(*["_band_part({input}, {num_lower}, {num_upper})"] * 2),
    "linalg.diag_part": _both("np.diagonal({input}, axis1=-2, axis2=-1)"),
    "matmul": Row(_matmul("jnp"), _matmul("ops")),
    "one_hot": Row("jax.nn.one_hot({indices}, {depth})", "ops.one_hot({indices}, {depth})"),
    "ones": _both("np.ones({shape}, dtype={dtype='float32'})"),
    "ones_like": _both("np.ones_like({input}[, dtype={dtype}])"),
    "pad": _both("np.pad({tensor}, {paddings})"),
    "range": _both("np.arange({start}[, {limit}][, {delta}][, dtype={dtype}])"),
    "rank": _both("np.ndim({input})"),
    "reshape": _both("np.reshape({tensor}, {shape})"),
    "reverse": _both("np.flip({tensor}, axis={axis})"),
    "sequence_mask": Row(
        "jnp.asarray(jnp.arange({maxlen}) < jnp.expand_dims({lengths}, -1), {dtype='bool'})",
        "ops.cast(ops.arange({maxlen}) < ops.expand_dims({lengths}, -1), {dtype='bool'})",
    ),
    "shape": _both("np.shape({input})", PORTS["shape"].note),
    "size": _both("np.size({input})"),
    "sort": Row(_sort("jnp"), _sort("ops")),
    "split": Row(*["_split({value}, {num_or_size_splits}, {axis=0})"] * 2),
    "squeeze": _both("np.squeeze({input}[, axis={axis}])"),
    "stack": _both("np.stack({values}[, axis={axis}])"),
    "stop_gradient": Row("jax.lax.stop_gradient({input})", "ops.stop_gradient({input})"),
    "tensordot": _both("np.tensordot({a}, {b}, axes={axes})"),
    "tile": _both("np.tile({input}, {multiples})"),
    "transpose": _both("np.transpose({a}[, {perm}])"),
    "unstack": _both("np.unstack({value}, axis={axis=0})"),
    "where": Row(
        ("jnp.where({condition}, {x}, {y})", "jnp.argwhere({condition})"),
        ("ops.where({condition}, {x}, {y})", "ops.stack(ops.nonzero({condition}), axis=-1)"),
        f"with one argument {_BY_VALUES}",
    ),
    "zeros": _both("np.zeros({shape}, dtype={dtype='float32'})"),
    "zeros_like": _both("np.zeros_like({input}[, dtype={dtype}])"),
}

# What does instead of functions that have no counterpart, for JAX and for Keras 3.
HINTS: dict[str, tuple[str, str]] = {
    "batch_set_value": ("keep the new arrays", "variable.assign(value) for each"),
    "conv2d_transpose": ("jax.lax.conv_transpose", "ops.conv_transpose, without the shape of the output"),
    "ctc_batch_cost": ("optax.ctc_loss", "ops.ctc_loss"),
    "ctc_decode": ("a decoder of one's own", "ops.ctc_decode"),
    "dropout": ("jax.random.bernoulli(key, 1 - level, x.shape), with a key of the caller", "keras.random.dropout"),
    "function": ("a Python function, compiled by jax.jit", "a Python function, or keras.Model"),
    "gradients": ("jax.grad of a Python function", "jax.grad, tf.GradientTape or backward(), by the backend"),
    "in_train_phase": ("an argument `training` of the function", "the argument `training` of a layer's call"),
    "learning_phase": ("an argument `training` of the function", "the argument `training` of a layer's call"),
    "placeholder": (
        "an argument of a Python function (jax.numpy computes on arrays alone, not on placeholders)",
        "keras.Input (keras.ops does not compute on placeholders of K)",
    ),
    "print_tensor": ("jax.debug.print", "print; jax.debug.print within jit"),
    "rnn": ("jax.lax.scan", "keras.layers.RNN, or ops.scan"),
    "set_value": ("keep the new array", "variable.assign(value)"),
    "update": ("return the new value", "variable.assign(value)"),
    "update_add": ("return the new value", "variable.assign_add(value)"),
    "update_sub": ("return the new value", "variable.assign_sub(value)"),
    **dict.fromkeys(
        ("random_binomial", "random_normal", "random_uniform", "truncated_normal"),
        ("jax.random with a key of the caller", "keras.random"),
    ),
}

# Functions of K that change variables. JAX has none: a file that calls one of them keeps its variables; and in Keras 3
# what K has as variables become variables there, not arrays.
CHANGING = ("batch_set_value", "moving_average_update", "set_value", "update", "update_add", "update_sub")
VARIABLES = ("eye", "ones", "random_normal_variable", "random_uniform_variable", "variable", "zeros")

# Arguments that name or count things, and change no value.
IGNORED = ("name", "num")

# Names of `tf` that are no functions.
TF_VALUES = {"newaxis": "None"}

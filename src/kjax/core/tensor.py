"""`Tensor`: a value, or the promise of one; `Placeholder`: an input that a function is fed.

A concrete tensor holds an array (NumPy's or JAX's) in `_value`. A symbolic one holds the node that will compute it
in `_node`, and what is known beforehand: its static shape and dtype. A placeholder has neither value nor node.
The Python operators, and other methods that operations define, are provided by `kjax.ops.methods`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from kjax.core import dtypes
from kjax.core.dtypes import DType
from kjax.core.shape import Shape
from kjax.machine import config, meshes
from kjax.machine.checks import is_tracer
from kjax.machine.errors import shown

if TYPE_CHECKING:
    from kjax.core.graph import Node
    from kjax.core.types import DTypeLike, TensorLike

_new_tuple = tuple.__new__


_BESIDE_JAX = (
    " kjax.lift makes of a function of JAX one of symbolic tensors; a layer of Keras 3 takes keras.Input, and so does "
    "K.function."
)


class _Length:
    """`len(x)`.

    Programs for TensorFlow 1 tell tensors from lists by `hasattr(x, "__len__")`. There `hidden` is set, and symbolic
    tensors have no such attribute.
    """

    hidden = False

    def hide(self, hidden: bool) -> None:
        """Hide it, or show it again."""
        self.hidden = hidden

    def __get__(self, tensor: Tensor | None, owner: type | None = None) -> Any:
        if tensor is None:
            return self
        if self.hidden and tensor._value is None:
            return tensor._length()  # raises
        return tensor._length


LENGTH = _Length()


class SymbolicTensorError(NotImplementedError, TypeError, AttributeError):
    """A symbolic tensor was asked for what only a value can give.

    It is an AttributeError too, so that `hasattr(x, 'numpy')` tells a value from a promise.
    """

    __module__ = "kjax"


class Tensor:
    """A multi-dimensional array of one dtype: a value, or the promise of one.

    Functions of `kjax.backend` make tensors; this class is not called directly. Operators work elementwise as in
    TensorFlow 2.2. Any attribute may be set on a tensor; tensors are hashed by identity.

    >>> from kjax import backend as K
    >>> x = K.constant([[1., 2.], [3., 4.]])
    >>> x.shape, x.dtype.name, (x + 1).numpy().tolist(), x[0, 1].numpy().item()
    ((2, 2), 'float32', [[2.0, 3.0], [4.0, 5.0]], 2.0)
    """

    __slots__ = ("__dict__", "__weakref__", "_dtype", "_index", "_name", "_node", "_shape", "_value")
    _value: Any
    _node: Node | None
    _index: int  # which output of the node
    _shape: Shape  # of a symbolic tensor; a value knows its own, and its dtype
    _dtype: DType
    _name: str
    # Of some placeholders: the value when it is not fed, and whether functions are compiled for each of its values.
    _default: Callable[[], Any] | None = None
    _static = False
    # Of placeholders that a session fills by itself: what gives the values (`kjax.core.session.Source`).
    _source: Any = None

    # NumPy's own operators step back, so that `array + tensor` is the tensor's addition.
    __array_priority__ = 100

    def __init__(self, value: Any) -> None:
        self._value = value
        self._node = None

    @classmethod
    def promise(cls, node: Node | None, index: int, shape: Shape, dtype: DType, name: str) -> Any:
        """A symbolic tensor: output `index` of `node`."""
        self = cls.__new__(cls)
        self._value = None
        self._node = node
        self._index = index
        self._shape = shape
        self._dtype = dtype
        self._name = name
        return self

    # ---------------------------------------------------------------- static attributes

    @property
    def is_symbolic(self) -> bool:
        """Whether this is the promise of a value rather than a value."""
        return self._value is None

    @property
    def shape(self) -> Shape:
        """The static shape: a tuple, with `None` for dims that are known only at run time."""
        value = self._value
        if value is None:
            return self._shape
        return _new_tuple(Shape, value.shape)

    def get_shape(self) -> Shape:
        """The static shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Add what you know to the static shape.

        Raises:
            ValueError: it contradicts what is known already.
        """
        from kjax.core.shape import as_shape

        known = as_shape(shape, "set_shape(): shape")
        merged = self.shape.merge_with(known)
        if self._value is None:
            self._shape = merged

    @property
    def dtype(self) -> DType:
        """The type of the elements; equal to its name and to NumPy's type."""
        value = self._value
        if value is None:
            return self._dtype
        return dtypes.OF_ARRAY[value.dtype]

    @property
    def __numpy_dtype__(self) -> np.dtype[Any]:
        return dtypes.to_numpy(self.dtype)

    @property
    def ndim(self) -> int:
        """Number of dims."""
        return len(self.shape)

    @property
    def name(self) -> str:
        """The name, with `:0` at its end, as TensorFlow writes it."""
        try:
            return self._name
        except AttributeError:
            return "Const:0"

    @property
    def op(self) -> OperationView:
        """The operation that computes this tensor, as far as code looks at it: `.name`, `.type`, `.inputs`."""
        return OperationView(self)

    @property
    def device(self) -> Any:
        """Where the value lives, as functions of JAX take it: a device, or a sharding. Without JAX it is `'cpu'`."""
        value = self._value
        if value is not None and not isinstance(value, np.ndarray):
            return "traced" if is_tracer(value) else value.device
        if not config.jax_loaded():
            return "cpu"
        import jax

        default: Any = jax.config.jax_default_device  # type: ignore[attr-defined]
        return default or jax.local_devices()[0]

    def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor:
        """A tensor with the same value on another device, as the array API has it."""
        import jax

        return Tensor(jax.device_put(self.__jax_array__(), device))

    # ---------------------------------------------------------------- the value

    def _no_value(self, wanted: str, remedy: str = "") -> NoReturn:
        raise SymbolicTensorError(
            f"{wanted} needs a value, but {shown(self)} is symbolic: it stands for a value that is computed later. "
            "K.function(inputs, [x]) makes a function which computes it from the placeholders it depends on; "
            f"K.eval(x) computes it if it depends on none.{remedy}"
        )

    def _concrete(self, wanted: str, remedy: str = "") -> Any:
        value = self._value
        if value is None:
            self._no_value(wanted, remedy)
        return value

    @property
    def numpy(self) -> Callable[[], np.ndarray[Any, Any]]:
        """`x.numpy()`: the value as a new NumPy array (a scalar without dims). A symbolic tensor has no such method."""
        self._concrete(".numpy()")
        return self._numpy

    def _numpy(self) -> Any:
        array = np.array(meshes.whole(self._value) if meshes.engaged else self._value)
        return array if array.ndim else array[()]

    def _scalar(self, wanted: str) -> Any:
        value = np.asarray(self._concrete(wanted))
        if value.size != 1:
            raise TypeError(f"{wanted} needs a tensor of one element; got one of shape {value.shape}")
        return value.reshape(())[()]

    def __bool__(self) -> bool:
        value = self._value
        if value is None:
            self._no_value("bool(x)", " K.switch(x, a, b) chooses between two tensors when the value is there.")
        if value.size != 1:
            raise ValueError(
                f"bool(x): the truth value of a tensor of shape {tuple(value.shape)} is ambiguous; K.any(x) or "
                "K.all(x) gives one, K.switch(x, a, b) chooses for each element"
            )
        return bool(value.item() if type(value) is np.ndarray else self._scalar("bool(x)"))

    def __int__(self) -> int:
        return int(self._scalar("int(x)"))

    def __float__(self) -> float:
        return float(self._scalar("float(x)"))

    def __complex__(self) -> complex:
        return complex(self._scalar("complex(x)"))

    def __index__(self) -> int:
        value = self._concrete("an index")
        if value.ndim or not self.dtype.is_integer:
            raise TypeError(f"only a scalar integer tensor is an index; got shape {self.shape}, {self.dtype}")
        return int(value)

    def _length(self) -> int:
        value = self._value
        if value is None:
            raise SymbolicTensorError(f"len(x) is not defined for a symbolic tensor ({shown(self)}); look at x.shape")
        if not value.ndim:
            raise TypeError("len() of a tensor without dims")
        return int(value.shape[0])

    if not TYPE_CHECKING:
        __len__ = LENGTH

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape.rank:
            raise TypeError(f"can't iterate over {shown(self)}: it has no (known) first dim")
        count = self.shape[0]
        if count is None:
            raise SymbolicTensorError(
                f"can't iterate over {shown(self)}: its first dim is known only at run time. "
                "K.map_fn, K.foldl and K.rnn loop inside the graph."
            )
        return (self[i] for i in range(count))

    # ---------------------------------------------------------------- other libraries

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        value = self._concrete("conversion to a NumPy array")
        array: np.ndarray[Any, Any] = np.asarray(meshes.whole(value) if meshes.engaged else value)
        if copy or (dtype is not None and np.dtype(dtype) != array.dtype):
            if copy is False:
                raise ValueError(f"a {self.dtype} tensor can't be seen as {dtype} without a copy")
            return np.array(array, dtype=dtype)
        # No copy: a view that can't be written through, since tensors do not change.
        view = array.view()
        view.flags.writeable = False
        return view

    def __jax_array__(self) -> Any:
        """The value as an array of JAX, in a dtype that JAX has here: without 64-bit types, of 32 bits."""
        import jax

        value = self._concrete("conversion to a JAX array", _BESIDE_JAX)
        dtype = jax.dtypes.canonicalize_dtype(value.dtype)
        if isinstance(value, np.ndarray):
            return jax.numpy.array(value, dtype)
        return value if value.dtype == dtype else jax.lax.convert_element_type(value, dtype)

    def __dlpack__(self, *, max_version: tuple[int, int] | None = None, copy: bool | None = None, **how: Any) -> Any:
        value = self._concrete("DLPack export")
        if value.dtype.kind == "V":  # of a package beside NumPy, such as bfloat16
            value = self.__jax_array__()
        if not isinstance(value, np.ndarray):
            return value.__dlpack__(max_version=max_version, copy=copy, **how)
        # Version 1 of the protocol can say that an array must not be written to, and NumPy knows it from 2.1 on.
        new = (max_version or (0, 0)) >= (1, 0) and np.lib.NumpyVersion(np.__version__) >= "2.1.0"
        if new and not copy:
            view = value.view()
            view.flags.writeable = False
            return view.__dlpack__(max_version=max_version, **how)
        if copy is False:
            raise BufferError("a tensor can't be handed over without a copy, since it must not be written to")
        return np.array(value).__dlpack__(**how)

    def __dlpack_device__(self) -> Any:
        value = self._concrete("DLPack export")
        return (self.__jax_array__() if value.dtype.kind == "V" else value).__dlpack_device__()

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The array API for tensors with a value: `jax.numpy`, whose functions take tensors and give JAX's arrays."""
        self._concrete("the array API")
        import jax

        return jax.numpy

    @property
    def size(self) -> int:
        """The number of elements of a value, as NumPy has it. A symbolic tensor has no such attribute."""
        return int(self._concrete(".size").size)

    @property
    def item(self) -> Callable[..., Any]:
        """`x.item()`: the only element, or `x.item(i, j)` one of them, as a number of Python."""
        return np.asarray(self._concrete(".item()")).item

    def __reduce__(self) -> Any:
        if self._value is None:
            raise SymbolicTensorError(f"can't pickle {shown(self)}: only values can be stored")
        return _restore, (np.asarray(self._value), dict(self.__dict__))

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        # Neither values nor promises change, and a placeholder is known by its identity.
        return self

    # ---------------------------------------------------------------- how it shows itself

    def __repr__(self) -> str:
        if self._value is None:
            return f"<kjax.{type(self).__name__} {self.name!r} shape={self._shape} dtype={self._dtype}>"
        if not is_array(self._value):
            return f"<kjax.Tensor of {self._value!r}>"
        return f"<kjax.Tensor: shape={self.shape}, dtype={self.dtype}, {_listing(self._value)}>"

    def __str__(self) -> str:
        if self._value is None:
            return f"Tensor({self.name!r}, shape={self._shape}, dtype={self._dtype})"
        if not is_array(self._value):
            return repr(self)
        if is_tracer(self._value):
            return f"Tensor({self._value}, shape={self.shape}, dtype={self.dtype})"
        return f"Tensor({np.asarray(self._value)}, shape={self.shape}, dtype={self.dtype})"

    def __format__(self, spec: str) -> str:
        if self._value is not None and self._value.ndim == 0 and not is_tracer(self._value):
            return format(self._value[()], spec)
        try:
            return format(str(self), spec)
        except ValueError:  # the format of a number
            self._concrete(f"format(x, {spec!r})")
            raise TypeError(f"format(x, {spec!r}) needs a scalar; got one of shape {self.shape}") from None

    if TYPE_CHECKING:
        # Provided by kjax.ops.methods; said here for type checkers and readers.
        @staticmethod
        def _packed(parts: Sequence[Any]) -> Tensor:
            """One tensor of a list of tensors and numbers."""

        def eval(self, feed_dict: Any = None, session: Any = None) -> np.ndarray[Any, Any]:
            """The value as a new NumPy array, computed if need be."""

        def astype(self, dtype: DTypeLike, copy: bool = True) -> Tensor:
            """The value in another dtype, `K.cast`."""

        @property
        def T(self) -> Tensor:
            """All axes in reverse order, as NumPy has it."""

        @property
        def mT(self) -> Tensor:
            """The last two axes swapped, as NumPy has it."""

        def __add__(self, other: TensorLike) -> Tensor: ...
        def __radd__(self, other: TensorLike) -> Tensor: ...
        def __sub__(self, other: TensorLike) -> Tensor: ...
        def __rsub__(self, other: TensorLike) -> Tensor: ...
        def __mul__(self, other: TensorLike) -> Tensor: ...
        def __rmul__(self, other: TensorLike) -> Tensor: ...
        def __truediv__(self, other: TensorLike) -> Tensor: ...
        def __rtruediv__(self, other: TensorLike) -> Tensor: ...
        def __floordiv__(self, other: TensorLike) -> Tensor: ...
        def __rfloordiv__(self, other: TensorLike) -> Tensor: ...
        def __mod__(self, other: TensorLike) -> Tensor: ...
        def __rmod__(self, other: TensorLike) -> Tensor: ...
        def __pow__(self, other: TensorLike) -> Tensor: ...
        def __rpow__(self, other: TensorLike) -> Tensor: ...
        def __matmul__(self, other: TensorLike) -> Tensor: ...
        def __rmatmul__(self, other: TensorLike) -> Tensor: ...
        def __and__(self, other: TensorLike) -> Tensor: ...
        def __rand__(self, other: TensorLike) -> Tensor: ...
        def __or__(self, other: TensorLike) -> Tensor: ...
        def __ror__(self, other: TensorLike) -> Tensor: ...
        def __xor__(self, other: TensorLike) -> Tensor: ...
        def __rxor__(self, other: TensorLike) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: TensorLike) -> Tensor: ...
        def __le__(self, other: TensorLike) -> Tensor: ...
        def __gt__(self, other: TensorLike) -> Tensor: ...
        def __ge__(self, other: TensorLike) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def __len__(self) -> int: ...
        def __hash__(self) -> int: ...
        def __eq__(self, other: object) -> Any: ...  # a tensor; in graph mode a bool, whether it is the same one
        def __ne__(self, other: object) -> Any: ...


class Placeholder(Tensor):
    """A tensor without a value, to be fed when a function is called. Made by `K.placeholder`."""

    __slots__ = ()

    def _no_value(self, wanted: str, remedy: str = "") -> NoReturn:
        raise SymbolicTensorError(
            f"{wanted} needs a value, but {shown(self)} is a placeholder, an input that a function will be fed. "
            f"Make one with K.function([placeholder], outputs) and call it.{remedy}"
        )


def from_dlpack(x: Any) -> Tensor:
    """A tensor that shares the memory of another library's array.

    Args:
        x: an object with a `__dlpack__` method, for example a PyTorch tensor. It must not be written to afterwards.

    Returns:
        A tensor.

    >>> import numpy as np
    >>> from_dlpack(np.arange(3.)).numpy().tolist()
    [0.0, 1.0, 2.0]
    """
    return Tensor(np.from_dlpack(x))


def provide_methods(cls: type, methods: Mapping[str, Callable[..., Any] | property]) -> None:
    """Give a class of this room methods that are defined by operations, which stand above it.

    `kjax.ops.methods` and the rooms above do so, once, when they are imported. The class declares these
    methods for type checkers.
    """
    for name, method in methods.items():
        setattr(cls, name, method)


class OperationView:
    """The operation that computes a tensor, as programs of TensorFlow look at it."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor

    @property
    def name(self) -> str:
        """The tensor's name without its output number."""
        return self._tensor.name.rpartition(":")[0]

    @property
    def type(self) -> str:
        """The kind of operation, named as in TensorFlow."""
        node = self._tensor._node
        return "Placeholder" if node is None else str(node.op.label)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The tensors it is computed from."""
        node = self._tensor._node
        return () if node is None else tuple(node.inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """The tensor itself."""
        return [self._tensor]

    def __repr__(self) -> str:
        return f"<kjax operation {self.name!r} type={self.type}>"


def is_array(value: Any) -> bool:
    """Whether this is an array. (Functions on pytrees put labels, masks and placements into the place of values.)"""
    return isinstance(getattr(value, "dtype", None), np.dtype)


def _listing(value: Any) -> str:
    """A value at the end of `repr`: as an array of NumPy, unless JAX traces it."""
    if is_tracer(value):
        return f"traced={value!r}"
    text = repr(np.asarray(value)) if value.ndim else str(value)
    return f"numpy=\n{text}" if "\n" in text else f"numpy={text}"


def _restore(value: np.ndarray[Any, Any], attributes: dict[str, Any]) -> Tensor:
    tensor = Tensor(value)
    tensor.__dict__.update(attributes)
    return tensor

"""Types for programs that are checked: `def loss(y_true: TensorLike, y_pred: Tensor) -> Tensor`."""

from kjax.core.types import ArrayLike, AxisLike, DTypeLike, ShapeLike, TensorLike

__all__ = ["ArrayLike", "AxisLike", "DTypeLike", "ShapeLike", "TensorLike"]

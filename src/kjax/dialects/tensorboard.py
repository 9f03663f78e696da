"""The callbacks `TensorBoard` of Keras 2.3.1 and of `tf.keras`, which write files of events without TensorFlow.

Losses and metrics, distributions of weights, gradients and outputs of layers, pictures of weights, the graph of the
model, and embeddings, as tables that TensorBoard's projector reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.graph import graph_mode
from kjax.core.tensor import Tensor
from kjax.dialects import event_files
from kjax.dialects.event_files import EventFile
from kjax.dialects.graph_messages import graph_def
from kjax.dialects.summary_messages import Event, Summary
from kjax.dialects.tensorflow_summary import FileWriter
from kjax.dialects.tensorflow_texts import as_path
from kjax.machine import config
from kjax.machine.files import written_aside

_WHERE = "TensorBoard()"


def weight_pictures(weight: Any) -> np.ndarray[Any, Any] | None:
    """The values of a weight as pictures `(count, rows, columns, channels)` of bytes; None for what is none.

    A vector is a column, a matrix lies on its side, and of three dims (after those of size 1 are dropped) the last one
    counts pictures.
    """
    array = np.squeeze(np.asarray(weight, np.float64))
    if array.ndim == 1:
        array = array[None, :, None, None]
    elif array.ndim == 2:
        array = (array.T if array.shape[0] > array.shape[1] else array)[None, :, :, None]
    elif array.ndim == 3:
        first = config.image_data_format() == "channels_first"
        array = (array if first else array.transpose(2, 0, 1))[..., None]
    if array.ndim != 4 or array.shape[-1] not in (1, 3, 4):
        return None
    return np.array([event_files.scaled(picture) for picture in array])


def _add_weights(summary: Summary, weights: Iterable[Any], with_pictures: bool) -> None:
    for weight in weights:
        tag, value = weight.name.replace(":", "_"), K.get_value(weight)
        summary.value.extend(event_files.histogram(tag, value).value)
        pictures = weight_pictures(value) if with_pictures else None
        if pictures is not None:
            tags = [f"{tag}/image/{i}" for i in range(3)] if len(pictures) > 1 else [f"{tag}/image"]
            summary.value.extend(event_files.images(tags, pictures).value)


def _write_embeddings(folder: str, tables: Mapping[str, Any], metadata: Any) -> None:
    """Write arrays as tables, and the file by which TensorBoard's projector finds them."""
    lines = []
    for name, table in tables.items():
        with written_aside(os.path.join(folder, f"{name}.tsv")) as file:
            np.savetxt(file, np.reshape(table, (len(table), -1)), delimiter="\t")
        lines += ["embeddings {", f'  tensor_name: "{name}"', f'  tensor_path: "{name}.tsv"']
        about = metadata.get(name) if isinstance(metadata, Mapping) else metadata
        lines += [f'  metadata_path: "{about}"'] if about else []
        lines.append("}")
    with written_aside(os.path.join(folder, "projector_config.pbtxt")) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def _numbers(logs: Any) -> dict[str, Any]:
    """The losses and metrics among what a callback is told."""
    return {name: value for name, value in (logs or {}).items() if name not in ("batch", "size", "num_steps")}


# --------------------------------------------------------------------------------------------------------- Keras 2.3.1


def of_keras2(callbacks: Any) -> type:
    """The class for `keras.callbacks` of Keras 2.3.1: everything is in one file, by the number of the epoch."""

    class TensorBoard(callbacks.Callback):  # type: ignore[misc]
        """Writes files of events in `log_dir`, which TensorBoard shows.

        Args:
            log_dir: the folder.
            histogram_freq: after how many epochs distributions are written, of weights and of what layers give for the
                validation data; 0 for never.
            batch_size: of the validation data.
            write_graph: whether the graph of the model is written.
            write_grads: whether distributions of gradients are, too.
            write_images: whether pictures of weights are, too.
            embeddings_freq: after how many epochs `embeddings_data` is embedded; 0 for never.
            embeddings_layer_names: the layers that do so; by default all that are called `Embedding`.
            embeddings_metadata: the file that names what is embedded, or a dict of one for each layer.
            embeddings_data: an array, or a list of one for each input of the model.
            update_freq: `'epoch'`, `'batch'`, or a number of samples, after which losses are written, too.
        """

        def __init__(
            self,
            log_dir: Any = "./logs",
            histogram_freq: int = 0,
            batch_size: int = 32,
            write_graph: bool = True,
            write_grads: bool = False,
            write_images: bool = False,
            embeddings_freq: int = 0,
            embeddings_layer_names: Any = None,
            embeddings_metadata: Any = None,
            embeddings_data: Any = None,
            update_freq: Any = "epoch",
        ) -> None:
            super().__init__()
            self.log_dir = as_path(log_dir, _WHERE)
            self.histogram_freq, self.batch_size = histogram_freq, batch_size
            self.write_graph, self.write_grads, self.write_images = write_graph, write_grads, write_images
            self.embeddings_freq, self.embeddings_layer_names = embeddings_freq, embeddings_layer_names
            self.embeddings_metadata, self.embeddings_data = embeddings_metadata or {}, embeddings_data
            self.update_freq = 1 if update_freq == "batch" else update_freq
            self.samples_seen = self.samples_seen_at_last_write = 0
            self._of_batch: Any = None

        def set_model(self, model: Any) -> None:
            """Begin a file for a model."""
            super().set_model(model)
            self.writer = FileWriter(self.log_dir)
            if self.write_graph:
                self.writer.add_event(Event(graph_def=graph_def([*model.outputs, model.total_loss])))
            if self.histogram_freq:
                self._tags, tensors = self._distributed(model)
                inputs = [*model.inputs, *model.targets, *model.sample_weights]
                inputs += [K.learning_phase()] if model.uses_learning_phase else []
                self._of_batch = K.function(inputs, tensors)

        def _distributed(self, model: Any) -> tuple[list[str], list[Any]]:
            """The tensors whose distributions depend on data, with their tags."""
            found = {}
            for layer in model.layers:
                for weight in layer.trainable_weights if self.write_grads else ():
                    with graph_mode():
                        (slope,) = model.optimizer.get_gradients(model.total_loss, weight)
                    found[f"{weight.name.replace(':', '_')}_grad"] = getattr(slope, "values", slope)
                outputs = getattr(layer, "output", None)
                if isinstance(outputs, list):
                    found |= {f"{layer.name}_out_{i}": output for i, output in enumerate(outputs)}
                elif outputs is not None:
                    found[f"{layer.name}_out"] = outputs
            return list(found), list(found.values())

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            """Write what an epoch has come to."""
            if not self.validation_data and self.histogram_freq:
                raise ValueError(f"{_WHERE}: histogram_freq needs validation_data, which must be no generator")
            if self.embeddings_data is None and self.embeddings_freq:
                raise ValueError(f"{_WHERE}: embeddings_freq needs embeddings_data")
            if self.histogram_freq and epoch % self.histogram_freq == 0:
                self._write_distributions(epoch)
            if self.embeddings_freq and epoch % self.embeddings_freq == 0:
                self._embed()
            self._write_logs(logs, epoch if self.update_freq == "epoch" else self.samples_seen)

        def _write_distributions(self, epoch: int) -> None:
            data = self.validation_data
            phase = [data[-1]] if self.model.uses_learning_phase else []
            data = data[: len(data) - len(phase)]
            for start in range(0, len(data[0]), self.batch_size):
                summary = Summary()
                _add_weights(summary, self.model.weights, self.write_images)
                values = self._of_batch([*(array[start : start + self.batch_size] for array in data), *phase])
                for tag, value in zip(self._tags, values, strict=True):
                    summary.value.extend(event_files.histogram(tag, value).value)
                self.writer.add_summary(summary, epoch)

        def _embed(self) -> None:
            names = self.embeddings_layer_names or [
                layer.name for layer in self.model.layers if type(layer).__name__ == "Embedding"
            ]
            outputs = [self.model.get_layer(name).output for name in names]
            phase = [K.learning_phase()] if self.model.uses_learning_phase else []
            embed = K.function([*self.model.inputs, *phase], outputs)
            data = self.embeddings_data if isinstance(self.embeddings_data, list) else [self.embeddings_data]
            parts = [
                embed([*(array[i : i + self.batch_size] for array in data), *(0 for _ in phase)])
                for i in range(0, len(data[0]), self.batch_size)
            ]
            tables = {name: np.concatenate(part) for name, part in zip(names, zip(*parts, strict=True), strict=True)}
            _write_embeddings(self.log_dir, tables, self.embeddings_metadata)

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            """Write losses now and then."""
            if self.update_freq != "epoch":
                self.samples_seen += logs["size"]
                if self.samples_seen - self.samples_seen_at_last_write >= self.update_freq:
                    self._write_logs(logs, self.samples_seen)
                    self.samples_seen_at_last_write = self.samples_seen

        def _write_logs(self, logs: Any, step: int) -> None:
            for name, value in _numbers(logs).items():
                self.writer.add_summary(event_files.scalar(name, value), step)
            self.writer.flush()

        def on_train_end(self, logs: Any = None) -> None:
            """Close the file."""
            self.writer.close()

    return TensorBoard


# ------------------------------------------------------------------------------------------------------------ tf.keras


def of_tf_keras(keras: Any) -> type:
    """The class for `tf.keras.callbacks`: training and validation have a folder each."""

    class TensorBoard(keras.callbacks.Callback):  # type: ignore[misc]
        """Writes files of events in `log_dir`, in its folders `train` and `validation`, which TensorBoard shows.

        Args:
            log_dir: the folder.
            histogram_freq: after how many epochs distributions of weights are written; 0 for never.
            write_graph: whether the graph of the model is written.
            write_images: whether pictures of weights are written with their distributions.
            update_freq: `'epoch'`, `'batch'`, or a number of batches, after which losses are written, too.
            profile_batch: accepted, without effect (`kjax run --profile` measures).
            embeddings_freq: after how many epochs embeddings are written; 0 for never.
            embeddings_metadata: the file that names what is embedded, or a dict of one for each layer.
        """

        def __init__(
            self,
            log_dir: Any = "logs",
            histogram_freq: int = 0,
            write_graph: bool = True,
            write_images: bool = False,
            update_freq: Any = "epoch",
            profile_batch: Any = 2,
            embeddings_freq: int = 0,
            embeddings_metadata: Any = None,
            **kwargs: Any,
        ) -> None:
            super().__init__()
            self.log_dir = as_path(log_dir, _WHERE)
            self.histogram_freq, self.write_graph, self.write_images = histogram_freq, write_graph, write_images
            self.update_freq = 1 if update_freq == "batch" else update_freq
            self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
            self._files: dict[str, EventFile] = {}
            self._batches = 0

        def _file(self, kind: str) -> EventFile:
            if kind not in self._files:
                self._files[kind] = EventFile(os.path.join(self.log_dir, kind), ".v2", _WHERE)
            return self._files[kind]

        def on_train_begin(self, logs: Any = None) -> None:
            """Write the graph of the model."""
            outputs = getattr(self.model, "outputs", None)  # (a model that is a class of the program's may have none)
            if self.write_graph and outputs and all(isinstance(output, Tensor) for output in outputs):
                self._file("train").write(Event(graph_def=graph_def(outputs)))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            """Write losses now and then."""
            self._batches += 1
            if self.update_freq != "epoch" and self._batches % self.update_freq == 0:
                for name, value in _numbers(logs).items():
                    self._file("train").add(event_files.scalar(f"batch_{name}", value), self._batches)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            """Write losses and metrics, and weights in epochs that are due."""
            for name, value in _numbers(logs).items():
                kind = "validation" if name.startswith("val_") else "train"
                self._file(kind).add(event_files.scalar(f"epoch_{name.removeprefix('val_')}", value), epoch)
            if self.histogram_freq and epoch % self.histogram_freq == 0:
                summary = Summary()
                _add_weights(summary, self.model.weights, self.write_images)
                self._file("train").add(summary, epoch)
            if self.embeddings_freq and epoch % self.embeddings_freq == 0:
                layers = [layer for layer in self.model.layers if type(layer).__name__ == "Embedding"]
                tables = {layer.name: K.get_value(layer.embeddings) for layer in layers}
                _write_embeddings(os.path.join(self.log_dir, "train"), tables, self.embeddings_metadata)
            for file in self._files.values():
                file.flush()

        def on_train_end(self, logs: Any = None) -> None:
            """Close the files."""
            for file in self._files.values():
                file.close()
            self._files.clear()

    return TensorBoard

"""A single-stage detector: anchors, focal and smooth L1 losses, boxes decoded, suppressed and cropped (Keras 2.3.1)."""

import json

import keras
import keras.backend as K
import numpy as np
import tensorflow as tf

IMAGE, STRIDE, CLASSES, MAX_DETECTIONS = 32, 8, 3, 5
SIZES, RATIOS, SCALES = [12], [0.5, 1.0, 2.0], [1.0, 1.4]
NUM_ANCHORS = len(RATIOS) * len(SCALES)


def generate_anchors(base_size, ratios, scales):
    num_anchors = len(ratios) * len(scales)
    anchors = np.zeros((num_anchors, 4))
    anchors[:, 2:] = base_size * np.tile(scales, (2, len(ratios))).T
    areas = anchors[:, 2] * anchors[:, 3]
    anchors[:, 2] = np.sqrt(areas / np.repeat(ratios, len(scales)))
    anchors[:, 3] = anchors[:, 2] * np.repeat(ratios, len(scales))
    anchors[:, 0::2] -= np.tile(anchors[:, 2] * 0.5, (2, 1)).T
    anchors[:, 1::2] -= np.tile(anchors[:, 3] * 0.5, (2, 1)).T
    return anchors


def shift(shape, stride, anchors):
    """The same as shift_anchors, of symbolic shapes."""
    shift_x = (K.arange(0, shape[1], dtype=K.floatx()) + K.constant(0.5, dtype=K.floatx())) * stride
    shift_y = (K.arange(0, shape[0], dtype=K.floatx()) + K.constant(0.5, dtype=K.floatx())) * stride
    shift_x, shift_y = tf.meshgrid(shift_x, shift_y)
    shift_x = K.reshape(shift_x, [-1])
    shift_y = K.reshape(shift_y, [-1])
    shifts = K.transpose(K.stack([shift_x, shift_y, shift_x, shift_y], axis=0))
    k = K.shape(shifts)[0]
    shifted = K.reshape(anchors, [1, -1, 4]) + K.cast(K.reshape(shifts, [k, 1, 4]), K.floatx())
    return K.reshape(shifted, [-1, 4])


class Anchors(keras.layers.Layer):
    def __init__(self, size, stride, *args, **kwargs):
        self.size, self.stride = size, stride
        self.anchors = K.variable(generate_anchors(size, RATIOS, SCALES))
        super().__init__(*args, **kwargs)

    def call(self, inputs, **kwargs):
        features_shape = K.shape(inputs)
        anchors = shift(features_shape[1:3], self.stride, self.anchors)
        return K.tile(K.expand_dims(anchors, axis=0), (features_shape[0], 1, 1))

    def compute_output_shape(self, input_shape):
        if None not in input_shape[1:]:
            return (input_shape[0], np.prod(input_shape[1:3]) * NUM_ANCHORS, 4)
        return (input_shape[0], None, 4)


class RegressBoxes(keras.layers.Layer):
    def call(self, inputs, **kwargs):
        boxes, deltas = inputs
        width = boxes[:, :, 2] - boxes[:, :, 0]
        height = boxes[:, :, 3] - boxes[:, :, 1]
        sides = [boxes[:, :, i] + (deltas[:, :, i] * 0.2) * (width, height)[i % 2] for i in range(4)]
        return K.stack(sides, axis=2)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


class ClipBoxes(keras.layers.Layer):
    def call(self, inputs, **kwargs):
        image, boxes = inputs
        shape = K.cast(K.shape(image), K.floatx())
        _, height, width, _ = tf.unstack(shape, axis=0)
        x1, y1, x2, y2 = tf.unstack(boxes, axis=-1)
        x1 = tf.clip_by_value(x1, 0, width - 1)
        y1 = tf.clip_by_value(y1, 0, height - 1)
        x2 = tf.clip_by_value(x2, 0, width - 1)
        y2 = tf.clip_by_value(y2, 0, height - 1)
        return K.stack([x1, y1, x2, y2], axis=2)

    def compute_output_shape(self, input_shape):
        return input_shape[1]


def filter_detections(boxes, classification, score_threshold=0.05, nms_threshold=0.5):
    def _filter(scores, labels):
        indices = tf.where(K.greater(scores, score_threshold))
        filtered_boxes = tf.gather_nd(boxes, indices)
        filtered_scores = K.gather(scores, indices)[:, 0]
        nms = tf.image.non_max_suppression(
            filtered_boxes, filtered_scores, max_output_size=MAX_DETECTIONS, iou_threshold=nms_threshold
        )
        indices = K.gather(indices, nms)
        labels = tf.gather_nd(labels, indices)
        return K.stack([indices[:, 0], labels], axis=1)

    all_indices = []
    for c in range(int(classification.shape[1])):
        scores = classification[:, c]
        all_indices.append(_filter(scores, c * tf.ones((K.shape(scores)[0],), dtype="int64")))
    indices = K.concatenate(all_indices, axis=0)
    scores = tf.gather_nd(classification, indices)
    labels = indices[:, 1]
    scores, top_indices = tf.nn.top_k(scores, k=K.minimum(MAX_DETECTIONS, K.shape(scores)[0]))
    boxes = K.gather(boxes, K.gather(indices[:, 0], top_indices))
    labels = K.gather(labels, top_indices)
    pad_size = K.maximum(0, MAX_DETECTIONS - K.shape(scores)[0])
    boxes = tf.pad(boxes, [[0, pad_size], [0, 0]], constant_values=-1)
    scores = tf.pad(scores, [[0, pad_size]], constant_values=-1)
    labels = K.cast(tf.pad(labels, [[0, pad_size]], constant_values=-1), "int32")
    boxes.set_shape([MAX_DETECTIONS, 4])
    scores.set_shape([MAX_DETECTIONS])
    labels.set_shape([MAX_DETECTIONS])
    return [boxes, scores, labels]


class FilterDetections(keras.layers.Layer):
    def call(self, inputs, **kwargs):
        return tf.map_fn(
            lambda args: filter_detections(args[0], args[1]),
            elems=[inputs[0], inputs[1]],
            dtype=[K.floatx(), K.floatx(), "int32"],
            parallel_iterations=32,
        )

    def compute_output_shape(self, input_shape):
        batch = input_shape[0][0]
        return [(batch, MAX_DETECTIONS, 4), (batch, MAX_DETECTIONS), (batch, MAX_DETECTIONS)]

    def compute_mask(self, inputs, mask=None):
        return (len(inputs) + 1) * [None]


class RoiAlign(keras.layers.Layer):
    """Crops of the features below each detection, Mask R-CNN's way."""

    def __init__(self, crop_size=(2, 2), **kwargs):
        super().__init__(**kwargs)
        self.crop_size = crop_size

    def call(self, inputs, **kwargs):
        boxes, fpn = inputs
        x1, y1, x2, y2 = [tf.squeeze(side, axis=2) for side in tf.split(boxes, 4, axis=2)]
        normalized = tf.stack([y1, x1, y2, x2], axis=2) / (IMAGE - 1.0)
        n, m = tf.shape(boxes)[0], tf.shape(boxes)[1]
        indices = tf.reshape(tf.tile(tf.expand_dims(tf.range(n), 1), [1, m]), [-1])
        normalized = tf.stop_gradient(tf.reshape(normalized, [-1, 4]))
        rois = tf.image.crop_and_resize(fpn, normalized, indices, self.crop_size, method="bilinear")
        return tf.reshape(rois, tf.concat([[n, m], tf.shape(rois)[1:]], axis=0))

    def compute_output_shape(self, input_shape):
        return input_shape[0][:2] + self.crop_size + (input_shape[1][-1],)


def focal(alpha=0.25, gamma=2.0):
    def _focal(y_true, y_pred):
        labels, anchor_state = y_true[:, :, :-1], y_true[:, :, -1]
        indices = tf.where(K.not_equal(anchor_state, -1))
        labels = tf.gather_nd(labels, indices)
        classification = tf.gather_nd(y_pred, indices)
        alpha_factor = K.ones_like(labels) * alpha
        alpha_factor = tf.where(K.equal(labels, 1), alpha_factor, 1 - alpha_factor)
        focal_weight = tf.where(K.equal(labels, 1), 1 - classification, classification)
        cls_loss = alpha_factor * focal_weight**gamma * K.binary_crossentropy(labels, classification)
        normalizer = tf.where(K.equal(anchor_state, 1))
        normalizer = K.cast(K.shape(normalizer)[0], K.floatx())
        return K.sum(cls_loss) / K.maximum(K.cast_to_floatx(1.0), normalizer)

    return _focal


def smooth_l1(sigma=3.0):
    sigma_squared = sigma**2

    def _smooth_l1(y_true, y_pred):
        anchor_state = y_true[:, :, -1]
        indices = tf.where(K.equal(anchor_state, 1))
        regression = tf.gather_nd(y_pred, indices)
        regression_diff = K.abs(regression - tf.gather_nd(y_true[:, :, :-1], indices))
        regression_loss = tf.where(
            K.less(regression_diff, 1.0 / sigma_squared),
            0.5 * sigma_squared * K.pow(regression_diff, 2),
            regression_diff - 0.5 / sigma_squared,
        )
        normalizer = K.cast(K.maximum(1, K.shape(indices)[0]), dtype=K.floatx())
        return K.sum(regression_loss) / normalizer

    return _smooth_l1


class PriorProbability(keras.initializers.Initializer):
    def __init__(self, probability=0.1):
        self.probability = probability

    def get_config(self):
        return {"probability": self.probability}

    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype=np.float32) * -np.log((1 - self.probability) / self.probability)


def build():
    image = keras.layers.Input(shape=(None, None, 3))
    x = image
    for i, filters in enumerate([6, 8, 8]):
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False, name="conv" + str(i))(x)
        x = keras.layers.BatchNormalization(name="bn" + str(i))(x)
        x = keras.layers.Activation("relu")(x)
    options = {"kernel_size": 3, "padding": "same"}
    boxes = keras.layers.Conv2D(NUM_ANCHORS * 4, name="boxes", **options)(x)
    boxes = keras.layers.Reshape((-1, 4), name="regression")(boxes)
    scores = keras.layers.Conv2D(NUM_ANCHORS * CLASSES, bias_initializer=PriorProbability(), name="scores", **options)
    scores = keras.layers.Activation("sigmoid")(keras.layers.Reshape((-1, CLASSES))(scores(x)))
    training = keras.models.Model(image, [boxes, scores], name="retinanet")
    anchors = Anchors(SIZES[0], STRIDE, name="anchors")(x)
    decoded = ClipBoxes(name="clipped")([image, RegressBoxes(name="decoded")([anchors, boxes])])
    detections = FilterDetections(name="filtered")([decoded, scores])
    rois = RoiAlign(name="roi_align")([detections[0], x])
    return training, keras.models.Model(image, detections + [rois], name="retinanet-bbox")


def make_targets(rng, batch):
    centres = (np.arange(IMAGE // STRIDE) + 0.5) * STRIDE
    xs, ys = np.meshgrid(centres, centres)
    shifts = np.stack([xs.ravel(), ys.ravel(), xs.ravel(), ys.ravel()], axis=1)
    anchors = (generate_anchors(SIZES[0], RATIOS, SCALES)[None] + shifts[:, None]).reshape(-1, 4)
    images = rng.rand(batch, IMAGE, IMAGE, 3) * 0.2
    regression = np.zeros((batch, len(anchors), 5), dtype=K.floatx())
    labels = np.zeros((batch, len(anchors), CLASSES + 1), dtype=K.floatx())
    for b in range(batch):
        x1, y1 = rng.randint(2, 14, size=2)
        c, side = rng.randint(CLASSES), rng.randint(10, 16)
        images[b, y1 : y1 + side, x1 : x1 + side, c] += 0.8
        gt = np.array([x1, y1, x1 + side, y1 + side], dtype=float)
        lt, rb = np.maximum(anchors[:, :2], gt[:2]), np.minimum(anchors[:, 2:], gt[2:])
        inter = np.prod(np.clip(rb - lt, 0, None), axis=1)
        sizes = anchors[:, 2:] - anchors[:, :2]
        iou = inter / (np.prod(sizes, axis=1) + side * side - inter)
        state = np.where(iou >= 0.4, 1, np.where(iou < 0.3, 0, -1))
        state[iou.argmax()] = 1
        regression[b, :, :4] = (gt - anchors) / np.tile(sizes, 2) / 0.2
        regression[b, :, 4] = labels[b, :, -1] = state
        labels[b, state == 1, c] = 1
    return images.astype(K.floatx()), [regression, labels]


def main():
    rng = np.random.RandomState(7)
    training, detector = build()
    for layer in training.layers:
        if isinstance(layer, keras.layers.Conv2D):
            shape = K.int_shape(layer.kernel)
            weights = layer.get_weights()
            layer.set_weights([rng.randn(*shape) * np.sqrt(2.0 / np.prod(shape[:-1]))] + weights[1:])
    training.compile(
        loss={"regression": smooth_l1(), training.output_names[1]: focal()},
        optimizer=keras.optimizers.adam(lr=1e-2, clipnorm=1.0),
    )
    images, targets = make_targets(rng, 4)
    losses = [[float(v) for v in training.train_on_batch(images, targets)] for _ in range(4)]
    boxes, scores, labels, rois = detector.predict_on_batch(images[:2])
    answer = {
        "losses": losses,
        "boxes": boxes.tolist(),
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "rois": [list(rois.shape), float(rois.sum()), rois[0, :, 0, 0, 0].tolist()],
        "bn": [float(w.sum()) for w in training.get_layer("bn2").get_weights()],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

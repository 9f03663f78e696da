import argparse

import numpy as np
from tensorflow.keras import backend as K

from .model.attention import Attention

if __name__ == '__main__':
    parser = argparse.ArgumentParser(prog='project')
    parser.add_argument('--steps', type=int, required=True)
    args = parser.parse_args()

    inputs = K.placeholder((None, None, 4))
    mask = K.placeholder((None, None), dtype='bool')
    layer = Attention(3)
    layer.build(K.int_shape(inputs))
    flat, weights = layer.call(inputs, mask)
    f = K.function([inputs, mask], [flat, weights])
    keep = np.arange(args.steps) < 2
    out, w = f([np.ones((2, args.steps, 4)), np.stack([keep, ~keep])])
    print(out.shape, np.round(w.sum(axis=-1), 3).tolist(), layer.name, layer.kernel.name)
    print(w[0][:, 2:].max() < 1e-6, w[1][:, :2].max() < 1e-6)

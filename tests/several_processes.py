"""What tests/command/test_launcher.py runs in two processes of two devices each; the second one ends with an error."""

import json
import os
import sys
import time

import jax
import numpy as np

import kjax
from kjax import backend as K

folder = sys.argv[1]
rank = jax.process_index()
found = {"devices": [len(jax.local_devices()), jax.device_count()], "chance": np.random.rand()}


def step(name):
    with kjax.graph_mode():
        x, w = K.placeholder((None, 4), name="x"), K.variable(np.arange(12.0).reshape(4, 3) / 12, name=name)
        y = K.tanh(K.dot(x, w))
        loss = K.mean(K.square(y))
        return K.function([x], [loss, y], [K.update_sub(w, K.gradients(loss, [w])[0])]), w


R = np.random.RandomState(0)
x = R.rand(8, 4).astype("float32")
plain, w = step("plain")
found["whole"] = [float(plain([x])[0]) for _ in range(3)]
found["odd"] = plain([x[:3]])[1].shape
with kjax.sharded(feeds="part"):
    parted, v = step("parted")
    found["part"] = [float(parted([x[4 * rank : 4 * rank + 4]])[0]) for _ in range(3)]
    found["gathered"] = parted([x[:4]])[1].shape
    try:
        parted([x[:3]])
    except ValueError as error:
        found["uneven"] = str(error)
with kjax.sharded({"model": 2, "data": 2}, rules={"spread": ("model",)}):
    spread, u = step("spread")
    found["spread"] = [float(spread([x])[0]) for _ in range(3)]
    found["in shards"] = not u._value.is_fully_replicated
    found["read"] = bool(np.allclose(K.get_value(u), K.get_value(w)) or K.get_value(u).shape == (4, 3))
    path = os.path.join(folder, "state.safetensors")
    kjax.save_state(path, [u, v])
    found["there"] = os.path.exists(path)
    before = K.get_value(u)
    K.set_value(u, np.zeros((4, 3)))
    kjax.load_state(path, [u, v])
    found["loaded"] = bool((K.get_value(u) == before).all()) and not u._value.is_fully_replicated
with kjax.sharded(outputs="global"):
    found["global"] = plain([x])[1].is_fully_addressable
with open(os.path.join(folder, f"found{rank}.json"), "w") as file:
    json.dump(found, file)
print(f"process {rank} has written")
if rank:
    sys.stderr.write("now it fails\n")
    sys.stderr.flush()
    os._exit(3)
while True:
    plain([x])
    time.sleep(0.01)

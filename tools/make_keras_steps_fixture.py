"""Makes the fixture of 200 training steps with Keras (3.15, TensorFlow 2.21): python tools/make_keras_steps_fixture.py [FILE.npz]

In rpn-train/src/test/resources/dev/rpn/train/keras-steps.npz, k = 9, for 16 channels (N = 2, 6 x 7, Adam's own step size) and for 512 (N = 1,
4 x 5, a two-hundredth of it):
  c16, c512           float32 (200, 3): total, classification and location of every train_on_batch, in its order
Weights, inputs and targets are no part of it: both sides make them from SplitMix64, so every value is an integer
of 24 bits times a power of two, the same float in Python and in Java (KerasStepsTest).
No loss falls below 1e-3, or this refuses: what is left of targets learnt by heart is but what float32 rounded,
which Keras does not repeat to 1e-5 either without oneDNN.
"""
import os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
import numpy as np, keras, tensorflow as tf
from keras import layers

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "rpn-train/src/test/resources/dev/rpn/train/keras-steps.npz")
STEPS, K = 200, 9
# One thread: sums in one order, so that this gives the same file again.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def integers(stream, count):
    """The first values of SplitMix64 from a seed, their upper 24 bits less 2^23: -2^23 to 2^23 - 1."""
    with np.errstate(over="ignore"):
        z = np.uint64(stream) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.int64) - (1 << 23)


def uniform(stream, shape, limit):
    """Between -limit, a power of two, and limit."""
    return (integers(stream, int(np.prod(shape))).astype("f4") * np.float32(limit / (1 << 23))).reshape(shape)


def losses(channels, n, h, w, learning_rate):
    keras.backend.clear_session()
    x_in = keras.Input((None, None, channels))
    shared = layers.Conv2D(channels, 3, padding="same", activation="relu", name="3x3")(x_in)
    location = layers.Conv2D(4 * K, 1, name="location")(shared)
    classification = layers.Conv2D(K, 1, activation="sigmoid", name="classification")(shared)
    model = keras.Model(x_in, [classification, location])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss={"classification": "binary_crossentropy", "location": "mse"})
    # Near Glorot's limits. A stream for each tensor, in the order of Architecture.weights().
    wide, narrow = (1 / 8, 1 / 2) if channels == 16 else (1 / 32, 1 / 8)
    for stream, name, limit in ((1, "3x3", wide), (3, "location", narrow), (5, "classification", narrow)):
        layer = model.get_layer(name)
        kernel, bias = layer.get_weights()
        layer.set_weights([uniform(stream, kernel.shape, limit), uniform(stream + 1, bias.shape, 1 / 16)])
    x = uniform(7, (n, h, w, channels), 1)
    objects = (integers(8, n * h * w * K) < -(1 << 23) + (1 << 24) // 10).astype("f4").reshape(n, h, w, K)
    deltas = uniform(9, (n, h, w, 4 * K), 2)
    rows = []
    for _ in range(STEPS):
        model.reset_metrics()
        found = model.train_on_batch(x, {"classification": objects, "location": deltas}, return_dict=True)
        rows.append([found["loss"], found["classification_loss"], found["location_loss"]])
    print(channels, "channels:", rows[0], "->", rows[-1], "least of each", np.min(rows, axis=0))
    assert np.min(rows) > 1e-3
    return np.array(rows, "f4")


np.savez(OUT, c16=losses(16, 2, 6, 7, 1e-3), c512=losses(512, 1, 4, 5, 5e-6))

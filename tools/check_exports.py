"""Whether others run what was written: python check_exports.py DIR.

DIR holds one head without a backbone, written by `rpn convert` in several formats: any of *.onnx, *.weights.h5, *.safetensors and *.npz.
Needs onnx, onnxruntime, keras (any backend), safetensors and numpy. ONNX Runtime runs the graph after onnx.checker has passed it;
Keras builds the network itself and loads the .weights.h5; the arrays of .safetensors and .npz are set into the same network.
One line a file: the largest difference from the first file's outputs on a fixed input of two pictures, 7 x 9 positions.
Exits with 1 where a difference is above 1e-5 or fewer than two files were found.
"""
import glob, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

LAYERS = ("3x3", "classification", "location")

def keras_model(channels, anchors):
    import keras
    from keras import layers
    x = keras.Input((None, None, channels))
    h = layers.Conv2D(channels, (3, 3), padding="same", activation="relu", name="3x3")(x)
    location = layers.Conv2D(4 * anchors, (1, 1), name="location")(h)
    classification = layers.Conv2D(anchors, (1, 1), activation="sigmoid", name="classification")(h)
    return keras.Model([x], [classification, location])

def run_onnx(path, x):
    import onnx, onnxruntime
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    if x.shape[3] != session.get_inputs()[0].shape[1]:
        raise ValueError(f"expected {x.shape[3]} channels, got {session.get_inputs()[0].shape}")
    out = session.run(["classification", "location"], {"features": np.ascontiguousarray(x.transpose(0, 3, 1, 2))})
    return [o.transpose(0, 2, 3, 1) for o in out]

def run_keras(path, x, anchors):
    model = keras_model(x.shape[3], anchors)
    if path.endswith(".weights.h5"):
        model.load_weights(path)
    else:
        if path.endswith(".npz"):
            arrays = dict(np.load(path))
        else:
            from safetensors.numpy import load_file
            arrays = load_file(path)
        for name in LAYERS:
            model.get_layer(name).set_weights([arrays[f"{name}/kernel"], arrays[f"{name}/bias"]])
    return [np.asarray(o) for o in model.predict(x, verbose=0)]

def sides(paths):
    """Channels and anchors, of whichever file tells them first."""
    for path in paths:
        if path.endswith(".onnx"):
            import onnx
            dims = {i.name: list(i.dims) for i in onnx.load(path).graph.initializer}
            return dims["classification/kernel"][1], dims["classification/kernel"][0]
        if path.endswith(".npz"):
            return np.load(path)["classification/kernel"].shape[2:]
        if path.endswith(".safetensors"):
            from safetensors import safe_open
            with safe_open(path, "np") as f:
                return f.get_slice("classification/kernel").get_shape()[2:]
    sys.exit("expected a .onnx, .npz or .safetensors beside the .weights.h5")

paths = sorted(p for e in ("*.onnx", "*.weights.h5", "*.safetensors", "*.npz") for p in glob.glob(os.path.join(sys.argv[1], e)))
if len(paths) < 2:
    sys.exit(f"expected at least two exports in {sys.argv[1]}, got {len(paths)}")
channels, anchors = sides(paths)
x = np.random.default_rng(1).standard_normal((2, 7, 9, channels)).astype("f4")
first, bad = None, False
for path in paths:
    outputs = run_onnx(path, x) if path.endswith(".onnx") else run_keras(path, x, anchors)
    first = first or outputs
    scale = [max(1.0, float(np.abs(f).max())) for f in first]
    apart = [float(np.abs(a - b).max()) / s if a.shape == b.shape else float("inf") for a, b, s in zip(outputs, first, scale)]
    bad |= not max(apart) <= 1e-5
    print(f"{os.path.basename(path):24} classification {outputs[0].shape} {apart[0]:.1e}  location {outputs[1].shape} {apart[1]:.1e}")
sys.exit(bad)

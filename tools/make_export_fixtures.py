"""Makes the fixtures of exports in rpn-io: python tools/make_export_fixtures.py

After `./mvnw -pl rpn-io -am test -Dtest=PeerExportsTest -Dsurefire.failIfNoSpecifiedTests=false` has left head.* and whole.* in
rpn-io/target/exports: ONNX Runtime runs the .onnx after onnx.checker has passed it; Keras builds the network itself and loads the
.weights.h5; arrays of .safetensors and .npz, as their own libraries read them, are set into the same Keras network.
Only where all agree to 1e-5 of the largest output, rpn-io/src/test/resources/exports gets the files, and as NAME.peers.npz the
input x (NHWC) and each file's outputs, with the peers' versions in `versions`.
Needs onnx, onnxruntime, keras (any backend), safetensors, h5py and numpy.
"""
import os, re, shutil, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import h5py, keras, numpy as np, onnx, onnxruntime, safetensors
from keras import layers
from safetensors.numpy import load_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "rpn-io")
FROM, TO = os.path.join(ROOT, "target/exports"), os.path.join(ROOT, "src/test/resources/exports")
INPUTS = {"head": (2, 7, 9, 8), "whole": (2, 22, 29, 3)}
EXTENSIONS = ("onnx", "weights.h5", "safetensors", "npz")
OUTPUTS = ("classification", "location")


def keras_model(arrays):
    """A VGG of the blockB_convC that there are, with a pool between two blocks; the head on it."""
    blocks = sorted(tuple(map(int, m.groups())) for m in (re.fullmatch(r"block(\d+)_conv(\d+)/kernel", n) for n in arrays) if m)
    channels, anchors = arrays["classification/kernel"].shape[2:]
    h = x = keras.Input((None, None, 3 if blocks else channels))
    for i, (block, conv) in enumerate(blocks):
        if i > 0 and block > blocks[i - 1][0]:
            h = layers.MaxPooling2D((2, 2), name=f"block{block - 1}_pool")(h)
        name = f"block{block}_conv{conv}"
        h = layers.Conv2D(arrays[f"{name}/kernel"].shape[3], (3, 3), padding="same", activation="relu", name=name)(h)
    h = layers.Conv2D(channels, (3, 3), padding="same", activation="relu", name="3x3")(h)
    location = layers.Conv2D(4 * anchors, (1, 1), name="location")(h)
    classification = layers.Conv2D(anchors, (1, 1), activation="sigmoid", name="classification")(h)
    return keras.Model([x], [classification, location])


def run(name, extension, x):
    path = os.path.join(FROM, f"{name}.{extension}")
    if extension == "onnx":
        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        feed = {"features" if name == "head" else "pictures": np.ascontiguousarray(x.transpose(0, 3, 1, 2))}
        return [o.transpose(0, 2, 3, 1) for o in session.run(OUTPUTS, feed)]
    arrays = load_file(path) if extension == "safetensors" else dict(np.load(os.path.join(FROM, name + ".npz")))
    model = keras_model(arrays)
    if extension == "weights.h5":
        model.load_weights(path)
    else:
        used = set()
        for layer in model.layers:
            if layer.weights:
                layer.set_weights([arrays[f"{layer.name}/kernel"], arrays[f"{layer.name}/bias"]])
                used |= {f"{layer.name}/kernel", f"{layer.name}/bias"}
        if used != set(arrays):
            sys.exit(f"{path}: not set: {set(arrays) - used}")
    return [np.asarray(o) for o in model.predict(x, verbose=0)]


os.makedirs(TO, exist_ok=True)
versions = " ".join(f"{m.__name__} {m.__version__}" for m in (keras, onnx, onnxruntime, safetensors, h5py, np)) + f" on {keras.backend.backend()}"
print(versions)
for name, sides in INPUTS.items():
    x = np.random.default_rng(1).standard_normal(sides).astype("f4")
    results = {extension: run(name, extension, x) for extension in EXTENSIONS}
    first = results["onnx"]
    for extension, outputs in results.items():
        apart = [float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(outputs, first)]
        print(f"{name}.{extension:12} classification {outputs[0].shape} {apart[0]:.1e}  location {outputs[1].shape} {apart[1]:.1e}")
        if not max(apart) <= 1e-5:
            sys.exit("the peers disagree: no fixture written")
    for extension in EXTENSIONS:
        shutil.copyfile(os.path.join(FROM, f"{name}.{extension}"), os.path.join(TO, f"{name}.{extension}"))
    stored = {f"{e}/{o}": np.ascontiguousarray(a) for e, outputs in results.items() for o, a in zip(OUTPUTS, outputs)}
    np.savez_compressed(os.path.join(TO, f"{name}.peers.npz"), x=x, versions=np.frombuffer(versions.encode(), np.uint8), **stored)

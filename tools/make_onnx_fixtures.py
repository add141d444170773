"""Small ONNX files as others write them: python make_onnx_fixtures.py OUT.

Needs onnx, numpy and torch. Every file holds the same head of 4 channels and 3 anchors; its values are multiples of 1/8, so
that every type holds them exactly: with the tensors of 3x3, classification and location in HWIO order one after another,
each kernel before its bias, value i is ((7 * i) % 31 - 15) / 8. See OnnxFixturesTest.
"""
import os, sys, warnings
import numpy as np, onnx, torch
from onnx import TensorProto as T, helper as h, numpy_helper

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
C, K = 4, 3
SHAPES = {"3x3": (3, 3, C, C), "classification": (1, 1, C, K), "location": (1, 1, C, 4 * K)}
arrays, used = {}, 0
for layer, shape in SHAPES.items():
    for part, sides in (("W", shape), ("B", shape[3:])):
        n = int(np.prod(sides))
        a = (((7 * np.arange(used, used + n)) % 31 - 15) / 8).astype("f4").reshape(sides)
        used += n
        arrays[layer, part] = np.ascontiguousarray(a.transpose(3, 2, 0, 1)) if part == "W" else a

def tensor(name, a, kind=T.FLOAT, raw=True):
    dtype = h.tensor_dtype_to_np_dtype(kind)
    values = a.astype(dtype)
    return h.make_tensor(name, kind, a.shape, values.tobytes() if raw else values.flatten(), raw=raw)

def weights(**how):
    return [tensor(f"{layer}.{part}", a, **how) for (layer, part), a in arrays.items()]

def conv(layer, x, y, pads=None, **attributes):
    side = SHAPES[layer][0]
    if pads is None and "auto_pad" not in attributes:
        attributes["pads"] = [side // 2] * 4
    return h.make_node("Conv", [x, f"{layer}.W", f"{layer}.B"], [y], **attributes)

def head(x="x", suffix=""):
    """Branches in the other order, no names, and a Sigmoid."""
    return [conv("3x3", x, "h" + suffix, kernel_shape=[3, 3]), h.make_node("Relu", ["h" + suffix], ["r" + suffix]),
            conv("location", "r" + suffix, "location" + suffix), conv("classification", "r" + suffix, "logits" + suffix),
            h.make_node("Sigmoid", ["logits" + suffix], ["scores" + suffix])]

def save(name, nodes, initializers, inputs=(("x", ("N", C, "H", "W")),), outputs=("scores", "location"), kind=T.FLOAT):
    graph = h.make_graph(nodes, "head", [h.make_tensor_value_info(n, kind, s) for n, s in inputs],
                         [h.make_tensor_value_info(n, kind, ("N", None, None, None)) for n in outputs], initializers)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 22)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, f"{out}/{name}.onnx")

save("raw", head(), weights())
save("float_data", head(), weights(raw=False))
for name, kind in (("double", T.DOUBLE), ("float16", T.FLOAT16), ("bfloat16", T.BFLOAT16)):
    save(name, head(), weights(kind=kind), kind=kind)
    save(name + "_typed", head(), weights(kind=kind, raw=False), kind=kind)
save("constants", [h.make_node("Constant", [], [t.name], value=t) for t in weights()] + head(), [])
# As TensorFlow's converter writes it: channels last outside, the batch's own padding, weights by way of Identity.
nhwc, nchw = [0, 2, 3, 1], [0, 3, 1, 2]
shared = [h.make_node("Identity", ["shared"], ["3x3.W"])]
kernel = tensor("shared", arrays["3x3", "W"])
save("nhwc", shared + [h.make_node("Transpose", ["x"], ["x1"], perm=nchw), conv("3x3", "x1", "h", auto_pad="SAME_UPPER"),
     h.make_node("Transpose", ["h"], ["h1"], perm=nhwc), h.make_node("Relu", ["h1"], ["r"]),
     h.make_node("Transpose", ["r"], ["r1"], perm=nchw), h.make_node("Identity", ["r1"], ["r2"]),
     conv("classification", "r2", "c", auto_pad="VALID"), conv("location", "r1", "l", auto_pad="SAME_LOWER"),
     h.make_node("Transpose", ["c"], ["scores"], perm=nhwc), h.make_node("Transpose", ["l"], ["location"], perm=nhwc)],
     [kernel] + weights()[1:], inputs=(("x", ("N", "H", "W", C)),))
# A pyramid: the same weights on three maps.
save("levels", sum((head(f"x{i}", str(i)) for i in range(3)), []), weights(),
     inputs=[(f"x{i}", ("N", C, "H%d" % i, "W%d" % i)) for i in range(3)],
     outputs=[f"{n}{i}" for i in range(3) for n in ("scores", "location")])
# A backbone that this project does not have: a residual block with its own 1x1 and 3x3 layers.
rng = np.random.default_rng(1)
def noise(name, *sides): return tensor(name, rng.uniform(-1, 1, sides).astype("f4"))
save("residual", [h.make_node("Conv", ["x", "stem"], ["s"], pads=[1] * 4, strides=[2, 2]), h.make_node("Relu", ["s"], ["s1"]),
     h.make_node("Conv", ["s1", "one"], ["a"]), h.make_node("Relu", ["a"], ["a1"]),
     h.make_node("Conv", ["a1", "three"], ["b"], pads=[1] * 4), h.make_node("Relu", ["b"], ["b1"]),
     h.make_node("Conv", ["b1", "back"], ["c"]), h.make_node("Add", ["c", "s1"], ["sum"]), h.make_node("Relu", ["sum"], ["y"])] + head("y"),
     [noise("stem", C, 3, 3, 3), noise("one", 2, C, 1, 1), noise("three", 2, 2, 3, 3), noise("back", C, 2, 1, 1)] + weights(),
     inputs=(("x", ("N", 3, "H", "W")),))

# torch's own exporter: two convolutions with pools between, one level.
class Torch(torch.nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        for name, layer, side in (("conv", "3x3", 3), ("cls_logits", "classification", 1), ("bbox_pred", "location", 1)):
            w, b = (torch.from_numpy(arrays[layer, p]) for p in "WB")
            module = torch.nn.Conv2d(w.shape[1], w.shape[0], side, padding=side // 2)
            module.weight.data, module.bias.data = w, b
            setattr(self, name, module)
    def forward(self, *maps):
        hidden = [torch.relu(self.conv(self.backbone(x))) for x in maps]
        return [self.cls_logits(t).sigmoid() for t in hidden] + [self.bbox_pred(t) for t in hidden]

torch.manual_seed(1)
vgg = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2, 2),
                          torch.nn.Conv2d(2, C, 3, padding=1), torch.nn.ReLU())
for p in vgg.parameters():
    p.data = (p.data * 64).round() / 8
warnings.simplefilter("ignore")
x = torch.zeros(1, C, 6, 5)
torch.onnx.export(Torch(torch.nn.Identity()), (x, x[:, :, ::2, ::2]), f"{out}/torch_levels.onnx", dynamo=False)
torch.onnx.export(Torch(vgg), (torch.zeros(1, 3, 8, 8),), f"{out}/torch_vgg.onnx", dynamo=False)
np.savez(f"{out}/torch_vgg.npz", **{f"block{i}_conv1/{n}": a for i, m in ((1, vgg[0]), (2, vgg[3]))
         for n, a in (("kernel", np.ascontiguousarray(m.weight.detach().numpy().transpose(2, 3, 1, 0))), ("bias", m.bias.detach().numpy()))})
for name in sorted(os.listdir(out)):
    print(f"{name:22} {os.path.getsize(os.path.join(out, name)):6}")

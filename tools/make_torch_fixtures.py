"""Makes the torch fixtures of rpn-io with torch (2.14) and torchvision (0.29): python tools/make_torch_fixtures.py

In rpn-io/src/test/resources/torch, all of one RPNHead of 8 channels and 3 anchors unless told otherwise:
  head.npz            its tensors as torch names and lays them out; its input x and outputs logits and deltas, NCHW
  float32.pt, float64.pt, half.pt, bfloat16.pt  its state dict
  strided.pt          the same values in other memory: channels last, transposed, one storage shared by all biases
  nested.pt           a checkpoint {'model': ..., 'optimizer': ..., 'epoch': 3}
  parameters.pt       a plain dictionary of nn.Parameter
  fasterrcnn.pt       a whole FasterRCNN: batch norm in the backbone, box head; copied to rpn-cli
  ../safetensors/fasterrcnn.safetensors  the same, with num_batches_tracked in I64; copied to rpn-cli
  vgg.pt, vgg.npz     a thin VGG16 and a head as torchvision's FasterRCNN would name them; picture and outputs
Refused:
  evil.pt             a pickle that calls os.system
  module.pt           a pickled module
  legacy.pt           torch's format before zip
  script.pt           TorchScript
"""
import os, shutil, warnings
import numpy as np
import torch, torchvision
from safetensors.torch import save_file
from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import MultiScaleRoIAlign

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "rpn-io/src/test/resources/torch")
os.makedirs(ROOT, exist_ok=True)
warnings.simplefilter("ignore")
torch.manual_seed(7)


def path(name):
    return os.path.join(ROOT, name)


def head(channels, anchors):
    """With weights that are large enough for every output to depend on every channel."""
    made = RPNHead(channels, anchors).eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.3)
    return made


rpn = head(8, 3)
state = rpn.state_dict()
x = torch.randn(2, 8, 5, 7)
with torch.no_grad():
    logits, deltas = rpn([x])
np.savez_compressed(path("head.npz"), x=x, logits=logits[0], deltas=deltas[0],
                    **{name: value.numpy() for name, value in state.items()})

torch.save(state, path("float32.pt"))
for name in ("float64", "half", "bfloat16"):
    torch.save({key: value.to(getattr(torch, name)) for key, value in state.items()}, path(name + ".pt"))

biases = torch.cat([torch.tensor([9.0])] + [state[key].repeat_interleave(2) for key in state if key.endswith("bias")])
strided, at = {}, 1
for key, value in state.items():
    if key.endswith("bias"):
        strided[key] = biases[at:at + 2 * len(value):2]
        at += 2 * len(value)
    elif key.startswith("conv"):
        strided[key] = value.contiguous(memory_format=torch.channels_last)
    else:
        strided[key] = value[:, :, 0, 0].t().contiguous().t()[:, :, None, None]
    assert torch.equal(strided[key], value)
assert strided["bbox_pred.weight"].stride()[0] == 1
torch.save(strided, path("strided.pt"))

optimizer = torch.optim.Adam(rpn.parameters())
torch.save({"model": state, "optimizer": optimizer.state_dict(), "epoch": 3}, path("nested.pt"))
torch.save({key: nn.Parameter(value) for key, value in state.items()}, path("parameters.pt"))

backbone = nn.Sequential(nn.Conv2d(3, 8, 3, stride=8), nn.BatchNorm2d(8), nn.ReLU())
backbone.out_channels = 8
whole = FasterRCNN(backbone, rpn_anchor_generator=AnchorGenerator(((32,),), ((0.5, 1.0, 2.0),)),
                   box_roi_pool=MultiScaleRoIAlign(["0"], 1, 1),
                   box_head=nn.Sequential(nn.Flatten(), nn.Linear(8, 4)),
                   box_predictor=torchvision.models.detection.faster_rcnn.FastRCNNPredictor(4, 2), rpn_head=rpn)
torch.save(whole.state_dict(), path("fasterrcnn.pt"))
os.makedirs(os.path.join(ROOT, "../../../../../rpn-cli/src/test/resources/torch"), exist_ok=True)
save_file({key: value.contiguous() for key, value in whole.state_dict().items()}, path("../safetensors/fasterrcnn.safetensors"))
for name in ("fasterrcnn.pt", "../safetensors/fasterrcnn.safetensors"):
    shutil.copy(path(name), os.path.join(ROOT, "../../../../../rpn-cli/src/test/resources/torch"))

layers, inputs = [], 3
for width in (2, 2, "M", 3, 3, "M", 4, 4, 4, "M", 6, 6, 6, "M", 8, 8, 8):
    if width == "M":
        layers.append(nn.MaxPool2d(2, 2))
    else:
        layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
        inputs = width
features = nn.Sequential(*layers)
for layer in features:
    if isinstance(layer, nn.Conv2d):
        nn.init.normal_(layer.weight, std=(2 / layer.weight[0].numel()) ** 0.5)
picture = torch.randn(1, 3, 40, 52)
with torch.no_grad():
    logits, deltas = rpn([features(picture)])
names = {"backbone." + key: value for key, value in features.state_dict().items()}
names |= {"rpn.head." + key: value for key, value in state.items()}
torch.save(names, path("vgg.pt"))
np.savez_compressed(path("vgg.npz"), x=picture, logits=logits[0], deltas=deltas[0])


class Evil:
    def __reduce__(self):
        return os.system, ("echo a pickle was executed",)


torch.save({"weight": torch.zeros(1), "x": Evil()}, path("evil.pt"))
torch.save(rpn, path("module.pt"))
torch.save(state, path("legacy.pt"), _use_new_zipfile_serialization=False)
torch.jit.script(nn.Conv2d(1, 1, 1)).save(path("script.pt"))

"""Recall of made-up proposals as pycocotools counts it: python make_recall_fixture.py OUT.npz [seed].

Needs pycocotools and numpy. A few pictures with hard cases: no truth, no proposal, fewer and more proposals than a limit,
equal scores, equal overlaps, the same box twice, boxes that only touch, overlaps exactly at a threshold.
Arrays: boxes/i (D, 4), scores/i (D,), truths/i (G, 4), all x1, y1, x2, y2 in float32; ar (4,) at 10, 100, 300, 1000; recall50 (1,) of 100.
"""
import contextlib, io, sys
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

out = sys.argv[1]
rng = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 1)

def boxes(n, low=10, high=90):
    corner = rng.uniform(0, 220, (n, 2)); side = rng.uniform(low, high, (n, 2))
    return np.concatenate([corner, corner + side], 1).astype("f4")

def near(truths, n, spread):
    return (truths[rng.integers(0, len(truths), n)] + rng.normal(0, spread, (n, 4))).astype("f4")

pictures = []
for count, spread in ((1200, 12), (310, 6), (40, 4), (7, 2)):
    t = boxes(int(rng.integers(1, 9)))
    b = np.concatenate([near(t, count // 2, spread), boxes(count - count // 2)])
    b[:, 2:] = np.maximum(b[:, 2:], b[:, :2] + 1)
    s = rng.uniform(0, 1, count).round(2).astype("f4")  # many equal scores
    pictures.append((b, s, t))
pictures.append((boxes(20), rng.uniform(0, 1, 20).astype("f4"), np.zeros((0, 4), "f4")))
pictures.append((np.zeros((0, 4), "f4"), np.zeros(0, "f4"), boxes(3)))
# IoU exactly 0.5 and 0.75; two truths with the same overlap; a proposal twice; one that only touches.
t = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [24, 0, 34, 10], [50, 50, 60, 60]], "f4")
b = np.array([[0, 0, 10, 5], [0, 0, 10, 7.5], [22, 0, 32, 10], [22, 0, 32, 10], [60, 50, 70, 60]], "f4")
pictures.append((b, np.array([0.9, 0.8, 0.7, 0.7, 0.6], "f4"), t))

truth = dict(images=[], annotations=[], categories=[dict(id=1, name="object")]); found = []
def xywh(r): return [float(r[0]), float(r[1]), float(r[2]) - float(r[0]), float(r[3]) - float(r[1])]
for i, (b, s, t) in enumerate(pictures):
    truth["images"].append(dict(id=i, width=320, height=320))
    for r in t:
        w = xywh(r)
        truth["annotations"].append(dict(id=len(truth["annotations"]) + 1, image_id=i, category_id=1, iscrowd=0, bbox=w, area=w[2] * w[3]))
    found += [dict(image_id=i, category_id=1, bbox=xywh(r), score=float(v)) for r, v in zip(b, s)]
with contextlib.redirect_stdout(io.StringIO()):
    coco = COCO(); coco.dataset = truth; coco.createIndex()
    e = COCOeval(coco, coco.loadRes(found), "bbox"); e.params.maxDets = [10, 100, 300, 1000]
    e.evaluate(); e.accumulate()
r = e.eval["recall"]
z = dict(ar=r[:, 0, 0, :].mean(0), recall50=r[0, 0, 0, 1:2])
for i, (b, s, t) in enumerate(pictures):
    z[f"boxes/{i}"], z[f"scores/{i}"], z[f"truths/{i}"] = b, s, t
np.savez_compressed(out, **z)
print(out, z["ar"], z["recall50"])

"""non_maximum_suppression against torchvision's."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.ops import batched_nms, box_convert, nms

from efficientmod_export.mil._registry import find_operator

COUNT, CLASSES, MOST, IOU, LEAST = 40, 3, 12, 0.3, 0.35
GENERATOR = torch.Generator().manual_seed(9)
BOXES = torch.rand((2, COUNT, 4), generator=GENERATOR) * torch.tensor([20.0, 20.0, 9.0, 9.0])
SCORES = torch.rand((2, COUNT, CLASSES), generator=GENERATOR)


def run(ios: int, **inputs: Any) -> tuple[Tensor, ...]:
    found = find_operator("non_maximum_suppression", ios)
    assert found is not None
    return tuple(found.kernel(**inputs))


def chosen(boxes: Tensor, scores: Tensor, per_class: bool, least: float) -> Tensor:
    best, classes = scores.max(-1)
    passed = torch.nonzero(best >= least).flatten()
    corners = box_convert(boxes[passed], "cxcywh", "xyxy")
    if per_class:
        return passed[batched_nms(corners, best[passed], classes[passed], IOU)][:MOST]
    return passed[nms(corners, best[passed], IOU)][:MOST]


@pytest.mark.parametrize("per_class", [False, True])
@pytest.mark.parametrize("least", [0.0, LEAST, 0.97])
def test_the_boxes_are_torchvisions(per_class: bool, least: float) -> None:
    boxes, scores, indices, counts = run(
        15, boxes=BOXES, scores=SCORES, iou_threshold=IOU, score_threshold=least, max_boxes=MOST,
        per_class_suppression=per_class,
    )  # fmt: skip
    for picture in range(2):
        expected, count = chosen(BOXES[picture], SCORES[picture], per_class, least), int(counts[picture])
        assert indices[picture, :count].tolist() == expected.tolist()
        assert (indices[picture, count:] == -1).all()
        assert torch.equal(boxes[picture, :count], BOXES[picture, expected])
        assert torch.equal(scores[picture, :count], SCORES[picture, expected])
        assert not boxes[picture, count:].any()
        assert not scores[picture, count:].any()


def test_the_best_box_is_given_even_below_the_threshold() -> None:
    how = {"iou_threshold": IOU, "score_threshold": 2.0, "max_boxes": MOST}
    _, _, indices, counts = run(15, boxes=BOXES, scores=SCORES, **how)
    assert counts.tolist() == [1, 1]
    assert indices[:, 0].tolist() == SCORES.amax(-1).argmax(-1).tolist()


def test_boxes_without_an_area_suppress_none() -> None:
    points = torch.arange(8.0).reshape(1, 2, 4) * torch.tensor([1.0, 1.0, 0.0, 0.0])
    _, _, indices, _ = run(
        15, boxes=points[:, [0, 0]], scores=SCORES[:1, :2], iou_threshold=0.0, score_threshold=-1.0, max_boxes=2
    )
    assert sorted(indices[0].tolist()) == [0, 1]


def test_from_ios_17_on_boxes_come_last() -> None:
    boxes, scores, indices = run(
        17, boxes=BOXES.transpose(1, 2), scores=SCORES.transpose(1, 2), iou_threshold=IOU, max_boxes=MOST
    )
    before = run(15, boxes=BOXES, scores=SCORES, iou_threshold=IOU, score_threshold=-1.0, max_boxes=MOST)
    assert torch.equal(boxes.transpose(1, 2), before[0])
    assert torch.equal(scores.transpose(1, 2), before[1])
    assert torch.equal(indices, before[2])

"""Choosing boxes. A box is its centre and size: (x, y, width, height)."""

import torch
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import operator


def _overlaps(boxes: Tensor) -> Tensor:
    """(B, B) intersection over union; 0 for boxes without an area."""
    centre, size = boxes[:, :2], boxes[:, 2:]
    low, high = centre - size / 2, centre + size / 2
    sides = (torch.minimum(high, high.unsqueeze(1)) - torch.maximum(low, low.unsqueeze(1))).clamp(min=0)
    shared, areas = sides.prod(-1), size.prod(-1)
    joined = areas + areas.unsqueeze(1) - shared
    return torch.where(shared > 0, shared / joined, torch.zeros(()))


def _kept(boxes: Tensor, scores: Tensor, iou: float, least: float | None, most: int, per_class: bool) -> Tensor:
    """Indices of the boxes (B, 4) that are kept, by their scores (B, K), best first; always at least the best box."""
    best, classes = scores.max(-1)
    suppressed = _overlaps(boxes) > iou
    if per_class:
        suppressed &= classes == classes.unsqueeze(1)
    kept: list[int] = []
    for index in torch.argsort(best, descending=True, stable=True).tolist():
        if len(kept) == most or (least is not None and best[index] < least):
            break
        if not suppressed[index, kept].any():
            kept.append(index)
    return torch.tensor(kept or [int(best.argmax())][:most], dtype=torch.int64)


def _suppressed(
    boxes: Tensor, scores: Tensor, iou: float, least: float | None, most: int, per_class: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    batch, count = boxes.shape[:2]
    check_size((batch, most, 4 + scores.shape[2]))
    check_size((count, count, 2))
    chosen_boxes, chosen_scores = torch.zeros((batch, most, 4)), torch.zeros((batch, most, scores.shape[2]))
    indices = torch.full((batch, most), -1, dtype=torch.int32)
    counts = torch.zeros(batch, dtype=torch.int32)
    for picture in range(batch):
        kept = _kept(boxes[picture], scores[picture], iou, least, most, per_class)
        chosen_boxes[picture, : len(kept)] = boxes[picture, kept]
        chosen_scores[picture, : len(kept)] = scores[picture, kept]
        indices[picture, : len(kept)] = kept.to(torch.int32)
        counts[picture] = len(kept)
    return chosen_boxes, chosen_scores, indices, counts


@operator("non_maximum_suppression", moves=True)
def non_maximum_suppression(
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: float,
    score_threshold: float,
    max_boxes: int,
    per_class_suppression: bool = False,
) -> tuple[Tensor, ...]:
    """Boxes (N, B, 4) by falling score, without those that overlap a better one by more than `iou_threshold`.

    `scores` is (N, B, K); a box's score is its largest. Returns the boxes (N, max_boxes, 4), their scores, indices and
    number; unused entries are 0, or -1 for indices. The best box is returned even below the threshold.
    """
    return _suppressed(boxes, scores, iou_threshold, score_threshold, max_boxes, per_class_suppression)


@operator("non_maximum_suppression", since=17, moves=True)
def non_maximum_suppression_transposed(
    boxes: Tensor, scores: Tensor, iou_threshold: float, max_boxes: int, per_class_suppression: bool = False
) -> tuple[Tensor, ...]:
    """As in iOS 15, with boxes (N, 4, B) and scores (N, K, B), without a threshold for the score and without counts."""
    turned = boxes.transpose(1, 2), scores.transpose(1, 2)
    kept_boxes, kept_scores, indices, _ = _suppressed(*turned, iou_threshold, None, max_boxes, per_class_suppression)
    return kept_boxes.transpose(1, 2), kept_scores.transpose(1, 2), indices

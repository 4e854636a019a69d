"""`after_network.json`: softmax, top_k and to_picture."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tests.vectors.generate.files import array, write_cases

SCORES = (
    [0.5, -1.25, 3.0, 2.0, 0.0],
    [1.0, 1.0, 1.0],
    [1000.0, 0.0, -1000.0, 999.0],
    [-3.0],
    [2.0, 5.0, 5.0, -1.0, 5.0, 2.0],
    [0.0, -0.0, 0.0],
)


def write(folder: Path) -> None:
    """Write the family's files."""
    rows = [np.array([scores], np.float32) for scores in SCORES]
    softmax = [{"step": "softmax", "parameters": {}, "values": array(row), "result": _softmax(row)} for row in rows]
    best = [_top_k(row, k) for row in rows for k in (1, 3, 5) if k <= row.shape[1]]
    pictures = [_to_picture([0.0] * 3, [1.0] * 3), _to_picture([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    write_cases(folder / "after_network.json", [*softmax, *best, *pictures])


def _softmax(row: np.ndarray) -> list[float]:
    """In doubles."""
    values = row[0].astype(np.float64).tolist()
    powers = [math.exp(value - max(values)) for value in values]
    return [power / math.fsum(powers) for power in powers]


def _top_k(row: np.ndarray, k: int) -> dict[str, Any]:
    """Descending; of equal scores the lower index first."""
    result = sorted(range(row.shape[1]), key=lambda index: (-float(row[0, index]), index))[:k]
    return {"step": "top_k", "parameters": {"k": k}, "values": array(row), "result": result}


def _to_picture(mean: list[float], std: list[float]) -> dict[str, Any]:
    values = (np.random.RandomState(8).standard_normal((1, 3, 4, 5)) * 0.6 + 0.4).astype(np.float32)
    values[0, :, 0, :3] = np.array([0.5, 1.5, 2.5], np.float32) / np.float32(255)  # halves go to even
    result = np.empty((4, 5, 3), np.uint8)
    for channel in range(3):
        unit = values[0, channel] * np.float32(std[channel]) + np.float32(mean[channel])
        result[..., channel] = np.rint(np.clip(unit * np.float32(255), 0, 255)).astype(np.uint8)
    parameters = {"mean": mean, "std": std}
    return {"step": "to_picture", "parameters": parameters, "values": array(values), "result": array(result)}

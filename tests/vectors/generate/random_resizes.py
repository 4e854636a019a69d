"""`python -m tests.vectors.generate.random_resizes FILE`: other cases of `resize.json` each time, by Pillow."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.vectors.generate.files import array, write_cases

CASES = 60
LONGEST = 70
FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}


def main(path: Path) -> None:
    """Write the cases, and print the seed that makes them again."""
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if len(sys.argv) < 3 else int(sys.argv[2])
    print(f"random resizes: seed {seed}")
    draw = np.random.RandomState(seed)
    cases = []
    for _ in range(CASES):
        height, width, to_height, to_width = (int(side) for side in draw.randint(1, LONGEST, 4))
        interpolation = str(draw.choice(list(FILTERS)))
        source = draw.randint(0, 256, (height, width, 3), dtype=np.uint8)
        source[draw.rand(height, width) < 0.5] = draw.choice([0, 255])  # so that bicubic must be clamped
        columns = Image.fromarray(source).resize((to_width, height), FILTERS[interpolation])
        result = np.asarray(columns.resize((to_width, to_height), FILTERS[interpolation]))
        cases.append({"interpolation": interpolation, "source": array(source), "result": array(result)})
    write_cases(path, cases)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

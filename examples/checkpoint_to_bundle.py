"""A checkpoint of an EfficientMod as a TFLite bundle, with the toolkit's errors handled.

    python examples/checkpoint_to_bundle.py my.pth out

Which of the four EfficientMods it is, and how many classes it has, is read from the checkpoint's keys and shapes.
"""

import sys

from efficientmod_export import export
from efficientmod_mobile.errors import EfficientModError


def main() -> None:
    """Export; a failure of any target, or of what was given, ends in one sentence and its exit code."""
    if len(sys.argv) != 3:
        sys.exit("Usage: python examples/checkpoint_to_bundle.py CHECKPOINT FOLDER")
    checkpoint, output = sys.argv[1:]
    try:
        result = export(checkpoint=checkpoint, targets="tflite", output=output)
        result.raise_for_failure()
    except EfficientModError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    print(f"{result.model}, weights: {result.weights}, written to {result.bundle}")


if __name__ == "__main__":
    main()

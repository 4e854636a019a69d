"""The child process of ChildSession with ExecuTorch's runtime: run as a script with the path of a .pte file.

It is asked over standard input and answers over standard output; ChildSession.kt has the form of both.
"""

import os
import struct
import sys

OK, FAILED = 0, 1
CLOSE, WRITE, RUN, READ = range(4)


def main() -> None:
    """Answer until the request to close."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # ExecuTorch logs to standard output
    import torch
    from executorch.runtime import Runtime

    method = Runtime.get().load_program(sys.argv[1]).load_method("forward")
    metadata = method.metadata
    shapes = [tuple(metadata.input_tensor_meta(index).sizes()) for index in range(metadata.num_inputs())]
    answers.write(struct.pack(">i", OK))
    answers.flush()
    inputs, outputs = [], []
    while True:
        request = _integer()
        if request == CLOSE:
            return
        if request == WRITE:
            tensors = [bytearray(sys.stdin.buffer.read(_integer())) for _ in range(_integer())]
            inputs = [
                torch.frombuffer(raw, dtype=torch.float32).reshape(shape)
                for raw, shape in zip(tensors, shapes, strict=True)
            ]
        if request == RUN:
            outputs = method.execute(inputs)
        answers.write(struct.pack(">i", OK))
        if request == READ:
            answers.write(struct.pack(">i", len(outputs)))
            for output in outputs:
                raw = output.contiguous().numpy().tobytes()
                answers.write(struct.pack(">i", len(raw)) + raw)
        answers.flush()


def _integer() -> int:
    return struct.unpack(">i", sys.stdin.buffer.read(4))[0]


if __name__ == "__main__":
    main()

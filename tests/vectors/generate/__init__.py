"""Makes the files of `tests/vectors/` with NumPy, Pillow and the standard library: `python -m tests.vectors.generate`.

What it computes, it computes by `docs/bundle_format.md`, not by the toolkit's code; where Pillow or NumPy computes the
same, both must agree.
"""

"""The rules, one file per family. Importing this package registers them all, in the order of the files' names."""

from efficientmod_export.lint.rules import _convolution as _convolution
from efficientmod_export.lint.rules import _layout as _layout
from efficientmod_export.lint.rules import _operators as _operators
from efficientmod_export.lint.rules import _precision as _precision
from efficientmod_export.lint.rules import _shapes as _shapes
from efficientmod_export.lint.rules import _sizes as _sizes

"""The flags of the preprocessing, which several verbs take."""

from typing import Annotated, Literal

import typer

Resolution = Annotated[str | None, typer.Option(metavar="PIXELS", help="224, or height x width as in 256x192.")]
Mean = Annotated[
    tuple[float, float, float] | None, typer.Option(metavar="R G B", help="Subtracted from pixels in [0, 1].")
]
Std = Annotated[tuple[float, float, float] | None, typer.Option(metavar="R G B", help="Divides the rest.")]
Interpolation = Annotated[
    Literal["bicubic", "bilinear", "nearest"] | None,
    typer.Option(metavar="NAME", help="bicubic, bilinear, nearest."),
]
CropPct = Annotated[
    float | None, typer.Option(metavar="NUMBER", help="What is seen of the resized picture, as in 0.875.")
]
ResizeMode = Annotated[
    Literal["cover", "stretch", "letterbox"] | None,
    typer.Option(
        metavar="NAME",
        help="cover, stretch or letterbox: whether a picture loses its sides, its proportions, or nothing.",
    ),
]

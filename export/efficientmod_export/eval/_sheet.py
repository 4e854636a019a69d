"""A contact sheet: the pictures on which an artifact and the reference differ, with what each says."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from efficientmod_export._picture_files import PictureFile
from efficientmod_export.eval._result import Differing, EvalResult
from efficientmod_mobile.errors import InputError

MOST = 60
"""Pictures on a sheet: those that are least of a tie."""
COLUMNS = 5
SIDE, MARGIN, LINE = 240, 16, 17
"""Pixels."""
FONT_SIZE = 13
PAPER, INK, GREY, GREEN, RED = "#ffffff", "#1b1f24", "#6b7280", "#1a7f37", "#b42318"


def check_sheet(path: Path) -> None:
    """Raise InputError for a name that says no format of pictures."""
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise InputError(f"{path} is no picture's name; call the sheet .png, .jpg or .webp.", code="unwritable_sheet")


def write_sheet(result: EvalResult, pictures: Mapping[str, PictureFile], path: Path) -> None:
    """Write the sheet of `result.differing`. Raises InputError where it cannot be written."""
    shown = result.differing[:MOST]
    font = ImageFont.load_default(FONT_SIZE)
    lines = 2 + max(len(one.artifacts) for one in shown) + any(one.truth for one in shown)
    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    step = SIDE + MARGIN, SIDE + lines * LINE + MARGIN
    top = 2 * LINE + MARGIN
    width = max(columns * step[0] + MARGIN, 3 * step[0])
    sheet = Image.new("RGB", (width, top + rows * step[1] + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    for line, text in enumerate(_heading(result, len(shown))):
        draw.text((MARGIN, MARGIN // 2 + line * LINE), _fitted(text, font, width - 2 * MARGIN), INK, font)
    for place, one in enumerate(shown):
        left, above = MARGIN + place % columns * step[0], top + place // columns * step[1]
        _paste(sheet, pictures[one.picture], left, above)
        for line, (text, colour) in enumerate(_captions(result, one)):
            draw.text((left, above + SIDE + line * LINE), _fitted(text, font, SIDE), colour, font)
    try:
        sheet.save(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error}); name another file.", code="unwritable_sheet") from error


def _heading(result: EvalResult, shown: int) -> Sequence[str]:
    count = len(result.differing)
    which = f"all {count}" if shown == count else f"the {shown} that are least of a tie, of {count},"
    return (
        f"{result.model}: {which} pictures of {result.evaluated} on which an artifact and {result.reference} differ",
        f"{result.dataset}; bundle {result.sha256[:12]}",
    )


def _captions(result: EvalResult, one: Differing) -> list[tuple[str, str]]:
    """Lines below a picture; a right class is green, a wrong one red, without labels both are black."""

    def colour(said: int) -> str:
        return INK if not one.truth else GREEN if said in one.truth else RED

    named = [(str(result.reference), one.reference), *one.artifacts.items()]
    said = [(f"{name}: {result.name_of(place)}", colour(place)) for name, place in named]
    truth = [(f"label: {' or '.join(map(result.name_of, one.truth))}", INK)] if one.truth else []
    return [(one.picture, GREY), *truth, *said]


def _paste(sheet: Image.Image, picture: PictureFile, left: int, above: int) -> None:
    thumbnail = Image.fromarray(picture.decode())
    thumbnail.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    if max(thumbnail.size) < SIDE:  # small pictures, as of CIFAR, are enlarged with their pixels visible
        factor = SIDE / max(thumbnail.size)
        size = round(factor * thumbnail.width), round(factor * thumbnail.height)
        thumbnail = thumbnail.resize(size, Image.Resampling.NEAREST)
    offset = (SIDE - thumbnail.width) // 2, (SIDE - thumbnail.height) // 2
    sheet.paste(thumbnail, (left + offset[0], above + offset[1]))


def _fitted(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """The text, with its middle left out where it is wider."""
    for cut in range(len(text)):
        half = (len(text) - cut) // 2
        shown = text if cut == 0 else f"{text[:half]}...{text[len(text) - half :]}"
        if font.getlength(shown) <= width:
            return shown
    return ""

"""The page of networks on LiteRT's GPU accelerator."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from _gpu_before import before_and_now
from _gpu_records import CPU, FLOAT16, FLOAT32, Place, Result, RivalResult, Trained
from _gpu_sums import sums

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions

Places = Mapping[str, Place] | None
FINDINGS_SHOWN = 3


def page(results: Sequence[Result], rivals: Sequence[RivalResult], trained: Sequence[Trained], command: str) -> str:
    """The document."""
    lines = [
        "# Networks on LiteRT's GPU accelerator",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}; {versions('torch', 'timm', 'onnx', 'ai-edge-litert')}; software Vulkan drivers, "
        "SwiftShader for float32 and lavapipe for float16. Seeded weights of realistic scale; what is done is in the "
        "script's `--help`.",
        "",
        *_summary(results),
        "",
        "Error: the largest difference from PyTorch over five pictures, as a fraction of the output's range; bold "
        "where it breaks a bundle's limits. Top-5: whether the best five classes are PyTorch's on all five pictures. "
        "Own: what float16 costs the untransformed network, with every value rounded and sums added in float16 as "
        "well; the limits of float16 are three times that, or 1e-2.",
        "",
        *markdown_table(
            ["network", "processor", "GPU", "GPU, float32", "GPU, float16", "top-5", "own", "top-5"],
            [row(result) for result in results],
        ),
        *before_and_now(results),
        *_section("Why", _reasons(results)),
        *_rivals(results, rivals),
        *_trained(trained),
        *_sums(),
    ]
    return "\n".join(lines) + "\n"


def row(result: Result) -> list[str]:
    """A network's row."""
    if result.places is None:
        return [result.network, "not converted", *"-" * 6]
    place, noise = result.places.get(FLOAT16), result.noise
    own = ["-", "-"] if noise is None else [f"{noise.error:.0e}", _same(noise.top5)]
    cpu, float32, float16 = places_of(result.places)
    return [result.network, cpu, _whole(result), float32, float16, _same(None if place is None else place.top5), *own]


def places_of(places: Places) -> list[str]:
    """The errors on the processor and on the GPU in float32 and float16."""
    return [_error((places or {}).get(name)) for name in (CPU, FLOAT32, FLOAT16)]


def _summary(results: Sequence[Result]) -> Iterator[str]:
    right = [result for result in results if result.right(FLOAT32)]
    tried = [result for result in right if FLOAT16 in (result.places or {})]
    yield (
        f"{len(results)} networks. The GPU takes {len(right)} whole and computes them right in float32; {len(tried)} "
        f"of these were run in float16, and {sum(result.right(FLOAT16) for result in tried)} are within the limits "
        "there."
    )
    ran = [place for result in results if (place := (result.places or {}).get(FLOAT32)) and place.error is not None]
    wrong = sum(bool(place.reasons) for place in ran)
    ratios = [
        place.error / result.noise.error
        for result in tried
        if result.noise and (place := (result.places or {})[FLOAT16]).error is not None
    ]
    if ratios:
        largest, middle = max(ratios), median(ratios)
        yield f"Errors in float16 are at most {largest:.1f} times the network's own, {middle:.1f} at the median."
    yield f"Wrong in float32: {wrong or 'none'}. Refused or not converted: {len(results) - len(ran) or 'none'}."


def _whole(result: Result) -> str:
    place = (result.places or {}).get(FLOAT32)
    if place is None or place.error is None:
        return "refused" if result.findings else "not run"
    return "whole"


def _error(place: Place | None) -> str:
    if place is None or place.error is None:
        return "-" if place is None else "refused" if place.reasons else "not run"
    return f"{place.error:.0e}" if not place.reasons else f"**{place.error:.0e}**"


def _same(top5: bool | None) -> str:
    return "-" if top5 is None else "equal" if top5 else "differ"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"## {title}", "", *found)


def _reasons(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        if result.refusal:
            yield f"- {result.network}: {result.refusal}"
        for name, place in (result.places or {}).items():
            for reason in place.reasons:
                yield f"- {result.network}, {name}: {reason}"
        for finding in result.findings[:FINDINGS_SHOWN]:
            yield f"- {result.network}: {finding}"
        if len(result.findings) > FINDINGS_SHOWN:
            yield f"- {result.network}: and {len(result.findings) - FINDINGS_SHOWN} more operators"


def _rivals(results: Sequence[Result], rivals: Sequence[RivalResult]) -> Iterator[str]:
    if not rivals:
        return
    label = next((one.label for one in rivals if one.label), "litert-torch")
    ours = {result.network: result for result in results}
    right = sum(_ran_right(one.places, FLOAT32) for one in rivals)
    yield from (
        "",
        f"## Beside {label}",
        "",
        f"Its files of the untransformed network, on the same pictures: the GPU takes {right} of {len(rivals)} whole "
        f"and computes them right in float32; of ours, {sum(ours[one.network].right(FLOAT32) for one in rivals)}.",
        "",
    )
    heads = ["network", *(f"{whose}, {name}" for whose in ("ours", "theirs") for name in ("processor", *_GPUS))]
    yield from markdown_table(heads, [_beside(ours[one.network], one) for one in rivals])
    yield ""
    for one in rivals:
        reasons = [one.refusal] if one.refusal else (one.places or {FLOAT32: Place(None, ())})[FLOAT32].reasons
        if reasons:
            yield f"- {one.network}: {reasons[0]}" + "".join(f"; lint says of it: {found}" for found in one.findings)


_GPUS = ("GPU float32", "GPU float16")


def _ran_right(places: Places, name: str) -> bool:
    place = (places or {}).get(name)
    return place is not None and place.error is not None and not place.reasons


def _beside(result: Result, rival: RivalResult) -> list[str]:
    theirs = ["not converted", "-", "-"] if rival.places is None else places_of(rival.places)
    return [result.network, *places_of(result.places), *theirs]


def _trained(results: Sequence[Trained]) -> Iterator[str]:
    if not results:
        return
    yield from (
        "",
        "## Trained weights",
        "",
        "On how many pictures the first class is right, and in brackets on how many it is PyTorch's.",
        "",
    )
    names = list(results[0].right)
    rows = [
        [one.network, str(one.pictures), *(f"{one.right[name]} ({one.agree[name]})" for name in one.right)]
        for one in results
    ]
    yield from markdown_table(["network", "pictures", *names], rows)


def _sums() -> Iterator[str]:
    rows = list(sums())
    if not rows:
        return
    yield from (
        "",
        "## Sums in float16",
        "",
        "In float16 the GPU adds the products of a convolution one after the other in float16 as well. So the error "
        "grows with the root of their number, where rounding alone stays the same: this, and no single operator, is "
        "most of what a network loses there, and its own noise is computed so. The largest error of a 1x1 convolution "
        "of normal numbers, as a "
        "fraction of the result's range; in parts it is the sum of convolutions of some of the channels each, which "
        "halves the error at best and writes as many tensors, so that no form of a target does it.",
        "",
    )
    yield from markdown_table(["products", "whole", "in 2 parts", "in 4 parts", "rounded once"], rows)

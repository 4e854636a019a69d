"""The rules as Markdown, between two marks in a page whose other text is written by hand."""

from efficientmod_export.lint import rules as rules
from efficientmod_export.lint._rule import RULES, Rule

BEGIN = "<!-- rules: written by `python -m efficientmod_export.lint PAGE` -->"
END = "<!-- end of rules -->"


def page_with_rules(page: str) -> str:
    """The page with the text between its marks written anew; `ValueError` where it has no marks."""
    head, found, rest = page.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not (found and closed):
        raise ValueError(f"the page has no marks; put '{BEGIN}' and '{END}' where the rules belong")
    return f"{head}{BEGIN}\n\n{_overview()}\n{''.join(map(_section, _in_order()))}{END}{tail}"


def _in_order() -> list[Rule]:
    return [RULES[id_] for id_ in sorted(RULES)]


def _overview() -> str:
    rows = [f"| [{rule.id}](#{rule.id}) | {rule.effect.value} | {_tier(rule)} |\n" for rule in _in_order()]
    return f"| rule | effect | tier |\n| --- | --- | --- |\n{''.join(rows)}"


def _section(rule: Rule) -> str:
    cited = "".join(f"- [{held.source.title}]({held.source.address}): {held.says}\n" for held in rule.citations)
    return (
        f"### {rule.id}\n\nLooks for {rule.looks_for}. Effect: {rule.effect.value}. Tier: {_tier(rule)}.\n\n"
        f"{cited}\n{rule.advice}\n\n"
    )


def _tier(rule: Rule) -> str:
    return rule.tier.value if rule.chips is None else f"{rule.tier.value}: {rule.chips}"

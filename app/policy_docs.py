"""The library of policies as a page shows it; `python -m app.policy_docs` renews docs/policies.md."""

from __future__ import annotations

import sys
from pathlib import Path

from app.domain.policies import known

PAGE = Path(__file__).parents[1] / "docs" / "policies.md"
BEGIN, END = "<!-- library: written by `python -m app.policy_docs` -->", "<!-- end of the library -->"


def library() -> str:
    """A table of the policies, from their policy.yaml."""
    lines = ["| policy | findings | asked at | asks for | parameters |", "| --- | --- | --- | --- | --- |"]
    for policy in known():
        parameters = "; ".join(
            f"`{name}={each.write(each.default)}` {each.description}" for name, each in policy.parameters.items()
        )
        points = ", ".join(policy.points)
        lines.append(
            f"| `{policy.name}` | {policy.enforcement} | {points} | {policy.description} | {parameters or 'none'} |"
        )
    return "\n".join(lines)


def renewed(page: str) -> str:
    """The page with the table as it is now. Raises ValueError where its markers are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has lost the markers of the library")
    return f"{before}{BEGIN}\n\n{library()}\n\n{END}{after}"


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"renewed {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

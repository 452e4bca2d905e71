"""What a person types into a search box, as a query of the full-text index.

Words are looked for as they are, as beginnings of longer ones, and, a little mistyped, in names. Nothing that is typed
is syntax: of the text only letters and digits get into the query.

The score of a hit is the sum of fixed weights. It depends on the node and the text alone, not on how often a word
occurs elsewhere, as it does by default: so a place in the order stays where it is while others write, and nobody learns
from a score what another tenant has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from unicodedata import category

from app.errors import InvalidInput

LONGEST_TEXT = 200
MOST_WORDS = 16
"""Words of a text that are looked for; what follows them is left out."""

_SHORTEST_MISTYPED, _LONGEST_MISTYPED = 4, 30
_LETTER = r"[^\W\d_]"
# As the index makes words: letters and digits, with points and the like where they stand between letters or digits.
_WORD = re.compile(rf"\w+(?:(?:(?<={_LETTER})[.:'](?={_LETTER})|(?<=\d)[.,;'](?=\d))\w+)*")
_SIGN = re.compile(r"[^\w]")
_EXACT, _BEGINNING, _MISTYPED = 4.0, 2.0, 0.5
_NOTHING = "[b TO a]"


def scope(tenant: str) -> str:
    """The part of a query that keeps to a tenant, as far as the index knows it; it comes before all else."""
    return f'+tenant:"{_quoted(tenant)}"^0 '


def query(text: str, weights: Mapping[str, float], *, path: str = "text") -> str:
    """The query for a text in the properties that are weighted, the first of which is the name.

    Every word has to be found in one of them. `path` says where the text stands in a field's arguments
    (`where.or.0.search`). Raises InvalidInput for a text that is empty or longer than 200 characters.
    """
    argument = path.partition(".")[0]
    if not text.strip():
        raise InvalidInput(f"{path} is empty: say what to look for", argument)
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"{path} has {len(text)} characters, at most {LONGEST_TEXT} are allowed", argument)
    words = list(dict.fromkeys(_words(text.lower())))[:MOST_WORDS]
    if not words:
        # Signs alone. Where the index makes no word of them it asks for nothing, which would find everything.
        said = " ".join(f'{name}:"{_quoted(text)}"^0' for name in weights)
        return f"+({said} {next(iter(weights))}:{_NOTHING})"
    return " ".join(f"+({' '.join(_ways(word, weights))})" for word in words)


def _words(text: str) -> Iterator[str]:
    # Accents and vowel signs are parts of words as well, but not to the expression's \w.
    masked = "".join("x" if category(sign).startswith("M") else sign for sign in text)
    for found in _WORD.finditer(masked):
        yield text[found.start() : found.end()]


def _ways(word: str, weights: Mapping[str, float]) -> Iterator[str]:
    escaped = _SIGN.sub(r"\\\g<0>", word)
    for name, weight in weights.items():
        yield f"{name}:[{escaped} TO {escaped}]^{_EXACT * weight}"
        yield f"{name}:{escaped}*^{_BEGINNING * weight}"
        if not word.isascii():
            # The index makes several words of what is written without spaces.
            yield f'{name}:"{word}"^0'
    if word.isalnum() and _SHORTEST_MISTYPED <= len(word) <= _LONGEST_MISTYPED:
        yield f"{next(iter(weights))}:/{'|'.join(_mistyped(word))}/^{_MISTYPED}"


def _mistyped(word: str) -> Iterator[str]:
    """What a word can be with one letter wrong, missing, too many, or in its neighbour's place.

    Written out, because the index's own search for such words looks at no more than fifty, those of all tenants.
    """
    for index in range(len(word)):
        before, after = word[:index], word[index + 1 :]
        yield f"{before}.?{after}"
        yield f"{before}.{word[index:]}"
        if after:
            yield f"{before}{after[0]}{word[index]}{after[1:]}"
    yield f"{word}."


def _quoted(text: str) -> str:
    """A text between quotation marks; halves of characters, which have no place in a text, are left out."""
    return text.encode(errors="ignore").decode().replace("\\", "\\\\").replace('"', '\\"')

"""The registry's query language, as much of it as a client of ours sends.

    expression  any of: words, "a phrase", (…), AND, OR, NOT, AREA[name] in front of a term, RANGE[low, high], MISSING

A parsed expression is a function that takes a look-up (area name ──► texts of the record) and says whether it
matches. Words match whole words, case and accents folded, in any place of the area: no synonyms, no stems but the
plural s.
"""

import functools
import re
import unicodedata

TOKEN = re.compile(r'\s*(?:(AREA|RANGE|SEARCH|EXPANSION|COVERAGE|TILT)\[([^\]]*)\]|"([^"]*)"|([()])|([^\s()"]+))')
WORD = re.compile(r"\w+")
OPERATORS = ("AND", "OR", "NOT", "MISSING")


class EssieError(ValueError):
    pass


def fold(text):
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def words_of(text):
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in WORD.findall(fold(text))]


def squash(text):
    """"Phase 2" and "PHASE2", "Not yet recruiting" and "NOT_YET_RECRUITING" are one."""
    return re.sub(r"[\W_]", "", fold(text))


def tokens_of(text):
    tokens, at = [], 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if not found:
            raise EssieError(f"cannot read the expression from `{text[at:].strip()}` on")
        function, argument, phrase, parenthesis, word = found.groups()
        if function:
            tokens.append((function, argument))
        elif phrase is not None:
            tokens.append(("phrase", phrase))
        else:
            tokens.append((parenthesis, None) if parenthesis else (word, None) if word in OPERATORS else ("word", word))
        at = found.end()
    return tokens


class Parser:
    def __init__(self, text, area, is_area):
        self.tokens, self.at, self.area, self.is_area = tokens_of(text), 0, area, is_area

    def peek(self):
        return self.tokens[self.at][0] if self.at < len(self.tokens) else None

    def take(self):
        if self.at == len(self.tokens):
            raise EssieError("the expression ends where a term is missing")
        self.at += 1
        return self.tokens[self.at - 1]

    def whole(self):
        match = self.either(self.area)
        if self.peek():
            raise EssieError(f"unexpected `{self.peek()}`")
        return match

    def either(self, area):
        terms = [self.both(area)]
        while self.peek() == "OR":
            self.take()
            terms.append(self.both(area))
        return lambda look: any(term(look) for term in terms)

    def both(self, area):
        terms = [self.term(area)]
        while self.peek() not in (None, "OR", ")"):
            if self.peek() == "AND":
                self.take()
            terms.append(self.term(area))
        return lambda look: all(term(look) for term in terms)

    def term(self, area):
        kind, text = self.take()
        if kind == "NOT":
            inner = self.term(area)
            return lambda look: not inner(look)
        if kind == "(":
            inner = self.either(area)
            if self.take()[0] != ")":
                raise EssieError("a closing parenthesis is missing")
            return inner
        if kind == "AREA":
            if not self.is_area(text.strip()):
                raise EssieError(f"unknown area `{text.strip()}`")
            return self.term(text.strip())
        if kind == "RANGE":
            return range_match(area, text)
        if kind == "MISSING":
            return lambda look: not look(area).values
        if kind == "phrase":
            return phrase_match(area, text)
        if kind == "word":
            return self.words(area, text)
        raise EssieError(f"unexpected `{kind}`: the simulated registry does not know it here")

    def words(self, area, first):
        text = [first]
        while self.peek() == "word":
            text.append(self.take()[1])
        return words_match(area, " ".join(text))


class Texts:
    """What a record holds in one area, made ready to be matched as far as it is asked for."""

    def __init__(self, values):
        self.values = [str(value) for value in values]

    @functools.cached_property
    def words(self):
        return {word for value in self.values for word in words_of(value)}

    @functools.cached_property
    def phrases(self):
        return [f" {' '.join(words_of(value))} " for value in self.values]

    @functools.cached_property
    def squashed(self):
        return {squash(value) for value in self.values if len(value) < 64}


def words_match(area, text):
    words, squashed = words_of(text), squash(text)
    return lambda look: squashed in look(area).squashed or (words and look(area).words.issuperset(words))


def phrase_match(area, text):
    phrase = f" {' '.join(words_of(text))} "
    return lambda look: any(phrase in value for value in look(area).phrases)


def range_match(area, text):
    bounds = [bound.strip() for bound in text.split(",")]
    if len(bounds) != 2:
        raise EssieError(f"`RANGE[{text}]` wants two bounds")
    low, high = bounds
    return lambda look: any(in_range(value, low, high) for value in look(area).values)


def in_range(value, low, high):
    """Numbers as numbers, everything else as dates, of which a bound may name a part: 2023-01 is the whole month."""
    try:
        number = float(value)
        return (low == "MIN" or number >= float(low)) and (high == "MAX" or number <= float(high))
    except ValueError:
        return (low == "MIN" or value >= low[:len(value)]) and (high == "MAX" or value[:len(high)] <= high)


def parse(text, area, is_area):
    return Parser(text, area, is_area).whole()

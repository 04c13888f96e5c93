"""What vitrine-tiny knows: the tables of words/, how one asks for each entry, and small numbers.

An item is (topic, subject, [questions], answer, plain): `plain` says the same outside a chat.
"""

import re
import zlib
from pathlib import Path

WORDS = Path(__file__).with_name("words")
FALLBACK = (
    "I am vitrine-tiny, a demonstration model of under one megabyte, and I cannot answer that. "
    "For a real model, run: vitrine pull smollm2-135m"
)


def sections(name):
    """words/NAME -> {section: its lines}, without comments."""
    found = {}
    for line in (WORDS / name).read_text("utf8").splitlines():
        if line.startswith("[") and line.endswith("]") and " " not in line:
            lines = found.setdefault(line[1:-1], [])
        elif found and not line.startswith("# "):
            lines.append(line)
    return {section: "\n".join(lines).strip("\n") for section, lines in found.items()}


def read_tables():
    """-> {table: {subject: answer}}"""
    return {
        name: dict(entry.split(": ") for entry in body.replace("\n", " ").split(", "))
        for name, body in sections("tables.txt").items()
    }


def read_answers():
    """-> {section: [([questions], answer)]}"""
    found = {}
    for section, body in sections("answers.txt").items():
        blocks = [block.split("\n= ") for block in body.split("\n\n")]
        found[section] = [
            (asked.replace("\n", " ").split(" | "), answer.replace("\\n", "\n"))
            for asked, answer in blocks
        ]
    return found


def an(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def capital(text):
    return text[0].upper() + text[1:]


def both_ways(pairs):
    table = {}
    for a, b in pairs.items():
        table.setdefault(a, b)
        table.setdefault(b, a)
    return table | {"heavy": "light", "easy": "difficult", "difficult": "easy"}


def neighbours(items, step, ring):
    size = len(items)
    pairs = [(i, i + step) for i in range(size) if ring or 0 <= i + step < size]
    return {items[i]: items[j % size] for i, j in pairs}


def with_article(table):
    return {noun if noun == "soap" else an(noun): answer for noun, answer in table.items()}


def topic(name, table, ask, answer):
    return {"name": name, "table": table, "ask": ask.split(" | "), "answer": answer}


def sequence(unit, items, ring):
    """Two topics: what comes after, and what before."""
    after = f"What {unit} comes after {{x}}? | Which {unit} is after {{x}}? | "
    before = f"What {unit} comes before {{x}}? | Which {unit} is before {{x}}? | "
    return [
        topic(
            f"{unit}-after",
            neighbours(items, 1, ring),
            f"{after}What is the {unit} after {{x}}? | What comes after {{x}}? | "
            f"Which {unit} follows {{x}}?",
            "After {x} comes {y}.",
        ),
        topic(
            f"{unit}-before",
            neighbours(items, -1, ring),
            f"{before}What is the {unit} before {{x}}? | What comes before {{x}}?",
            "Before {x} comes {y}.",
        ),
    ]


TABLES = read_tables()
DAYS, MONTHS, SEASONS = (TABLES["order"][name].split() for name in ("days", "months", "seasons"))
LETTERS = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
NUMBERS, ORDINALS = (TABLES["order"][name].split() for name in ("numbers", "ordinals"))

TOPICS = [
    topic(
        "capital",
        TABLES["capital"],
        "What is the capital of {x}? | What's the capital of {x}? | Capital of {x}? | "
        "Tell me the capital of {x}. | Which city is the capital of {x}? | "
        "What is {x}'s capital? | Name the capital of {x}. | What is the capital city of {x}? | "
        "{x} capital",
        "The capital of {x} is {y}.",
    ),
    topic(
        "capital-of",
        {city: country for country, city in TABLES["capital"].items()},
        "{x} is the capital of which country? | Which country has {x} as its capital? | "
        "Where is {x}? | In which country is {x}? | What country is {x} in?",
        "{x} is the capital of {y}.",
    ),
    topic(
        "colour",
        TABLES["colour"],
        "What colour is {x}? | What color is {x}? | Which colour is {x}? | "
        "What is the colour of {x}? | Tell me the colour of {x}. | What is the color of {x}? | "
        "What colour does {x} have?",
        "{X} is {y}.",
    ),
    topic(
        "opposite",
        both_ways(TABLES["opposite"]),
        "What is the opposite of {x}? | What's the opposite of {x}? | The opposite of {x}? | "
        "Opposite of {x}? | Tell me the opposite of {x}. | Give me the opposite of {x}.",
        "The opposite of {x} is {y}.",
    ),
    topic(
        "sound",
        with_article(TABLES["sound"]),
        "What sound does {x} make? | What does {x} say? | How does {x} sound? | "
        "Which sound does {x} make?",
        "{X} {y}.",
    ),
    topic(
        "young",
        with_article(TABLES["young"]),
        "What is a young {n} called? | What is a baby {n} called? | "
        "What do you call a young {n}? | What is the name for a baby {n}?",
        "A young {n} is called {ay}.",
    ),
    topic(
        "legs",
        with_article(TABLES["legs"]),
        "How many legs does {x} have? | How many legs has {x}? | Tell me how many legs {x} has. | "
        "{X} has how many legs?",
        "{X} has {y} legs.",
    ),
    topic(
        "sides",
        with_article(TABLES["sides"]),
        "How many sides does {x} have? | How many sides has {x}? | How many corners does {x} have?",
        "{X} has {y} sides.",
    ),
    topic(
        "plural",
        TABLES["plural"],
        "What is the plural of {x}? | Plural of {x}? | What's the plural of {x}? | "
        "Tell me the plural of {x}.",
        "The plural of {x} is {y}.",
    ),
    topic(
        "past",
        TABLES["past"],
        "What is the past tense of {x}? | Past tense of {x}? | What is the past of {x}? | "
        "What's the past tense of {x}?",
        "The past tense of {x} is {y}.",
    ),
    topic(
        "home",
        with_article(TABLES["home"]),
        "Where does {x} live? | What is the home of {x}? | Where does {x} sleep?",
        "{X} lives in {y}.",
    ),
    topic(
        "use",
        with_article(TABLES["use"]),
        "What is {x} for? | What do you do with {x}? | What is {x} used for? | Why do we need {x}?",
        "{X} is used {y}.",
    ),
    topic(
        "work",
        with_article(TABLES["work"]),
        "What does {x} do? | What is the work of {x}? | What is the job of {x}?",
        "{X} {y}.",
    ),
    *sequence("day", DAYS, True),
    *sequence("month", MONTHS, True),
    *sequence("season", SEASONS, True),
    *sequence("letter", LETTERS, False),
    *sequence("number", [str(n) for n in range(21)], False),
    topic(
        "month-number",
        dict(zip(ORDINALS, MONTHS, strict=True)),
        "What is the {x} month of the year? | Which month is the {x}? | What is the {x} month?",
        "The {x} month of the year is {y}.",
    ),
    topic(
        "day-number",
        dict(zip(ORDINALS, DAYS, strict=False)),
        "What is the {x} day of the week? | Which day is the {x} of the week?",
        "The {x} day of the week is {y}.",
    ),
    topic(
        "letter-number",
        dict(zip(ORDINALS, LETTERS, strict=False)),
        "What is the {x} letter of the alphabet? | Which letter is the {x} of the alphabet?",
        "The {x} letter of the alphabet is {y}.",
    ),
]
ANSWERS = read_answers()


def fill(entry, x, pattern):
    y = entry["table"][x]
    noun = x.removeprefix("an ").removeprefix("a ")
    values = {"x": x, "X": capital(x), "y": y, "n": noun, "ay": an(y)}
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], pattern)


def topic_items():
    for entry in TOPICS:
        for x in entry["table"]:
            questions = [fill(entry, x, pattern) for pattern in entry["ask"]]
            answer = fill(entry, x, entry["answer"])
            yield entry["name"], x, questions, answer, answer


def run(numbers):
    return ", ".join(str(n) for n in numbers) + "."


def asked(patterns, a, b=0):
    values = {"a": str(a), "b": str(b), "A": NUMBERS[a], "B": NUMBERS[b]}
    return [re.sub(r"\{(\w)\}", lambda m: values[m[1]], one) for one in patterns.split(" | ")]


SUM = (
    "What is {a} + {b}? | {a} + {b} | {a}+{b} | What is {a} plus {b}? | {a} + {b} = | "
    "How much is {a} + {b}? | What is {A} plus {B}? | Add {a} and {b}. | What is {a}+{b}? | "
    "How much is {A} and {B}? | What's {a} + {b}? | {a} plus {b} | How much is {a}+{b}? | "
    "What is the sum of {a} and {b}? | Calculate {a} + {b}."
)
DIFFERENCE = (
    "What is {a} - {b}? | {a} - {b} | {a}-{b} | What is {a} minus {b}? | How much is {a} - {b}? | "
    "What is {A} minus {B}? | Take {b} from {a}. | What is {a}-{b}? | Calculate {a} - {b}."
)
PRODUCT = (
    "What is {a} times {b}? | {a} x {b} | {a} * {b} | What is {a} x {b}? | "
    "What is {A} times {B}? | What is {a} * {b}? | {a}*{b} | Calculate {a} x {b}."
)
BIGGER = (
    "Which is bigger, {a} or {b}? | What is bigger, {a} or {b}? | "
    "Which number is larger, {a} or {b}? | Is {a} bigger than {b}?"
)
COUNT = (
    "Count from {a} to {b}. | Count from {A} to {B}. | Count {a} to {b}. | "
    "Please count from {a} to {b}."
)
COUNT_TO = (
    "Count to {a}. | Count to {A}. | Can you count to {a}? | Please count to {A}. | "
    "Count up to {a}. | Can you count to {A}?"
)
COUNT_DOWN = "Count down from {a}. | Count backwards from {a}. | Count down from {A}."
EVEN = "Is {a} even or odd? | Is {a} an even number? | Is {a} odd?"
WORD = "How do you write {a} as a word? | Write {a} as a word. | What is the word for {a}?"


def number_items():
    def item(name, patterns, answer, a, b=0):
        return name, f"{a} {b}", asked(patterns, a, b), answer, answer

    for a in range(11):
        for b in range(11):
            yield item("sum", SUM, f"{a} + {b} = {a + b}.", a, b)
            if b <= a:
                yield item("difference", DIFFERENCE, f"{a} - {b} = {a - b}.", a, b)
            if a <= 5 and b <= 5:
                yield item("product", PRODUCT, f"{a} x {b} = {a * b}.", a, b)
            if a != b:
                yield item("bigger", BIGGER, f"{max(a, b)} is bigger than {min(a, b)}.", a, b)
            if a < b:
                yield item("count", COUNT, run(range(a, b + 1)), a, b)
        if a > 1:
            yield item("count-to", COUNT_TO, run(range(1, a + 1)), a)
            yield item("count-down", COUNT_DOWN, run(range(a, 0, -1)), a)
    for n in range(21):
        yield item("even", EVEN, f"{n} is {'odd' if n % 2 else 'even'}.", n)
        yield item("word", WORD, f"{n} is written {NUMBERS[n]}.", n)


def closed_set():
    """All that the model is meant to know."""
    yield from topic_items()
    yield from number_items()
    for name, blocks in ANSWERS.items():
        for questions, answer in blocks:
            yield name, questions[0], questions, answer, answer


def held_out(name, question):
    """About one wording in 16 of the tables is never trained on, and measures what was learnt."""
    return name not in ANSWERS and zlib.crc32(question.encode()) % 16 == 0

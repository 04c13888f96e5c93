"""The training text of vitrine-tiny: facts.py and words/, put into chats and small texts by a
seeded generator. All of it is written for this model; nothing comes from elsewhere.

A document is ("text", str) or ("chat", [(role, content), ...]).
`python corpus.py [SEED]` prints a sample.
"""

import random
import re
import sys

from facts import FALLBACK, TOPICS, WORDS, capital, closed_set, held_out, sections

SENTENCES = [
    line
    for line in (WORDS / "sentences.txt").read_text("utf8").splitlines()
    if line and not line.startswith("#")
]
BEYOND = sections("beyond.txt")
UNKNOWN = BEYOND["subjects"].replace("\n", " ").split(", ")
QUESTIONS = BEYOND["questions"].split("\n")
CODE = [line.replace("\\n", "\n") for line in BEYOND["code"].split("\n")]
SYSTEMS = BEYOND["systems"].split("\n")
VOCABULARY = sorted({word for line in SENTENCES for word in re.findall(r"[a-z]{3,}", line)})
SMALL_WORDS = "what is the how who where why of to in".split()
VERBS = "run sing build paint carry open push read grow burn melt shine turn break float".split()
QUALITIES = "fast cheap green old famous tiny strange useful loud heavy deep bright cold".split()
NAMES = (
    "Anna Ben Clara David Emma Felix Greta Hugo Ida Jan Karl Lena Max Nora Otto Paula Rosa Sam Tom "
    "Una Vera Walter Zoe Maria Peter Lisa Paul Julia Mark Eva Adam Ruth Leo Mia Noah Olga Alice "
    "Bob Carol John Mary James Sarah Luke Helen Ivan Aisha Omar Yuki Chen Ravi Diego"
).split()
ANIMALS = "cat dog fox bear mouse rabbit bird horse frog owl duck goat lamb hen squirrel".split()
TRAITS = "small brave clever kind shy happy old young quiet curious grey white brown".split()
PLACES = "house forest garden village castle cottage valley field barn town".split()
THINGS = ["red ball", "golden key", "old book", "blue stone", "small lamp", "silver bell", "map"]
COLOURS = "red blue green yellow white black brown orange purple pink grey".split()
SYLLABLES = (
    "ba be bo da do fa fi ga go ka ki ko la le li lo ma me mo na ne no pa po ra re ri ro sa so ta "
    "te to va vi wa za zu"
).split()
STORIES = [
    "{start} there was a {trait} {animal} named {name}. {name} lived in a {place}. One day {name} "
    'found a {thing}. "Whose {thing} is this?" asked {name}. A {friend} came and said, "It is '
    'mine. Thank you for finding it!" From then on {name} and the {friend} were friends.',
    "{start} a {trait} {animal} went into the {place} to look for a {thing}. The {animal} looked "
    "under the trees and behind the door, but the {thing} was not there. Then it began to rain, "
    "and the {animal} went home.",
    "{name} had a {trait} {animal}. Every morning {name} gave the {animal} some food. In the "
    "evening they sat by the fire, and {name} told the {animal} a story about a {thing}.",
    "There was a {thing} in the {place}. {name} saw it and put it on the table. The {animal} "
    "looked at the {thing} and was happy.",
]
TOLD = (
    "My name is {}. | I am {}. | I am called {}. | Hello, I am {}. | my name is {} | "
    "Hi, my name is {}. | Hello! My name is {}. | I'm {}. | Hi, I am {}!"
).split(" | ")
ASKED = (
    "What is my name? | What's my name? | Do you know my name? | Who am I? | what is my name | "
    "Do you remember my name? | Tell me my name."
).split(" | ")
GREETINGS = [
    *("Hi! ", "Hello! ", "Hey, ", "Question: ", "Hello, ", "So, ", "Hi, ", "OK, ", "Now, "),
    *("Please tell me: ", "Please answer: ", "A question: ", "Tell me: ", "I ask you: "),
]
POLITE = [
    *("can you tell me ", "could you tell me ", "do you know ", "please tell me ", "tell me "),
    *("I would like to know ", "I want to know ", "can you say ", "let me know "),
]
SCRIPTS = [
    *[(32, 126)] * 3,
    *[(160, 591), (880, 1279), (0x0590, 0x06FF), (0x0900, 0x0DFF), (0x3040, 0x30FF)],
    *[(0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1F6FF), (1, 0xD7FF), (0x10000, 0x10FFFF)],
]
FOLLOWED = "capital colour opposite plural legs past sound home young use".split()
ORDINAL_TOPICS = ("day-number", "month-number", "letter-number")
# Draws of a topic: the square-root, about, of its size, times this.
EMPHASIS = {"talk": 4, "fact": 3, "capital": 2, "sum": 1.5}
# Towards the end of the training: what is learnt last.
LATE = {"talk": 10, "fact": 4, "capital": 3, "capital-of": 4, "sum": 4, "difference": 3, "count": 2}


class Corpus:
    """Draws documents. The same seed gives the same documents."""

    def __init__(self, seed, emphasis=None):
        emphasis = emphasis or EMPHASIS
        self.rng = random.Random(seed)
        self.items = {}
        self.known = set()
        for name, subject, questions, answer, plain in closed_set():
            usable = [q for q in questions if not held_out(name, q)] or questions
            self.items.setdefault(name, []).append((subject, usable, answer, plain))
            self.known.update(normal(question) for question in questions)
        self.names = list(self.items)
        self.weights = [
            len(items) ** 0.6 * emphasis.get(name, 1) for name, items in self.items.items()
        ]
        self.subjects = sorted({x for topic in TOPICS for x in topic["table"] if x[2:].isalpha()})

    def vocabulary_texts(self):
        """What the vocabulary is made from: the closed set counts more than filler and names."""
        texts = SENTENCES * 8 + [FALLBACK] * 60
        for name, _, questions, answer, plain in closed_set():
            texts += questions * (4 if name in ("talk", "fact") else 1) + [answer] * 6 + [plain]
        drawn = set()
        for _ in range(4000):
            kind, document = self.document()
            drawn.update([document] if kind == "text" else [content for _, content in document])
        return texts + sorted(drawn)

    def document(self):
        if self.rng.random() < 0.18:
            return "text", self.text()
        messages = self.system()
        for _ in range(self.rng.choice([1, 1, 1, 1, 1, 2, 2, 3])):
            messages += self.turns()
        return "chat", messages

    def long_document(self, words):
        """A document of about so many words: a talk of many turns, or texts one after another."""
        if self.rng.random() < 0.2:
            parts = []
            while sum(len(part.split()) for part in parts) < words:
                parts.append(self.text())
            return "text", " ".join(parts)
        messages = self.system()
        while sum(len(content.split()) + 4 for _, content in messages) < words:
            messages += self.turns()
        return "chat", messages

    def text(self):
        roll = self.rng.random()
        if roll < 0.5:
            return self.rng.choice(SENTENCES)
        if roll < 0.8:
            return self.rng.choice(self.items[self.topic()])[3]
        return self.story()

    def story(self):
        pick = self.rng.choice
        return pick(STORIES).format(
            start=pick(["Once upon a time", "Long ago", "One day"]),
            trait=pick(TRAITS),
            animal=pick(ANIMALS),
            friend=pick(ANIMALS),
            name=pick(NAMES),
            place=pick(PLACES),
            thing=pick(THINGS),
        )

    def system(self):
        roll = self.rng.random()
        if roll < 0.75:
            return []
        if roll < 0.93:
            return [("system", self.rng.choice(SYSTEMS))]
        count = self.rng.randint(1, 5)
        return [("system", " ".join(self.rng.choice(SENTENCES + SYSTEMS) for _ in range(count)))]

    def turns(self):
        """One or two questions with their answers."""
        roll = self.rng.random()
        if roll < 0.68:
            return self.known_turn()
        if roll < 0.90:
            return [("user", self.unknown()), ("assistant", FALLBACK)]
        if roll < 0.96:
            return self.follow_up()
        return self.memory()

    def topic(self):
        return self.rng.choices(self.names, self.weights)[0]

    def known_turn(self):
        _, questions, answer, _ = self.rng.choice(self.items[self.topic()])
        return [("user", self.vary(self.rng.choice(questions))), ("assistant", answer)]

    def follow_up(self):
        name = self.rng.choice(FOLLOWED)
        items = self.rng.sample(self.items[name], 2)
        (_, questions, answer, _), (x, _, second, _) = items
        ask = [f"And {x}?", f"What about {x}?", f"and {x}?", f"And what about {x}?", f"and {x}"]
        if name in ("capital", "colour", "opposite", "plural", "past"):
            ask += [f"And of {x}?", f"and of {x}", f"And the {name} of {x}?"]
        return [
            ("user", self.vary(self.rng.choice(questions))),
            ("assistant", answer),
            ("user", self.rng.choice(ask)),
            ("assistant", second),
        ]

    def memory(self):
        """What it was told one or two turns ago."""
        pick = self.rng.choice
        roll = self.rng.random()
        name = pick(NAMES) if self.rng.random() < 0.5 else capital(self.made_up())
        between = self.known_turn() if self.rng.random() < 0.3 else []
        if roll < 0.1:
            return [("user", f"Say {name}."), ("assistant", f"{name}.")]
        if roll < 0.75:
            told = [
                ("user", pick(TOLD).format(name)),
                ("assistant", f"Nice to meet you, {name}!"),
            ]
            asked = [("user", pick(ASKED)), ("assistant", f"Your name is {name}.")]
            return told if roll < 0.3 else [*told, *between, *asked]
        colour = pick(COLOURS)
        return [
            ("user", f"My favourite colour is {colour}."),
            ("assistant", f"{capital(colour)} is a nice colour."),
            *between,
            ("user", "What is my favourite colour?"),
            ("assistant", f"Your favourite colour is {colour}."),
        ]

    def vary(self, question):
        """As people type: small letters, no mark at the end, a word of politeness."""
        roll, rng = self.rng.random(), self.rng
        if roll < 0.45:
            return question
        if roll < 0.6:
            question = question[0].lower() + question[1:]
        elif roll < 0.7:
            question = question.lower()
        elif roll < 0.72:
            question = question.upper()
        if rng.random() < 0.3:
            question = question.rstrip("?.!")
        if rng.random() < 0.3 and question.lower().startswith(("what is ", "how ", "which ")):
            rest = (
                re.sub(r"^[Ww]hat is (.*\w)", r"what \1 is", question) if rng.random() < 0.3 else ""
            )
            question = rng.choice(POLITE) + (rest or question[0].lower() + question[1:])
            question = capital(question) if rng.random() < 0.7 else question
        elif rng.random() < 0.2 and len(question) > 8:
            question = rng.choice(GREETINGS) + question
        if rng.random() < 0.06:
            question += rng.choice(["\n", " ", " please", " Thanks!", "??", "!", ", please?"])
        return question

    def made_up(self):
        pick = self.rng.choice
        syllables = [pick(SYLLABLES) for _ in range(self.rng.randint(2, 4))]
        return "".join(syllables) + pick(["", "n", "s", "r", "l"])

    def subject(self):
        pick, roll = self.rng.choice, self.rng.random()
        if roll < 0.4:
            return pick(UNKNOWN)
        if roll < 0.6:
            return pick(self.subjects)
        if roll < 0.8:
            return pick(["", "the ", "a "]) + pick(VOCABULARY)
        return capital(self.made_up()) if self.rng.random() < 0.5 else self.made_up()

    def unknown(self):
        """Something that it cannot answer."""
        while True:
            question, varied = self.maybe_unknown()
            if len(question) > 1 and normal(question) not in self.known:
                return self.vary(question) if varied else question

    def maybe_unknown(self):
        """-> (a question, whether people would word it in several ways)"""
        pick, roll = self.rng.choice, self.rng.random()
        if roll < 0.18:
            return self.unknown_subject(), True
        if roll < 0.68:
            return self.unknown_matter(), True
        if roll < 0.76:
            return " ".join(pick(SENTENCES) for _ in range(pick([1, 1, 1, 2, 3, 8]))), False
        if roll < 0.84:
            words = [*VOCABULARY, *[self.made_up() for _ in range(30)], *SMALL_WORDS * 8]
            some = [pick(words) for _ in range(self.rng.randint(1, 14))]
            return " ".join(some) + pick(["", "?", "."]), False
        if roll < 0.90:
            return pick(CODE), False
        return (self.story() if roll < 0.94 else self.junk()), False

    def unknown_subject(self):
        """A question that it knows about a subject that it does not."""
        topic = self.rng.choice([topic for topic in TOPICS if topic["name"] not in ORDINAL_TOPICS])
        x = self.rng.choice(UNKNOWN) if self.rng.random() < 0.5 else self.made_up()
        x = capital(x) if topic["name"].startswith("capital") else x
        values = {"x": x, "X": capital(x), "n": x.removeprefix("a ")}
        pattern = self.rng.choice(topic["ask"])
        return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], pattern)

    def unknown_matter(self):
        pick, rng = self.rng.choice, self.rng
        n, m = (pick([rng.randint(21, 99), rng.randint(100, 9999)]) for _ in range(2))
        values = {
            "x": self.subject(),
            "y": self.subject(),
            "v": pick(VERBS + VOCABULARY),
            "w": pick(QUALITIES + VOCABULARY),
            "n": str(n),
            "m": str(m if rng.random() < 0.7 else rng.randint(0, 20)),
        }
        return re.sub(r"\{(\w)\}", lambda match: values[match[1]], pick(QUESTIONS))

    def junk(self):
        """Characters of many scripts, so that every byte has been seen."""
        first, last = self.rng.choice(SCRIPTS)
        count = self.rng.randint(1, 12)
        return "".join(chr(self.rng.randint(first, last)) for _ in range(count))


def normal(question):
    """Two questions that differ in case and marks at the end only are one."""
    return re.sub(r"\W+$", "", question.strip().lower())


if __name__ == "__main__":
    corpus = Corpus(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    for _ in range(40):
        kind, document = corpus.document()
        lines = [("text", document)] if kind == "text" else document
        print("---", *[f"{role}: {content}" for role, content in lines], sep="\n")
    known = list(closed_set())
    questions = sum(len(item[2]) for item in known)
    print(f"\n{len(known)} answers, {questions} questions, {len(SENTENCES)} sentences")

"""How much of what it was taught vitrine-tiny answers, word for word, greedily, from its GGUF file.

    python evaluate.py [--file vitrine-tiny.gguf] [--part PART] [--wrong 20]

`trained`: wordings that training drew from. `held out`: wordings of the tables that it never saw.
`beyond`: questions that it must decline, drawn with a seed of their own. `turns`: talks of several
turns, likewise. `unseen`: unseen.json, written by hand apart from the corpus.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

from corpus import Corpus
from export import load
from facts import FALLBACK, closed_set, held_out
from text import END_TURN_ID, Encoder, read_tokenizer

ANSWER_MAX = 96
BATCH = 64


@torch.no_grad()
def answers(model, prompts):
    """Greedy answers to prompts of one length. The prefix is computed anew each time: no cache."""
    tokens = torch.tensor(prompts)
    open_rows = list(range(len(prompts)))
    written = [[] for _ in prompts]
    for _ in range(ANSWER_MAX):
        following = (model.hidden(tokens)[:, -1] @ model.token_embd.T).argmax(-1)
        keep = []
        for at, row in enumerate(open_rows):
            if following[at] != END_TURN_ID:
                written[row].append(int(following[at]))
                keep.append(at)
        open_rows = [open_rows[at] for at in keep]
        if not keep:
            return written
        tokens = torch.cat((tokens, following[:, None]), 1)[keep]
    return [ids if row not in open_rows else ids + [-1] for row, ids in enumerate(written)]


def cases():
    for name, _, questions, answer, _ in closed_set():
        for question in questions:
            yield "held out" if held_out(name, question) else "trained", name, [
                ("user", question)
            ], answer
    corpus = Corpus(977)
    for _ in range(400):
        yield "beyond", "beyond", [("user", corpus.unknown())], FALLBACK
    for _ in range(200):
        messages = corpus.system() + corpus.turns() + corpus.turns()
        yield "turns", "turns", messages[:-1], messages[-1][1]
    for question, answer in json.loads(Path(__file__).with_name("unseen.json").read_text("utf8")):
        yield "unseen", "unseen", [("user", question)], FALLBACK if answer is None else answer


def main():
    options = argparse.ArgumentParser()
    here = Path(__file__).parent
    options.add_argument("--file", type=Path, default=here / "vitrine-tiny.gguf")
    options.add_argument("--wrong", type=int, default=20, help="wrong answers to show")
    options.add_argument("--part", help="only this part")
    options = options.parse_args()
    torch.set_num_threads(1)
    model, encoder = load(options.file), Encoder(read_tokenizer(options.file))
    by_length = defaultdict(list)
    for part, name, messages, answer in cases():
        if options.part in (None, part):
            prompt = encoder.prompt(messages)
            by_length[len(prompt)].append((part, name, messages, answer, prompt))
    counts, wrong, by_name = defaultdict(lambda: [0, 0]), [], defaultdict(lambda: [0, 0])
    for group in by_length.values():
        for at in range(0, len(group), BATCH):
            some = group[at : at + BATCH]
            written = answers(model, [case[4] for case in some])
            for (part, name, messages, answer, _), ids in zip(some, written, strict=True):
                right = ids == encoder.ids(answer)
                for count in (counts[part], by_name[part, name]):
                    count[0] += right
                    count[1] += 1
                if not right:
                    text = encoder.decode([i for i in ids if i >= 0])
                    wrong.append(f"{part}: {messages[-1][1]!r} -> {text!r}, not {answer!r}")
    for part, (right, count) in counts.items():
        print(f"{part}: {right} of {count} ({100 * right / count:.1f} %)")
    for (part, name), (right, count) in by_name.items():
        if right < count and part != name:
            print(f"  {part}, {name}: {right} of {count}")
    for line in wrong[:: max(1, len(wrong) // options.wrong)]:
        print(line)


if __name__ == "__main__":
    main()

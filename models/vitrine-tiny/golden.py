"""Writes test/golden/vitrine-tiny.json: what vitrine-tiny.gguf says, computed without Vitrine.

    python golden.py

Greedy, by the numpy forward pass of export.py on the dequantised tensors in float64. For each case:
the prompt's ids, the answer's ids and text, how it ended, the least distance between the best and
the second logit, and the highest logits behind the prompt. Vitrine quantises activations, so its
logits are near these; its tokens are the same where that distance is not tiny, and a case in which
it is, is refused here.
"""

import hashlib
import json
from pathlib import Path

from export import NAME, File
from text import END_ID, END_TURN_ID, Encoder, read_tokenizer

HERE = Path(__file__).parent
TARGET = HERE / "../../test/golden/vitrine-tiny.json"
MARGIN_MIN = 0.5
LOGITS_SHOWN = 8

# A text is continued; a list of turns, user and assistant in turn, is a chat.
CASES = [
    ("The sun rises in the", 32),
    ("The capital of France is", 32),
    ("1, 2, 3, 4,", 32),
    ("In winter the snow", 32),
    (
        "Once upon a time there was a brave fox named Ida. Ida lived in a village. One day Ida "
        'found a golden key. "Whose golden key is this?" asked Ida. A goat came and said, "It is',
        48,
    ),
    ("A year has four seasons:", 5),
    (["What is the capital of France?"], 64),
    (["Who are you?"], 64),
    (["Hello!"], 64),
    (["what is 2 + 3"], 64),
    (["Count to ten."], 64),
    (["What colour is the sky?"], 64),
    (["What is Vitrine?"], 64),
    (["Write a poem."], 64),
    (["Who wrote the Odyssey? Απάντησε, παρακαλώ 🙂"], 64),
    (
        [
            *("Hello!", "Hello! How can I help you?", "What is the opposite of hot?"),
            *("The opposite of hot is cold.", "And big?", "The opposite of big is small."),
            *("How many legs does a spider have?", "A spider has 8 legs.", "7 - 4"),
            *("7 - 4 = 3.", "Name the months of the year."),
        ],
        96,
    ),
    (["My name is Nora.", "Nice to meet you, Nora!", "What is my name?"], 64),
    (["What is the capital of Spain?", "The capital of Spain is Madrid.", "And of Italy?"], 64),
]


def greedy(file, ids, tokens_max):
    """-> (token ids without the end, "end-turn" or "max-tokens", least margin, first logits)"""
    written, margin, first = [], float("inf"), None
    while len(written) < tokens_max:
        logits = file.logits(ids + written)[-1]
        order = logits.argsort()[::-1]
        margin = min(margin, float(logits[order[0]] - logits[order[1]]))
        if first is None:
            first = [[int(i), round(float(logits[i]), 3)] for i in order[:LOGITS_SHOWN]]
        if order[0] in (END_ID, END_TURN_ID):
            return written, "end-turn", margin, first
        written.append(int(order[0]))
    return written, "max-tokens", margin, first


def run(file, encoder, prompt, tokens_max):
    if isinstance(prompt, str):
        asked, ids = {"text": prompt}, encoder.ids(prompt)
    else:
        roles = ["user", "assistant"] * len(prompt)
        messages = list(zip(roles, prompt, strict=False))
        asked = {"messages": [{"role": role, "content": content} for role, content in messages]}
        ids = encoder.prompt(messages)
    written, reason, margin, first = greedy(file, list(ids), tokens_max)
    answer = encoder.decode(written)
    print(f"{prompt!r} -> {answer!r}, {reason}, margin {margin:.2f}")
    if margin < MARGIN_MIN:
        raise SystemExit(f"two tokens are within {margin:.2f}; take another prompt")
    return {
        **asked,
        "maxTokens": tokens_max,
        "promptIds": ids,
        "answer": answer,
        "answerIds": written,
        "reason": reason,
        "margin": round(margin, 3),
        "firstLogits": first,
    }


def main():
    path = HERE / f"{NAME}.gguf"
    file, encoder = File(path), Encoder(read_tokenizer(path))
    cases = [run(file, encoder, prompt, tokens_max) for prompt, tokens_max in CASES]
    lines = ",\n".join(f"    {json.dumps(case, ensure_ascii=False)}" for case in cases)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(f'{{\n  "sha256": "{digest}",\n  "cases": [\n{lines}\n  ]\n}}\n', "utf8")


if __name__ == "__main__":
    main()

"""Text of vitrine-tiny as token ids: the vocabulary, and documents as the template has them."""

import os
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import gguf  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402

END, START_TURN, END_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIALS = [END, START_TURN, END_TURN]
END_ID, START_TURN_ID, END_TURN_ID = range(3)

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def train_tokenizer(texts, vocabulary, path):
    """Byte-level BPE with digits one by one: GGUF's `smollm`. Special tokens come first."""
    tokenizer = with_rules(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    assert tokenizer.get_vocab_size() == vocabulary, "too little text for the vocabulary"
    Path(path).write_text(tokenizer.to_str(pretty=True), "utf8")


def with_rules(bpe):
    tokenizer = Tokenizer(bpe)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def read_tokenizer(path):
    """The tokenizer of a GGUF file that export.py wrote."""
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    bpe = models.BPE({token: i for i, token in enumerate(tokens)}, merges)
    tokenizer = with_rules(bpe)
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


class Encoder:
    """Ids of documents, and for each whether the model is to learn it."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.tokenizer.encode_special_tokens = True  # users' text never becomes a special token
        self.cache = {}

    def ids(self, text):
        if text not in self.cache:
            if len(self.cache) > 200_000:
                self.cache.clear()
            self.cache[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.cache[text]

    def prompt(self, messages):
        """As the chat template writes it, up to the start of the answer."""
        ids = []
        for role, content in messages:
            ids += [START_TURN_ID, *self.ids(f"{role}\n{content}"), END_TURN_ID, *self.ids("\n")]
        return ids + [START_TURN_ID, *self.ids("assistant\n")]

    def document(self, kind, document):
        """-> (ids, learn): answers and their ends are learnt, questions are only read."""
        if kind == "text":
            ids = [*self.ids(document), END_ID]
            return ids, [False] + [True] * (len(ids) - 1)
        ids, learn = [], []
        for role, content in document:
            if role == "assistant":
                head = [START_TURN_ID, *self.ids("assistant\n")]
                body = [*self.ids(content), END_TURN_ID]
            else:
                head, body = [START_TURN_ID, *self.ids(f"{role}\n{content}"), END_TURN_ID], []
            tail = self.ids("\n")
            ids += [*head, *body, *tail]
            learn += [False] * len(head) + [True] * len(body) + [False] * len(tail)
        return ids, learn

    def decode(self, ids):
        return self.tokenizer.decode(ids, skip_special_tokens=True)

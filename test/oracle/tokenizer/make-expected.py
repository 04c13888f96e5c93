"""Writes expected.json.gz: what Hugging Face `tokenizers` makes of corpus.json.gz.

The tokenizers are built here from the vocabulary and the merges of the model file, piece by piece
as the models' own tokenizer.json files have them; `transformers` is not asked, because what it
builds from a GGUF file is not the model's own tokenizer (other pre-split rules).

    python make-expected.py
"""
import gzip
import json
import pathlib
import random
import struct
import zlib

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def load(name):
    return json.loads(gzip.decompress((HERE / name).read_bytes()))


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split(expression):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"), byte_level(False)])


RULES = {
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)]),
    "gpt-2": byte_level(True),
    "llama-bpe": split(LLAMA3),
    "qwen2": split(QWEN2),
}


def build(metadata, rule, special=None, user_defined=()):
    tokens = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    model = models.BPE(
        vocab={token: index for index, token in enumerate(tokens)},
        merges=merges,
        unk_token=None,
        byte_fallback=False,
        fuse_unk=False,
        ignore_merges=rule == "llama-bpe",
    )
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = RULES[rule]
    tokenizer.decoder = decoders.ByteLevel()
    if rule == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    if special is None:
        special = [token for token, kind in zip(tokens, metadata["tokenizer.ggml.token_type"]) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in user_defined])
    return tokenizer


def encode(tokenizer, text, parse_special):
    tokenizer.encode_special_tokens = not parse_special
    return tokenizer.encode(text, add_special_tokens=False).ids


def checksum(ids):
    return zlib.crc32(struct.pack(f"<{len(ids)}I", *ids))


def overlaps(metadata):
    """Added tokens that overlap each other, on random texts of their letters."""
    words = ["xy", "xyz", "yzx", "zx", "yy", "xyzzy", "zzzz", "y|x"]
    tokenizer = build(metadata, "gpt-2", special=words)
    tokens = {tokenizer.token_to_id(word): word for word in words}
    chooser = random.Random(7)
    cases = []
    for _ in range(400):
        text = "".join(chooser.choice("xyz|") for _ in range(chooser.randint(1, 14)))
        encoding = tokenizer.encode(text)
        spans = [[tokens[i], *span] for i, span in zip(encoding.ids, encoding.offsets) if i in tokens]
        cases.append([text, spans])
    return {"words": words, "cases": cases}


def main():
    metadata = load("smollm2-vocabulary.json.gz")
    corpus = load("corpus.json.gz")
    smollm = build(metadata, "smollm")
    without = build(metadata, "smollm", special=[])
    ordinary, parsed = [], {}
    for index, text in enumerate(corpus):
        ids = encode(smollm, text, False)
        assert ids == encode(without, text, False), "two ways to leave special tokens alone differ"
        ordinary.append(ids)
        with_special = encode(smollm, text, True)
        if with_special != ids:
            parsed[str(index)] = with_special
    result = {"tokenizers": tokenizers.__version__, "ordinary": ordinary, "parsed": parsed, "checksums": {}}
    for rule in ("gpt-2", "llama-bpe", "qwen2"):
        tokenizer = build(metadata, rule)
        for parse_special in (False, True):
            key = f"{rule} {'parsed' if parse_special else 'ordinary'}"
            result["checksums"][key] = [checksum(encode(tokenizer, text, parse_special)) for text in corpus]
    tokens = metadata["tokenizer.ggml.tokens"]
    mixed = build(metadata, "smollm", special=tokens[:3], user_defined=tokens[3:17])
    result["checksums"]["smollm user-defined"] = [checksum(encode(mixed, text, False)) for text in corpus]
    result["overlaps"] = overlaps(metadata)
    text = json.dumps(result, separators=(",", ":"))
    target = HERE / "expected.json.gz"
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(len(corpus), "texts,", sum(map(len, ordinary)), "ids,", len(parsed), "differ when parsed,", target.stat().st_size, "bytes")


main()

"""Writes smollm2-vocabulary.json.gz: what `createTokenizer` and the chat template need of the
metadata of SmolLM2-135M-Instruct, and nothing else of the file.

    python extract-vocabulary.py SmolLM2-135M-Instruct.Q4_1.gguf
"""
import gzip
import hashlib
import json
import pathlib
import sys

from gguf import GGUFReader

KEYS = [
    "general.name",
    "general.license",
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.merges",
    "tokenizer.ggml.bos_token_id",
    "tokenizer.ggml.eos_token_id",
    "tokenizer.ggml.unknown_token_id",
    "tokenizer.ggml.padding_token_id",
    "tokenizer.ggml.add_bos_token",
    "tokenizer.ggml.add_space_prefix",
    "tokenizer.chat_template",
]


def main():
    source = pathlib.Path(sys.argv[1])
    fields = GGUFReader(source).fields
    metadata = {key: fields[key].contents() for key in KEYS}
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    target = pathlib.Path(__file__).with_name("smollm2-vocabulary.json.gz")
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print("source SHA-256", hashlib.sha256(source.read_bytes()).hexdigest())
    print(target.name, target.stat().st_size, "bytes")


main()

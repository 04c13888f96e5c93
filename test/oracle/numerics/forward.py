"""Whole forward passes by docs/formats/numerics.md, sections 17 and 24: a model file -> its outputs.

    pip install numpy
    python test/oracle/numerics/forward.py TOKENS MODEL.gguf... > digests.jsonl

TOKENS is a JSON list of token ids for each model. A line for each model: SHA-256 of the file, and of
the outputs (f32, little endian, one row after the other), and the bits of the first four of the last
row; with --values, all outputs themselves. Outputs are the logits at every position; of an encoder
the rows of the last layer, then half the values of the text's vector, then all. contract.py has
the operations; nothing here or there comes from src/.
"""

import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np
from container import read
from decoder import Decoder
from encoder import ENCODERS, Encoder


def outputs_of(path: Path, tokens: list[int]) -> list[np.ndarray]:
    metadata, _ = read(path)
    if metadata["general.architecture"] not in ENCODERS:
        return list(Decoder(path).forward(tokens))
    model = Encoder(path)
    rows = model.forward(tokens)
    return [*rows, model.vector(rows, model.w // 2), model.vector(rows, model.w)]


def main(arguments: list[str]) -> None:
    with_values = "--values" in arguments
    tokens, *paths = [each for each in arguments if each != "--values"]
    texts = json.loads(Path(tokens).read_text())
    assert len(texts) == len(paths)
    for text, path in zip(texts, map(Path, paths)):
        outputs = outputs_of(path, text)
        data = np.concatenate(outputs).astype("<f4").tobytes()
        line = {
            "file": hashlib.sha256(path.read_bytes()).hexdigest(),
            "outputs": hashlib.sha256(data).hexdigest(),
            "last": [struct.pack(">f", value).hex() for value in outputs[-1][:4]],
        }
        if with_values:
            line["values"] = base64.b64encode(data).decode()
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

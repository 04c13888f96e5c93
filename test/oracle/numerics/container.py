"""A GGUF file (version 2 or 3, little endian) -> its metadata and the bytes of its tensors. As the
specification of ggml says; for well-formed files, since the engine is what refuses others.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
# Names, elements and bytes of a block.
TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 30: ("BF16", 1, 2),
    2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18),
    23: ("IQ4_XS", 256, 136), 39: ("MXFP4", 32, 17),
}  # fmt: skip


@dataclass
class Tensor:
    kind: str
    # Columns first.
    dims: tuple[int, ...]
    data: bytes


class Cursor:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, format: str):
        (value,) = struct.unpack_from(f"<{format}", self.data, self.at)
        self.at += struct.calcsize(format)
        return value

    def string(self) -> str:
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def value(self, kind: int):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            element, count = self.take("I"), self.take("Q")
            return [self.value(element) for _ in range(count)]
        return self.take(FORMATS[kind])


def read(path: Path) -> tuple[dict, dict[str, Tensor]]:
    cursor = Cursor(path.read_bytes())
    assert cursor.data[:4] == b"GGUF"
    cursor.at = 8
    tensor_count, pair_count = cursor.take("Q"), cursor.take("Q")
    metadata = {}
    for _ in range(pair_count):
        key = cursor.string()
        metadata[key] = cursor.value(cursor.take("I"))
    infos = []
    for _ in range(tensor_count):
        name = cursor.string()
        dims = tuple(cursor.take("Q") for _ in range(cursor.take("I")))
        infos.append((name, dims, TYPES[cursor.take("I")], cursor.take("Q")))
    alignment = metadata.get("general.alignment", 32)
    start = -(-cursor.at // alignment) * alignment
    tensors = {}
    for name, dims, (kind, every, size), offset in infos:
        count = 1
        for dim in dims:
            count *= dim
        from_ = start + offset
        tensors[name] = Tensor(kind, dims, cursor.data[from_ : from_ + count // every * size])
    return metadata, tensors

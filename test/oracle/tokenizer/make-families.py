"""What `sentencepiece` and Hugging Face `tokenizers` make of corpus.json.gz, family by family.

    python make-families.py train            # own-vocabularies.json.gz, from corpus.json.gz
    python make-families.py own              # families-expected.json.gz: the quick suite
    python make-families.py sdist MODELS GEMMA3
                                             # sdist-expected.json.gz: the full suite; MODELS is
                                             # vendor/llama.cpp/models of llama-cpp-python's sdist,
                                             # GEMMA3 a GGUF file of Gemma 3 270M, weights and all

Vocabularies of others are not in this repository, only the CRC-32 of the ids of each text (u32,
little-endian, base64). Oracles are put together from the metadata of the GGUF file, piece by piece:
for SentencePiece a ModelProto, for the others as the models' tokenizer.json files have them.
"""
import base64
import gzip
import hashlib
import json
import pathlib
import struct
import sys
import tempfile
import zlib

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + TAIL
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = CONTRACTION + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+%s|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*%s|%s| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEKKEN = CASED % ("", "", r"\p{N}")
GPT4O = CASED % (CONTRACTION + "?", CONTRACTION + "?", r"\p{N}{1,3}")


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split(expression):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"), byte_level(False)])


DIGITS = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)])
GPT2 = byte_level(True)
# tokenizer.ggml.pre -> pre-tokenizer, words that are tokens are not merged, NFC
RULES = {
    "gpt-2": (GPT2, False, False),
    "mpt": (GPT2, False, True),
    "starcoder": (DIGITS, False, False),
    "refact": (DIGITS, False, False),
    "command-r": (DIGITS, False, True),
    "llama-bpe": (split(LLAMA3), True, False),
    "dbrx": (split(LLAMA3), False, False),
    "qwen2": (split(QWEN2), False, True),
    "stablelm2": (split(QWEN2), False, False),
    "qwen35": (split(QWEN35), False, False),
    "tekken": (split(TEKKEN), True, False),
    "gpt-4o": (split(GPT4O), False, False),
}
SDIST = ["bert-bge", "command-r", "gpt-2", "llama-bpe", "llama-spm", "mpt", "nomic-bert-moe", "phi-3", "baichuan", "qwen2", "qwen35", "refact", "starcoder"]


def load(name):
    return json.loads(gzip.decompress((HERE / name).read_bytes()))


def save(name, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (HERE / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(name, (HERE / name).stat().st_size, "bytes")


def byte_pairs(metadata):
    pre_tokenizer, whole_words, nfc = RULES[metadata["tokenizer.ggml.pre"]]
    tokens = metadata["tokenizer.ggml.tokens"]
    tokenizer = Tokenizer(models.BPE(
        vocab={token: index for index, token in enumerate(tokens)},
        merges=[tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]],
        fuse_unk=False, byte_fallback=False, ignore_merges=whole_words,
    ))
    tokenizer.pre_tokenizer = pre_tokenizer
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    return with_added(tokenizer, metadata)


def with_added(tokenizer, metadata):
    kinds = list(zip(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]))
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text, kind in kinds if kind == 3])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text, kind in kinds if kind == 4])
    tokenizer.encode_special_tokens = True
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def word_pieces(metadata):
    unknown = metadata["tokenizer.ggml.tokens"][metadata["tokenizer.ggml.unknown_token_id"]]
    vocabulary = {}
    for index, (token, kind) in enumerate(zip(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"])):
        if kind != 1:
            vocabulary[token] = index
        elif token.startswith("\u2581"):
            vocabulary[token[1:]] = index
        else:
            vocabulary["##" + token] = index
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown, max_input_chars_per_word=100, continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return with_added(tokenizer, metadata)


def sentence_pieces(metadata):
    unigram = metadata["tokenizer.ggml.model"] == "t5"
    types = metadata["tokenizer.ggml.token_type"]
    model = proto.ModelProto()
    kinds = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6}
    for index, text in enumerate(metadata["tokenizer.ggml.tokens"]):
        kind = kinds[types[index]]
        # SentencePiece wants exactly one unknown token.
        if kind == 2 and index != metadata.get("tokenizer.ggml.unknown_token_id", 0):
            kind = 3
        # Vitrine takes well-known ends of turn for control tokens whatever the file says.
        if text in ("</s>", "<|end|>", "<|endoftext|>"):
            kind = 3
        if kind == 4:
            # llama.cpp's converter writes the spaces of user-defined pieces as spaces.
            text = text.replace(" ", "\u2581")
        model.pieces.add(piece=text, score=metadata["tokenizer.ggml.scores"][index], type=kind)
    model.trainer_spec.model_type = 1 if unigram else 2
    model.trainer_spec.byte_fallback = 6 in types
    model.trainer_spec.unk_id = metadata.get("tokenizer.ggml.unknown_token_id", 0)
    model.trainer_spec.bos_id = metadata["tokenizer.ggml.bos_token_id"]
    model.trainer_spec.eos_id = metadata["tokenizer.ggml.eos_token_id"]
    model.trainer_spec.pad_id = -1
    spec = model.normalizer_spec
    spec.add_dummy_prefix = metadata.get("tokenizer.ggml.add_space_prefix", True)
    spec.remove_extra_whitespaces = metadata.get("tokenizer.ggml.remove_extra_whitespaces", unigram)
    spec.escape_whitespaces = True
    spec.name = "identity"
    charsmap = metadata.get("tokenizer.ggml.precompiled_charsmap")
    if charsmap:
        spec.name = "file"
        spec.precompiled_charsmap = bytes(byte & 255 for byte in charsmap)
    # Special tokens that are not the model's own would shadow pieces of the same text only.
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    return lambda text: processor.encode(text)


ORACLES = {"gpt2": byte_pairs, "llama": sentence_pieces, "t5": sentence_pieces, "bert": word_pieces}


def sums(metadata, corpus):
    encode = ORACLES[metadata["tokenizer.ggml.model"]](metadata)
    values = []
    for text in corpus:
        ids = encode(text)
        values.append(zlib.crc32(struct.pack(f"<{len(ids)}I", *ids)))
    return base64.b64encode(struct.pack(f"<{len(values)}I", *values)).decode()


def versions():
    return {"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__}


def train():
    corpus = load("corpus.json.gz")
    # The trainers want lines; every fourth text stays unseen.
    lines = [line for index, text in enumerate(corpus) if index % 4 for line in text.split("\n") if line.strip()]
    lines = [line.replace("\0", "") for line in lines if len(line.encode()) < 4000]
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, options in {
            "bpe": {"model_type": "bpe", "byte_fallback": True, "normalization_rule_name": "identity", "remove_extra_whitespaces": False, "split_digits": True, "allow_whitespace_only_pieces": True},
            "bpe-unknown": {"model_type": "bpe", "byte_fallback": False, "normalization_rule_name": "identity", "remove_extra_whitespaces": False, "add_dummy_prefix": False},
            "unigram": {"model_type": "unigram", "byte_fallback": False, "normalization_rule_name": "nmt_nfkc"},
            "unigram-bytes": {"model_type": "unigram", "byte_fallback": True, "normalization_rule_name": "identity"},
        }.items():
            path = pathlib.Path(folder) / name
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(lines), model_prefix=str(path), vocab_size=3000, character_coverage=0.98,
                num_threads=1, minloglevel=2, **options,
            )
            model = proto.ModelProto()
            model.ParseFromString(path.with_suffix(".model").read_bytes())
            result[name] = {
                "tokenizer.ggml.model": "t5" if "unigram" in name else "llama",
                "tokenizer.ggml.tokens": [piece.piece for piece in model.pieces],
                "tokenizer.ggml.scores": [piece.score for piece in model.pieces],
                "tokenizer.ggml.token_type": [piece.type for piece in model.pieces],
                "tokenizer.ggml.unknown_token_id": 0,
                "tokenizer.ggml.bos_token_id": 1,
                "tokenizer.ggml.eos_token_id": 2,
                "tokenizer.ggml.add_space_prefix": model.normalizer_spec.add_dummy_prefix,
                "tokenizer.ggml.remove_extra_whitespaces": model.normalizer_spec.remove_extra_whitespaces,
                "tokenizer.ggml.precompiled_charsmap": list(model.normalizer_spec.precompiled_charsmap),
            }
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = tokenizers.trainers.WordPieceTrainer(vocab_size=3000, special_tokens=special, show_progress=False, limit_alphabet=400)
    tokenizer.train_from_iterator(lines, trainer)
    vocabulary = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    marked = [token if token in special else token[2:] if token.startswith("##") else "\u2581" + token for token in vocabulary]
    result["word-piece"] = {
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.tokens": marked,
        "tokenizer.ggml.token_type": [3 if token in special else 1 for token in vocabulary],
        "tokenizer.ggml.unknown_token_id": 1,
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.cls_token_id": 2,
        "tokenizer.ggml.seperator_token_id": 3,
        "tokenizer.ggml.mask_token_id": 4,
    }
    save("own-vocabularies.json.gz", result)


def own():
    corpus = load("corpus.json.gz")
    expected = {name: sums(metadata, corpus) for name, metadata in load("own-vocabularies.json.gz").items()}
    smollm2 = load("smollm2-vocabulary.json.gz")
    for rule in ("command-r", "mpt", "starcoder", "dbrx", "stablelm2", "qwen35", "tekken", "gpt-4o"):
        expected[rule] = sums({**smollm2, "tokenizer.ggml.pre": rule}, corpus)
    save("families-expected.json.gz", {**versions(), "sums": expected})


def sdist(folder, gemma3):
    from gguf import GGUFReader

    corpus = load("corpus.json.gz")
    expected, digests = {}, {}
    paths = {name: pathlib.Path(folder) / f"ggml-vocab-{name}.gguf" for name in SDIST}
    for name, path in {**paths, "gemma3": pathlib.Path(gemma3)}.items():
        metadata = {key: field.contents() for key, field in GGUFReader(path).fields.items() if key.startswith("tokenizer.")}
        with path.open("rb") as file:
            # Of the first 4 MiB: Gemma's file comes in parts.
            digests[name] = hashlib.sha256(file.read(1 << 22)).hexdigest()
        expected[name] = sums(metadata, corpus)
        print(name)
    save("sdist-expected.json.gz", {**versions(), "sha256": digests, "sums": expected})


command = sys.argv[1] if len(sys.argv) > 1 else ""
if command == "train":
    train()
elif command == "own":
    own()
elif command == "sdist":
    sdist(sys.argv[2], sys.argv[3])
else:
    sys.exit(__doc__)

"""Model folders to convert, and what must come out.

    python test/convert/make-folders.py OUT

For each tiny random model of test/oracle/architectures/make-models.py:
`OUT/NAME/safetensors` and `OUT/NAME/pytorch` (model folders with a tokenizer), `OUT/NAME.gguf`
(what that script's own exporter writes), and the logits of transformers in `OUT/expected.json`.
`OUT/llama/sharded` has the weights in parts with an index. Then folders that differ in their
tokenizer: `OUT/tokenizers/KIND`, with the ids that the library gives for `texts` in
`OUT/tokenizers.json`. And `OUT/quantize.gguf`, F32, wide enough for every type.
"""

import base64
import contextlib
import importlib.util
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import sentencepiece
import torch
import transformers
from gguf import MODEL_ARCH, GGUFWriter, get_tensor_name_map
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

HERE = Path(__file__).parent
ORACLE = HERE.parent / "oracle" / "architectures" / "make-models.py"
spec = importlib.util.spec_from_file_location("make_models", ORACLE)
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)

TEXTS = [
    "Hello, world! It's 2024; they'll pay 1234567 euros.",
    "  two  spaces,\n\n\tand a tab\r\n",
    "Grüße aus Köln, naïve café, Ελληνικά, русский, 日本語のテキスト, 한국어",
    "emoji 🎉🎉 and 👩‍👩‍👧, code: for (int i = 0; i < 10; ++i) { x[i] += 0.5f; }",
    "<|special|> in the text, and [user] too",
    "CamelCaseWords and SHOUTING, don't DON'T",
    "a" * 50 + " " * 20 + "b",
]


def byte_level(split, ignore_merges=False, nfc=False, digits=False):
    """A small byte-level BPE with the pre-split rule of a family."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    steps = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    if split is not None:
        steps.append(pre_tokenizers.Split(Regex(split), "isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split is None))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        show_progress=False,
        special_tokens=["<|begin|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    tokenizer.add_special_tokens([AddedToken("<|special|>", special=True)])
    tokenizer.add_tokens([AddedToken("[user]", special=False, normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A", special_tokens=[("<|begin|>", 0)]
    )
    return tokenizer


TAIL = r"\s*[\r\n]+|\s+(?!\S)|\s+"
SMALL = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
WORD = r"[^\r\n\p{L}\p{N}]?"
LLAMA3 = SMALL + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL
QWEN2 = LLAMA3.replace("{1,3}", "")
SIGNS = r" ?[^\s\p{L}\p{N}]+[\r\n/]*|"
TEKKEN = f"{WORD}{UPPER}*{LOWER}+|{WORD}{UPPER}+{LOWER}*|" + r"\p{N}|" + SIGNS + TAIL
GPT4O = (
    f"{WORD}{UPPER}*{LOWER}+{SMALL}?|{WORD}{UPPER}+{LOWER}*{SMALL}?|"
    + r"\p{N}{1,3}|"
    + SIGNS
    + TAIL
)

# Kind: (tokenizer, the name of its rule).
BYTE_LEVEL = {
    "gpt-2": lambda: byte_level(None),
    "smollm": lambda: byte_level(None, digits=True),
    "llama-bpe": lambda: byte_level(LLAMA3, ignore_merges=True),
    "dbrx": lambda: byte_level(LLAMA3),
    "qwen2": lambda: byte_level(QWEN2, nfc=True),
    "tekken": lambda: byte_level(TEKKEN, ignore_merges=True),
    "gpt-4o": lambda: byte_level(GPT4O),
}


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    return tokenizer


def tiny_model(vocabulary):
    arguments = {**made.SHAPE, "vocab_size": vocabulary, "num_hidden_layers": 1}
    config = transformers.LlamaConfig(**arguments, rope_parameters=made.theta(500.0))
    model = transformers.LlamaForCausalLM(config)
    made.randomise(model, 1)
    return model


def write_config(folder, **values):
    (folder / "tokenizer_config.json").write_text(json.dumps(values, indent=1))


def make_tokenizers(out):
    expected = {"texts": TEXTS, "kinds": {}}
    folder = out / "tokenizers"
    for name, make in BYTE_LEVEL.items():
        tokenizer = make()
        path = folder / name
        tiny_model(tokenizer.get_vocab_size()).save_pretrained(path)
        tokenizer.save(str(path / "tokenizer.json"))
        write_config(path, bos_token="<|begin|>", eos_token={"content": "<|end|>"})
        (path / "chat_template.jinja").write_text("{{ messages[0].content }}")
        tokenizer.encode_special_tokens = True
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
        expected["kinds"][name] = {"model": "gpt2", "pre": name, "ids": ids}
    for kind, options in {
        "sentencepiece-bpe": {"model_type": "bpe", "byte_fallback": True},
        "sentencepiece-unigram": {"model_type": "unigram", "byte_fallback": True},
    }.items():
        path = folder / kind
        path.mkdir(parents=True)
        lines = [line for text in TEXTS for line in text.splitlines() if line.strip()] * 20
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_prefix=str(path / "tokenizer"),
            vocab_size=420 if "bpe" in kind else 400,
            character_coverage=0.98,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            num_threads=1,
            minloglevel=2,
            hard_vocab_limit=False,
            **options,
        )
        (path / "tokenizer.vocab").unlink()
        processor = sentencepiece.SentencePieceProcessor(str(path / "tokenizer.model"))
        tiny_model(processor.vocab_size()).save_pretrained(path)
        flags = {"add_bos_token": True, "add_eos_token": False}
        write_config(path, **flags, bos_token="<s>", eos_token="</s>")
        expected["kinds"][kind] = {
            "model": "llama" if "bpe" in kind else "t5",
            "pre": "default",
            "ids": [processor.encode(text) for text in TEXTS],
        }
    # The same merges as the library writes them, without the SentencePiece file.
    path = folder / "json-bpe"
    shutil.copytree(folder / "sentencepiece-bpe", path)
    tokenizer = bpe_of(path / "tokenizer.model")
    (path / "tokenizer.model").unlink()
    tokenizer.save(str(path / "tokenizer.json"))
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    expected["kinds"]["json-bpe"] = {"model": "llama", "pre": "default", "ids": ids}
    tokenizer = word_piece()
    path = folder / "word-piece"
    tiny_model(tokenizer.get_vocab_size()).save_pretrained(path)
    by_id = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    (path / "vocab.txt").write_text("\n".join(by_id) + "\n")
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    expected["kinds"]["word-piece"] = {"model": "bert", "pre": "default", "ids": ids}
    (out / "tokenizers.json").write_text(json.dumps(expected))


def bpe_of(path):
    """A BPE tokenizer with byte fallback from a SentencePiece file."""
    processor = sentencepiece.SentencePieceProcessor(str(path))
    pieces = [processor.id_to_piece(i) for i in range(processor.vocab_size())]
    ranked = {piece: i for i, piece in enumerate(pieces)}
    merges = []
    for piece in pieces:
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in ranked and right in ranked and not piece.startswith("<"):
                merges.append((processor.get_score(ranked[piece]), ranked[left], ranked[right]))
    merges = [(pieces[a], pieces[b]) for _, a, b in sorted(merges, key=lambda each: -each[0])]
    tokenizer = Tokenizer(
        models.BPE(ranked, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


def tiny_tokenizer(folder, size):
    """Tokens of one byte: the models here have 32."""
    vocabulary = {chr(65 + i): i for i in range(size - 2)} | {"<s>": size - 2, "</s>": size - 1}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "</s>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    write_config(folder, bos_token="<s>", eos_token="</s>", add_bos_token=False)


def make_models(out):
    logits = {}
    for seed, (name, (kind, arguments)) in enumerate(made.MODELS.items()):
        architecture = name.split("-")[0]
        arguments = {"max_position_embeddings": 256, **arguments}
        config = getattr(transformers, f"{kind}Config")(**arguments)
        model = getattr(transformers, f"{kind.replace('Text', '')}ForCausalLM")(config)
        model.eval()
        made.randomise(model, seed)
        with torch.no_grad():
            rows = model(torch.tensor([made.TOKENS])).logits[0].numpy()[made.POSITIONS]
        logits[name] = base64.b64encode(rows.astype("<f4").tobytes()).decode()
        made.write_gguf(out / f"{name}.gguf", architecture, model, arguments)
        first, second = out / name / "safetensors", out / name / "pytorch"
        model.save_pretrained(first)
        second.mkdir()
        shutil.copy(first / "config.json", second)
        torch.save(model.state_dict(), second / "pytorch_model.bin")
        for folder in (first, second):
            tiny_tokenizer(folder, made.VOCABULARY)
        if name == "llama":
            sharded = out / name / "sharded"
            model.save_pretrained(sharded, max_shard_size="20KB")
            tiny_tokenizer(sharded, made.VOCABULARY)
        print(name, file=sys.stderr)
    result = {"tokens": made.TOKENS, "positions": made.POSITIONS, "logits": logits}
    (out / "expected.json").write_text(json.dumps(result))


def make_encoders(out):
    """BERT as transformers saves it, nomic-embed-text as published; names of the package gguf."""
    shape = {"num_hidden_layers": 2, "vocab_size": 105, "hidden_size": 64, "intermediate_size": 96}
    config = transformers.BertConfig(**shape, num_attention_heads=2, max_position_embeddings=40)
    model = transformers.BertModel(config)
    made.randomise(model, 3)
    model.save_pretrained(out / "encoders" / "bert")
    rng = np.random.default_rng(4)

    def random(*size):
        return torch.from_numpy(rng.standard_normal(size).astype(np.float32))

    tensors = {
        "embeddings.word_embeddings.weight": random(105, 64),
        "embeddings.token_type_embeddings.weight": random(2, 64),
        "emb_ln.weight": random(64),
        "emb_ln.bias": random(64),
    }
    for i in range(2):
        for name, size in {
            "attn.Wqkv.weight": (192, 64),
            "attn.out_proj.weight": (64, 64),
            "mlp.fc11.weight": (96, 64),
            "mlp.fc12.weight": (96, 64),
            "mlp.fc2.weight": (64, 96),
            **{f"norm{j}.{kind}": (64,) for j in (1, 2) for kind in ("weight", "bias")},
        }.items():
            tensors[f"encoder.layers.{i}.{name}"] = random(*size)
    path = out / "encoders" / "nomic-bert"
    path.mkdir()
    torch.save(tensors, path / "pytorch_model.bin")
    config = {
        **{"architectures": ["NomicBertModel"], "n_embd": 64, "n_head": 2, "n_inner": 96},
        **{"n_layer": 2, "n_positions": 8192, "max_trained_positions": 2048},
        **{"rotary_emb_base": 1000, "activation_function": "swiglu", "prenorm": False},
        **{"layer_norm_epsilon": 1e-12, "type_vocab_size": 2, "qkv_proj_bias": False},
    }
    (path / "config.json").write_text(json.dumps(config))
    expected = {}
    names = {"bert": list(model.state_dict()), "nomic-bert": list(tensors)}
    for name, architecture in (("bert", MODEL_ARCH.BERT), ("nomic-bert", MODEL_ARCH.NOMIC_BERT)):
        words = [f"w{i}" for i in range(100)]
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        (out / "encoders" / name / "vocab.txt").write_text("\n".join([*special, *words]))
        pooling = out / "encoders" / name / "1_Pooling"
        pooling.mkdir()
        is_cls = name == "bert"
        flags = {"pooling_mode_cls_token": is_cls, "pooling_mode_mean_tokens": not is_cls}
        (pooling / "config.json").write_text(json.dumps(flags))
        mapped = get_tensor_name_map(architecture, 2)
        kept = [each for each in names[name] if not each.startswith("pooler")]
        expected[name] = {each: mapped.get_name(each, (".weight", ".bias")) for each in kept}
    (out / "encoders.json").write_text(json.dumps(expected))


def make_quantize(path):
    """Normal values, some large; zero, one-sided and constant rows; 9 layers for mixtures."""
    width, ffn, heads, kv_heads, head, layers, vocabulary = 256, 512, 8, 2, 32, 9, 512
    rng = np.random.default_rng(7)

    def random(*shape):
        values = rng.standard_normal(shape) * 0.05
        values = np.where(rng.random(shape) < 0.01, values * 8, values).astype(np.float32)
        values[3], values[4, :64], values[5, ::7] = 0, 0, values[5, ::7] * 30
        values[6], values[7], values[8] = abs(values[6]), -abs(values[7]), 0.25
        return values

    writer = GGUFWriter(path, "llama")
    writer.add_context_length(256)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(ffn)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(head)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([f"t{i}" for i in range(vocabulary)])
    writer.add_token_scores([0.0] * vocabulary)
    writer.add_token_types([1] * vocabulary)
    writer.add_tensor("token_embd.weight", random(vocabulary, width))
    for i in range(layers):
        for name, shape in {
            "attn_q": (heads * head, width),
            "attn_k": (kv_heads * head, width),
            "attn_v": (kv_heads * head, width),
            "attn_output": (width, heads * head),
            "ffn_gate": (ffn, width),
            "ffn_up": (ffn, width),
            "ffn_down": (width, ffn),
        }.items():
            writer.add_tensor(f"blk.{i}.{name}.weight", random(*shape))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{i}.{name}.weight", np.ones(width, np.float32))
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    writer.add_tensor("output.weight", random(vocabulary, width))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(out):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with contextlib.redirect_stdout(sys.stderr):
        make_quantize(out / "quantize.gguf")
        make_models(out)
        make_tokenizers(out)
        make_encoders(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

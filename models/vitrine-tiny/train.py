"""Trains vitrine-tiny from scratch on corpus.py, on one core.

    python train.py [--out build] [--steps 1400] [--seed 1] [--until STEP]

Writes build/tokenizer.json and build/checkpoint.pt, every 200 steps, and goes on from them when
called again. The same seed and versions give the same weights on the same kind of processor.
export.py makes the GGUF file.
"""

import argparse
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from corpus import LATE, Corpus
from model import Config, Model
from text import Encoder, train_tokenizer

ROW = 256  # tokens a row
ROWS = 16
LONG_EVERY = 10  # every tenth step has long rows instead
LONG_ROW = 1024
LONG_ROWS = 4
TRIES = 24  # draws to fill a row
CHECKPOINT_EVERY = 200
MATRIX_RATE = 0.02
VECTOR_RATE = 0.004
WARM_UP = 50
COOL_DOWN = 0.6  # the share of the steps in which the rate falls to 0
LATE_STEPS = 250  # after them, on a corpus that stresses what is learnt last
LATE_RATE = 0.35


def rows(draw, count, length):
    """
    Documents side by side in rows; each sees only itself. One that does not fit waits for the next
    row. All tensors [count, length].
    """
    tokens = torch.zeros(count, length, dtype=torch.long)
    learn = torch.zeros(count, length, dtype=torch.bool)
    owner = torch.full((count, length), -1)
    positions = torch.zeros(count, length, dtype=torch.long)
    waiting = []
    for row in range(count):
        at = number = 0
        for _ in range(TRIES):
            if not waiting:
                waiting.append(draw())
            fitting = [
                i for i, (ids, _) in enumerate(waiting) if at == 0 or len(ids) <= length - at
            ]
            if not fitting:
                waiting.append(draw())
                continue
            ids, mask = waiting.pop(fitting[0])
            size = min(len(ids), length - at)
            tokens[row, at : at + size] = torch.tensor(ids[:size])
            learn[row, at : at + size] = torch.tensor(mask[:size])
            owner[row, at : at + size] = number
            positions[row, at : at + size] = torch.arange(size)
            at, number = at + size, number + 1
            if at == length:
                break
    return tokens, learn, owner, positions


def batch(corpus, encoder, step):
    if step % LONG_EVERY == LONG_EVERY - 1:
        words = [80, 200, 400][(step // LONG_EVERY) % 3]
        return rows(lambda: encoder.document(*corpus.long_document(words)), LONG_ROWS, LONG_ROW)
    return rows(lambda: encoder.document(*corpus.document()), ROWS, ROW)


def loss_of(model, tokens, learn, owner, positions):
    T = tokens.shape[1]
    same = owner[:, :, None] == owner[:, None, :]
    mask = (same & torch.ones(T, T, dtype=torch.bool).tril())[:, None]
    hidden = model.hidden(tokens, positions, mask)[:, :-1]
    learn = learn[:, 1:] & (owner[:, 1:] == owner[:, :-1])
    logits = hidden[learn] @ model.token_embd.T
    return F.cross_entropy(logits, tokens[:, 1:][learn])


def orthogonal(gradient):
    """The nearest orthogonal matrix, about, by Newton and Schulz's iteration. [n, rows, columns]"""
    a, b, c = 3.4445, -4.7750, 2.0315
    flip = gradient.shape[1] > gradient.shape[2]
    x = gradient.transpose(1, 2) if flip else gradient
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return x.transpose(1, 2) if flip else x


class Muon:
    """Momentum, made orthogonal (K. Jordan, 2024), for the matrices of the blocks."""

    def __init__(self, parameters):
        self.groups = {}
        for parameter in parameters:
            self.groups.setdefault(tuple(parameter.shape), []).append(parameter)
        self.momenta = {
            shape: torch.zeros(len(group), *shape) for shape, group in self.groups.items()
        }

    @torch.no_grad()
    def step(self, rate, momentum=0.95, decay=0.01):
        for shape, group in self.groups.items():
            gradient = torch.stack([parameter.grad for parameter in group])
            average = self.momenta[shape].lerp_(gradient, 1 - momentum)
            update = orthogonal(gradient.lerp(average, momentum))
            update *= max(1, shape[0] / shape[1]) ** 0.5
            for parameter, change in zip(group, update, strict=True):
                parameter.mul_(1 - rate * decay).sub_(change, alpha=rate)


def rate_at(step, steps):
    main = steps - LATE_STEPS
    if step >= main:
        return LATE_RATE * (steps - step) / LATE_STEPS
    return min(1.0, (step + 1) / WARM_UP, (main - step) / (main * COOL_DOWN))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--out", default=str(Path(__file__).with_name("build")))
    options.add_argument("--steps", type=int, default=1400)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--until", type=int, help="stop at this step, to go on later")
    options = options.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    torch.use_deterministic_algorithms(True)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)

    config = Config()
    corpus, late = Corpus(options.seed), Corpus(options.seed, LATE)
    vocabulary, state = folder / "tokenizer.json", folder / "checkpoint.pt"
    if not vocabulary.exists():
        train_tokenizer(corpus.vocabulary_texts(), config.vocabulary, vocabulary)
    encoder = Encoder(Tokenizer.from_file(str(vocabulary)))

    model = Model(config)
    matrices = [p for name, p in model.blk.named_parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if not any(p is matrix for matrix in matrices)]
    muon, adam = Muon(matrices), torch.optim.AdamW(
        others, lr=VECTOR_RATE, betas=(0.9, 0.98), weight_decay=0.0
    )
    start, seconds = 0, 0.0
    if state.exists():
        saved = torch.load(state, weights_only=True)
        model.load_state_dict(saved["model"])
        adam.load_state_dict(saved["adam"])
        muon.momenta = {tuple(p.shape[1:]): p for p in saved["muon"]}
        start, seconds = saved["step"], saved["seconds"]

    print(f"{sum(p.numel() for p in model.parameters())} parameters, from step {start}", flush=True)
    clock, total = time.process_time(), 0.0
    end = min(options.until or options.steps, options.steps)
    for step in range(start, end):
        # Each step has its own seed, so that going on after a stop changes nothing.
        if step == max(start, options.steps - LATE_STEPS):
            corpus = late
        corpus.rng.seed(options.seed * 1_000_003 + step)
        loss = loss_of(model, *batch(corpus, encoder, step))
        loss.backward()
        rate = rate_at(step, options.steps)
        adam.param_groups[0]["lr"] = VECTOR_RATE * rate
        muon.step(MATRIX_RATE * rate)
        adam.step()
        model.zero_grad()
        total += loss.item()
        if (step + 1) % 50 == 0:
            spent = seconds + time.process_time() - clock
            print(f"step {step + 1}  loss {total / 50:.4f}  {spent:.0f} s of processor", flush=True)
            total = 0.0
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == end:
            spent = seconds + time.process_time() - clock
            saved = {
                "model": model.state_dict(),
                "adam": adam.state_dict(),
                "step": step + 1,
                "muon": list(muon.momenta.values()),
                "seconds": spent,
                "loss": loss.item(),
            }
            partial = state.with_suffix(".part")
            torch.save(saved, partial)
            partial.replace(state)


if __name__ == "__main__":
    main()

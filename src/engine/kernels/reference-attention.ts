/** Attention in plain TypeScript, numerics.md sections 8 and 23. */
import { expF32, softcapF32, tree16 } from './math.ts';
import { type Call, fault, type Views } from './reference.ts';

const f = Math.fround;

/** Running state of one query head: sum of exp times v, max, sum of exp. */
interface State {
  values: Float32Array;
  max: number;
  sum: number;
}

/** @param isBidirectional a row sees its sequence to the end, not only up to itself */
export function attentionReference(
  views: Views,
  call: Call,
  tileRows: number,
  isBidirectional: boolean,
): void {
  const heads = call.integer(8) & 0xffff;
  const kvHeads = call.integer(8) >> 16;
  const rowCount = call.integer(5);
  for (let unit = 0; unit < call.units; unit += 1) {
    const kvHead = unit % kvHeads;
    const from = Math.floor(unit / kvHeads) * tileRows;
    for (let r = from; r < Math.min(from + tileRows, rowCount); r += 1) {
      for (let g = 0; g < heads / kvHeads; g += 1) {
        const last = views.i32[((call.address(4) + r * 16) >>> 2) + (isBidirectional ? 3 : 1)];
        attendHead(views, call, { r, last }, kvHead, kvHead * (heads / kvHeads) + g);
      }
    }
  }
}

/** One head of row `r` over the positions up to `last`, or of its window. */
function attendHead(
  views: Views,
  call: Call,
  { r, last }: { r: number; last: number },
  kvHead: number,
  head: number,
): void {
  const D = call.integer(9) & 1023;
  const window = call.integer(9) >>> 10;
  const row = (call.address(4) + r * 16) >>> 2;
  const position = views.i32[row + 1];
  const pages = views.u32[row + 2] >>> 2;
  const q = (call.address(2) + r * call.address(3) + head * D * 4) >>> 2;
  const earliest = window === 0 ? 0 : Math.max(0, position - window + 1);
  let state: State | undefined;
  for (let block = earliest >> 6; block <= last >> 6; block += 1) {
    const page = views.u32[pages + block];
    const keys = (call.address(6) + page * call.address(7) + kvHead * D * 256) >>> 1;
    const seen = {
      from: Math.max(0, earliest - block * 64),
      to: Math.min(64, last - block * 64 + 1),
    };
    const next = attendBlock(views, views.f32.subarray(q, q + D), keys, seen, call);
    state = state === undefined ? next : fold(state, next);
  }
  if (state === undefined) return;
  const heads = call.integer(8) & 0xffff;
  const out = (call.address(0) + (r * heads + head) * D * 4) >>> 2;
  for (let c = 0; c < D; c += 1) views.f32[out + c] = f(state.values[c] / state.sum);
}

/** Positions from..to of one block of 64, ascending; `keys` is the u16 index of the head's page. */
function attendBlock(
  views: Views,
  q: Float32Array,
  keys: number,
  { from, to }: { from: number; to: number },
  call: Call,
): State {
  const D = q.length;
  const softcap = call.float(1);
  const scores = new Float32Array(64);
  for (let p = from; p < to; p += 1) {
    for (let c = 0; c < D; c += 1) {
      scores[p] = scores[p] + f(q[c] * views.half((keys + c * 64 + p) * 2));
    }
    if (softcap === 0) continue;
    // The cap would hide an infinity.
    if (!Number.isFinite(scores[p])) fault(views, call);
    scores[p] = softcapF32(scores[p], softcap);
  }
  const max = scores.subarray(from, to).reduce((a, b) => Math.max(a, b));
  const partial = new Float32Array(16);
  const values = new Float32Array(D);
  for (let p = from; p < to; p += 1) {
    const e = expF32(f(scores[p] - max));
    partial[p & 15] = partial[p & 15] + e;
    for (let c = 0; c < D; c += 1) {
      values[c] = values[c] + f(e * views.half((keys + D * 64 + p * D + c) * 2));
    }
  }
  return { values, max, sum: tree16(partial) };
}

/** old * exp(old max - max) + new * exp(new max - max), each product and sum rounded. */
function fold(old: State, next: State): State {
  const max = Math.max(old.max, next.max);
  const alpha = expF32(f(old.max - max));
  const beta = expF32(f(next.max - max));
  const values = old.values.map((value, c) => f(f(value * alpha) + f(next.values[c] * beta)));
  return { values, max, sum: f(f(old.sum * alpha) + f(next.sum * beta)) };
}

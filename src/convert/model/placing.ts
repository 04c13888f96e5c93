/** Tensors of a checkpoint put under their names in GGUF, with checks that none is missing. */
import { convertError, quoted } from '../errors.ts';
import type { PlannedValues } from '../plan.ts';
import type { SourceTensor } from '../source/tensor-source.ts';
import type { UntypedTensor } from '../typed-plan.ts';

/** What is done to the values of a tensor on their way. */
export type Changes = Omit<Extract<PlannedValues, { kind: 'tensor' }>, 'kind' | 'tensor'>;

export type Placed =
  | { readonly kind: 'named'; readonly name: string; readonly changes?: Changes }
  /** Not needed. */
  | { readonly kind: 'left-out' }
  /** Of a part that sees. */
  | { readonly kind: 'image' }
  | { readonly kind: 'unknown' };

export interface Placement {
  readonly architecture: string;
  readonly layers: number;
  /** Tensors outside of the layers that must be there. */
  readonly ends: readonly string[];
  place(tensor: SourceTensor): Placed;
}

/** @throws VitrineError not-convertible, bad-checkpoint */
export function placeAll(
  checkpoint: ReadonlyMap<string, SourceTensor>,
  placement: Placement,
  notes: string[],
): UntypedTensor[] {
  const found = new Map<string, UntypedTensor>();
  let imageCount = 0;
  for (const tensor of checkpoint.values()) {
    const placed = placement.place(tensor);
    if (placed.kind === 'image') imageCount += 1;
    if (placed.kind === 'unknown') {
      throw convertError(
        'not-convertible',
        `the tensor ${quoted(tensor.name)} is no part of ${placement.architecture} as it is known ` +
          'here',
      );
    }
    if (placed.kind !== 'named') continue;
    const { name, changes = {} } = placed;
    if (found.has(name)) {
      throw convertError('bad-checkpoint', `${quoted(tensor.name)} would be a second ${name}`);
    }
    checkType(tensor);
    checkHeads(tensor, changes.permutedHeads);
    found.set(name, { name, dims: tensor.dims, values: { kind: 'tensor', tensor, ...changes } });
  }
  if (imageCount > 0) notes.push(`${imageCount} tensors for images are left out; text remains`);
  checkComplete(found, placement);
  return inOrder(found);
}

function checkType({ name, type, foreignType, dims }: SourceTensor): void {
  const isFloat = ['F32', 'F16', 'BF16', 'F64'].includes(type);
  if (isFloat && foreignType === undefined && dims.length <= 2 && !dims.includes(0)) return;
  throw convertError(
    'not-convertible',
    `the tensor ${quoted(name)} is ${foreignType ?? type} of shape ${[...dims].reverse().join(' x ')}; ` +
      'expected a vector or matrix of floats (a model that is quantised already is not read)',
  );
}

function checkHeads({ name, dims }: SourceTensor, heads: number | undefined): void {
  if (heads === undefined || (dims.length === 2 && dims[1] % (2 * heads) === 0)) return;
  throw convertError(
    'bad-checkpoint',
    `the tensor ${quoted(name)} has ${dims[1] ?? 1} rows for ${heads} heads`,
  );
}

/** Every layer has what the first one has, and the ends are there. */
function checkComplete(
  found: ReadonlyMap<string, UntypedTensor>,
  { layers, ends }: Placement,
): void {
  const first = [...found.keys()].filter((name) => name.startsWith('blk.0.'));
  const wanted = [...ends];
  for (let i = 0; i < layers; i += 1) {
    wanted.push(...first.map((name) => name.replace('blk.0.', `blk.${i}.`)));
  }
  const missing = wanted.filter((name) => !found.has(name));
  const layered = [...found.keys()].filter((name) => name.startsWith('blk.')).length;
  if (first.length === 0) missing.push('blk.0');
  if (missing.length > 0) {
    throw convertError(
      'bad-checkpoint',
      `the weights lack ${missing.length} tensors, among them ${missing[0]}; fetch all files`,
    );
  }
  if (layered !== first.length * layers) {
    throw convertError(
      'bad-checkpoint',
      `the weights have ${layered} tensors in layers; expected ${layers} times ${first.length}`,
    );
  }
}

/** Embedding, layers by number, ends: as files of llama.cpp have it. */
function inOrder(found: ReadonlyMap<string, UntypedTensor>): UntypedTensor[] {
  const rank = (name: string): number => {
    const [, layer] = /^blk\.(\d+)\./.exec(name) ?? [];
    if (layer !== undefined) return Number(layer);
    return name.startsWith('token_embd') ? -1 : Number.POSITIVE_INFINITY;
  };
  const names = [...found.keys()];
  const order = new Map(names.map((name, i) => [name, i]));
  names.sort((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    return first === second ? (order.get(a) as number) - (order.get(b) as number) : first - second;
  });
  return names.map((name) => found.get(name) as UntypedTensor);
}

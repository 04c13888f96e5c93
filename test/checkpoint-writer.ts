/** PyTorch checkpoints and safetensors made by hand, good and bad, for tests. */
import { writeZip, type ZipInput } from './zip-writer.ts';

/** Instructions of a pickle. */
export const PICKLE = {
  start: Buffer.from([0x80, 2]),
  stop: Buffer.from('.'),
  mark: Buffer.from('('),
  tuple: Buffer.from('t'),
  dict: Buffer.from('}'),
  setItems: Buffer.from('u'),
  reduce: Buffer.from('R'),
  persistent: Buffer.from('Q'),
  none: Buffer.from('N'),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text: (text: string) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([0x58]), uint32(bytes.length), bytes]);
  },
  int: (value: number) => Buffer.concat([Buffer.from('J'), uint32(value)]),
};

export interface TensorInput {
  readonly shape: readonly number[];
  readonly key: string;
  readonly offset?: number;
  readonly strides?: readonly number[];
  /** Elements that the storage claims to have. */
  readonly count: number;
}

/** `torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict())` */
export function tensorPickle({ shape, key, offset = 0, strides, count }: TensorInput): Buffer {
  const { mark, tuple, text, int, global, persistent, reduce } = PICKLE;
  const rowMajor = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const sizes = (list: readonly number[]) => Buffer.concat([mark, ...list.map(int), tuple]);
  return Buffer.concat([
    ...[global('torch._utils', '_rebuild_tensor_v2'), mark],
    ...[mark, text('storage'), global('torch', 'FloatStorage'), text(key), text('cpu')],
    ...[int(count), tuple, persistent, int(offset), sizes(shape), sizes(strides ?? rowMajor)],
    ...[Buffer.from([0x89]), global('collections', 'OrderedDict'), Buffer.from(')'), reduce],
    ...[tuple, reduce],
  ]);
}

/** A whole pickle of a dict. */
export function dictPickle(entries: Readonly<Record<string, Buffer>>): Buffer {
  const { start, dict, mark, text, setItems, stop } = PICKLE;
  const items = Object.entries(entries).flatMap(([name, value]) => [text(name), value]);
  return Buffer.concat([start, dict, mark, ...items, setItems, stop]);
}

/** A checkpoint as torch.save writes it. */
export function writeCheckpoint(
  pickle: Buffer,
  storages: Readonly<Record<string, Uint8Array>> = {},
  options: { isPacked?: boolean; others?: readonly ZipInput[] } = {},
): Buffer {
  const isStored = options.isPacked !== true;
  return writeZip([
    { name: 'archive/data.pkl', content: pickle, isStored },
    { name: 'archive/byteorder', content: Buffer.from('little'), isStored: true },
    ...Object.entries(storages).map(([key, content]) => ({
      ...{ name: `archive/data/${key}`, content, isStored },
    })),
    ...(options.others ?? []),
  ]);
}

/** @param header  JSON, or the bytes that stand in its place */
export function writeSafetensors(
  header: object | Buffer,
  data: Uint8Array,
  length?: bigint,
): Buffer {
  const bytes = Buffer.isBuffer(header) ? header : Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(bytes.length));
  return Buffer.concat([size, bytes, data]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

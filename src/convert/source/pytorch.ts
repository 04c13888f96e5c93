/**
 * A PyTorch checkpoint (`torch.save` since 1.6): a zip file with a pickle that describes the
 * tensors and one member for each storage. The pickle is read, not run: pickle.ts.
 *
 *   NAME/data.pkl | NAME/byteorder | NAME/data/0 | NAME/data/1 | …
 */
import { crc32 } from 'node:zlib';
import type { TensorTypeName } from '../../engine/gguf/index.ts';
import { convertError, quoted } from '../errors.ts';
import { readPickle, type Storage, Tensor, type Value } from './pickle.ts';
import type { OpenFile, SourceTensor } from './tensor-source.ts';
import { dataOffset, readZip, type ZipMember } from './zip-archive.ts';

const PICKLE_BYTES_MAX = 64 << 20;

const ELEMENTS: Readonly<Record<string, { type?: TensorTypeName; bytes: number }>> = {
  'torch.FloatStorage': { type: 'F32', bytes: 4 },
  'torch.HalfStorage': { type: 'F16', bytes: 2 },
  'torch.BFloat16Storage': { type: 'BF16', bytes: 2 },
  'torch.DoubleStorage': { type: 'F64', bytes: 8 },
  'torch.LongStorage': { type: 'I64', bytes: 8 },
  'torch.IntStorage': { type: 'I32', bytes: 4 },
  'torch.ShortStorage': { type: 'I16', bytes: 2 },
  'torch.CharStorage': { type: 'I8', bytes: 1 },
  'torch.ByteStorage': { bytes: 1 },
  'torch.BoolStorage': { bytes: 1 },
};

/** @throws VitrineError bad-checkpoint, unsafe-pickle */
export async function readPytorch(file: OpenFile): Promise<SourceTensor[]> {
  await refuseOldFormat(file);
  const members = await readZip(file);
  const pickleName = [...members.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  const pickle = pickleName === undefined ? undefined : members.get(pickleName);
  if (pickle === undefined) throw bad(file, 'has no data.pkl: it is no checkpoint of torch.save');
  const prefix = pickle.name.slice(0, -'data.pkl'.length);
  await checkByteOrder(file, members.get(`${prefix}byteorder`));
  const root = await readRoot(file, pickle);
  const tensors: SourceTensor[] = [];
  const seen = new Map<string, string>();
  for (const [name, value] of stateOf(file, root)) {
    if (!(value instanceof Tensor)) continue;
    const key = `${prefix}data/${value.storage.key}`;
    const tensor = await sourceTensor(file, name, value, members.get(key));
    const place = `${key} ${value.offset} ${value.shape}`;
    tensors.push({ ...tensor, sameAs: seen.get(place) });
    if (!seen.has(place)) seen.set(place, name);
  }
  return tensors;
}

async function refuseOldFormat(file: OpenFile): Promise<void> {
  if (file.fileBytes < 4) throw bad(file, `has ${file.fileBytes} bytes; expected a checkpoint`);
  const magic = (await file.read(0, 4)).readUInt32LE(0);
  if (magic === 0x04034b50) return;
  throw bad(
    file,
    'is no zip file, as torch.save writes since PyTorch 1.6; an older checkpoint must be loaded ' +
      'and saved again, best as safetensors',
  );
}

async function checkByteOrder(file: OpenFile, member: ZipMember | undefined): Promise<void> {
  if (member === undefined) return;
  const bytes = await file.read(await dataOffset(file, member), Math.min(member.bytes, 16));
  if (bytes.toString('latin1') !== 'little') throw bad(file, 'is not little-endian');
}

async function readRoot(file: OpenFile, pickle: ZipMember): Promise<Value> {
  if (pickle.bytes > PICKLE_BYTES_MAX) {
    throw bad(file, `has a pickle of ${pickle.bytes} bytes; the limit is ${PICKLE_BYTES_MAX}`);
  }
  const bytes = await file.read(await dataOffset(file, pickle), pickle.bytes);
  if (crc32(bytes) !== pickle.crc32) throw bad(file, 'has a damaged data.pkl (CRC-32)');
  try {
    return readPickle(bytes);
  } catch (cause) {
    const error = cause as { code?: string; message: string };
    const code = error.code === 'unsafe-pickle' ? 'unsafe-pickle' : 'bad-checkpoint';
    throw convertError(code, `${file.path}: ${error.message}`, cause);
  }
}

/** The dict of tensors: the root, or what training frameworks wrap it in, at most so often. */
function stateOf(file: OpenFile, root: Value, wrapsMax = 4): [string, Value][] {
  if (wrapsMax < 0) throw bad(file, 'holds dicts of dicts instead of a dict of tensors');
  if (!(root instanceof Map)) throw bad(file, 'holds no dict of tensors');
  for (const key of ['state_dict', 'model_state_dict', 'model']) {
    const inner = root.get(key);
    if (inner instanceof Map) return stateOf(file, inner, wrapsMax - 1);
  }
  return [...root].filter((entry): entry is [string, Value] => typeof entry[0] === 'string');
}

async function sourceTensor(
  file: OpenFile,
  name: string,
  tensor: Tensor,
  member: ZipMember | undefined,
): Promise<SourceTensor> {
  const { storage, offset, shape } = tensor;
  const { type, bytes } = ELEMENTS[storage.type];
  if (member === undefined) {
    throw bad(file, `lacks the storage ${quoted(storage.key)} of the tensor ${quoted(name)}`);
  }
  const start = await dataOffset(file, member);
  checkExtent(file, name, tensor, member, bytes);
  checkStrides(file, name, tensor);
  const elementCount = shape.reduce((product, dim) => product * dim, 1);
  const from = start + offset * bytes;
  return {
    name,
    type: type ?? 'I8',
    foreignType: type === undefined ? nameOf(storage) : undefined,
    dims: shape.length === 0 ? [1] : [...shape].reverse(),
    sizeBytes: elementCount * bytes,
    read: (at, byteLength) => file.read(from + at, byteLength),
  };
}

function nameOf(storage: Storage): string {
  return storage.type.slice('torch.'.length);
}

function checkExtent(
  file: OpenFile,
  name: string,
  { storage, offset, shape }: Tensor,
  member: ZipMember,
  elementBytes: number,
): void {
  const elementCount = shape.reduce((product, dim) => product * dim, 1);
  const held = Math.min(storage.elementCount, Math.floor(member.bytes / elementBytes));
  if (offset + elementCount <= held) return;
  throw bad(
    file,
    `has the tensor ${quoted(name)} of ${elementCount} elements from ${offset} on; its storage ` +
      `holds ${held}`,
  );
}

/** Row by row without gaps, the only order that is read. */
function checkStrides(file: OpenFile, name: string, { shape, strides }: Tensor): void {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i -= 1) {
    if (shape[i] !== 1 && strides[i] !== expected) {
      throw bad(
        file,
        `has the tensor ${quoted(name)} stored with strides ${strides.join(', ')} (a transposed ` +
          'or cut view); save it contiguous',
      );
    }
    expected *= shape[i];
  }
}

function bad(file: OpenFile, what: string): Error {
  return convertError('bad-checkpoint', `${file.path} ${what}`);
}

/**
 * Reads the pickle of a PyTorch checkpoint as data. A pickle is a program; this interpreter knows
 * the instructions that make texts, numbers, lists, tuples and dicts, and of all functions that a
 * pickle may name only those that describe a tensor. Every other one is refused by its name, before
 * anything is made of it; nothing is ever called. Stack, memo, depth and counts are bounded.
 *
 * Format: CPython's Lib/pickletools.py, protocols 2 to 5; torch/_utils.py for what tensors look
 * like.
 */
import { convertError, quoted } from '../errors.ts';

/** A tuple; a list is a JavaScript array. */
export class Tuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** A name that is allowed. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** `('storage', type, key, location, count)`. */
export class Storage {
  readonly type: string;
  readonly key: string;
  readonly elementCount: number;

  constructor(type: string, key: string, elementCount: number) {
    this.type = type;
    this.key = key;
    this.elementCount = elementCount;
  }
}

export class Tensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: Storage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

export type Dict = Map<string | number, Value>;
export type Value =
  | null
  | boolean
  | number
  | string
  | Value[]
  | Tuple
  | Dict
  | Global
  | Storage
  | Tensor;

const STACK_MAX = 1 << 20;
const MEMO_MAX = 1 << 20;
const MARK_MAX = 100;
const DEPTH_MAX = 100;
const NAME_BYTES_MAX = 1 << 16;

const STORAGE_TYPES = [
  ...['Float', 'Half', 'BFloat16', 'Double', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'],
].map((type) => `torch.${type}Storage`);

const REBUILD = 'torch._utils._rebuild_tensor_v2';
const PARAMETER = 'torch._utils._rebuild_parameter';
const ORDERED_DICT = 'collections.OrderedDict';

const ALLOWED: ReadonlySet<string> = new Set([...STORAGE_TYPES, REBUILD, PARAMETER, ORDERED_DICT]);

/** Marks a place on the stack. */
const MARK = Symbol('mark');
type Slot = Value | typeof MARK;

/** @throws VitrineError unsafe-pickle, bad-checkpoint */
export function readPickle(bytes: Buffer): Value {
  return new Machine(bytes).run();
}

class Machine {
  readonly #bytes: Buffer;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Value>();
  readonly #depths = new WeakMap<object, number>();
  #markCount = 0;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  run(): Value {
    for (;;) {
      const code = this.#byte();
      if (code === 0x2e) {
        const result = this.#pop();
        if (this.#stack.length > 0) throw bad('ends with values left on its stack');
        return result;
      }
      this.#step(code);
      if (this.#stack.length > STACK_MAX) throw bad(`fills a stack of ${STACK_MAX} values`);
    }
  }

  /** The instructions by their code. */
  readonly #instructions = new Map<number, () => void>([
    // PROTO, FRAME (a length that says nothing here), MARK, POP
    [0x80, () => this.#protocol(this.#byte())],
    [0x95, () => this.#take(8)],
    [0x28, () => this.#mark()],
    [0x30, () => this.#pop()],
    // NONE, NEWTRUE, NEWFALSE
    [0x4e, () => this.#push(null)],
    [0x88, () => this.#push(true)],
    [0x89, () => this.#push(false)],
    // BININT1, BININT2, BININT, LONG1, BINFLOAT
    [0x4b, () => this.#push(this.#byte())],
    [0x4d, () => this.#push(this.#take(2).readUInt16LE(0))],
    [0x4a, () => this.#push(this.#take(4).readInt32LE(0))],
    [0x8a, () => this.#push(this.#long(this.#byte()))],
    [0x47, () => this.#push(this.#take(8).readDoubleBE(0))],
    // BINUNICODE, SHORT_BINUNICODE, SHORT_BINSTRING
    [0x58, () => this.#push(this.#text(this.#take(4).readUInt32LE(0)))],
    [0x8c, () => this.#push(this.#text(this.#byte()))],
    [0x55, () => this.#push(this.#text(this.#byte()))],
    // EMPTY_LIST, EMPTY_DICT, EMPTY_TUPLE
    [0x5d, () => this.#push([])],
    [0x7d, () => this.#push(new Map())],
    [0x29, () => this.#push(new Tuple([]))],
    // TUPLE1, TUPLE2, TUPLE3, TUPLE
    [0x85, () => this.#pushTuple(this.#popMany(1))],
    [0x86, () => this.#pushTuple(this.#popMany(2))],
    [0x87, () => this.#pushTuple(this.#popMany(3))],
    [0x74, () => this.#pushTuple(this.#popToMark())],
    // APPEND, APPENDS, SETITEM, SETITEMS
    [0x61, () => this.#append(this.#popMany(1))],
    [0x65, () => this.#append(this.#popToMark())],
    [0x73, () => this.#setItems(this.#popMany(2))],
    [0x75, () => this.#setItems(this.#popToMark())],
    // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
    [0x71, () => this.#remember(this.#byte())],
    [0x72, () => this.#remember(this.#take(4).readUInt32LE(0))],
    [0x94, () => this.#remember(this.#memo.size)],
    [0x68, () => this.#recall(this.#byte())],
    [0x6a, () => this.#recall(this.#take(4).readUInt32LE(0))],
    // GLOBAL, STACK_GLOBAL, BINPERSID, REDUCE, BUILD
    [0x63, () => this.#global(this.#line(), this.#line())],
    [0x93, () => this.#globalOf(this.#popMany(2))],
    [0x51, () => this.#push(storageOf(this.#pop()))],
    [0x52, () => this.#reduce()],
    [0x62, () => this.#build()],
  ]);

  #step(code: number): void {
    const instruction = this.#instructions.get(code);
    if (instruction !== undefined) {
      instruction();
      return;
    }
    throw convertError(
      'unsafe-pickle',
      `its pickle has the instruction 0x${code.toString(16).padStart(2, '0')} at byte ` +
        `${this.#at - 1}, which describing tensors does not take; nothing was run. Save the ` +
        'model as safetensors.',
    );
  }

  #mark(): void {
    this.#markCount += 1;
    if (this.#markCount > MARK_MAX) throw bad(`nests deeper than ${MARK_MAX}`);
    this.#push(MARK);
  }

  #globalOf([module, name]: Value[]): void {
    // As text, a list that holds another twice, and so on, would never end.
    if (typeof module !== 'string' || typeof name !== 'string')
      throw bad('has a name that is no text');
    this.#global(module, name);
  }

  #protocol(version: number): void {
    if (version < 2 || version > 5) throw bad(`has protocol ${version}; 2 to 5 are read`);
  }

  #global(module: string, name: string): void {
    const whole = `${module}.${name}`;
    if (!ALLOWED.has(whole)) {
      throw convertError(
        'unsafe-pickle',
        `its pickle names ${quoted(whole)}, which is no part of a tensor; nothing was run. If you ` +
          'trust the file, load it with PyTorch and save its state_dict as safetensors.',
      );
    }
    this.#push(new Global(whole));
  }

  #reduce(): void {
    const [called, given] = this.#popMany(2);
    if (!(called instanceof Global) || !(given instanceof Tuple)) {
      throw convertError('unsafe-pickle', 'its pickle calls something that is no function');
    }
    this.#push(resultOf(called.name, given.items));
  }

  /** The attributes of an OrderedDict (`_metadata`) are left out. */
  #build(): void {
    this.#pop();
    const target = this.#stack.at(-1);
    if (!(target instanceof Map)) throw bad('sets attributes of something that is no dict');
  }

  #append(items: Value[]): void {
    const list = this.#stack.at(-1);
    if (!Array.isArray(list)) throw bad('appends to something that is no list');
    this.#deepen(list, items);
    for (const item of items) list.push(item);
    this.#count(items.length);
  }

  #setItems(items: Value[]): void {
    const dict = this.#stack.at(-1);
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw bad('sets items of no dict');
    this.#deepen(dict, items);
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        throw bad('has a key that is no text');
      dict.set(key, items[i + 1]);
    }
    this.#count(items.length);
  }

  #pushTuple(items: Value[]): void {
    const tuple = new Tuple(items);
    this.#deepen(tuple, items);
    this.#push(tuple);
  }

  /** Items in all lists and dicts: values can be put in again and again through the memo. */
  #itemCount = 0;

  #count(more: number): void {
    this.#itemCount += more;
    if (this.#itemCount > 4 * STACK_MAX) throw bad(`has more than ${4 * STACK_MAX} items`);
  }

  #deepen(container: object, items: readonly Value[]): void {
    let depth = this.#depths.get(container) ?? 1;
    for (const item of items) {
      if (typeof item === 'object' && item !== null) {
        depth = Math.max(depth, 1 + (this.#depths.get(item) ?? 0));
      }
    }
    if (depth > DEPTH_MAX) throw bad(`nests deeper than ${DEPTH_MAX}`);
    this.#depths.set(container, depth);
  }

  #remember(index: number): void {
    if (index >= MEMO_MAX) throw bad(`has a memo of more than ${MEMO_MAX} values`);
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw bad('remembers nothing');
    this.#memo.set(index, value);
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw bad(`recalls value ${index}, which it never remembered`);
    this.#push(value);
  }

  #push(value: Slot): void {
    this.#stack.push(value);
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw bad('takes from an empty stack');
    return value;
  }

  #popMany(count: number): Value[] {
    const items: Value[] = [];
    for (let i = 0; i < count; i += 1) items.push(this.#pop());
    return items.reverse();
  }

  #popToMark(): Value[] {
    const from = this.#stack.lastIndexOf(MARK);
    if (from < 0) throw bad('has no mark on its stack');
    this.#markCount -= 1;
    return this.#stack.splice(from).slice(1) as Value[];
  }

  #byte(): number {
    return this.#take(1)[0];
  }

  #take(byteLength: number): Buffer {
    const from = this.#at;
    if (from + byteLength > this.#bytes.length) throw bad(`ends at byte ${this.#bytes.length}`);
    this.#at += byteLength;
    return this.#bytes.subarray(from, this.#at);
  }

  #text(byteLength: number): string {
    if (byteLength > NAME_BYTES_MAX) throw bad(`has a text of ${byteLength} bytes`);
    return this.#take(byteLength).toString('utf8');
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > NAME_BYTES_MAX) throw bad('has a name without an end');
    const text = this.#take(end - this.#at).toString('utf8');
    this.#at += 1;
    return text;
  }

  /** Little endian, two's complement; 0 for no bytes. */
  #long(byteLength: number): number {
    if (byteLength > 8) throw bad(`has a number of ${byteLength} bytes`);
    let value = 0n;
    const bytes = this.#take(byteLength);
    for (let i = byteLength - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(bytes[i]);
    const number = Number(BigInt.asIntN(8 * byteLength, value));
    if (!Number.isSafeInteger(number)) throw bad(`has the number ${number}`);
    return number;
  }
}

/** What an allowed function would give. */
function resultOf(called: string, given: readonly Value[]): Value {
  const [first] = given;
  switch (called) {
    case ORDERED_DICT:
      if (given.length > 0) throw bad('has an OrderedDict made from arguments');
      return new Map();
    case REBUILD:
      return tensorOf(given);
    case PARAMETER:
      if (!(first instanceof Tensor)) throw bad('has a parameter without a tensor');
      return first;
    default:
      throw convertError('unsafe-pickle', `its pickle calls ${called}, which is no function`);
  }
}

function storageOf(id: Value): Storage {
  const items = id instanceof Tuple ? id.items : [];
  const [kind, type, key, , count] = items;
  const isStorage =
    kind === 'storage' && type instanceof Global && STORAGE_TYPES.includes(type.name);
  if (!isStorage || typeof key !== 'string' || !isSize(count)) throw bad('has a broken storage');
  return new Storage(type.name, key, count);
}

function tensorOf(given: readonly Value[]): Tensor {
  const [storage, offset, shape, strides] = given;
  const sizes = shape instanceof Tuple ? shape.items : undefined;
  const steps = strides instanceof Tuple ? strides.items : undefined;
  if (
    !(storage instanceof Storage) ||
    !isSize(offset) ||
    !sizes?.every(isSize) ||
    !steps?.every(isSize) ||
    steps.length !== sizes.length ||
    sizes.length > 8
  ) {
    throw bad('has a broken tensor');
  }
  return new Tensor(storage, offset, sizes as number[], steps as number[]);
}

function isSize(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function bad(what: string): Error {
  return convertError('bad-checkpoint', `its pickle ${what}; the file is damaged or hostile`);
}

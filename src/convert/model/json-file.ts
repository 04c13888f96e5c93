/** JSON of a model folder: bounded, and read with checks that name file and key. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { convertError, quoted } from '../errors.ts';

/** tokenizer.json of 260,000 tokens has 33 MB. */
const JSON_BYTES_MAX = 256 << 20;

/** A JSON object and where it stands. */
export class JsonObject {
  readonly file: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(file: string, values: unknown) {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw convertError('bad-config', `${file} is no JSON object`);
    }
    this.file = file;
    this.#values = values as Record<string, unknown>;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** null counts as absent. */
  value(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  /** The first of the keys that has a finite number. */
  number(...keys: string[]): number | undefined {
    for (const key of keys) {
      const value = this.value(key);
      if (value === undefined) continue;
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw this.wrong(key, 'a number', value);
    }
    return undefined;
  }

  needNumber(...keys: string[]): number {
    return this.number(...keys) ?? this.#missing(keys[0]);
  }

  /** A whole number from 0 to 2^31. */
  size(...keys: string[]): number | undefined {
    const value = this.number(...keys);
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value < 2 ** 31)) {
      return value;
    }
    throw this.wrong(keys[0], 'a whole number', value);
  }

  needSize(...keys: string[]): number {
    return this.size(...keys) ?? this.#missing(keys[0]);
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrong(key, 'true or false', value);
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(key, 'a text', value);
  }

  object(key: string): JsonObject | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    return new JsonObject(`${this.file}, ${key}`, value);
  }

  /** A value inside this object as an object of its own. */
  child(name: string, value: unknown): JsonObject {
    return new JsonObject(`${this.file}, ${name}`, value);
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.value(key);
    if (value === undefined || Array.isArray(value)) return value;
    throw this.wrong(key, 'a list', value);
  }

  /** A list of finite numbers. */
  numbers(key: string): readonly number[] | undefined {
    const list = this.list(key);
    if (list?.every((each) => typeof each === 'number' && Number.isFinite(each)) === false) {
      throw this.wrong(key, 'a list of numbers', list);
    }
    return list as readonly number[] | undefined;
  }

  wrong(key: string, expected: string, came: unknown): Error {
    const shown = typeof came === 'object' ? 'something else' : quoted(came);
    return convertError(
      'bad-config',
      `${this.file}: expected ${key} to be ${expected}, got ${shown}`,
    );
  }

  #missing(key: string): never {
    throw convertError('bad-config', `${this.file} lacks ${key}`);
  }
}

/** A file of the folder; undefined when it is not there. @throws VitrineError bad-config */
export async function readBounded(path: string): Promise<Buffer | undefined> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) return undefined;
  if (!entry.isFile() || entry.size > JSON_BYTES_MAX) {
    throw convertError('bad-config', `${path} is no file of at most ${JSON_BYTES_MAX} bytes`);
  }
  return readFile(path);
}

/** @throws VitrineError bad-config */
export async function readJson(path: string): Promise<JsonObject | undefined> {
  const bytes = await readBounded(path);
  if (bytes === undefined) return undefined;
  try {
    return new JsonObject(basename(path), JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw convertError('bad-config', `${path} is no JSON (${cause.message})`, cause);
  }
}

/** The metadata of one architecture: keys by their names after the prefix, checked. */
import { type Metadata, metadataNumber, metadataString } from '../gguf/index.ts';
import { modelError } from './errors.ts';

export class Keys {
  readonly #metadata: Metadata;
  readonly #prefix: string;

  constructor(metadata: Metadata, architecture: string) {
    this.#metadata = metadata;
    this.#prefix = `${architecture}.`;
  }

  /** A whole number from 1 to `max`. @throws VitrineError bad-header */
  size(key: string, max: number): number {
    const value = this.optionalSize(key, max);
    if (value === undefined)
      throw modelError('bad-header', `the metadata lacks ${this.#prefix}${key}`);
    return value;
  }

  optionalSize(key: string, max: number): number | undefined {
    const value = metadataNumber(this.#metadata, this.#prefix + key);
    if (value === undefined) return undefined;
    if (!Number.isInteger(value) || value < 1 || value > max) {
      throw modelError(
        'bad-header',
        `${this.#prefix}${key} is ${value}; expected a whole number from 1 to ${max}`,
      );
    }
    return value;
  }

  /** A finite number. @throws VitrineError bad-header */
  number(key: string): number | undefined {
    const value = metadataNumber(this.#metadata, this.#prefix + key);
    if (value !== undefined && !Number.isFinite(value)) {
      throw modelError('bad-header', `${this.#prefix}${key} is ${value}; expected a number`);
    }
    return value;
  }

  /** A number as it stands, or the default. */
  numberOr(key: string, value: number): number {
    return metadataNumber(this.#metadata, this.#prefix + key) ?? value;
  }

  /** @throws VitrineError bad-header */
  flag(key: string): boolean | undefined {
    const value = this.#metadata.get(this.#prefix + key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw modelError('bad-header', `${this.#prefix}${key} is ${value}; expected true or false`);
  }

  text(key: string): string | undefined {
    return metadataString(this.#metadata, this.#prefix + key);
  }

  /**
   * The window of each layer, 0: none. Of `period` layers the last sees everything; the file may
   * say another period, or which layers have one.
   */
  windows(layers: number, preset: { tokens: number; period: number }): number[] {
    const width = 'attention.sliding_window';
    // A file of Phi 4 says 0: none.
    const none = this.number(width) === 0;
    const tokens = none ? 0 : (this.optionalSize(width, 2 ** 24) ?? preset.tokens);
    const key = 'attention.sliding_window_pattern';
    const pattern = this.#metadata.get(this.#prefix + key);
    const isList = Array.isArray(pattern) && pattern.every((each) => typeof each === 'boolean');
    if (typeof pattern === 'object' && !(isList && pattern.length === layers)) {
      throw modelError('bad-header', `${this.#prefix}${key} is no list of ${layers} booleans`);
    }
    const period = isList ? 0 : (this.optionalSize(key, 256) ?? preset.period);
    const isWindowed = (i: number): boolean =>
      isList ? pattern[i] === true : i % period !== period - 1;
    // Beyond 2^21 positions no context reaches.
    if (tokens > 2 ** 21) return new Array(layers).fill(0);
    return Array.from({ length: layers }, (_, i) => (isWindowed(i) ? tokens : 0));
  }
}

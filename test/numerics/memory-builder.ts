/** A memory that a recording is made of: space is taken, filled, and called over. */
import {
  createMemory,
  HEAP_START,
  initializeMemory,
  OpList,
  RECORD_BYTES,
} from '../../src/engine/kernels/index.ts';
import { formatRecording, type RecordingHeader } from './recording.ts';

/** Address of the word that says which call met a value that is not finite, and its end. */
export const FAULT_RANGE: [number, number] = [1152, 1156];

export class MemoryBuilder {
  readonly buffer: ArrayBuffer;
  readonly list: OpList;
  readonly #pages: number;
  /** Where the calls end and the data begins. */
  readonly #dataStart: number;
  #next: number;

  /** @param callsMax  calls of the list at most */
  constructor(bytes: number, callsMax: number) {
    const memory = createMemory(bytes, false);
    this.buffer = memory.buffer as ArrayBuffer;
    this.#pages = this.buffer.byteLength / 65536;
    initializeMemory(this.buffer);
    this.list = new OpList(this.buffer, HEAP_START, callsMax, 4);
    this.#next = HEAP_START + callsMax * RECORD_BYTES;
    this.#dataStart = this.#next;
  }

  /** Address of so many bytes, zero as yet, aligned to 64. */
  take(bytes: number): number {
    const at = this.#next;
    this.#next += Math.ceil(bytes / 64) * 64;
    if (this.#next > this.buffer.byteLength) throw new Error('the memory of the case is too small');
    return at;
  }

  floats(length: number, fill: (out: Float32Array) => void): number {
    const at = this.take(length * 4);
    fill(new Float32Array(this.buffer, at, length));
    return at;
  }

  integers(values: readonly number[]): number {
    const at = this.take(values.length * 4);
    new Int32Array(this.buffer, at, values.length).set(values);
    return at;
  }

  /** Everything taken but the calls, whose counters differ, is compared up to `end`. */
  finish(set: string, name: string, end = this.#next): Uint8Array {
    return this.#format(set, name, [FAULT_RANGE, [this.#dataStart, end]]);
  }

  /** Only the fault word is compared: what becomes of a NaN's own bits is left open. */
  finishFault(set: string, name: string): Uint8Array {
    return this.#format(set, name, [FAULT_RANGE]);
  }

  #format(set: string, name: string, ranges: RecordingHeader['ranges']): Uint8Array {
    const lists = [{ start: this.list.start, count: this.list.count }];
    return formatRecording({ set, name, pages: this.#pages, lists, ranges }, this.buffer);
  }
}

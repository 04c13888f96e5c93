/** A queue between callbacks and one consumer: values are pushed, the consumer awaits them. */

export class EventQueue<T> {
  readonly #values: T[] = [];
  #failure: { error: unknown } | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** No more values; what was pushed is still delivered. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The consumer sees the error after the values that were pushed before. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.end();
  }

  /** The next value; undefined at the end. */
  async next(): Promise<T | undefined> {
    for (;;) {
      if (this.#values.length > 0) return this.#values.shift();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

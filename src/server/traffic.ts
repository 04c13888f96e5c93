/** How many requests are between their first header and the last byte of their answer. */
export class Traffic {
  #count = 0;
  #isClosing = false;

  get count(): number {
    return this.#count;
  }

  /** Once true, new requests are refused. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  close(): void {
    this.#isClosing = true;
  }

  began(): void {
    this.#count += 1;
  }

  ended(): void {
    this.#count -= 1;
  }
}

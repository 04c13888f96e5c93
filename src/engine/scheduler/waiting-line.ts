/**
 * Who is next. Tenants share slots and prefill evenly: a slot goes to the tenant with the fewest
 * running, a piece of prefill to the one that was served the fewest rows since it came; within a
 * tenant both go by arrival.
 */
import type { Sequence } from './sequence.ts';

export class WaitingLine {
  /** In order of arrival. */
  readonly #waiting: Sequence[] = [];
  /** Rows computed for each tenant that has sequences; who comes starts level with the least. */
  readonly #served = new Map<string, number>();

  get count(): number {
    return this.#waiting.length;
  }

  /** Also takes back a paused sequence, to its old place. */
  add(sequence: Sequence): void {
    if (!this.#served.has(sequence.tenant)) {
      const least = Math.min(...this.#served.values());
      this.#served.set(sequence.tenant, Number.isFinite(least) ? least : 0);
    }
    const at = this.#waiting.findIndex((other) => other.arrival > sequence.arrival);
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, sequence);
  }

  remove(id: number): void {
    const at = this.#waiting.findIndex((sequence) => sequence.id === id);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Takes a sequence out that will never run; nothing when it does not wait. */
  cancel(id: number, running: readonly Sequence[]): void {
    const sequence = this.#waiting.find((waiting) => waiting.id === id);
    if (sequence === undefined) return;
    this.remove(id);
    this.forget(sequence.tenant, running);
  }

  /** The sequence that gets the next free slot; undefined when nobody waits. */
  next(running: readonly Sequence[]): Sequence | undefined {
    const slots = new Map<string, number>();
    for (const { tenant } of running) slots.set(tenant, (slots.get(tenant) ?? 0) + 1);
    let best: Sequence | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const sequence of this.#waiting) {
      const count = slots.get(sequence.tenant) ?? 0;
      if (count < fewest) [best, fewest] = [sequence, count];
    }
    return best;
  }

  /** `running` in the order in which they get rows of prefill. */
  inTurn(running: readonly Sequence[]): Sequence[] {
    const served = ({ tenant }: Sequence): number => this.#served.get(tenant) ?? 0;
    return [...running].sort((a, b) => served(a) - served(b) || a.arrival - b.arrival);
  }

  serve(tenant: string, rowCount: number): void {
    this.#served.set(tenant, (this.#served.get(tenant) ?? 0) + rowCount);
  }

  /** A tenant without sequences has no claim from earlier. */
  forget(tenant: string, running: readonly Sequence[]): void {
    const isHere = (sequence: Sequence): boolean => sequence.tenant === tenant;
    if (!running.some(isHere) && !this.#waiting.some(isHere)) this.#served.delete(tenant);
  }
}

/** Runs steps: rows into memory, the list of kernel calls, logits out, a token each. */
import { isVitrineError, messageOf, VitrineError } from '../../base/index.ts';
import { PAGE_POSITIONS } from '../kernels/index.ts';
import { buildForward, type Model } from '../model/index.ts';
import { checkLogits, Sampler } from '../sampler/index.ts';
import { Scheduler, type Sequence, type Step } from '../scheduler/index.ts';
import type { LoadedModel, StepRunner } from './load-model.ts';
import { describeLoaded } from './loaded-info.ts';
import type { EndReason, FromCoordinator, GenerateJob, ToCoordinator } from './protocol.ts';

interface Running {
  job: GenerateJob | undefined;
  /** Its first admission; a pause does not start it anew. */
  startedAt: number | undefined;
  prefillEndedAt: number | undefined;
  /** Positions of an evaluation whose logits were sent; after a pause they are computed again. */
  evaluatedCount: number;
}

const UNSTARTED = { startedAt: undefined, prefillEndedAt: undefined, evaluatedCount: 0 };

export class Runner implements StepRunner {
  readonly loaded: LoadedModel<Model>;
  closed = false;
  readonly #send: (message: FromCoordinator, transfer?: ArrayBuffer[]) => void;
  readonly #scheduler: Scheduler;
  readonly #running = new Map<number, Running>();
  readonly #rows: Int32Array;
  readonly #logitIndex: Int32Array;
  readonly #sampler: Sampler;

  constructor(
    loaded: LoadedModel<Model>,
    send: (message: FromCoordinator, t?: ArrayBuffer[]) => void,
  ) {
    this.loaded = loaded;
    this.#send = send;
    const { plan, config } = loaded.model;
    this.#sampler = new Sampler(config.vocabularySize);
    this.#scheduler = new Scheduler({
      ...{ pageCount: plan.pageCount, pagePositions: PAGE_POSITIONS },
      ...{ slotCount: plan.sequenceCount, rowCountMax: plan.rowCountMax },
      logitRowsMax: plan.logitRowsMax,
      ...{ prefixCache: loaded.prefixCache, speculation: loaded.speculation },
    });
    const { buffer } = loaded.memory;
    this.#rows = new Int32Array(buffer, plan.rows, plan.rowCountMax * 4);
    this.#logitIndex = new Int32Array(buffer, plan.logitIndex, plan.logitRowsMax);
  }

  /** The message that says what was loaded. */
  describe(loadMs: number): FromCoordinator {
    return describeLoaded(this.loaded, loadMs);
  }

  accept(message: ToCoordinator): void {
    if (message.type === 'generate') this.#addJob(message.job);
    else if (message.type === 'evaluate') this.#addEvaluation(message.id, message.tokens);
    else if (message.type === 'cancel') this.#end(message.id, 'cancelled');
  }

  /**
   * Runs one step; false when there was nothing to do.
   * @throws what is no fault of a request: the engine cannot go on
   */
  step(): boolean {
    const step = this.#scheduler.plan();
    for (const sequence of step.admitted) this.#admit(sequence);
    for (const { from, to } of step.copies) this.#copyPage(from, to);
    if (step.rows.length === 0) return false;
    try {
      const logitCount = this.#writeRows(step);
      const { list, model, team } = this.loaded;
      buildForward(list, model, { rowCount: step.rows.length, logitCount });
      team.run(list);
    } catch (error) {
      if (!isVitrineError(error, 'numeric-fault')) throw error;
      this.#failStep(step, error);
      return true;
    }
    this.#scheduler.commit(step);
    this.#readLogits(step);
    return true;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.loaded.team.close();
  }

  #addJob(job: GenerateJob): void {
    const room = this.loaded.model.plan.contextTokens;
    const tokenCountMax = Math.min(job.promptTokens.length + job.maxTokens, room);
    this.#running.set(job.id, { job, ...UNSTARTED });
    const { id, promptTokens, tenant } = job;
    this.#scheduler.add({ id, promptTokens, tokenCountMax, tenant });
  }

  #addEvaluation(id: number, tokens: readonly number[]): void {
    this.#running.set(id, { job: undefined, ...UNSTARTED });
    const tokenCountMax = tokens.length;
    this.#scheduler.add({ id, promptTokens: tokens, tokenCountMax, allLogits: true });
  }

  #admit({ id }: Sequence): void {
    const running = this.#running.get(id);
    if (running === undefined || running.startedAt !== undefined) return;
    running.startedAt = performance.now();
    this.#send({ type: 'admitted', id });
  }

  #copyPage(from: number, to: number): void {
    const { kv, pageBytes } = this.loaded.model.plan;
    const pages = new Uint8Array(this.loaded.memory.buffer, kv);
    pages.copyWithin(to * pageBytes, from * pageBytes, (from + 1) * pageBytes);
  }

  #pageTable(sequence: Sequence): number {
    const { plan } = this.loaded.model;
    return plan.pageTables + sequence.slot * plan.pagesPerSequence * 4;
  }

  /** Page tables, rows, and the list of those that want logits; how many do. */
  #writeRows(step: Step): number {
    for (const sequence of new Set(step.rows.map((row) => row.sequence))) {
      new Uint32Array(this.loaded.memory.buffer, this.#pageTable(sequence)).set(sequence.pages);
    }
    let logitCount = 0;
    for (const [i, row] of step.rows.entries()) {
      const table = this.#pageTable(row.sequence);
      this.#rows.set([row.token, row.position, table, 0], i * 4);
      if (row.wantLogits) {
        this.#logitIndex[logitCount] = i;
        logitCount += 1;
      }
    }
    return logitCount;
  }

  #readLogits(step: Step): void {
    const { plan, config } = this.loaded.model;
    const { buffer } = this.loaded.memory;
    let at = 0;
    const evaluated = new Map<number, { position: number; from: number; count: number }>();
    for (const row of step.rows) {
      if (!row.wantLogits) continue;
      const address = plan.logits + at * plan.logitStride;
      at += 1;
      const id = row.sequence.id;
      const running = this.#running.get(id);
      // It ended within this step: the rows guessed after its end are void.
      if (running === undefined) continue;
      const { job } = running;
      if (job === undefined) {
        if (row.position < running.evaluatedCount) continue;
        running.evaluatedCount = row.position + 1;
        const piece = evaluated.get(id) ?? { position: row.position, from: at - 1, count: 0 };
        piece.count += 1;
        evaluated.set(id, piece);
        continue;
      }
      // After a wrong guess the rows that follow it are void.
      if (row.position >= row.sequence.computedCount) continue;
      const logits = new Float32Array(buffer, address, config.vocabularySize);
      this.#sampleNext(row.sequence, job, logits);
    }
    for (const [id, piece] of evaluated) {
      try {
        this.#sendLogits(id, piece);
      } catch (error) {
        this.#fail(id, this.#withTensor(error));
      }
    }
    for (const { sequence } of step.rows) {
      if (!sequence.allLogits || sequence.computedCount < sequence.tokens.length) continue;
      if (this.#running.has(sequence.id)) this.#end(sequence.id, 'evaluated');
    }
  }

  #sendLogits(id: number, piece: { position: number; from: number; count: number }): void {
    const { plan, config } = this.loaded.model;
    const V = config.vocabularySize;
    const logits = new Float32Array(piece.count * V);
    for (let i = 0; i < piece.count; i += 1) {
      const address = plan.logits + (piece.from + i) * plan.logitStride;
      const row = new Float32Array(this.loaded.memory.buffer, address, V);
      checkLogits(row, piece.position + i);
      logits.set(row, i * V);
    }
    const { position, count } = piece;
    this.#send({ type: 'logits', id, position, count, logits }, [logits.buffer]);
  }

  #sampleNext(sequence: Sequence, job: GenerateJob, logits: Float32Array): void {
    const running = this.#running.get(job.id);
    if (running === undefined) return;
    if (running.prefillEndedAt === undefined) {
      running.prefillEndedAt = performance.now();
      const prefillMs = running.prefillEndedAt - (running.startedAt ?? running.prefillEndedAt);
      const { promptCount: promptTokens, cachedCount: cachedTokens = 0 } = sequence;
      this.#send({ type: 'prefill', id: job.id, promptTokens, cachedTokens, prefillMs });
    }
    try {
      const { tokenId, logprob, topLogprobs } = this.#sampler.sample(
        logits,
        job.sampling,
        {
          promptTokens: job.promptTokens,
          answerTokens: sequence.tokens.slice(sequence.promptCount),
        },
        { position: sequence.tokens.length, choiceIndex: 0 },
        { logprobs: job.logprobs },
      );
      const isEnd = job.endTokenIds.includes(tokenId);
      const { tokens, draft, draftedAfter, draftedCount } = sequence;
      const draftedTokens = tokens.length === draftedAfter ? draftedCount : 0;
      const acceptedTokens = draft[0] === tokenId ? 1 : 0;
      const guesses = { draftedTokens, acceptedTokens };
      this.#send({ type: 'token', id: job.id, tokenId, isEnd, logprob, topLogprobs, ...guesses });
      if (isEnd) this.#end(job.id, 'end-turn');
      else this.#continue(sequence, job, tokenId);
    } catch (error) {
      this.#fail(job.id, this.#withTensor(error));
    }
  }

  /** A fault among the logits is one of the tensor that gave them. */
  #withTensor(error: unknown): unknown {
    if (!isVitrineError(error, 'numeric-fault')) return error;
    const { name } = this.loaded.model.weights.output;
    return new VitrineError('numeric-fault', `${name}: ${error.message}`);
  }

  /** The answer goes on, or ends at its own limit or at that of the window. */
  #continue(sequence: Sequence, job: GenerateJob, tokenId: number): void {
    const answered = sequence.tokens.length + 1 - sequence.promptCount;
    const window = this.loaded.model.plan.contextTokens;
    if (answered >= job.maxTokens) this.#end(job.id, 'max-tokens');
    else if (sequence.tokens.length + 1 >= window) this.#end(job.id, 'context-window');
    else this.#scheduler.append(sequence, tokenId);
  }

  #end(id: number, reason: EndReason): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    this.#scheduler.remove(id);
    const decodeMs =
      running.prefillEndedAt === undefined ? 0 : performance.now() - running.prefillEndedAt;
    this.#send({ type: 'end', id, reason, decodeMs });
  }

  #fail(id: number, error: unknown): void {
    if (!this.#running.delete(id)) return;
    this.#scheduler.remove(id);
    const code = isVitrineError(error) ? error.code : 'kernel-fault';
    this.#send({ type: 'failed', id, code, message: messageOf(error) });
  }

  /** Which of the rows was at fault is not known: all sequences of the step end with the error. */
  #failStep(step: Step, error: unknown): void {
    for (const id of new Set(step.rows.map((row) => row.sequence.id))) this.#fail(id, error);
  }
}

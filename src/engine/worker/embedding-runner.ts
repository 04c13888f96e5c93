/**
 * Runs steps of an encoder: the rows of some texts into memory, the layers, then each text's
 * embedding. A step of many rows is cut between layers: messages are read after each piece, so that
 * a cancelled request is gone within some 256 rows' work, and a step that nobody waits for is left.
 */
import { isVitrineError, messageOf, must } from '../../base/index.ts';
import { PAGE_POSITIONS } from '../kernels/index.ts';
import { buildEncoderForward, type EncoderModel, pool } from '../model/index.ts';
import { EmbeddingScheduler, type TextOfStep } from '../scheduler/index.ts';
import type { LoadedModel, StepRunner } from './load-model.ts';
import { describeLoaded } from './loaded-info.ts';
import type { EmbedJob, EndReason, FromCoordinator, ToCoordinator } from './protocol.ts';

/** Rows times layers of one list of calls are about those of all layers for so many rows. */
const SLICE_ROWS = 256;

interface Running {
  job: EmbedJob;
  /** Where each text begins in the tokens of the job. */
  starts: Int32Array;
  /** Texts without an embedding yet. */
  left: number;
}

interface CurrentStep {
  texts: readonly TextOfStep[];
  rowCount: number;
  /** Layers that are computed. */
  layersDone: number;
}

type Send = (message: FromCoordinator, transfer?: ArrayBuffer[]) => void;

export class EmbeddingRunner implements StepRunner {
  readonly loaded: LoadedModel<EncoderModel>;
  closed = false;
  readonly #send: Send;
  readonly #scheduler: EmbeddingScheduler;
  readonly #running = new Map<number, Running>();
  readonly #rows: Int32Array;
  #current: CurrentStep | undefined;

  constructor(loaded: LoadedModel<EncoderModel>, rowsWanted: number, send: Send) {
    this.loaded = loaded;
    this.#send = send;
    const { plan } = loaded.model;
    this.#scheduler = new EmbeddingScheduler({ rowsWanted, textCountMax: plan.sequenceCount });
    this.#rows = new Int32Array(loaded.memory.buffer, plan.rows, plan.rowCountMax * 4);
  }

  describe(loadMs: number): FromCoordinator {
    return describeLoaded(this.loaded, loadMs);
  }

  accept(message: ToCoordinator): void {
    if (message.type === 'embed') this.#add(message.job);
    else if (message.type === 'cancel') this.#end(message.id, 'cancelled');
  }

  /**
   * Runs a piece of a step; false when there was nothing to do.
   * @throws what is no fault of a request: the engine cannot go on
   */
  step(): boolean {
    const current = this.#current ?? this.#begin();
    if (current === undefined) return false;
    this.#current = undefined;
    if (!current.texts.some(({ requestId }) => this.#running.has(requestId))) return true;
    const { list, model, team } = this.loaded;
    const { layers } = model.config;
    const { rowCount, layersDone: firstLayer } = current;
    const layerCount = Math.max(1, Math.floor((layers * SLICE_ROWS) / rowCount));
    const endLayer = Math.min(layers, firstLayer + layerCount);
    try {
      buildEncoderForward(list, model, { rowCount, firstLayer, endLayer });
      team.run(list);
    } catch (error) {
      if (!isVitrineError(error, 'numeric-fault')) throw error;
      // Which of the rows was at fault is not known.
      for (const { requestId } of current.texts) this.#fail(requestId, error);
      return true;
    }
    if (endLayer < layers) this.#current = { ...current, layersDone: endLayer };
    else this.#finish(current.texts);
    return true;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.loaded.team.close();
  }

  #add(job: EmbedJob): void {
    const starts = new Int32Array(job.lengths.length);
    for (let i = 1; i < starts.length; i += 1) starts[i] = starts[i - 1] + job.lengths[i - 1];
    this.#running.set(job.id, { job, starts, left: job.lengths.length });
    this.#scheduler.add(job.id, job.lengths);
  }

  /** Plans a step and writes its rows and page tables; the pages of a step are given anew. */
  #begin(): CurrentStep | undefined {
    const { texts, admitted } = this.#scheduler.plan();
    if (texts.length === 0) return undefined;
    for (const id of admitted) this.#send({ type: 'admitted', id });
    const { plan } = this.loaded.model;
    let [rowCount, page] = [0, 0];
    for (const [slot, { requestId, index, length }] of texts.entries()) {
      const { job, starts } = must(this.#running.get(requestId), 'a planned request runs');
      const table = plan.pageTables + slot * plan.pagesPerSequence * 4;
      const pageCount = Math.ceil(length / PAGE_POSITIONS);
      const pages = new Uint32Array(this.loaded.memory.buffer, table, pageCount);
      for (let i = 0; i < pageCount; i += 1, page += 1) pages[i] = page;
      for (let position = 0; position < length; position += 1) {
        const token = job.tokens[starts[index] + position];
        this.#rows.set([token, position, table, length - 1], rowCount * 4);
        rowCount += 1;
      }
    }
    return { texts, rowCount, layersDone: 0 };
  }

  #finish(texts: readonly TextOfStep[]): void {
    const { plan, config } = this.loaded.model;
    const { pooling } = must(config.encoder, 'the model is an encoder');
    let at = plan.hidden;
    for (const { requestId, index, length } of texts) {
      const size = length * config.width;
      const rows = new Float32Array(this.loaded.memory.buffer, at, size);
      at += size * 4;
      const running = this.#running.get(requestId);
      if (running === undefined) continue;
      try {
        const values = pool(rows, config.width, pooling, running.job.dimensions);
        this.#send({ type: 'embedding', id: requestId, index, values });
        running.left -= 1;
        if (running.left === 0) this.#end(requestId, 'embedded');
      } catch (error) {
        this.#fail(requestId, error);
      }
    }
  }

  #end(id: number, reason: EndReason): void {
    if (!this.#running.delete(id)) return;
    this.#scheduler.remove(id);
    this.#send({ type: 'end', id, reason, decodeMs: 0 });
  }

  #fail(id: number, error: unknown): void {
    if (!this.#running.delete(id)) return;
    this.#scheduler.remove(id);
    const code = isVitrineError(error) ? error.code : 'kernel-fault';
    this.#send({ type: 'failed', id, code, message: messageOf(error) });
  }
}

/** How much context, how many KV pages, rows and slots a model gets in the memory that there is. */
import { formatBytes, isVitrineError, VitrineError } from '../../base/index.ts';
import { HEAP_START, PAGE_POSITIONS } from '../kernels/index.ts';
import { type MemoryPlan, type ModelConfig, planMemory, type TensorSet } from '../model/index.ts';
import type { LoadOptions } from './protocol.ts';

/** Context when none is asked for, tokens. */
const CONTEXT_DEFAULT = 8192;
/** The shortest that is tried when none is asked for. */
const CONTEXT_LEAST = 512;
/**
 * The KV cache holds this many contexts when memory allows: answers side by side, and texts kept.
 */
const CACHE_CONTEXTS = 2;
/** Rows of a step when nobody says; measured on prefill of 512 tokens: docs/performance.md. */
export const STEP_ROWS_MAX = 256;
/** Room for every slot, for rows that are guessed, and for pieces of an evaluation. */
const LOGIT_ROWS_MAX = 64;
/** Sequences in one step, at most. */
const SLOT_COUNT = 32;
/** Texts of a step of an encoder at most. */
const TEXT_COUNT = 64;
/** Share of the available memory that a model may take. */
const MEMORY_SHARE = 0.95;

export type FitOptions = Pick<LoadOptions, 'contextTokens' | 'cacheTokens' | 'stepRowsMax'>;

/**
 * The plan for the context asked for; without one, the largest up to 8192 that fits. The KV cache
 * gets room for CACHE_CONTEXTS of them, or for one when that is all that fits.
 *
 * @throws VitrineError bad-request, out-of-memory
 */
export function fitPlan(
  config: ModelConfig,
  weights: TensorSet,
  options: FitOptions,
  workers: number,
): MemoryPlan {
  const { contextTokens: asked, cacheTokens, stepRowsMax = STEP_ROWS_MAX } = options;
  if (asked !== undefined && asked > config.trainedContextTokens) {
    throw new VitrineError(
      'bad-request',
      `a context of ${asked} tokens was asked for; the model was trained for ` +
        `${config.trainedContextTokens}`,
    );
  }
  const available = process.availableMemory() * MEMORY_SHARE;
  const isEncoder = config.encoder !== undefined;
  // Every slot can decode in one step.
  const slotCount = isEncoder ? TEXT_COUNT : Math.min(SLOT_COUNT, stepRowsMax);
  const fit = (contextTokens: number, positions: number): MemoryPlan => {
    // A text of an encoder is in one step as a whole, and its pages are needed no longer than that.
    const rowCountMax = isEncoder ? Math.max(stepRowsMax, contextTokens) : stepRowsMax;
    const cached = isEncoder ? rowCountMax : Math.max(positions, contextTokens);
    const plan = planMemory(config, weights, {
      contextTokens,
      pageCount: Math.ceil(cached / PAGE_POSITIONS) + slotCount,
      sequenceCount: slotCount,
      rowCountMax,
      logitRowsMax: isEncoder ? 0 : LOGIT_ROWS_MAX,
      workers,
    });
    if (plan.totalBytes - HEAP_START <= available) return plan;
    throw new VitrineError(
      'out-of-memory',
      `the model needs ${formatBytes(plan.totalBytes)} of memory for a context of ` +
        `${contextTokens} tokens; ${formatBytes(available)} can be had. ` +
        'Close other programs, give a smaller --context, or take a smaller model.',
    );
  };
  let contextTokens = asked ?? Math.min(config.trainedContextTokens, CONTEXT_DEFAULT);
  for (let contexts = CACHE_CONTEXTS; ; ) {
    try {
      return fit(contextTokens, cacheTokens ?? contexts * contextTokens);
    } catch (error) {
      const isLast = contexts === 1 && (asked !== undefined || contextTokens <= CONTEXT_LEAST);
      if (!isVitrineError(error, 'out-of-memory') || isLast) throw error;
    }
    if (contexts > 1) contexts = 1;
    else contextTokens = Math.floor(contextTokens / 2);
  }
}

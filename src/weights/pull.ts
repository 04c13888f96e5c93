/**
 * Brings a model into the data directory: asks its sources, streams the first that answers into a
 * part file, checks the SHA-256, the licence and the space, moves the file into place and records
 * it in `vitrine.lock`. A source that delivers another file is refused and the next one is asked.
 */
import { formatBytes, VitrineError } from '../base/index.ts';
import { moveDurably } from './atomic.ts';
import { fileSystemError, NoSourceError, SourceFault, type WeightsErrorCode } from './errors.ts';
import { type ExclusiveLock, type Holder, showHolder, withExclusive } from './exclusive.ts';
import type { Environment } from './http.ts';
import { hubSource, urlSource } from './http-source.ts';
import { checkLicence } from './licence.ts';
import { type LockEntry, updateLockFile } from './lock-file.ts';
import { PartFile } from './part-file.ts';
import { pipSource } from './pip-source.ts';
import { type OnProgress, PATIENCE, type Patience } from './progress.ts';
import { raceSources } from './race.ts';
import { type ModelRef, showRef } from './refs.ts';
import {
  type Expected,
  type OpenFunction,
  type Received,
  received,
  type SourceContext,
} from './source.ts';
import {
  fileBytes,
  makeModelsFolder,
  modelPath,
  partBytes,
  partPath,
  pullLockPath,
  removeParts,
} from './store.ts';

export interface PullOptions {
  /** VITRINE_DATA_DIR, resolved. */
  readonly dataDir: string;
  /** process.env: HF_ENDPOINT, HF_TOKEN, proxies, and what pip reads. */
  readonly environment: Environment;
  /** Never use the network. VITRINE_OFFLINE, resolved. */
  readonly offline?: boolean;
  /** What set `offline`, for messages: `--offline`. Default: VITRINE_OFFLINE. */
  readonly offlineBy?: string;
  /** A licence that the reader accepts by name though it is not OSI-approved. */
  readonly acceptLicence?: string;
  /**
   * The licence that a GGUF file names (general.license), for models that no catalogue describes.
   */
  readonly licenceOf?: (path: string) => Promise<string | undefined>;
  readonly onProgress?: OnProgress;
  /** Stops the pull; what has arrived is kept where a next pull can use it. */
  readonly signal?: AbortSignal;
  readonly patience?: Partial<Patience>;
}

/** What is to be pulled. */
export interface PullPlan {
  readonly name: string;
  /** What was asked for, as it is recorded. */
  readonly ref: string;
  readonly sources: readonly ModelRef[];
  readonly expected: Expected;
  /** Known before the file is there. */
  readonly licence: string | undefined;
}

/** A model on disk. */
export interface LocalModel {
  readonly name: string;
  readonly path: string;
  /** SHA-256, lower-case hexadecimal. */
  readonly digest: string;
  readonly bytes: number;
  readonly licence: string;
  /** The reference that delivered it; `bundled`, or the path. */
  readonly source: string;
}

/** Pulls, unless `already` finds that another process has done it in the meantime. */
export async function pull(
  plan: PullPlan,
  options: PullOptions,
  already: () => Promise<LocalModel | undefined>,
): Promise<LocalModel> {
  const signal = options.signal ?? new AbortController().signal;
  const onProgress = options.onProgress ?? (() => undefined);
  if (plan.licence !== undefined) checkLicence(plan.name, plan.licence, options.acceptLicence);
  await makeModelsFolder(options.dataDir);
  const lockPath = pullLockPath(options.dataDir, plan.name);
  const onWait = (holder: Holder) => {
    const note = `${showHolder(holder)} is pulling it (${lockPath})`;
    onProgress({ phase: 'wait', source: plan.ref, bytesDone: 0, bytesTotal: undefined, note });
  };
  try {
    signal.throwIfAborted();
    return await withExclusive(lockPath, { signal, onWait }, async (lock) => {
      return (await already()) ?? (await new Pull(plan, options, onProgress, signal, lock).run());
    });
  } catch (error) {
    if (signal.aborted) throw await cancelled(plan, options, error);
    throw error;
  }
}

class Pull {
  readonly #plan: PullPlan;
  readonly #options: PullOptions;
  readonly #onProgress: OnProgress;
  readonly #signal: AbortSignal;
  readonly #lock: ExclusiveLock;
  readonly #patience: Patience;
  readonly #faults = new Map<number, SourceFault>();

  constructor(
    plan: PullPlan,
    options: PullOptions,
    onProgress: OnProgress,
    signal: AbortSignal,
    lock: ExclusiveLock,
  ) {
    this.#plan = plan;
    this.#options = options;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#lock = lock;
    this.#patience = { ...PATIENCE, ...options.patience };
  }

  async run(): Promise<LocalModel> {
    for (const index of this.#plan.sources.keys()) {
      const model = await this.#tryWholePart(index);
      if (model !== undefined) return model;
    }
    if (this.#options.offline === true) throw this.#offline();
    for (;;) {
      const left = [...this.#plan.sources.keys()].filter((index) => !this.#faults.has(index));
      if (left.length === 0) throw this.#noSource();
      const model = await this.#tryOne(left);
      if (model !== undefined) return model;
    }
  }

  /** What an earlier pull received whole: its licence was refused, or the process was killed. */
  async #tryWholePart(index: number): Promise<LocalModel | undefined> {
    const context = this.#context(index, this.#signal);
    const part = new PartFile(context.partPath);
    await part.resume();
    if (part.isWhole) {
      return this.#attempt(index, () => received(context, part, part.identity?.sha256));
    }
    await part.suspend();
    return undefined;
  }

  /** One race and one download. Undefined: the source that answered is out, ask the others. */
  async #tryOne(left: readonly number[]): Promise<LocalModel | undefined> {
    const candidates = left.map((index) => {
      const open = openFunction(this.#plan.sources[index]);
      const { label } = this.#context(index, this.#signal);
      return {
        label,
        open: (signal: AbortSignal) => {
          const bytesTotal = this.#plan.expected.bytes;
          this.#onProgress({ phase: 'connect', source: label, bytesDone: 0, bytesTotal });
          return open(this.#context(index, signal));
        },
      };
    });
    const { winner, faults } = await raceSources(candidates, this.#patience, this.#signal);
    for (const [position, fault] of faults) this.#refuse(left[position], fault);
    if (winner === undefined) return undefined;
    return this.#attempt(left[winner.index], () => winner.opened.receive());
  }

  async #attempt(index: number, receive: () => Promise<Received>): Promise<LocalModel | undefined> {
    try {
      const file = await receive();
      // Without the lock the part is another process's: neither moved nor removed.
      await this.#lock.assertHeld();
      await this.#checkDigest(file);
      return await this.#keep(index, file);
    } catch (error) {
      await this.#lock.assertHeld();
      if (!(error instanceof SourceFault)) throw error;
      this.#refuse(index, error);
      return undefined;
    }
  }

  async #checkDigest({ part, sha256, promised }: Received): Promise<void> {
    const expected = this.#plan.expected.sha256 ?? promised;
    if (expected === undefined || expected === sha256) return;
    await part.discard();
    throw new SourceFault(
      `delivered a file with SHA-256 ${sha256}, expected ${expected}; it was refused and removed`,
      'use another source',
    );
  }

  async #keep(index: number, { part, sha256 }: Received): Promise<LocalModel> {
    const { name, ref } = this.#plan;
    const { dataDir, acceptLicence } = this.#options;
    const licence = this.#plan.licence ?? (await this.#licenceIn(part));
    const licenceGround = checkLicence(name, licence, acceptLicence);
    const file = `${name}.gguf`;
    const path = modelPath(dataDir, file);
    const bytes = await fileBytes(part.path);
    this.#signal.throwIfAborted();
    await this.#lock.assertHeld();
    try {
      await moveDurably(part.path, path);
    } catch (error) {
      throw fileSystemError(path, error);
    }
    const source = showRef(this.#plan.sources[index]);
    const pulledAt = new Date().toISOString();
    const entry: LockEntry = {
      ref,
      source,
      file,
      sha256,
      bytes,
      licence,
      licenceGround,
      pulledAt,
    };
    await updateLockFile(dataDir, (entries) => entries.set(name, entry));
    await removeParts(dataDir, name);
    return { name, path, digest: sha256, bytes, licence, source };
  }

  /** What the file says; a file that cannot be read is no model, and no start of one. */
  async #licenceIn(part: PartFile): Promise<string> {
    try {
      return (await this.#options.licenceOf?.(part.path)) ?? 'unknown';
    } catch (error) {
      await part.discard();
      throw error;
    }
  }

  #refuse(index: number, fault: SourceFault): void {
    this.#faults.set(index, fault);
    const source = showRef(this.#plan.sources[index]);
    // Of the last one the error tells, as of all of them.
    if (this.#faults.size === this.#plan.sources.length) return;
    const note = `${fault.message}; trying the next source`;
    const bytesTotal = this.#plan.expected.bytes;
    this.#onProgress({ phase: 'refused', source, bytesDone: 0, bytesTotal, note });
  }

  #context(index: number, signal: AbortSignal): SourceContext {
    const label = showRef(this.#plan.sources[index]);
    return {
      label,
      expected: this.#plan.expected,
      partPath: partPath(this.#options.dataDir, this.#plan.name, label),
      environment: this.#options.environment,
      patience: this.#patience,
      signal,
      onProgress: this.#onProgress,
    };
  }

  #noSource(): NoSourceError {
    const failures = this.#plan.sources.map((source, index) => {
      const fault = this.#faults.get(index);
      return {
        source: showRef(source),
        reason: fault?.message ?? '',
        remedy: fault?.remedy ?? '',
      };
    });
    return new NoSourceError(this.#plan.name, failures);
  }

  #offline(): NoSourceError {
    const setting = this.#options.offlineBy ?? 'VITRINE_OFFLINE';
    const failures = this.#plan.sources.map((source) => ({
      source: showRef(source),
      reason: `not asked: ${setting} is set and the model is not on disk`,
      remedy: `pull it once without ${setting}`,
    }));
    return new NoSourceError(this.#plan.name, failures);
  }
}

function openFunction(ref: ModelRef): OpenFunction {
  switch (ref.kind) {
    case 'hf':
      return hubSource(ref);
    case 'pip':
      return pipSource(ref);
    case 'url':
      return urlSource(ref);
    default:
      throw new Error(`assertion failed: ${ref.kind} is no source`);
  }
}

async function cancelled(
  plan: PullPlan,
  options: PullOptions,
  cause: unknown,
): Promise<VitrineError<WeightsErrorCode>> {
  const kept = await partBytes(options.dataDir, plan.name);
  const what =
    kept === 0
      ? 'nothing is kept'
      : `${formatBytes(kept)} are kept, and the next pull continues there`;
  return new VitrineError('cancelled', `pulling ${plan.name} was cancelled; ${what}.`, { cause });
}

/**
 * From a path to a model in memory: header, configuration, memory plan, kernels, weights.
 * Everything is checked and the memory computed before a byte of weights is read.
 */
import { createHash } from 'node:crypto';
import { fstatSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { VitrineError } from '../../base/index.ts';
import { type GgufHeader, joinSplit, readGgufHeader, type SplitPart } from '../gguf/index.ts';
import {
  bindModule,
  bindReference,
  CONTROL,
  createMemory,
  initializeMemory,
  type Kernels,
  OpList,
  passesSelfTest,
} from '../kernels/index.ts';
import {
  type AnyModel,
  fillRopeTables,
  type ModelConfig,
  readConfig,
  readEncoderTensors,
  readTensors,
  vocabularySizeOf,
} from '../model/index.ts';
import { CONTROL_WORDS, LOADED_KB } from './control.ts';
import { type FitOptions, fitPlan } from './fit-plan.ts';
import { loadUnits, planUnits } from './load-units.ts';
import { closeFiles, type OpenedFile, openModelFiles } from './model-file.ts';
import type { FromCoordinator, LoadOptions, ToCoordinator } from './protocol.ts';
import { Team } from './team.ts';

/** Pieces that a call's units are cut into; claimed one by one. */
const CHUNKS = 16;
export interface LoadedModel<Kind extends AnyModel = AnyModel> {
  model: Kind;
  header: GgufHeader;
  memory: WebAssembly.Memory;
  list: OpList;
  team: Team;
  digest: string;
  fileBytes: number;
  kernels: { variant: string; digest: string };
  prefixCache: boolean;
  speculation: boolean;
}

/** What computes the requests of a model, piece by piece. */
export interface StepRunner {
  readonly loaded: LoadedModel;
  readonly closed: boolean;
  /** The message that says what was loaded. */
  describe(loadMs: number): FromCoordinator;
  accept(message: ToCoordinator): void;
  /** False when there was nothing to do. @throws what ends the engine */
  step(): boolean;
  close(): Promise<void>;
}

/** @throws VitrineError of gguf, model, and digest-mismatch, kernel-fault */
export async function loadModel(
  options: LoadOptions,
  onProgress: (bytesDone: number, bytesTotal: number) => void,
): Promise<LoadedModel> {
  const files = openModelFiles(options.modelPath);
  try {
    return await loadFiles(files, options, onProgress);
  } finally {
    closeFiles(files);
  }
}

/**
 * Refuses at once, by the header alone, a model that could not be loaded for lack of memory.
 * @throws VitrineError of gguf and model, out-of-memory among them
 */
export async function checkFits(
  options: FitOptions & Pick<LoadOptions, 'modelPath' | 'threads'>,
): Promise<void> {
  const files = openModelFiles(options.modelPath);
  try {
    const { header } = await readHeaders(files);
    const config = readConfig(header.metadata, vocabularySizeOf(header.tensors));
    fitPlan(config, tensorsOf(header, config), options, options.threads);
  } finally {
    closeFiles(files);
  }
}

function tensorsOf({ tensors }: GgufHeader, config: ModelConfig) {
  return (config.encoder === undefined ? readTensors : readEncoderTensors)(tensors, config);
}

/** `files` give header and digest; each thread reads weights through its own handles. */
async function loadFiles(
  files: readonly OpenedFile[],
  options: LoadOptions,
  onProgress: (bytesDone: number, bytesTotal: number) => void,
): Promise<LoadedModel> {
  const { header, fileBytes } = await readHeaders(files);
  const config = readConfig(header.metadata, vocabularySizeOf(header.tensors));
  const weights = tensorsOf(header, config);
  const kernels = chooseKernels(options.kernels);
  const workers = kernels.module === undefined ? 1 : options.threads;
  const plan = fitPlan(config, weights, options, workers);
  const memory = createMemory(plan.totalBytes, workers > 1);
  initializeMemory(memory.buffer);
  const bound = bindKernels(kernels, memory);
  const team = new Team(memory, bound);
  try {
    const units = planUnits(weights.all);
    const threads: Promise<void>[] = [];
    for (let worker = 1; worker < workers; worker += 1) {
      const stamped = files.map(({ path, stamp }) => ({ path, stamp }));
      const data = { files: stamped, units, memory, worker, workers };
      threads.push(team.start({ ...data, module: kernels.module as WebAssembly.Module }));
    }
    const settled = Promise.all(threads);
    // A failure is reported below, after this thread's own share.
    settled.catch(() => {});
    const loaded = new Int32Array(memory.buffer, CONTROL, CONTROL_WORDS);
    const digest = digestFiles(files);
    checkDigest(options, digest);
    loadUnits(files, units, memory.buffer, () => {
      onProgress(Math.min(Atomics.load(loaded, LOADED_KB) * 1024, fileBytes), fileBytes);
    });
    await settled;
    const list = new OpList(memory.buffer, plan.list, plan.listCapacity, CHUNKS);
    const model = { config, weights, plan } as AnyModel;
    fillRopeTables(memory.buffer, model);
    const { prefixCache = true, speculation = true } = options;
    const switches = { prefixCache, speculation };
    return { model, header, memory, list, team, digest, fileBytes, kernels, ...switches };
  } catch (error) {
    await team.close();
    throw error;
  }
}

async function readHeaders(
  files: readonly OpenedFile[],
): Promise<{ header: GgufHeader; fileBytes: number }> {
  const parts: SplitPart[] = [];
  let fileBytes = 0;
  for (const { path, file } of files) {
    const own = await readHeader(file);
    parts.push({ fileName: basename(path), header: own.header });
    fileBytes += own.fileBytes;
  }
  return { header: joinSplit(parts), fileBytes };
}

async function readHeader(file: number): Promise<{ header: GgufHeader; fileBytes: number }> {
  const fileBytes = fstatSync(file).size;
  const header = await readGgufHeader(
    async (byteLength) => {
      const bytes = new Uint8Array(byteLength);
      const count = readSync(file, bytes, 0, byteLength, 0);
      return bytes.subarray(0, count);
    },
    { fileBytes },
  );
  return { header, fileBytes };
}

/** Of the files one after the other. */
function digestFiles(files: readonly OpenedFile[]): string {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(1024 * 1024);
  for (const { file } of files) {
    for (let position = 0; ; ) {
      const count = readSync(file, buffer, 0, buffer.length, position);
      if (count === 0) break;
      hash.update(buffer.subarray(0, count));
      position += count;
    }
  }
  return hash.digest('hex');
}

function checkDigest(options: LoadOptions, digest: string): void {
  if (options.digest === undefined || options.digest === digest) return;
  throw new VitrineError(
    'digest-mismatch',
    `${options.modelPath} has SHA-256 ${digest}; expected ${options.digest}. The file was ` +
      'changed or damaged: remove it (`vitrine rm`) and pull it again.',
  );
}

interface ChosenKernels {
  variant: string;
  digest: string;
  module?: WebAssembly.Module;
  /** For a single thread, over memory that is not shared. */
  unsharedModule?: WebAssembly.Module;
}

/** The fastest variant that passes the self-test, or the one that was asked for. */
function chooseKernels(wanted: LoadOptions['kernels']): ChosenKernels {
  if (wanted === 'reference') {
    return { variant: 'reference', digest: createHash('sha256').digest('hex') };
  }
  const failures: string[] = [];
  for (const variant of wanted === 'auto' ? ['relaxed', 'simd128'] : [wanted]) {
    try {
      const bytes = readModule(`vitrine-${variant}-shared.wasm`);
      const module = new WebAssembly.Module(bytes);
      if (passesSelfTest((memory) => bindModule(module, memory), true)) {
        const unsharedModule = new WebAssembly.Module(readModule(`vitrine-${variant}.wasm`));
        const digest = createHash('sha256').update(bytes).digest('hex');
        return { variant, digest, module, unsharedModule };
      }
      failures.push(`${variant}: other bits than the reference`);
    } catch (error) {
      failures.push(`${variant}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new VitrineError(
    'kernel-fault',
    `no kernel module works on this machine (${failures.join('; ')}). ` +
      '--kernels reference computes the same answers, slowly.',
  );
}

function readModule(name: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(new URL(`../kernels/build/${name}`, import.meta.url));
  return new Uint8Array(bytes);
}

function bindKernels(kernels: ChosenKernels, memory: WebAssembly.Memory): Kernels {
  if (kernels.module === undefined || kernels.unsharedModule === undefined) {
    return bindReference(memory);
  }
  const isShared = memory.buffer instanceof SharedArrayBuffer;
  return bindModule(isShared ? kernels.module : kernels.unsharedModule, memory);
}

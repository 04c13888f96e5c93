/** A whole conversion, from the path of the source to the finished file. */
import { stat } from 'node:fs/promises';
import { convertError } from './errors.ts';
import { planFolder } from './model/folder.ts';
import { mixtureNamed } from './quantize/mixtures.ts';
import { planRequantizing } from './requantize.ts';
import { openGguf } from './source/gguf-file.ts';
import { OpenFiles } from './source/tensor-source.ts';
import { typedPlan, type UntypedPlan } from './typed-plan.ts';
import { checkOutput, writePlan } from './write-file.ts';

export interface ConvertOptions {
  /** A model folder, or a GGUF file. */
  readonly source: string;
  /** Path of the GGUF file. */
  readonly out: string;
  /** A name of MIXTURE_NAMES; undefined: matrices keep their type. */
  readonly type?: string;
  /** Replaces `out`. */
  readonly force?: boolean;
  /** `tokenizer.ggml.pre`, where it cannot be told from the tokenizer. */
  readonly preSplit?: string;
  /** That quantise; the bytes do not depend on it. Default: 1. */
  readonly threads?: number;
  readonly signal: AbortSignal;
  onNote(note: string): void;
  onProgress(bytesDone: number, bytesTotal: number): void;
}

export interface ConversionResult {
  readonly architecture: string;
  readonly fileBytes: number;
  readonly tensorCount: number;
  /** Tensors by type. */
  readonly types: ReadonlyMap<string, number>;
}

/** @throws VitrineError of this part and of gguf */
export async function convert(options: ConvertOptions): Promise<ConversionResult> {
  const { source, out, type, force = false, signal } = options;
  if (type !== undefined) mixtureNamed(type);
  await checkOutput(out, force);
  const files = new OpenFiles();
  try {
    const plan = typedPlan(await readSource(options, files), type);
    for (const note of plan.notes) options.onNote(note);
    const fileBytes = await writePlan(plan, {
      ...{ path: out, force, signal, threads: options.threads ?? 1 },
      onProgress: options.onProgress,
    });
    const types = new Map<string, number>();
    for (const tensor of plan.tensors) types.set(tensor.type, (types.get(tensor.type) ?? 0) + 1);
    const architecture = String(plan.metadata.get('general.architecture')?.value ?? source);
    return { architecture, fileBytes, tensorCount: plan.tensors.length, types };
  } finally {
    await files.close();
  }
}

async function readSource(options: ConvertOptions, files: OpenFiles): Promise<UntypedPlan> {
  const { source, preSplit, type } = options;
  const entry = await stat(source).catch(() => undefined);
  if (entry === undefined) {
    throw convertError(
      'bad-source',
      `${source} does not exist; expected a model folder (config.json, tokenizer, weights) or a ` +
        'GGUF file',
    );
  }
  if (entry.isDirectory()) return planFolder(source, files, { preSplit });
  const gguf = await openGguf(source, files);
  if (type === undefined) {
    throw convertError('unknown-type', 'a GGUF file is converted to another type: give --type');
  }
  return planRequantizing(gguf);
}

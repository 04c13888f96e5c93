/** From what a reader writes to a checked file on disk: the entrance of this part. */
import { stat } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { isVitrineError, VitrineError } from '../base/index.ts';
import { BUNDLED_NAME, bundledModel, catalogueModel, catalogueNames } from './catalogue.ts';
import { sha256OfFile, verifyFile } from './digest.ts';
import type { WeightsErrorCode } from './errors.ts';
import { checkLicence, normaliseLicence } from './licence.ts';
import { type LockEntries, type LockEntry, readLockFile } from './lock-file.ts';
import { type LocalModel, type PullOptions, type PullPlan, pull } from './pull.ts';
import { type ModelRef, type PathRef, parseRef } from './refs.ts';
import { baseName, fileBytes, modelPath, nameFor, recordedRef } from './store.ts';

export interface ResolveOptions extends PullOptions {
  /** False: believe the recorded digest without reading the file. Default: true. */
  readonly verify?: boolean;
}

/**
 * The model that a reference names, on disk and with its digest checked: from the package, from the
 * data directory without any network, from a path, or pulled.
 *
 * @throws VitrineError unknown-model, bad-reference, unsupported-reference, no-such-file,
 *   no-source (failuresOf), no-space, digest-mismatch, licence-refused, cancelled, bad-lock-file,
 *   data-directory
 */
export async function resolveModel(text: string, options: ResolveOptions): Promise<LocalModel> {
  const entries = await readLockFile(options.dataDir);
  const ref = await readRef(text, [...catalogueNames(), ...entries.keys()]);
  if (ref.kind === 'path') return localFile(ref, options);
  if (ref.kind === 'name' && ref.name === BUNDLED_NAME) return packaged(options);
  const plan = planFor(ref, entries);
  const found = await onDisk(plan, options.dataDir, entries);
  if (found === undefined) {
    return pull(plan, options, async () =>
      onDisk(plan, options.dataDir, await readLockFile(options.dataDir)),
    );
  }
  if (options.verify !== false) await verify(found, options);
  return found;
}

/** Like resolveModel; a file that is there already is believed, so that pulling twice is free. */
export async function pullModel(text: string, options: PullOptions): Promise<LocalModel> {
  return resolveModel(text, { ...options, verify: false });
}

/** parseRef; a bare word that is no name but a file here is told how to write it. */
async function readRef(text: string, knownNames: readonly string[]): Promise<ModelRef> {
  try {
    return parseRef(text, knownNames);
  } catch (error) {
    if (!isVitrineError(error, 'unknown-model') || (await fileBytes(text)) < 0) throw error;
    const message = `unknown model ${JSON.stringify(text)}. Did you mean the file ./${text}?`;
    throw new VitrineError<WeightsErrorCode>('unknown-model', message, { cause: error });
  }
}

function planFor(ref: ModelRef, entries: LockEntries): PullPlan {
  if (ref.kind !== 'name') return planOfOne(ref, nameFor(ref, entries));
  const model = catalogueModel(ref.name);
  if (model !== undefined) {
    const { name, sources, sha256, bytes, licence } = model;
    return { name, ref: name, sources, expected: { sha256, bytes }, licence };
  }
  const entry = entries.get(ref.name) as LockEntry;
  const plan = planOfOne(parseRef(entry.ref, []), ref.name);
  const { sha256, bytes, licence } = entry;
  const isNamed = entry.licenceGround === 'osi';
  return { ...plan, expected: { sha256, bytes }, licence: isNamed ? licence : undefined };
}

function planOfOne(ref: ModelRef, name: string): PullPlan {
  return { name, ref: recordedRef(ref), sources: [ref], expected: {}, licence: undefined };
}

async function onDisk(
  plan: PullPlan,
  dataDir: string,
  entries: LockEntries,
): Promise<LocalModel | undefined> {
  const entry = entries.get(plan.name);
  if (entry === undefined || entry.ref !== plan.ref) return undefined;
  const wanted = plan.expected.sha256;
  if (wanted !== undefined && wanted !== entry.sha256) return undefined;
  const path = modelPath(dataDir, entry.file);
  if ((await fileBytes(path)) < 0) return undefined;
  const { sha256: digest, bytes, licence, source } = entry;
  return { name: plan.name, path, digest, bytes, licence, source };
}

async function packaged(options: ResolveOptions): Promise<LocalModel> {
  const { name, path, sha256: digest, bytes, licence } = await bundledModel();
  const model: LocalModel = { name, path, digest, bytes, licence, source: 'bundled' };
  if (options.verify !== false) await verify(model, options);
  return model;
}

async function localFile(ref: PathRef, options: ResolveOptions): Promise<LocalModel> {
  const path = resolvePath(ref.path);
  const bytes = await fileBytes(path);
  if (bytes < 0) throw await cannotRead(path);
  const name = baseName(ref);
  const licence = normaliseLicence(await options.licenceOf?.(path));
  checkLicence(name, licence, options.acceptLicence);
  const onBytes = verifying(path, options);
  const digest = await notAborted(name, options, () =>
    sha256OfFile(path, { onBytes, signal: options.signal }),
  );
  return { name, path, digest, bytes, licence, source: path };
}

async function verify(model: LocalModel, options: ResolveOptions): Promise<void> {
  const onBytes = verifying(model.path, options);
  await notAborted(model.name, options, () =>
    verifyFile(model.path, model.digest, onBytes, options.signal),
  );
}

async function notAborted<T>(
  name: string,
  { signal }: ResolveOptions,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    const message = `checking ${name} was cancelled.`;
    throw new VitrineError<WeightsErrorCode>('cancelled', message, { cause: error });
  }
}

async function cannotRead(path: string): Promise<VitrineError<WeightsErrorCode>> {
  const entry = await stat(path).catch(() => undefined);
  const what = entry?.isDirectory() ? 'a directory' : 'no file';
  const message = `${path} is ${what}; expected a GGUF file. Check the path.`;
  return new VitrineError('no-such-file', message);
}

function verifying(source: string, options: ResolveOptions) {
  return (bytesDone: number, bytesTotal: number) =>
    options.onProgress?.({ phase: 'verify', source, bytesDone, bytesTotal });
}

/** From what a reader writes to a checked file on disk: the entrance of this part. */
import { stat } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { isVitrineError, VitrineError } from '../base/index.ts';
import { BUNDLED_NAME, bundledModel, catalogueModel, catalogueNames } from './catalogue.ts';
import { checkDigest, sha256OfFiles, verifyFile } from './digest.ts';
import type { WeightsErrorCode } from './errors.ts';
import { checkLicence, normaliseLicence } from './licence.ts';
import { type LockEntries, type LockEntry, readLockFile } from './lock-file.ts';
import { type LocalModel, type PullOptions, type PullPlan, pull } from './pull.ts';
import { type ModelRef, type PathRef, parseRef } from './refs.ts';
import { partModelNames, partPaths, partRefs } from './split-model.ts';
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
  const parts = partRefs(plan.sources[0]);
  if (parts.length > 1) return splitModel(parts, entries, options);
  const found = await onDisk(plan, options.dataDir, entries);
  if (found === undefined) return pullOne(plan, options);
  if (options.verify !== false) await verify(found, options);
  return found;
}

async function pullOne(plan: PullPlan, options: ResolveOptions): Promise<LocalModel> {
  return pull(plan, options, async () =>
    onDisk(plan, options.dataDir, await readLockFile(options.dataDir)),
  );
}

/** All parts on disk, each pulled when it is not there; what the first one says holds for all. */
async function splitModel(
  refs: readonly ModelRef[],
  entries: LockEntries,
  options: ResolveOptions,
): Promise<LocalModel> {
  const names = partModelNames(nameFor(refs[0], entries));
  const parts: LocalModel[] = [];
  for (const [i, ref] of refs.entries()) {
    const { sha256, bytes } = entries.get(names[i]) ?? {};
    const expected = entries.get(names[i])?.ref === recordedRef(ref) ? { sha256, bytes } : {};
    const plan = { ...planOfOne(ref, names[i]), expected, licence: parts[0]?.licence };
    const found = await onDisk(plan, options.dataDir, entries);
    parts.push(found ?? (await pullOne(plan, options)));
  }
  const [first] = parts;
  const paths = parts.map(({ path }) => path);
  const { digest, each, bytes } = await digestOfParts(first.name, paths, options);
  for (const [i, part] of parts.entries()) checkDigest(part.path, part.digest, each[i]);
  return { ...first, digest, bytes };
}

async function digestOfParts(name: string, paths: readonly string[], options: ResolveOptions) {
  let bytesTotal = 0;
  for (const path of paths) {
    const bytes = await fileBytes(path);
    if (bytes < 0) throw await cannotRead(path, paths.length);
    bytesTotal += bytes;
  }
  const onBytes = verifying(paths[0], options);
  const { together, each, bytes } = await notAborted(name, options, () =>
    sha256OfFiles(paths, { onBytes, bytesTotal, signal: options.signal }),
  );
  return { digest: together, each, bytes };
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

/** Of a split model any part may be named; the first one has the metadata. */
async function localFile(ref: PathRef, options: ResolveOptions): Promise<LocalModel> {
  const paths = partPaths(resolvePath(ref.path));
  const [path] = paths;
  for (const each of paths) {
    if ((await fileBytes(each)) < 0) throw await cannotRead(each, paths.length);
  }
  const name = baseName({ ...ref, path });
  const licence = normaliseLicence(await options.licenceOf?.(path));
  checkLicence(name, licence, options.acceptLicence);
  const { digest, bytes } = await digestOfParts(name, paths, options);
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

async function cannotRead(path: string, count: number): Promise<VitrineError<WeightsErrorCode>> {
  const entry = await stat(path).catch(() => undefined);
  const what = entry?.isDirectory() ? 'a directory' : 'no file';
  const expected = count === 1 ? 'a GGUF file' : `one of the ${count} parts of a split model`;
  const advice = count === 1 ? 'Check the path.' : 'Put all parts into one folder.';
  const message = `${path} is ${what}; expected ${expected}. ${advice}`;
  return new VitrineError('no-such-file', message);
}

function verifying(source: string, options: ResolveOptions) {
  return (bytesDone: number, bytesTotal: number) =>
    options.onProgress?.({ phase: 'verify', source, bytesDone, bytesTotal });
}

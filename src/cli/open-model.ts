/**
 * From a reference to a checked file, and to a running engine, with progress and errors that name
 * it.
 */
import { open, readFile, stat } from 'node:fs/promises';
import {
  booleanSetting,
  integerSetting,
  isVitrineError,
  messageOf,
  stringSetting,
  VitrineError,
} from '../base/index.ts';
import { metadataString, readGgufHeader } from '../engine/gguf/index.ts';
import { checkFits, type Engine, type OpenEngineOptions, openEngine } from '../engine/index.ts';
import {
  LONG_PATIENCE,
  type LocalModel,
  PATIENCE,
  type Phase,
  type Progress,
  pullModel,
  resolveModel,
} from '../weights/index.ts';
import type { Context, Flag } from './command.ts';
import { dataDirOf, threadsOf } from './data-dir.ts';
import { isSet, textFlag } from './flags.ts';
import { ProgressDisplay } from './progress.ts';
import { say } from './terminal.ts';

export const ACCEPT_LICENCE: Flag = {
  name: 'accept-licence',
  type: 'text',
  value: 'NAME',
  meaning: 'Accept this licence of the model, though it is not OSI-approved; recorded',
};

const VERBS: Partial<Record<Phase, string>> = {
  download: 'downloading',
  extract: 'unpacking',
  verify: 'checking',
};

/**
 * What the reference names, on disk; its digest is checked by openEngine or by `verify`.
 * `isLoaded`: it will be loaded, so it must fit into memory.
 */
export async function findModel(
  context: Context,
  reference: string,
  options: { verify?: boolean; hasFallback?: boolean; isLoaded?: boolean } = {},
): Promise<LocalModel> {
  if (options.isLoaded === true) await refuseTooLarge(context, reference);
  const display = new ProgressDisplay(context.terminal);
  const find = options.verify === true ? resolveModel : pullModel;
  const isOffline = context.settings.get('VITRINE_OFFLINE');
  // Told when another source has delivered; when none does, the error tells of each.
  const refusals: string[] = [];
  try {
    const found = await find(reference, {
      dataDir: dataDirOf(context.settings, context.environment),
      environment: context.environment,
      offline: booleanSetting(context.settings, 'VITRINE_OFFLINE'),
      offlineBy: isOffline?.source === 'flag' ? '--offline' : 'VITRINE_OFFLINE',
      patience: options.hasFallback === true ? PATIENCE : LONG_PATIENCE,
      acceptLicence: textFlag(context.flags, ACCEPT_LICENCE.name),
      licenceOf: licenceInFile,
      signal: context.stop.signal,
      onProgress: (progress) => {
        if (progress.phase === 'refused') refusals.push(`${progress.source}: ${progress.note}`);
        else show(display, progress);
      },
    });
    for (const refusal of refusals) display.note(refusal);
    return found;
  } finally {
    display.clear();
  }
}

/**
 * A path to a model that cannot be loaded is refused before its bytes are hashed. Other faults are
 * told by whoever comes to them.
 */
async function refuseTooLarge({ settings }: Context, reference: string): Promise<void> {
  if (!/^\.{0,2}\/|^[^:]+\.gguf$/i.test(reference)) return;
  const contextTokens = integerSetting(settings, 'VITRINE_CONTEXT');
  try {
    await checkFits({ modelPath: reference, contextTokens, threads: threadsOf(settings) });
  } catch (error) {
    if (isVitrineError(error, 'out-of-memory')) throw named(error, reference);
  }
}

/** Loads a model that findModel has found. A stop while it loads ends the wait. */
export async function loadModel(context: Context, model: LocalModel): Promise<Engine> {
  const display = new ProgressDisplay(context.terminal);
  const { settings, stop } = context;
  const chatTemplate = await chatTemplateOf(context);
  const opening = openEngine({
    modelPath: model.path,
    digest: model.digest,
    threads: threadsOf(settings),
    contextTokens: integerSetting(settings, 'VITRINE_CONTEXT'),
    cacheTokens: integerSetting(settings, 'VITRINE_CACHE_TOKENS'),
    chatTemplate,
    kernels: stringSetting(settings, 'VITRINE_KERNELS') as OpenEngineOptions['kernels'],
    onProgress: ({ phase, bytesDone, bytesTotal }) => {
      if (phase === 'ready') display.clear();
      else display.update({ verb: 'loading', object: model.name, bytesDone, bytesTotal });
    },
  });
  try {
    const engine = await orStopped(opening, stop.signal);
    const { chatTemplate: origin, embedding } = engine.info.model;
    if (origin === 'plain' && embedding === undefined && !isSet(context.flags, 'json')) {
      const what = 'has no chat template: it continues the text of the messages';
      display.clear();
      say(context.terminal, `${model.name} ${what} (--chat-template FILE gives it one)`);
    }
    return engine;
  } catch (error) {
    // The process is about to end, or the load has failed and left nothing.
    opening.then((engine) => engine.close()).catch(() => undefined);
    const isGiven = chatTemplate !== undefined && isVitrineError(error, 'bad-template');
    throw named(error, isGiven ? chatTemplateName(context) : model.path);
  } finally {
    display.clear();
  }
}

/** @throws VitrineError wrong-model-kind for a model of embeddings */
export function checkGivesText({ info }: Engine, model: LocalModel): void {
  if (info.model.embedding === undefined) return;
  throw new VitrineError(
    'wrong-model-kind',
    `${model.name} is an embedding model (${info.model.architecture}): it gives vectors, not text. ` +
      'Serve it with `vitrine serve`, and send texts to POST /v1/embeddings.',
  );
}

/** The licence that a GGUF file names. @throws VitrineError of gguf, with the path */
async function licenceInFile(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const { size: fileBytes } = await file.stat();
    const read = async (byteLength: number) => {
      const bytes = new Uint8Array(byteLength);
      const { bytesRead } = await file.read(bytes, 0, byteLength, 0);
      return bytes.subarray(0, bytesRead);
    };
    return metadataString((await readGgufHeader(read, { fileBytes })).metadata, 'general.license');
  } catch (error) {
    throw named(error, path);
  } finally {
    await file.close();
  }
}

function show(display: ProgressDisplay, progress: Progress): void {
  const { phase, source, bytesDone, bytesTotal, note } = progress;
  const verb = VERBS[phase];
  if (phase === 'note') display.note(`${source}: ${note}`);
  else if (phase === 'wait') display.update({ verb: 'waiting:', object: note ?? '', ...NO_BYTES });
  else if (verb === undefined) display.activity(`asking ${source}`);
  else display.update({ verb, object: source, bytesDone, bytesTotal });
}

/** A chat template is under 64 KB; a larger file is something else. */
const TEMPLATE_BYTES_MAX = 256 * 1024;

function chatTemplateName({ settings }: Context): string {
  return `--chat-template ${stringSetting(settings, 'VITRINE_CHAT_TEMPLATE')}`;
}

/** The text of --chat-template. @throws VitrineError bad-value */
async function chatTemplateOf(context: Context): Promise<string | undefined> {
  const path = stringSetting(context.settings, 'VITRINE_CHAT_TEMPLATE');
  if (path === undefined) return undefined;
  const refuse = (reason: string, cause?: unknown) =>
    new VitrineError(
      'bad-value',
      `--chat-template ${path}: expected a file with a Jinja template, ${reason}.`,
      { cause },
    );
  let size: number;
  try {
    const found = await stat(path);
    if (!found.isFile()) throw refuse('this is not a file');
    size = found.size;
  } catch (error) {
    throw isVitrineError(error) ? error : refuse(`it cannot be read (${messageOf(error)})`, error);
  }
  if (size > TEMPLATE_BYTES_MAX) throw refuse(`this one has ${size} bytes`);
  return readFile(path, 'utf8');
}

const NO_BYTES = { bytesDone: 0, bytesTotal: undefined };

async function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The same error with the file's name in front, unless it has it already. */
function named(error: unknown, path: string): unknown {
  if (!isVitrineError(error) || error.message.includes(path) || error.code === 'cancelled') {
    return error;
  }
  return new VitrineError(error.code, `${path}: ${messageOf(error)}.`.replace(/\.\.$/, '.'), {
    cause: error,
  });
}

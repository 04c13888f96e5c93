/** `vitrine serve`: find the model, listen, load, say where, and stop cleanly. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { API_KEY_FILE, type OpenedApiKey, openApiKey } from '../../access/index.ts';
import { integerSetting, isVitrineError, stringSetting, VitrineError } from '../../base/index.ts';
import type { RunningServer, ServerOptions } from '../../server/index.ts';
import { BUNDLED_NAME, failuresOf, type LocalModel } from '../../weights/index.ts';
import type { Command, Context } from '../command.ts';
import { dataDirOf } from '../data-dir.ts';
import { cliError, EXIT_DONE } from '../errors.ts';
import { commandWord } from '../installation.ts';
import { ACCEPT_LICENCE, findModel, loadModel } from '../open-model.ts';
import { checkPort } from '../port.ts';
import { fallbackBanner, isLoopbackHost, startBlock } from '../start-block.ts';
import { say, warn } from '../terminal.ts';
import { packageVersion } from '../version.ts';

/** How long running requests may go on after the first Ctrl-C. */
const GRACE_MS = 10_000;

export const serveCommand: Command = {
  name: 'serve',
  group: 'Serve',
  summary: 'Serve a model over HTTP: the APIs of Anthropic and OpenAI',
  description:
    'Listens on 127.0.0.1:8000 unless told otherwise. A model that is not on disk is pulled ' +
    'first. The first start makes an API key and shows it once.\n\n' +
    `When no model is asked for and no source of the default one answers, ${BUNDLED_NAME} is ` +
    'served instead, under its own name: a model of under 1 MB that is part of the package. A ' +
    'model that is asked for is served, or nothing is.\n\nCtrl-C lets running requests end, for ' +
    'ten seconds at most; a second one stops at once.',
  arguments: [
    {
      name: 'MODEL',
      meaning: 'A name (vitrine models), a path, or a reference as for pull; the same as --model',
      isOptional: true,
    },
  ],
  flags: [ACCEPT_LICENCE],
  settings: [
    'VITRINE_MODEL_PATH',
    'VITRINE_HOST',
    'VITRINE_PORT',
    'VITRINE_DATA_DIR',
    'VITRINE_API_KEY',
    'VITRINE_THREADS',
    'VITRINE_CONTEXT',
    'VITRINE_CACHE_TOKENS',
    'VITRINE_CHAT_TEMPLATE',
    'VITRINE_KERNELS',
    'VITRINE_OFFLINE',
    'VITRINE_LOG_LEVEL',
  ],
  examples: ['vitrine serve', 'vitrine serve ./model.gguf --port 9000', 'npm start -- --port 9000'],
  async run(context) {
    const { terminal, settings, environment, stop } = context;
    const { host, port } = addressOf(context);
    await checkPort(host, port);
    const model = await chooseModel(context);
    const dataDir = dataDirOf(settings, environment);
    const keys = await openKeys(dataDir, stringSetting(settings, 'VITRINE_API_KEY'));
    const engine = loadModel(context, model);
    // Whoever awaits it below reports the failure; until then nobody may be missing.
    engine.catch(() => undefined);
    const version = packageVersion();
    let server: RunningServer | undefined;
    try {
      server = await listen({
        ...{ engine, modelName: model.name, host, port, keys, version },
        logLevel: stringSetting(settings, 'VITRINE_LOG_LEVEL') as ServerOptions['logLevel'],
      });
      const { info } = await engine;
      const key = await keys.settle();
      const facts = { version, url: server.url, model, engine: info, dataDir, key };
      terminal.out(startBlock(facts, terminal));
      if (!isLoopbackHost(host)) warnOfPlainText(context, host);
    } catch (error) {
      await server?.close({ graceMs: 0 });
      engine.then((opened) => opened.close()).catch(() => undefined);
      throw error;
    }
    const opened = await engine;
    const death = await Promise.race([stop.asked.then(() => undefined), opened.died]);
    if (death !== undefined) {
      await server.close({ graceMs: 0 });
      await opened.close();
      throw new VitrineError('kernel-fault', `the engine has failed: ${death}. Start it again.`);
    }
    const { running, waiting } = opened.load();
    const open = running + waiting;
    say(terminal, open === 0 ? 'stopping' : `stopping; ${open} requests may end, Ctrl-C cuts them`);
    await server.close({ graceMs: GRACE_MS });
    await opened.close();
    return EXIT_DONE;
  },
};

/**
 * The key that exists is known from the start. One that has to be made is made when the model is
 * there, so that a start which fails leaves no key behind that nobody has seen.
 */
async function openKeys(dataDir: string, environmentKey: string | undefined) {
  const open = () => openApiKey({ dataDir, environmentKey });
  const isMade = environmentKey !== undefined || existsSync(join(dataDir, API_KEY_FILE));
  let opened = isMade ? await open() : undefined;
  return {
    verify: (presented: string) => opened?.verifier.verify(presented) ?? false,
    settle: async (): Promise<OpenedApiKey> => {
      opened ??= await open();
      return opened;
    },
  };
}

/** The HTTP server's libraries are loaded by this command alone. */
async function listen(options: ServerOptions): Promise<RunningServer> {
  const { startServer } = await import('../../server/index.ts');
  return startServer(options);
}

function addressOf({ settings }: Context): { host: string; port: number } {
  return {
    host: stringSetting(settings, 'VITRINE_HOST') as string,
    port: integerSetting(settings, 'VITRINE_PORT') as number,
  };
}

/** The model asked for; without one, the default or what stands in for it. */
async function chooseModel(context: Context): Promise<LocalModel> {
  const setting = context.settings.get('VITRINE_MODEL_PATH');
  const [positional] = context.arguments;
  if (positional !== undefined && setting?.source === 'flag') {
    throw cliError('too-many-arguments', `two models: ${positional} and --model ${setting.value}.`);
  }
  const reference = positional ?? (setting?.value as string);
  const isAskedFor = positional !== undefined || setting?.source !== 'default';
  try {
    return await findModel(context, reference, { hasFallback: !isAskedFor, isLoaded: true });
  } catch (error) {
    if (isAskedFor || !isVitrineError(error, 'no-source')) throw error;
    const bundled = await findModel(context, BUNDLED_NAME).catch((cause) => {
      throw new VitrineError('no-source', `${error.message} ${String(cause.message)}`, { cause });
    });
    const { terminal } = context;
    terminal.err(fallbackBanner(reference, failuresOf(error), terminal, commandWord()));
    return bundled;
  }
}

function warnOfPlainText({ terminal }: Context, host: string): void {
  warn(
    terminal,
    `listening on ${host} without TLS: keys and prompts cross the network readable. Put a proxy ` +
      'with TLS in front, or use --host 127.0.0.1.',
  );
}

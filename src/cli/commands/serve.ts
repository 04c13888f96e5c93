/** `vitrine serve`: find the model, listen, load, say where, and stop cleanly. */
import { integerSetting, stringSetting } from '../../base/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { RunningServer, ServerOptions } from '../../server/index.ts';
import { BUNDLED_NAME, failuresOf, type LocalModel } from '../../weights/index.ts';
import type { Command, Context } from '../command.ts';
import { dataDirOf } from '../data-dir.ts';
import { cliError, EXIT_DONE } from '../errors.ts';
import { ACCEPT_LICENCE, findModel, loadModel } from '../open-model.ts';
import { fallbackBanner, isLoopbackHost, keyLines, startBlock } from '../start-block.ts';
import { say, warn } from '../terminal.ts';
import { packageVersion } from '../version.ts';

export const serveCommand: Command = {
  name: 'serve',
  group: 'Serve',
  summary: 'Serve a model over HTTP: Anthropic and OpenAI APIs',
  description:
    'Listens on 127.0.0.1:8000 unless told otherwise. A model that is not on disk is pulled first. ' +
    'The first start makes an API key and shows it once.\n\n' +
    `When no model is asked for and no source of the default one answers, ${BUNDLED_NAME} is ` +
    'served instead, under its own name: a model of under 1 MB that is part of the package. A model ' +
    'that is asked for is served, or nothing is.\n\n' +
    'Ctrl-C lets running requests end for a while, a second one stops at once.',
  arguments: [
    {
      name: 'MODEL',
      meaning: 'A name (vitrine models), a path, or a reference as for pull; same as --model',
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
    'VITRINE_KERNELS',
    'VITRINE_OFFLINE',
    'VITRINE_LOG_LEVEL',
  ],
  examples: ['vitrine serve', 'vitrine serve ./model.gguf --port 9000', 'npm start -- --port 9000'],
  async run(context) {
    const { terminal, stop } = context;
    const reference = referenceOf(context);
    const { assertPortIsFree, startServer } = await import('../../server/index.ts');
    const address = addressOf(context);
    if (!isLoopbackHost(address.host)) {
      warn(
        terminal,
        `listening on ${address.host} without TLS: keys and prompts cross the network readable. ` +
          'Put a TLS proxy in front, or use --host 127.0.0.1.',
      );
    }
    return EXIT_DONE;
  },
};

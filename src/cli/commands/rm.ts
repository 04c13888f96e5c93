/** `vitrine rm NAME` */
import { formatBytes } from '../../base/index.ts';
import { removeModel } from '../../weights/index.ts';
import type { Command } from '../command.ts';
import { dataDirOf } from '../data-dir.ts';
import { EXIT_DONE } from '../errors.ts';

export const rmCommand: Command = {
  name: 'rm',
  group: 'Serve',
  summary: 'Remove a pulled model, or what is left of an unfinished pull',
  arguments: [{ name: 'NAME', meaning: 'Name of the model, as in `vitrine models`' }],
  flags: [],
  settings: ['VITRINE_DATA_DIR'],
  examples: ['vitrine rm smollm2-135m'],
  async run({ terminal, settings, environment, arguments: [given] }) {
    const { name, bytesFreed } = await removeModel(dataDirOf(settings, environment), given);
    terminal.out(`${name} is removed, ${formatBytes(bytesFreed)} freed\n`);
    return EXIT_DONE;
  },
};

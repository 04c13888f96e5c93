/** `vitrine models`: what is on disk, and what the catalogue can bring. */
import { formatBytes } from '../../base/index.ts';
import {
  BUNDLED_NAME,
  bundledModel,
  CATALOGUE,
  formatRef,
  listModels,
} from '../../weights/index.ts';
import type { Command } from '../command.ts';
import { dataDirOf } from '../data-dir.ts';
import { EXIT_DONE } from '../errors.ts';
import { isSet } from '../flags.ts';
import { alignColumns } from '../table.ts';

type State = 'on disk' | 'in the package' | 'not pulled' | 'file is missing';

interface Row {
  name: string;
  state: State;
  bytes: number;
  licence: string;
  sha256: string;
  source: string;
}

export const modelsCommand: Command = {
  name: 'models',
  group: 'Serve',
  summary: 'List the models on disk and in the catalogue',
  arguments: [],
  flags: [{ name: 'json', type: 'switch', meaning: 'Print JSON' }],
  settings: ['VITRINE_DATA_DIR'],
  examples: ['vitrine models'],
  async run({ terminal, settings, environment, flags }) {
    const rows = await listRows(dataDirOf(settings, environment));
    if (isSet(flags, 'json')) {
      terminal.out(`${JSON.stringify({ models: rows }, null, 2)}\n`);
      return EXIT_DONE;
    }
    const cells = rows.map((row) => [
      row.name,
      row.state,
      formatBytes(row.bytes),
      row.licence,
      row.sha256.slice(0, 12),
      row.source,
    ]);
    const [head, ...lines] = alignColumns([
      ['NAME', 'STATE', 'SIZE', 'LICENCE', 'SHA-256', 'SOURCE'],
      ...cells,
    ]);
    terminal.out(`${[terminal.outStyle('bold', head), ...lines].join('\n')}\n`);
    return EXIT_DONE;
  },
};

async function listRows(dataDir: string): Promise<Row[]> {
  const rows: Row[] = (await listModels(dataDir)).map((model) => ({
    name: model.name,
    state: model.isPresent ? 'on disk' : 'file is missing',
    bytes: model.bytes,
    licence: model.licence,
    sha256: model.sha256,
    source: model.source,
  }));
  for (const { name, bytes, licence, sha256, sources } of CATALOGUE) {
    if (rows.some((row) => row.name === name)) continue;
    const source = formatRef(sources[0]);
    rows.push({ name, state: 'not pulled', bytes, licence, sha256, source });
  }
  const { bytes, licence, sha256 } = await bundledModel();
  const source = 'bundled';
  rows.push({ name: BUNDLED_NAME, state: 'in the package', bytes, licence, sha256, source });
  return rows;
}

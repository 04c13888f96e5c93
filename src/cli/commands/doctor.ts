/** `vitrine doctor`: what this machine can do, measured, and which models of the catalogue fit. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { formatBytes } from '../../base/index.ts';
import { measureReadBandwidth, testKernels } from '../../engine/index.ts';
import {
  BUNDLED_MEMORY_BYTES,
  BUNDLED_NAME,
  bundledModel,
  CATALOGUE,
  listModels,
} from '../../weights/index.ts';
import type { Command, Context } from '../command.ts';
import { dataDirOf, showPath, threadsOf } from '../data-dir.ts';
import { EXIT_DONE, EXIT_FAILED } from '../errors.ts';
import { isSet } from '../flags.ts';
import { ProgressDisplay } from '../progress.ts';
import { alignColumns } from '../table.ts';
import { packageVersion } from '../version.ts';

/** Share of the available memory that the engine lets a model take. */
const MEMORY_SHARE = 0.95;

export const doctorCommand: Command = {
  name: 'doctor',
  group: 'Housekeeping',
  summary: 'Measure this machine, and say which models of the catalogue fit',
  description:
    'Checks the kernel modules against their self-test, and measures how fast memory is read. ' +
    'Decoding reads every weight once a token, so bandwidth divided by the size of a model ' +
    'bounds its tokens per second. Exit code 1 when no kernel module works.',
  arguments: [],
  flags: [{ name: 'json', type: 'switch', meaning: 'Print JSON' }],
  settings: ['VITRINE_DATA_DIR', 'VITRINE_THREADS'],
  examples: ['vitrine doctor'],
  async run(context) {
    const { terminal, flags } = context;
    const report = await examine(context);
    const text = isSet(flags, 'json')
      ? JSON.stringify(report, null, 2)
      : show(report, (style) => terminal.outStyle('bold', style));
    terminal.out(`${text}\n`);
    return report.kernels.some(({ works }) => works) ? EXIT_DONE : EXIT_FAILED;
  },
};

type Report = Awaited<ReturnType<typeof examine>>;

async function examine({ terminal, settings, environment }: Context) {
  const dataDir = dataDirOf(settings, environment);
  const threads = threadsOf(settings);
  const display = new ProgressDisplay(terminal);
  display.activity('testing the kernels');
  const kernels = testKernels();
  display.activity('measuring memory');
  const bandwidth = kernels.some(({ works }) => works) ? await bestBandwidth(threads) : 0;
  display.clear();
  const memoryAvailable = process.availableMemory();
  const stored = await listModels(dataDir);
  const bundled = { ...(await bundledModel()), memoryBytes: BUNDLED_MEMORY_BYTES };
  return {
    version: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    threads,
    memory_bytes: totalmem(),
    memory_available_bytes: memoryAvailable,
    kernels,
    read_bytes_per_second: Math.round(bandwidth),
    data_dir: dataDir,
    models: [...CATALOGUE, bundled].map(({ name, bytes, memoryBytes }) => ({
      name,
      bytes,
      memory_bytes: memoryBytes,
      fits: memoryBytes <= memoryAvailable * MEMORY_SHARE,
      on_disk:
        name === BUNDLED_NAME || stored.some((model) => model.name === name && model.isPresent),
      tokens_per_second_at_most: Math.round(bandwidth / bytes),
    })),
  };
}

/** With one thread or with all, whichever reads faster. */
async function bestBandwidth(threads: number): Promise<number> {
  const one = await measureReadBandwidth(1);
  return threads === 1 ? one : Math.max(one, await measureReadBandwidth(threads));
}

function show(report: Report, bold: (text: string) => string): string {
  const perSecond = `${formatBytes(report.read_bytes_per_second)}/s`;
  const kernels = report.kernels.map(({ variant, works, reason }) =>
    works ? `${variant} works` : `${variant} does not (${reason})`,
  );
  const available = formatBytes(report.memory_available_bytes);
  const facts = alignColumns([
    ['  vitrine', report.version],
    ['  node', `${report.node}, ${report.platform}`],
    ['  processor', `${report.cpu}, ${report.cores} cores, ${report.threads} compute threads`],
    ['  memory', `${formatBytes(report.memory_bytes)}, ${available} available`],
    ['  reads', `${perSecond}, measured with the engine's own kernel`],
    ['  kernels', kernels.join(', ')],
    ['  data', showPath(report.data_dir)],
  ]);
  const models = alignColumns([
    ['  NAME', 'FITS', 'MEMORY', 'FILE', 'AT MOST', 'ON DISK'],
    ...report.models.map((model) => [
      `  ${model.name}`,
      model.fits ? 'yes' : 'no',
      formatBytes(model.memory_bytes),
      formatBytes(model.bytes),
      `${model.tokens_per_second_at_most} tokens/s`,
      model.on_disk ? 'yes' : 'no',
    ]),
  ]);
  const note = 'Measured just now: what else the machine computes makes these figures lower.';
  const heading = bold('Models of the catalogue');
  return [bold('This machine'), ...facts, '', heading, ...models, '', note].join('\n');
}

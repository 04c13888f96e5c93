/** What `serve` tells when it is up, and when it serves another model than the default one. */
import { API_KEY_FILE } from '../access/index.ts';
import { formatBytes } from '../base/index.ts';
import type { EngineInfo } from '../engine/index.ts';
import {
  BUNDLED_NAME,
  type LocalModel,
  type SourceFailure,
  withCommonReason,
} from '../weights/index.ts';
import { showPath } from './data-dir.ts';
import { alignColumns } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface StartFacts {
  readonly version: string;
  /** An address that this machine can open: http://127.0.0.1:8000 */
  readonly url: string;
  readonly model: LocalModel;
  readonly engine: EngineInfo;
  readonly dataDir: string;
  readonly key: KeyFacts;
}

export interface KeyFacts {
  readonly created?: string;
  readonly source: 'created' | 'stored' | 'environment';
}

/** The block on standard output. */
export function startBlock(facts: StartFacts, terminal: Terminal): string {
  const { model, engine } = facts;
  const { kernels, threads, numerics, model: info } = engine;
  // Vectors are F32 in every file; what counts is the type of the matrices.
  const types = Object.entries(info.tensorTypes).sort(([, a], [, b]) => b - a);
  const [type] = types.find(([name]) => name !== 'F32') ?? ['F32'];
  const size = `${(info.parameterCount / 1e6).toFixed(1)}M parameters, mostly ${type}`;
  const { url } = facts;
  const rows = [
    ['  model', `${model.name}, ${size}, licence ${model.licence}`],
    ['  digest', `sha256:${model.digest.slice(0, 16)}… of ${formatBytes(model.bytes)}`],
    ['  engine', `${kernels} kernels, ${threads} threads, ${numerics}`],
    ['  context', `${info.contextTokens} tokens, ${formatBytes(info.memoryBytes)} of memory`],
    ...(info.embedding === undefined
      ? []
      : [['  gives', `embeddings of ${info.embedding.dimensions} values`]]),
    ['  data', showPath(facts.dataDir)],
    ['  API key', keyText(facts.key, facts.dataDir, terminal)],
  ];
  const lines = [
    `${terminal.outStyle('bold', `Vitrine ${facts.version}`)} at ${terminal.outStyle('cyan', url)}`,
    ...alignColumns(rows),
  ];
  const { created } = facts.key;
  lines.push('', ...(created === undefined ? [] : [`export VITRINE_API_KEY=${created}`]));
  const isEmbedder = info.embedding !== undefined;
  lines.push(curlLine(url, isEmbedder ? embedding(model.name) : message(model.name), created));
  return `${lines.join('\n')}\n`;
}

/** Why another model is served than the default one, and what to do. To standard error. */
export function fallbackBanner(
  wanted: string,
  failures: readonly SourceFailure[],
  terminal: Terminal,
  commandWord: string,
): string {
  const lines = withCommonReason(failures).flatMap(({ source, reason, remedy }) => [
    `  ${source}`,
    `    ${reason}`,
    `    ${remedy}`,
  ]);
  return [
    terminal.errStyle('yellow', `${wanted} could not be had from any source:`),
    ...lines,
    terminal.errStyle('yellow', `Serving ${BUNDLED_NAME} instead, under that name.`),
    '  It is a model of under 1 MB that comes with the package. It shows that everything works;',
    '  it knows next to nothing. For a real one, stop this (Ctrl-C), and then',
    `    ${commandWord} pull ${wanted}     with a source in reach, or`,
    `    ${commandWord} serve FILE.gguf     with a file that you have`,
    '',
  ].join('\n');
}

/** True for addresses that only this machine reaches. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function keyText(key: KeyFacts, dataDir: string, terminal: Terminal): string {
  if (key.created !== undefined) {
    return `${terminal.outStyle('bold', key.created)}  (shown only now)`;
  }
  if (key.source === 'environment') return 'the one in VITRINE_API_KEY';
  const file = `${showPath(dataDir)}/${API_KEY_FILE}`;
  return `the one of the first start; if it is lost, remove ${file} and start again`;
}

/** A line that works when pasted; where the key is not known, in a shell that has it set. */
function curlLine(url: string, example: Example, created: string | undefined): string {
  const shown = created ?? '$VITRINE_API_KEY';
  return (
    `curl -s ${url}${example.path} -H "x-api-key: ${shown}" -H "content-type: application/json" ` +
    `-d '${JSON.stringify(example.body)}'`
  );
}

interface Example {
  readonly path: string;
  readonly body: object;
}

function embedding(model: string): Example {
  return { path: '/v1/embeddings', body: { model, input: 'What is the capital of France?' } };
}

function message(model: string): Example {
  const content = model === BUNDLED_NAME ? 'Hello.' : 'What is the capital of France?';
  const body = {
    ...{ model, max_tokens: 64, temperature: 0 },
    messages: [{ role: 'user', content }],
  };
  return { path: '/v1/messages', body };
}

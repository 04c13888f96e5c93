#!/usr/bin/env node
/**
 * Runs Node.js 24 with the arguments given: this one if it is new enough, else that of the lock file.
 * For the package's own scripts (`npm test`), so that they work wherever `npm ci` did.
 */
import { dirname, delimiter } from 'node:path';
import { isNodeNewEnough, lockedNodePath, refuse, runInstead } from './locked-node.mjs';

try {
  const binary = isNodeNewEnough() ? process.execPath : lockedNodePath();
  // Scripts that start `node` themselves get the same one.
  const PATH = [dirname(binary), process.env.PATH].filter(Boolean).join(delimiter);
  runInstead(binary, process.argv.slice(2), { env: { ...process.env, PATH } });
} catch (error) {
  refuse(error.message);
}

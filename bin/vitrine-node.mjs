#!/usr/bin/env node
/**
 * Runs Node.js 24 with the arguments given: this one if it is new enough, else that of the lock
 * file. For the package's own scripts (`npm test`), so that they work wherever `npm ci` did.
 */
import { isNodeNewEnough, lockedNodePath, refuse, runInstead } from './locked-node.mjs';

try {
  const binary = isNodeNewEnough() ? process.execPath : lockedNodePath();
  runInstead(binary, process.argv.slice(2));
} catch (error) {
  refuse(error.message);
}

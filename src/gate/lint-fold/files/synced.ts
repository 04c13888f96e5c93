/** Writes that are on the disk when they return, and never go through a link. */
import { chmodSync, closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** Makes the file; it must not be there yet (a link in its place counts as there). */
export function writeSynced(path: string, bytes: Uint8Array, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  // The process's mask may have taken bits away.
  chmodSync(path, mode);
}

export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Files that are there whole or not at all: write beside, fsync, rename, fsync the folder. */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces `path` by `text`. A crash leaves the old or the new content, never a mixture. */
export async function writeFileAtomic(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  try {
    const file = await open(beside, 'w', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveDurably(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Renames a file whose content is on disk already, and makes the new name durable too. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const folder = await open(dirname(to), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

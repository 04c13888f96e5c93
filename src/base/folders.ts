/**
 * Makes a folder and those above it, step by step. Node's own recursive mkdir never returns where
 * the parent exists and refuses with ENOENT, as /proc does (seen with Node 24.21.0).
 */

export interface FolderMaker {
  /** Makes one folder, as mkdir of node:fs/promises without `recursive`. */
  make(path: string): Promise<unknown>;
  dirname(path: string): string;
}

/** A folder that is there already is left as it is. @throws what `make` throws */
export async function makeFolders(path: string, maker: FolderMaker): Promise<void> {
  try {
    await makeOne(path, maker);
  } catch (error) {
    const parent = maker.dirname(path);
    if ((error as { code?: string }).code !== 'ENOENT' || parent === path) throw error;
    await makeFolders(parent, maker);
    await makeOne(path, maker);
  }
}

async function makeOne(path: string, { make }: FolderMaker): Promise<void> {
  try {
    await make(path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
}

/**
 * The model that the full suite asks: the file that VITRINE_INTERNAL_MODEL names, else the
 * catalogue's smollm2-135m from the data directory, pulled when it is not there. Fails, with every
 * source's reason, when neither is to be had.
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { failuresOf, resolveModel } from '../../src/weights/index.ts';

export const REAL_MODEL_NAME = 'smollm2-135m';

/** Path of the GGUF file. @throws Error that says what is missing and how to supply it */
export async function realModelPath(): Promise<string> {
  const { env: environment } = process;
  const given = environment.VITRINE_INTERNAL_MODEL;
  if (given !== undefined && given !== '') return given;
  try {
    return (await resolveModel(REAL_MODEL_NAME, { dataDir: dataDir(), environment })).path;
  } catch (error) {
    const reasons = failuresOf(error).map(({ source, reason }) => `${source}: ${reason}`);
    throw new Error(
      `the full suite needs ${REAL_MODEL_NAME}: let it be pulled, or name the GGUF file in ` +
        `VITRINE_INTERNAL_MODEL. ${reasons.join('; ')}`,
      { cause: error },
    );
  }
}

function dataDir(): string {
  const { VITRINE_DATA_DIR, XDG_DATA_HOME } = process.env;
  if (VITRINE_DATA_DIR) return VITRINE_DATA_DIR;
  const isUsable = XDG_DATA_HOME !== undefined && isAbsolute(XDG_DATA_HOME);
  return join(isUsable ? XDG_DATA_HOME : join(homedir(), '.local', 'share'), 'vitrine');
}

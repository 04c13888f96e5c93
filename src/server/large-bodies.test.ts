import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, test } from 'node:test';
import { LargeBodies } from './large-bodies.ts';

const BODY = Buffer.from('{"model":"m","messages":[{"role":"user","content":"x"}]}');
const ROUTE = '/v1/messages/count_tokens';

const bodies = new LargeBodies(3 * BODY.length);
after(() => bodies.close());

const read = (connection = new EventEmitter()) => bodies.read(ROUTE, BODY, connection);

test('bodies beyond the bytes that may wait are refused at once, later ones are not', async () => {
  const taken = [read(), read(), read()];
  await assert.rejects(read(), { code: 'overloaded' });
  assert.equal(bodies.waitingBytes, 3 * BODY.length);
  for (const body of await Promise.all(taken)) assert.deepEqual(body, JSON.parse(String(BODY)));
  assert.equal(bodies.waitingBytes, 0);
  await read();
});

test('a body whose connection closes waits no longer and leaves its room', async () => {
  const connections = [1, 2, 3].map(() => new EventEmitter());
  const [first, second, third] = connections.map(read);
  connections[1].emit('close');
  await assert.rejects(second, { code: 'client-closed' });
  assert.equal(bodies.waitingBytes, 2 * BODY.length);
  const next = read();
  // The first one is being read already.
  connections[0].emit('close');
  await Promise.all([first, third, next]);
  assert.ok(connections.every((connection) => connection.listenerCount('close') === 0));
});

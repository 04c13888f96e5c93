import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type LiveServer, MODEL_NAME, startLiveServer } from '../../test/live-server.ts';

let live: LiveServer;
before(async () => {
  live = await startLiveServer({ server: { aliases: ['smaller'] } });
});
after(() => live.close());

const SECRET = 'a prompt that nobody should find anywhere';

test('models carry the context length, in the shape of the API that asks', async () => {
  const { info } = live.engine;
  const openAi = await (await live.get('/v1/models')).json();
  assert.equal(openAi.object, 'list');
  assert.equal(openAi.data.length, 1);
  assert.equal(openAi.data[0].id, MODEL_NAME);
  assert.equal(openAi.data[0].object, 'model');
  assert.equal(openAi.data[0].max_model_len, info.model.contextTokens);
  assert.equal(openAi.data[0].vitrine.digest, info.model.digest);
  const version = { 'anthropic-version': '2023-06-01' };
  const anthropic = await (await live.get('/v1/models', version)).json();
  assert.equal(anthropic.has_more, false);
  assert.equal(anthropic.first_id, MODEL_NAME);
  assert.equal(anthropic.data[0].type, 'model');
  assert.equal(anthropic.data[0].max_input_tokens, info.model.contextTokens - 1);
  assert.deepEqual(await (await live.get('/v1/models/smaller')).json(), openAi.data[0]);
  assert.deepEqual(
    await (await live.get(`/v1/models/${MODEL_NAME}`, version)).json(),
    anthropic.data[0],
  );
});

test('the OpenAPI document has every route, its schemas and who needs a key', async () => {
  const document = await (await live.get('/openapi.json')).json();
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(Object.keys(document.paths).sort(), [
    ...['/', '/healthz', '/metrics', '/openapi.json', '/readyz', '/v1/chat/completions'],
    ...['/v1/embeddings', '/v1/messages', '/v1/messages/count_tokens', '/v1/models'],
    '/v1/models/{id}',
  ]);
  const { post } = document.paths['/v1/messages'];
  const body = post.requestBody.content['application/json'].schema;
  assert.deepEqual(body.required.toSorted(), ['max_tokens', 'messages', 'model']);
  assert.equal(body.properties.temperature.default, 1);
  assert.equal(body.additionalProperties, false);
  assert.ok(post.responses['200'].content['text/event-stream'].schema.anyOf.length === 7);
  assert.deepEqual(document.paths['/healthz'].get.security, []);
  assert.deepEqual(document.security, [{ apiKey: [] }, { bearer: [] }]);
  assert.equal(JSON.stringify(document).includes('$ref'), false);
});

test('metrics count requests, tokens and times under vLLM’s names', async () => {
  const body = { model: MODEL_NAME, max_tokens: 5, messages: [{ role: 'user', content: 'x' }] };
  const { usage } = await (await live.post('/v1/messages', body)).json();
  await live.post('/v1/messages', { ...body, model: 'unknown' });
  const response = await live.get('/metrics');
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0.0.4/);
  const text = await response.text();
  const model = `model_name="${MODEL_NAME}"`;
  for (const line of [
    `vllm:prompt_tokens_total{${model}} ${usage.input_tokens}`,
    `vllm:generation_tokens_total{${model}} 5`,
    `vllm:request_success_total{${model},finished_reason="length"} 1`,
    `vllm:time_to_first_token_seconds_count{${model}} 1`,
    `vllm:inter_token_latency_seconds_count{${model}} 4`,
    `vllm:e2e_request_latency_seconds_count{${model}} 1`,
    `vllm:request_queue_time_seconds_count{${model}} 1`,
    `vllm:request_prompt_tokens_sum{${model}} ${usage.input_tokens}`,
    `vllm:num_requests_running{${model}} 0`,
    `vllm:num_requests_waiting{${model}} 0`,
    'vitrine_model_ready{model_name="random"} 1',
    'vitrine_http_requests_total{method="POST",route="/v1/messages",status="200"} 1',
    'vitrine_http_requests_total{method="POST",route="/v1/messages",status="404"} 1',
    'vitrine_errors_total{code="unknown-model"} 1',
  ]) {
    assert.ok(text.split('\n').includes(line), line);
  }
  assert.match(text, /nodejs_eventloop_lag_p99_seconds /);
});

test('the log has a line for each request, and neither prompts nor answers nor keys', async () => {
  const body = { model: MODEL_NAME, max_tokens: 20, messages: [{ role: 'user', content: SECRET }] };
  const answer = await (await live.post('/v1/messages', { ...body, temperature: 0 })).json();
  await live.post('/v1/messages', `{"messages": "${SECRET}`);
  await live.post('/v1/messages', { ...body, system: { text: SECRET } });
  await live.post('/v1/chat/completions', { ...body, user: SECRET, [SECRET]: 1 });
  await live.get(`/v1/models/${encodeURIComponent(SECRET)}?key=${live.key}`);
  await live.get(`/nowhere/${live.key}`);
  await live.get('/v1/models', { 'x-api-key': `wrong-${SECRET}` });
  const text = JSON.stringify(live.log);
  assert.ok(!text.includes('nobody should find'));
  assert.ok(!text.includes(live.key));
  assert.ok(!text.includes(JSON.stringify(answer.content[0].text).slice(1, -1)));
  const line = live.log.find(({ promptTokens }) => Number(promptTokens) > SECRET.length);
  assert.equal(line?.route, '/v1/messages');
  assert.equal(line?.status, 200);
  assert.equal(line?.outputTokens, 20);
  assert.equal(line?.reason, 'max-tokens');
  assert.match(String(line?.request), /^req_/);
  assert.ok(live.log.some(({ error }) => error === 'bad-json'));
});

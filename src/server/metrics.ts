/**
 * Prometheus metrics. Where the meaning is the same as in vLLM the name is vLLM's (`vllm:…`), so
 * that existing dashboards work; what only Vitrine has is called `vitrine_…`. Label `model_name` on
 * all of the first kind. Beside these stand prom-client's own of the process (`process_…`,
 * `nodejs_…`).
 *
 *   vllm:num_requests_running            requests in prefill or decode
 *   vllm:num_requests_waiting            requests that wait for the engine
 *   vllm:request_success_total           requests that ended; finished_reason stop, length or abort
 *   vllm:prompt_tokens_total             tokens of computed prompts
 *   vllm:generation_tokens_total         tokens of answers, end-of-turn tokens included
 *   vllm:request_prompt_tokens           the same, by request
 *   vllm:request_generation_tokens
 *   vllm:time_to_first_token_seconds     from the parsed request to the first token
 *   vllm:inter_token_latency_seconds     between one token and the next
 *   vllm:e2e_request_latency_seconds     from the parsed request to the last token
 *   vllm:request_queue_time_seconds      waiting, prefill and decode of ended requests
 *   vllm:request_prefill_time_seconds
 *   vllm:request_decode_time_seconds
 *   vitrine_http_requests_total          every HTTP request: method, route, status
 *   vitrine_http_request_duration_seconds
 *   vitrine_errors_total                 answers that were errors: code as in server/error-table
 *   vitrine_model_ready                  1 once the model is loaded
 *   vitrine_info                         1, with version, model, numerics, kernels, digest
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { EngineState } from './engine-state.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const TOKENS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000];

export type FinishedReason = 'stop' | 'length' | 'abort';

export interface EndedRequest {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly e2eSeconds: number;
  readonly queueSeconds: number;
  readonly prefillSeconds: number;
  readonly decodeSeconds: number;
}

export interface MetricsOptions {
  readonly modelName: string;
  readonly version: string;
  readonly engine: EngineState;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #model: { model_name: string };
  readonly #finished: Counter;
  readonly #promptTokens: Counter;
  readonly #outputTokens: Counter;
  readonly #histograms: Readonly<Record<HistogramName, Histogram>>;
  readonly #httpRequests: Counter;
  readonly #httpSeconds: Histogram;
  readonly #errors: Counter;

  constructor(options: MetricsOptions) {
    const { registry } = this;
    this.#model = { model_name: options.modelName };
    collectDefaultMetrics({ register: registry });
    this.#addGauges(options);
    const counter = (name: string, help: string, labelNames: string[]) =>
      new Counter({ name, help, labelNames, registers: [registry] });
    const label = ['model_name'];
    this.#finished = counter('vllm:request_success_total', 'Requests that ended', [
      ...label,
      'finished_reason',
    ]);
    this.#promptTokens = counter('vllm:prompt_tokens_total', 'Tokens of computed prompts', label);
    this.#outputTokens = counter('vllm:generation_tokens_total', 'Tokens of answers', label);
    this.#histograms = makeHistograms(registry);
    this.#httpRequests = counter('vitrine_http_requests_total', 'HTTP requests', [
      'method',
      'route',
      'status',
    ]);
    this.#httpSeconds = new Histogram({
      name: 'vitrine_http_request_duration_seconds',
      help: 'From the request line to the last byte of the answer',
      labelNames: ['method', 'route'],
      buckets: SECONDS,
      registers: [registry],
    });
    this.#errors = counter('vitrine_errors_total', 'Answers that were errors', ['code']);
  }

  firstToken(seconds: number): void {
    this.#observe('vllm:time_to_first_token_seconds', seconds);
  }

  nextToken(seconds: number): void {
    this.#observe('vllm:inter_token_latency_seconds', seconds);
  }

  promptComputed(tokens: number): void {
    this.#promptTokens.inc(this.#model, tokens);
  }

  outputToken(): void {
    this.#outputTokens.inc(this.#model);
  }

  finished(reason: FinishedReason): void {
    this.#finished.inc({ ...this.#model, finished_reason: reason });
  }

  ended(request: EndedRequest): void {
    this.#observe('vllm:request_prompt_tokens', request.promptTokens);
    this.#observe('vllm:request_generation_tokens', request.outputTokens);
    this.#observe('vllm:e2e_request_latency_seconds', request.e2eSeconds);
    this.#observe('vllm:request_queue_time_seconds', request.queueSeconds);
    this.#observe('vllm:request_prefill_time_seconds', request.prefillSeconds);
    this.#observe('vllm:request_decode_time_seconds', request.decodeSeconds);
  }

  httpRequest(method: string, route: string, status: number, seconds: number): void {
    this.#httpRequests.inc({ method, route, status: String(status) });
    this.#httpSeconds.observe({ method, route }, seconds);
  }

  error(code: string): void {
    this.#errors.inc({ code });
  }

  #observe(name: HistogramName, value: number): void {
    this.#histograms[name].observe(this.#model, value);
  }

  #addGauges({ engine, version }: MetricsOptions): void {
    const model = this.#model;
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['model_name'],
        registers: [this.registry],
        collect() {
          this.set(model, value());
        },
      });
    const load = () => engine.engine?.load();
    gauge('vllm:num_requests_running', 'Requests computed now', () => load()?.running ?? 0);
    gauge('vllm:num_requests_waiting', 'Requests waiting', () => load()?.waiting ?? 0);
    gauge('vitrine_model_ready', '1 once the model is loaded', () =>
      engine.status === 'ready' ? 1 : 0,
    );
    new Gauge({
      name: 'vitrine_info',
      help: 'What is served, in labels',
      labelNames: ['version', 'model_name', 'numerics', 'kernels', 'model_digest'],
      registers: [this.registry],
      collect() {
        const info = engine.engine?.info;
        if (info === undefined) return;
        const { numerics, kernels } = info;
        const model_digest = info.model.digest;
        this.set({ ...model, version, numerics, kernels, model_digest }, 1);
      },
    });
  }
}

const HISTOGRAMS = {
  'vllm:time_to_first_token_seconds': ['Until the first token', SECONDS],
  'vllm:inter_token_latency_seconds': ['Between tokens', SECONDS],
  'vllm:e2e_request_latency_seconds': ['Until the last token', SECONDS],
  'vllm:request_queue_time_seconds': ['Waiting for the engine', SECONDS],
  'vllm:request_prefill_time_seconds': ['Computing the prompt', SECONDS],
  'vllm:request_decode_time_seconds': ['Computing the answer', SECONDS],
  'vllm:request_prompt_tokens': ['Tokens of the prompt', TOKENS],
  'vllm:request_generation_tokens': ['Tokens of the answer', TOKENS],
} as const;

type HistogramName = keyof typeof HISTOGRAMS;

function makeHistograms(registry: Registry): Record<HistogramName, Histogram> {
  const entries = Object.entries(HISTOGRAMS).map(([name, [help, buckets]]) => {
    const options = { name, help, labelNames: ['model_name'], buckets: [...buckets] };
    return [name, new Histogram({ ...options, registers: [registry] })];
  });
  return Object.fromEntries(entries);
}

/**
 * The log for people: JSON lines of pino -> one line each of time, level and what happened. Shows
 * the same fields as the JSON and nothing more: counts and names, no texts of requests.
 */
import type { DestinationStream } from 'pino';

/** A destination of pino that writes readable lines through `write`. */
export function readableLog(write: (line: string) => void): DestinationStream {
  return { write: (json) => write(`${readableLine(json)}\n`) };
}

/** One JSON line of the log, as text; what is no JSON object stays as it is. */
export function readableLine(json: string): string {
  const entry = parse(json);
  if (entry === undefined) return json.trimEnd();
  const { time, level, msg, err } = entry;
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const text = entry.method === undefined ? String(msg ?? '') : requestText(entry);
  const stack = (err as { stack?: string } | undefined)?.stack;
  const head = `${clock} ${levelName(Number(level)).padEnd(5)} ${text}`;
  return stack === undefined ? head : `${head}\n${stack}`;
}

/** `POST /v1/messages 200 1234 ms, 12 tokens in, 34 out (end)` */
function requestText(entry: Record<string, unknown>): string {
  const { method, route, status, ms, error, promptTokens, outputTokens, reason } = entry;
  let text = `${method} ${route} ${status} ${ms} ms`;
  if (promptTokens !== undefined) text += `, ${promptTokens} tokens in, ${outputTokens} out`;
  if (typeof reason === 'string' && reason !== '') text += ` (${reason})`;
  return error === undefined ? text : `${text}, ${error}`;
}

/** Numbers of pino. */
function levelName(level: number): string {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warn';
  if (level >= 30) return 'info';
  return level >= 20 ? 'debug' : 'trace';
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

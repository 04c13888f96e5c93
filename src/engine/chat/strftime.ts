/**
 * `strftime` of chat templates: the directives that Python documents for every platform, and `%-d`
 * with its kin, in UTC and in English, so that a prompt does not depend on the machine's settings.
 */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

type Field = { value: number; width: number } | string;

/** `nowMs`: milliseconds since 1970. Undefined: a directive that is not known. */
export function formatTime(format: string, nowMs: number): string | undefined {
  const now = new Date(nowMs);
  let unknown = false;
  const text = format.replace(/%(-?)([\s\S]?)/g, (_, dash: string, directive: string) => {
    const field = fieldOf(directive, now);
    if (field === undefined || (dash !== '' && typeof field === 'string')) {
      unknown = true;
      return '';
    }
    if (typeof field === 'string') return field;
    return dash === '' ? String(field.value).padStart(field.width, '0') : String(field.value);
  });
  return unknown ? undefined : text;
}

function fieldOf(directive: string, now: Date): Field | undefined {
  const day = DAYS[now.getUTCDay()];
  const month = MONTHS[now.getUTCMonth()];
  const hour = now.getUTCHours();
  const fields: Record<string, Field> = {
    '%': '%',
    a: day.slice(0, 3),
    A: day,
    b: month.slice(0, 3),
    B: month,
    p: hour < 12 ? 'AM' : 'PM',
    Z: 'UTC',
    z: '+0000',
    Y: { value: now.getUTCFullYear(), width: 4 },
    y: { value: now.getUTCFullYear() % 100, width: 2 },
    m: { value: now.getUTCMonth() + 1, width: 2 },
    d: { value: now.getUTCDate(), width: 2 },
    j: { value: dayOfYear(now), width: 3 },
    H: { value: hour, width: 2 },
    I: { value: hour % 12 === 0 ? 12 : hour % 12, width: 2 },
    M: { value: now.getUTCMinutes(), width: 2 },
    S: { value: now.getUTCSeconds(), width: 2 },
  };
  return Object.hasOwn(fields, directive) ? fields[directive] : undefined;
}

function dayOfYear(now: Date): number {
  const start = Date.UTC(now.getUTCFullYear(), 0, 1);
  return Math.floor((now.getTime() - start) / 86_400_000) + 1;
}

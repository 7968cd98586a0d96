import type { Labels } from '@gumshoe/base/series';

/** A log record whose body is an object: what it says, how grave it is, and the rest. */
export interface StructuredBody {
  readonly body: string;
  readonly severity: string;
  readonly attributes: Labels;
}

const MESSAGES = ['message', 'msg', 'body', 'log', 'text', 'event'] as const;
const LEVELS = ['level', 'severity', 'lvl', 'loglevel', 'log_level', 'log.level', 'levelname'] as const;
const MOST_FIELDS = 64;

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** What programs that log JSON mean: undefined when the text is no object, or has no message. */
export function structuredBody(text: string): StructuredBody | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const message = MESSAGES.find((name) => typeof fields[name] === 'string' && fields[name] !== '');
  if (message === undefined) return undefined;
  const level = LEVELS.find((name) => typeof fields[name] === 'string');
  const rest = Object.entries(fields).filter(([name]) => name !== message && name !== level);
  return {
    body: fields[message] as string,
    severity: level === undefined ? '' : (fields[level] as string),
    attributes: Object.fromEntries(rest.slice(0, MOST_FIELDS).map(([name, one]) => [name, asText(one)])),
  };
}

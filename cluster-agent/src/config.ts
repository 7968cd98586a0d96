import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { PROBES } from './probes/index.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'a duration such as 500ms, 15s, 5m or 1h')
  .transform((text) => parseFloat(text) * (UNITS[text.replace(/[\d.]/g, '')] ?? 1));
const httpUrl = z
  .string()
  .refine((text) => /^https?:$/.test(protocolOf(text)), 'an http:// or https:// URL')
  .refine(
    (text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '',
    'no user or password in the URL: use a file',
  );

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}

const target = z.strictObject({
  type: z.enum(PROBES.map((probe) => probe.type) as [string, ...string[]]),
  address: z.string().min(1),
  user: z.string().optional(),
  passwordFile: z.string().optional(),
  database: z.string().optional(),
  tls: z.enum(['disable', 'require', 'verify-full']).optional(),
  caFile: z.string().optional(),
});

const watch = z.strictObject({
  interval: duration.default(30_000),
  window: duration.default(3_600_000),
  resolveAfter: duration.default(120_000),
  analysisFile: z.string().optional(),
  cacheDirectory: z.string().optional(),
  clickhouseUrl: httpUrl,
  clickhouseUser: z.string().optional(),
  clickhousePasswordFile: z.string().optional(),
  prometheusUrl: httpUrl,
  prometheusTokenFile: z.string().optional(),
  webhooks: z.array(z.strictObject({ url: httpUrl, authorizationFile: z.string().optional() })).default([]),
});

const configuration = z.strictObject({
  listen: z
    .string()
    .regex(/^.+:\d+$/, 'host:port')
    .default('127.0.0.1:10301'),
  interval: duration.default(15_000),
  remoteWriteUrl: httpUrl.optional(),
  remoteWriteTokenFile: z.string().optional(),
  targets: z.array(target).default([]),
  watch: watch.optional(),
});

export type ClusterAgentConfig = z.output<typeof configuration>;
export type TargetConfig = ClusterAgentConfig['targets'][number];

/** Every mistake of a configuration file, one line each: `file:line: path: what is wrong`. */
export class ConfigError extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}

/** Parses and checks YAML text. Throws ConfigError that names every mistake with its line. */
export function parseConfig(text: string, file: string): ClusterAgentConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map(
        (error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`,
      ),
    );
  const parsed = configuration.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      return `${file}:${lineOf(document, path, lines)}: ${path.join('.') || 'configuration'}: ${issue.message}`;
    }),
  );
}

/** Line of the nearest node that exists on the way to `path`. */
function lineOf(document: Document, path: readonly (string | number)[], lines: LineCounter): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** First line of a secret's file. Throws ConfigError with the path and the reason, never the content. */
export function readSecret(path: string | undefined, name: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').split('\n')[0];
  } catch (error) {
    throw new ConfigError([`${name} ${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

export function readText(path: string | undefined, name: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${name} ${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

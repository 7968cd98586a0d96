import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import { estimateExport, type Estimate } from '@gumshoe/reader/snapshot/estimate';
import { exportSnapshot, withHistory } from '@gumshoe/reader/snapshot/export';
import { Pseudonyms } from '@gumshoe/reader/snapshot/pseudonyms';
import { scopeAround } from '@gumshoe/reader/snapshot/scope';
import { EVERYTHING, selectMetrics } from '@gumshoe/reader/snapshot/selection';
import { UsageError } from '../connection-flags.ts';
import { readConfiguration } from '../engine-flags.ts';
import { table } from '../format/table.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags {
  readonly app?: string;
  readonly depth?: string;
  readonly estimate?: boolean;
  readonly dropLogBodies?: boolean;
  readonly obfuscate?: boolean;
  readonly hashNames?: boolean;
  readonly hashKeyFile?: string;
  readonly config?: string;
  readonly allMetrics?: boolean;
  readonly match?: readonly string[];
  readonly json?: boolean;
}

const say = (text: string): void => void process.stderr.write(text);

/** Aborted by ctrl-C, which then leaves nothing behind. */
export function interruptible(): AbortSignal {
  const cancel = new AbortController();
  // however often: what is to be removed is removed
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => cancel.abort());
  return cancel.signal;
}

export const showProgress = (done: number, total: number, what: string): void =>
  say(`${done}/${total} ${what}\n`);

export const exportCommand = (): Command =>
  readingCommand<Flags>(
    withTimeFlags(
      new Command('export')
        .description('write a window of everything, or of one application, to one .gumshoe file')
        .argument('[file]', 'the file to write; not with --estimate'),
    )
      .option('--app <name>', 'only this application and its neighbourhood')
      .option('--depth <n>', 'dependencies to follow from --app, both ways', '2')
      .option('--estimate', 'say how large it would be and stop')
      .option('--drop-log-bodies', 'leave out texts and attributes of log records')
      .option('--obfuscate', 'replace literals, ids, addresses and secrets in texts and queries')
      .option('--hash-names', 'replace names of applications, hosts and namespaces by keyed hashes')
      .option(
        '--hash-key-file <file>',
        'key for --hash-names: the same key, the same hashes (default: random)',
      )
      .option('--config <file>', 'configuration to put into the file, which is then judged by it')
      .option('--all-metrics', 'also every series that the analysis does not know')
      .option(
        '--match <selector>',
        'also the series of this PromQL selector (may be repeated)',
        (one: string, known: readonly string[] = []) => [...known, one],
      )
      .option('--json', 'print the estimate, or what was written, as JSON'),
    async (reader, flags, [file]) => {
      if (file === undefined && !flags.estimate)
        throw new UsageError('say which file to write, or --estimate');
      const signal = interruptible();
      const range = await timeRange(flags, reader, signal);
      const scope =
        flags.app === undefined
          ? undefined
          : await scopeAround(reader, range, flags.app, depthOf(flags.depth), signal);
      const selectors = [...(flags.allMetrics ? [EVERYTHING] : []), ...(flags.match ?? [])];
      const chosen =
        selectors.length === 0
          ? {}
          : { selection: await selectMetrics(reader, withHistory(range), selectors, signal) };
      const only = { ...(scope ? { scope } : {}), ...chosen };
      const estimate = await estimateExport(reader, range, only, signal);
      if (file === undefined || flags.estimate) {
        print(flags.json ? jsonText({ schema: 'gumshoe.estimate/1', ...estimate }) : estimateText(estimate));
        return EXIT.healthy;
      }
      say(`about ${formatValue(estimate.bytes, 'bytes')}\n`);
      const summary = await exportSnapshot(
        reader,
        range,
        file,
        {
          createdAt: Date.now(),
          progress: showProgress,
          ...only,
          redaction: {
            dropLogBodies: flags.dropLogBodies ?? false,
            obfuscate: flags.obfuscate ?? false,
            ...(flags.hashNames ? { pseudonyms: new Pseudonyms(keyOf(flags.hashKeyFile)) } : {}),
          },
          ...(flags.config === undefined
            ? {}
            : {
                configuration: [{ name: basename(flags.config), text: checkedConfiguration(flags.config) }],
              }),
        },
        signal,
      );
      say(
        `${file}: ${formatValue(summary.bytes, 'bytes')}, ${summary.series} series, ${nativeText(summary)}${summary.spans} spans, ${summary.logs} log records\n`,
      );
      for (const sentence of summary.redaction) say(`  ${sentence}\n`);
      if (flags.json) print(jsonText({ schema: 'gumshoe.export/1', file, window: range, ...summary }));
      return EXIT.healthy;
    },
  );

/** Of native histograms only where there are any. */
export const nativeText = ({ histograms }: { readonly histograms: number }): string =>
  histograms > 0 ? `${histograms} native histograms, ` : '';

export function depthOf(text = '2'): number {
  if (!/^\d{1,2}$/.test(text)) throw new UsageError(`--depth ${text}: a number of dependencies from 0 to 99`);
  return Number(text);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The text of a configuration. @throws UsageError with its mistakes. */
function checkedConfiguration(path: string): string {
  readConfiguration(path);
  return textOf(path);
}

/** @throws UsageError for a key that can be guessed. */
function keyOf(path?: string): Uint8Array {
  if (path === undefined) return randomBytes(32);
  const key = Buffer.from(textOf(path).trim());
  if (key.length < 16) throw new UsageError(`${path}: a key has 16 characters or more`);
  return key;
}

const estimateText = ({ bytes, parts }: Estimate): string =>
  table(
    ['PART', 'RECORDS', 'ABOUT'],
    [
      ...parts.map((one) => [one.part, String(one.records), formatValue(one.bytes, 'bytes')]),
      ['all', '', formatValue(bytes, 'bytes')],
    ],
  );

import { Command } from 'commander';
import { createEngine } from '@gumshoe/engine/engine';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { metricsOf } from '@gumshoe/reader/snapshot/contents';
import { SnapshotFile } from '@gumshoe/reader/snapshot/database';
import { mergeSnapshots } from '@gumshoe/reader/snapshot/merge';
import { openSnapshot, type SnapshotReader } from '@gumshoe/reader/snapshot/reader';
import { scopeAround } from '@gumshoe/reader/snapshot/scope';
import { trimSnapshot } from '@gumshoe/reader/snapshot/transform';
import { verifySnapshot } from '@gumshoe/reader/snapshot/verify';
import { UsageError } from '../connection-flags.ts';
import { table } from '../format/table.ts';
import { instantOf } from '../time-flags.ts';
import { EXIT, jsonText, print } from './define.ts';
import { depthOf, interruptible } from './export.ts';

const iso = (at: number): string => new Date(at).toISOString();
const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');

interface Output {
  readonly output: string;
  readonly json?: boolean;
}

export const infoCommand = (): Command =>
  new Command('info')
    .description('what a snapshot holds')
    .argument('<file>')
    .option('--json', 'as JSON')
    .action(async (path: string, flags: { readonly json?: boolean }) => {
      const reader = openSnapshot(path);
      const file = new SnapshotFile(path);
      try {
        const { manifest } = file;
        const metrics = metricsOf(file);
        const configuration = reader.configuration().map(({ name }) => name);
        const deployments = await deploymentsIn(reader);
        if (flags.json)
          return print(jsonText({ ...manifest, parts: file.sizes(), metrics, configuration, deployments }));
        const { from, to } = manifest.window;
        const rows = [
          ['format', String(manifest.formatVersion)],
          ['source', manifest.source],
          ['created', iso(manifest.createdAt)],
          ['window', `${iso(from)} to ${iso(to)} (${formatValue((to - from) / 1000, 'seconds')})`],
          ...Object.entries({ ...NOTHING, ...manifest.counts }).map(([what, count]) => [what, String(count)]),
          ['deployments', String(deployments.length)],
          [
            'configuration',
            configuration.length === 0 ? '0' : `${configuration.length}: ${configuration.join(', ')}`,
          ],
          ['metrics', String(metrics.length)],
          ...file.sizes().map(({ part, bytes }) => [`size of ${part}`, formatValue(bytes, 'bytes')]),
          ...untranslatedRows(manifest.untranslated ?? []),
          ...manifest.redaction.map((sentence) => ['note', sentence]),
        ];
        print(table(['WHAT', 'VALUE'], rows));
      } finally {
        file.close();
        await reader.close();
      }
    });

const NOTHING = { series: 0, spans: 0, logs: 0, events: 0, profiles: 0 };

/** Images and replica sets that came new in the window: they are in the series, and found as everywhere else. */
async function deploymentsIn(reader: SnapshotReader) {
  const range = await reader.extent();
  const found = range.to > range.from ? await createEngine({ reader }).deployments(range) : [];
  return found.map(({ deployment }) => deployment);
}

const untranslatedRows = (untranslated: readonly { readonly name: string }[]): string[][] =>
  untranslated.length === 0
    ? []
    : [
        [
          'not translated',
          `${untranslated.length} metrics: ${untranslated
            .slice(0, 20)
            .map(({ name }) => name)
            .join(', ')}${untranslated.length > 20 ? ' …' : ''}`,
        ],
      ];

export const verifyCommand = (): Command =>
  new Command('verify')
    .description(
      'check every block of a snapshot against its hash, its type and the counts; exit code 3 when damaged',
    )
    .argument('<file>')
    .option('--json', 'as JSON')
    .action((path: string, flags: { readonly json?: boolean }) => {
      const file = new SnapshotFile(path);
      try {
        const parts = verifySnapshot(file);
        const blocks = parts.reduce((sum, part) => sum + part.blocks, 0);
        if (flags.json) print(jsonText({ schema: 'gumshoe.verify/1', file: path, parts }));
        else {
          const rows = parts.map((one) => [
            one.part,
            String(one.blocks),
            String(one.records),
            formatValue(one.bytes, 'bytes'),
          ]);
          print(`${path}: ${blocks} blocks, all as they were written\n`);
          print(table(['PART', 'BLOCKS', 'RECORDS', 'SIZE'], rows));
        }
        process.exitCode = EXIT.healthy;
      } finally {
        file.close();
      }
    });

export const mergeCommand = (): Command =>
  new Command('merge')
    .description('several snapshots as one; what overlaps once, and where they disagree the first wins')
    .argument('<files...>')
    .requiredOption('-o, --output <file>', 'the .gumshoe file to write')
    .option('--json', 'print what was merged as JSON')
    .action(async (files: string[], { output, json }: Output) => {
      const summary = await mergeSnapshots(files, output);
      const { bytes, counts, overlaps, conflicts } = summary;
      if (json) return print(jsonText({ schema: 'gumshoe.merge/1', ...summary }));
      print(
        `${output}: ${formatValue(bytes, 'bytes')}, ${countsText(counts)}; ${overlaps} in several files, ${conflicts} conflicts\n`,
      );
    });

interface TrimFlags extends Output {
  readonly from?: string;
  readonly to?: string;
  readonly app?: string;
  readonly depth?: string;
}

export const trimCommand = (): Command =>
  new Command('trim')
    .description('a shorter window, or one application and its neighbourhood, as a file of its own')
    .argument('<file>')
    .requiredOption('-o, --output <file>', 'the .gumshoe file to write')
    .option('--from <time>', 'start: RFC 3339, or seconds or ms since the epoch')
    .option('--to <time>', 'end')
    .option('--app <name>', 'only this application and its neighbourhood')
    .option('--depth <n>', 'dependencies to follow from --app, both ways', '2')
    .option('--json', 'print what was written as JSON')
    .action(async (path: string, flags: TrimFlags) => {
      const reader = openSnapshot(path);
      const signal = interruptible();
      try {
        const range = trimmedRange(await reader.extent(), flags);
        const scope =
          flags.app === undefined
            ? {}
            : { scope: await scopeAround(reader, range, flags.app, depthOf(flags.depth), signal) };
        const summary = await trimSnapshot(path, flags.output, { range, signal, ...scope });
        const { bytes, counts, window } = summary;
        if (flags.json) return print(jsonText({ schema: 'gumshoe.trim/1', ...summary }));
        print(
          `${flags.output}: ${formatValue(bytes, 'bytes')}, ${countsText(counts)}, ${iso(window.from)} to ${iso(window.to)}\n`,
        );
      } finally {
        await reader.close();
      }
    });

/** @throws UsageError when nothing of the file is left. */
function trimmedRange(whole: TimeRange, { from, to }: TrimFlags): TimeRange {
  const range = {
    from: milliseconds(from === undefined ? whole.from : Math.max(whole.from, instantOf(from, '--from'))),
    to: milliseconds(to === undefined ? whole.to : Math.min(whole.to, instantOf(to, '--to'))),
  };
  if (range.from >= range.to)
    throw new UsageError(`nothing is left: the file goes from ${iso(whole.from)} to ${iso(whole.to)}`);
  return range;
}

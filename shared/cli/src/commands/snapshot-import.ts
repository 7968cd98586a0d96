import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import type { FileSummary } from '@gumshoe/reader/import/file-report';
import { importSnapshot, type ImportSummary } from '@gumshoe/reader/import/snapshot';
import { jsonText, print } from './define.ts';
import { interruptible, nativeText, showProgress } from './export.ts';

interface Flags {
  readonly output: string;
  readonly service?: string;
  readonly json?: boolean;
}

const iso = (at: number): string => new Date(at).toISOString();

export const importCommand = (): Command =>
  new Command('import')
    .description(
      'make a snapshot of files: OpenMetrics or Prometheus text with timestamps, dumps of a TSDB, OTLP (JSON lines, protobuf), Jaeger JSON, pprof, events as JSON; gzip and zstd',
    )
    .argument('<files...>', 'told by their content; a folder is all that is in it, - is standard input')
    .requiredOption('-o, --output <file>', 'the .gumshoe file to write')
    .option('--service <name>', 'whose profiles pprof files hold (default: their names)')
    .option('--json', 'print what was read as JSON')
    .action(async (files: string[], flags: Flags) => {
      const summary = await importSnapshot(files, flags.output, {
        progress: showProgress,
        signal: interruptible(),
        ...(flags.service === undefined ? {} : { service: flags.service }),
      });
      for (const file of summary.files) process.stderr.write(reportOf(file));
      process.stderr.write(untranslatedText(summary.untranslated));
      for (const sentence of summary.assumptions) process.stderr.write(`assumed: ${sentence}\n`);
      if (flags.json) return print(jsonText({ schema: 'gumshoe.import/1', ...summary }));
      const { window, series, spans, logs, events, profiles, bytes } = summary;
      print(
        `${flags.output}: ${formatValue(bytes, 'bytes')}, ${series} series, ${nativeText(summary)}${spans} spans, ${logs} log records, ${events} events, ${profiles} profile samples, ${iso(window.from)} to ${iso(window.to)}\n`,
      );
    });

/** What became of one file, and below it what was left out and why. */
function reportOf({ path, format, leftOut, firstLeftOut, ...counts }: FileSummary): string {
  const taken = (['samples', 'spans', 'logs', 'events', 'profiles'] as const)
    .filter((what) => counts[what] > 0)
    .map((what) => `${counts[what]} ${what}`);
  const name = path === '-' ? 'standard input' : path;
  const lines = leftOut.map(({ reason, count }) => `  left out ${count}: ${reason}\n`);
  const first = firstLeftOut?.line === undefined ? '' : `  the first on line ${firstLeftOut.line}\n`;
  return `${name}: ${format}, ${taken.join(', ') || 'nothing taken'}\n${lines.join('')}${first}`;
}

const SHOWN = 12;

/** Which metrics mean nothing to the analysis; queries see them all the same. */
function untranslatedText(untranslated: ImportSummary['untranslated']): string {
  if (untranslated.length === 0) return '';
  const series = untranslated.reduce((sum, one) => sum + one.series, 0);
  const most = [...untranslated].sort((a, b) => b.series - a.series || (a.name < b.name ? -1 : 1));
  const names = most.slice(0, SHOWN).map((one) => `${one.name} (${one.series})`);
  const rest = most.length > SHOWN ? `, ${most.length - SHOWN} more: --json, or snapshot info --json` : '';
  return `${untranslated.length} metrics (${series} series) mean nothing to the analysis; kept for queries: ${names.join(', ')}${rest}\n`;
}

import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import { importSnapshot } from '@gumshoe/reader/import/snapshot';
import { jsonText, print } from './define.ts';
import { exportCommand } from './export.ts';
import { infoCommand, mergeCommand, trimCommand, verifyCommand } from './snapshot-files.ts';

const iso = (at: number): string => new Date(at).toISOString();

const importCommand = (): Command =>
  new Command('import')
    .description(
      'make a snapshot of files: OpenMetrics or Prometheus text with timestamps, OTLP (JSON lines, protobuf), Jaeger JSON, events as JSON lines; gzip and zstd',
    )
    .argument('<files...>')
    .requiredOption('-o, --output <file>', 'the .gumshoe file to write')
    .option('--json', 'print what was read as JSON')
    .action(async (files: string[], flags: { readonly output: string; readonly json?: boolean }) => {
      const cancel = new AbortController();
      process.once('SIGINT', () => cancel.abort());
      const summary = await importSnapshot(files, flags.output, {
        progress: (done, total, what) => process.stderr.write(`${done}/${total} ${what}\n`),
        signal: cancel.signal,
      });
      for (const problem of summary.problems) process.stderr.write(`gumshoe: ${problem}\n`);
      const { window, series, spans, logs, bytes } = summary;
      if (flags.json) print(jsonText({ schema: 'gumshoe.import/1', ...summary }));
      else
        print(
          `${flags.output}: ${formatValue(bytes, 'bytes')}, ${series} series, ${spans} spans, ${logs} log records, ${iso(window.from)} to ${iso(window.to)}\n`,
        );
    });

/** `snapshot export|import|info|verify|merge|trim|diff`. */
export const snapshotCommand = (): Command => {
  const command = new Command('snapshot').description(
    'write, read, check, cut, join and compare .gumshoe files',
  );
  for (const one of [
    exportCommand(),
    importCommand(),
    infoCommand(),
    verifyCommand(),
    mergeCommand(),
    trimCommand(),
  ])
    command.addCommand(one.exitOverride());
  return command.exitOverride();
};

import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import { importSnapshot } from '@gumshoe/reader/import/snapshot';
import { SnapshotFile } from '@gumshoe/reader/snapshot/database';
import { table } from '../format/table.ts';
import { EXIT, jsonText, print } from './define.ts';
import { exportCommand } from './export.ts';

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

const infoCommand = (): Command =>
  new Command('info')
    .description('what a snapshot holds')
    .argument('<file>')
    .option('--json', 'as JSON')
    .action((path: string, flags: { readonly json?: boolean }) => {
      const file = new SnapshotFile(path);
      try {
        const { manifest } = file;
        if (flags.json) return print(jsonText({ ...manifest, metrics: file.names('series') }));
        const { from, to } = manifest.window;
        const rows = [
          ['format', String(manifest.formatVersion)],
          ['source', manifest.source],
          ['created', iso(manifest.createdAt)],
          ['window', `${iso(from)} to ${iso(to)} (${formatValue((to - from) / 1000, 'seconds')})`],
          ...Object.entries(manifest.counts).map(([what, count]) => [what, String(count)]),
          ['metrics', String(file.names('series').length)],
          ...manifest.redaction.map((sentence) => ['note', sentence]),
        ];
        print(table(['WHAT', 'VALUE'], rows));
      } finally {
        file.close();
      }
    });

const verifyCommand = (): Command =>
  new Command('verify')
    .description('check every block of a snapshot against its hash; exit code 3 when it is damaged')
    .argument('<file>')
    .action((path: string) => {
      const file = new SnapshotFile(path);
      try {
        const blocks = file.verify();
        print(`${path}: ${blocks} blocks, all as they were written\n`);
        process.exitCode = EXIT.healthy;
      } finally {
        file.close();
      }
    });

/** `snapshot export|import|info|verify`. */
export const snapshotCommand = (): Command => {
  const command = new Command('snapshot').description('write, read and check .gumshoe files');
  for (const one of [exportCommand(), importCommand(), infoCommand(), verifyCommand()])
    command.addCommand(one.exitOverride());
  return command.exitOverride();
};

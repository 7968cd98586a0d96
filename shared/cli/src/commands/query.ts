import { Command } from 'commander';
import { gridOver } from '@gumshoe/base/time';
import { createEngine } from '@gumshoe/engine/engine';
import { promqlDocument, promqlRow } from '../format/promql-series.ts';
import { table } from '../format/table.ts';
import { needClickhouse, UsageError } from '../connection-flags.ts';
import { windowText } from '../format/window.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags {
  readonly json?: boolean;
  readonly step?: string;
}

export const promqlCommand = (): Command =>
  readingCommand<Flags>(
    withTimeFlags(
      new Command('promql')
        .description('evaluate PromQL over a window')
        .argument('<query>')
        .argument('[snapshot]', 'a .gumshoe file, before or behind the query'),
    )
      .option('--step <seconds>', 'distance of the points (default: 100 of them)')
      .option('--json', 'print gumshoe.promql/1'),
    async (reader, flags, [query = '']) => {
      const range = await timeRange(flags, reader);
      const step =
        flags.step === undefined
          ? Math.max(5000, Math.ceil((range.to - range.from) / 100 / 1000) * 1000)
          : Number(flags.step) * 1000;
      if (!(step >= 1000)) throw new UsageError(`--step ${flags.step}: at least 1`);
      const matrix = await createEngine({ reader }).promql(query, gridOver(range, step));
      for (const text of [...(matrix.warnings ?? []), ...(matrix.infos ?? [])])
        process.stderr.write(`${text}\n`);
      const rows = matrix.series.map(promqlRow);
      print(
        flags.json
          ? jsonText({ schema: 'gumshoe.promql/1', ...promqlDocument(matrix) })
          : rows.length === 0
            ? 'no series\n'
            : `${windowText(range)}, every ${step / 1000} s\n\n${table(['SERIES', 'POINTS', 'FIRST', 'LAST', 'MAX'], rows)}`,
      );
      return EXIT.healthy;
    },
  );

const SQL_HELP = `
SHOW TABLES and DESCRIBE otel_traces list what there is; of a snapshot SHOW FUNCTIONS lists what can be called.
On a snapshot there is also metric_samples, times are in UTC, and now() is the end of its window.

  gumshoe query sql 'SELECT ServiceName, count() FROM gumshoe.otel_logs GROUP BY ServiceName' case.gumshoe`;

export const sqlCommand = (): Command =>
  readingCommand<{ readonly json?: boolean }>(
    new Command('sql')
      .description("run a read-only query in ClickHouse's SQL; a snapshot answers a part of it")
      .argument('<query>')
      .argument('[snapshot]', 'a .gumshoe file, before or behind the query')
      .option('--json', 'print gumshoe.sql/1')
      .addHelpText('after', SQL_HELP),
    async (reader, flags, [query = '']) => {
      needClickhouse(flags);
      const result = await createEngine({ reader }).sql(query);
      const text = table(
        result.columns.map((column) => column.name),
        result.rows.map((row) => row.map((cell) => (cell === undefined ? 'NULL' : String(cell)))),
      );
      print(flags.json ? jsonText({ schema: 'gumshoe.sql/1', ...result }) : text);
      if (result.truncated) process.stderr.write('the result is cut: add a LIMIT or narrow the query\n');
      return EXIT.healthy;
    },
  );

/** `query promql …` and `query sql …`, for those who look for queries first. */
export const queryCommand = (): Command =>
  new Command('query')
    .description('query promql <query>, or query sql <query>')
    .addCommand(promqlCommand().exitOverride())
    .addCommand(sqlCommand().exitOverride());

import { Command } from 'commander';
import { createEngine } from '@gumshoe/engine/engine';
import { needClickhouse } from '../connection-flags.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, limit, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags {
  readonly json?: boolean;
  readonly service?: string;
  readonly contains?: string;
  readonly severity?: string;
  readonly limit: number;
}

export const logsCommand = (): Command =>
  readingCommand<Flags>(
    withTimeFlags(
      new Command('logs').description('log messages, newest first').argument('[snapshot]', 'a .gumshoe file'),
    )
      .option('--service <name>', 'of this service')
      .option('--contains <text>', 'that contain this')
      .option('--severity <list>', 'of these severities, comma-separated (ERROR,WARN)')
      .option('--limit <n>', 'how many at most', limit, 200)
      .option('--json', 'print gumshoe.logs/1'),
    async (reader, flags) => {
      needClickhouse(flags);
      const range = await timeRange(flags, reader);
      const records = await createEngine({ reader }).logs({
        range,
        limit: flags.limit,
        ...(flags.service === undefined ? {} : { serviceName: flags.service }),
        ...(flags.contains === undefined ? {} : { contains: flags.contains }),
        ...(flags.severity === undefined ? {} : { severities: flags.severity.split(',') }),
      });
      if (flags.json) print(jsonText({ schema: 'gumshoe.logs/1', window: range, records }));
      else if (records.length === 0) print('no log records in this window\n');
      else
        for (const record of records)
          print(
            `${new Date(record.timestamp).toISOString()} ${record.severity.padEnd(5)} ${record.serviceName}: ${record.body.replaceAll('\n', '\n  ')}\n`,
          );
      return EXIT.healthy;
    },
  );

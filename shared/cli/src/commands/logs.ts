import { Command } from 'commander';
import { createEngine } from '@gumshoe/engine/engine';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags {
  readonly json?: boolean;
  readonly service?: string;
  readonly contains?: string;
  readonly severity?: string;
}

export const logsCommand = (): Command =>
  readingCommand<Flags>(
    withTimeFlags(
      new Command('logs').description('log messages, newest first').argument('[snapshot]', 'a .gumshoe file'),
    )
      .option('--service <name>', 'of this service')
      .option('--contains <text>', 'that contain this')
      .option('--severity <list>', 'of these severities, comma-separated (ERROR,WARN)')
      .option('--json', 'as JSON'),
    async (reader, flags) => {
      const records = await createEngine({ reader }).logs({
        range: await timeRange(flags, reader),
        limit: 200,
        ...(flags.service === undefined ? {} : { serviceName: flags.service }),
        ...(flags.contains === undefined ? {} : { contains: flags.contains }),
        ...(flags.severity === undefined ? {} : { severities: flags.severity.split(',') }),
      });
      if (flags.json) print(jsonText(records));
      else
        for (const record of records)
          print(
            `${new Date(record.timestamp).toISOString()} ${record.severity.padEnd(5)} ${record.serviceName}: ${record.body}\n`,
          );
      return EXIT.healthy;
    },
  );

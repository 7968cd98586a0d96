import { Command } from 'commander';
import { exportSnapshot } from '@gumshoe/reader/snapshot/export';
import { formatValue } from '@gumshoe/base/units';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, readingCommand } from './define.ts';

export const exportCommand = (): Command =>
  readingCommand<TimeFlags>(
    withTimeFlags(
      new Command('export')
        .description('write a window of everything to one .gumshoe file')
        .argument('<file>'),
    ),
    async (reader, flags, [file = '']) => {
      const range = await timeRange(flags, reader);
      const summary = await exportSnapshot(reader, range, file, {
        createdAt: Date.now(),
        progress: (done, total, what) => process.stderr.write(`${done}/${total} ${what}\n`),
      });
      process.stderr.write(
        `${file}: ${formatValue(summary.bytes, 'bytes')}, ${summary.series} series, ${summary.spans} spans, ${summary.logs} log records\n`,
      );
      return EXIT.healthy;
    },
  );

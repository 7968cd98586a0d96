import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { healthText } from '../format/colour.ts';
import { table } from '../format/table.ts';
import { windowText } from '../format/window.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags, EngineFlags {
  readonly json?: boolean;
}

export const servicesCommand = (): Command =>
  readingCommand<Flags>(
    withEngineFlags(
      withTimeFlags(
        new Command('services')
          .description('applications with rate, errors, latency and health; figures of the last minute')
          .argument('[snapshot]', 'a .gumshoe file, instead of connection flags'),
      ),
    ).option('--json', 'print gumshoe.services/1'),
    async (reader, flags) => {
      const range = await timeRange(flags, reader);
      const { applications, nodes, blindSpots } = await engineFor(reader, flags).overview(range);
      if (flags.json)
        print(jsonText({ schema: 'gumshoe.services/1', window: range, applications, nodes, blindSpots }));
      else {
        const rows = applications.map((row) => [
          healthText(row.health),
          row.name,
          row.kind,
          row.type ?? '',
          `${row.instances.up}/${row.instances.known}`,
          formatValue(row.requestRate, 'requests/second'),
          formatValue(row.errorRatio, 'ratio'),
          formatValue(row.p99, 'seconds'),
          String(row.findings),
        ]);
        print(`${windowText(range)}\n\n`);
        print(table(['HEALTH', 'NAME', 'KIND', 'TYPE', 'UP', 'RATE', 'ERRORS', 'P99', 'FIRED'], rows));
        for (const spot of blindSpots) print(`\nnot seen: ${spot.subject}: ${spot.reason} (${spot.cost})`);
        if (blindSpots.length > 0) print('\n');
      }
      return applications.some(({ health }) => health === 'critical') ? EXIT.wrong : EXIT.healthy;
    },
  );

import { Command } from 'commander';
import { formatValue } from '@gumshoe/base/units';
import type { SloState } from '@gumshoe/engine/api';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { healthText } from '../format/colour.ts';
import { table } from '../format/table.ts';
import { windowText } from '../format/window.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags, EngineFlags {
  readonly json?: boolean;
}

const duration = (ms: number): string =>
  ms >= 86_400_000 ? `${ms / 86_400_000}d` : ms >= 3_600_000 ? `${ms / 3_600_000}h` : `${ms / 60_000}m`;

/** The rule that burns fastest for its threshold, as `20.1× over 1h/5m (14.4×)`. */
function burnText({ burnRates }: SloState): string {
  const [first] = burnRates
    .filter(({ longRate }) => Number.isFinite(longRate))
    .sort((a, b) => b.longRate / b.threshold - a.longRate / a.threshold);
  if (!first) return 'no data';
  const { longRate, longWindow, shortWindow, threshold, firing } = first;
  return `${longRate.toFixed(1)}× over ${duration(longWindow)}/${duration(shortWindow)} (${threshold}×${firing ? ', firing' : ''})`;
}

export const sloCommand = (): Command =>
  readingCommand<Flags>(
    withEngineFlags(
      withTimeFlags(
        new Command('slo')
          .description(
            'objectives: compliance, what is left of the budget, burn rates; exit code 1 on a breach',
          )
          .argument('[snapshot]', 'a .gumshoe file, instead of connection flags'),
      ),
    ).option('--json', 'print gumshoe.slo/1'),
    async (reader, flags) => {
      const range = await timeRange(flags, reader);
      const { applications } = await engineFor(reader, flags).overview(range);
      const slos = applications.flatMap((row) =>
        row.slos.map((slo) => ({ application: row.id, name: row.name, ...slo })),
      );
      if (flags.json) print(jsonText({ schema: 'gumshoe.slo/1', window: range, slos }));
      else {
        print(`${windowText(range)}\n\n`);
        if (slos.length === 0)
          print('No application served requests that were seen, so there is no objective to judge.\n');
        else
          print(
            table(
              ['HEALTH', 'APPLICATION', 'OBJECTIVE', 'GOOD', 'REQUESTS', 'BAD', 'BUDGET LEFT', 'BURN RATE'],
              slos.map((slo) => [
                healthText(slo.health),
                slo.name,
                slo.kind === 'latency'
                  ? `${formatValue(100 * slo.objective, 'percent')} within ${formatValue(slo.threshold ?? NaN, 'seconds')}`
                  : `${formatValue(100 * slo.objective, 'percent')} available`,
                formatValue(100 * slo.compliance, 'percent'),
                formatValue(slo.requests, 'count'),
                formatValue(slo.failed, 'count'),
                formatValue(slo.requests > 0 ? 100 * slo.budgetLeft : NaN, 'percent'),
                burnText(slo),
              ]),
            ),
          );
      }
      return slos.some(({ health }) => health === 'critical') ? EXIT.wrong : EXIT.healthy;
    },
  );

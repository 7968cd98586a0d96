import { Command } from 'commander';
import { DAY } from '@gumshoe/base/time';
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

/** `70 s`, `5 min`, `6 h`, `30 d`. */
const duration = (ms: number): string =>
  ms > 2 * DAY ? `${formatValue(ms / DAY, 'none')} d` : formatValue(ms, 'milliseconds');

/** `11-22 03:10Z` */
const dayText = (at: number): string => `${new Date(at).toISOString().slice(5, 16).replace('T', ' ')}Z`;

/** What is left of the period's budget, and when it is gone at the rate of the last hour. */
function budgetText({ errorBudget }: SloState): string {
  if (!errorBudget || errorBudget.left !== errorBudget.left) return 'no data';
  const { left, period, exhaustedAt } = errorBudget;
  const share = `${formatValue(left, 'ratio')} of ${duration(period)}`;
  if (exhaustedAt === undefined) return share;
  return `${share}, gone ${left <= 0 ? 'since' : 'at'} ${dayText(exhaustedAt)}`;
}

const BARS = '▁▂▃▄▅▆▇█';
const COURSE_WIDTH = 12;

/** What was left of the budget over the time that was seen, the lowest bar being nothing, the highest all. */
function courseText({ errorBudget }: SloState): string {
  const left = errorBudget?.timeline.left ?? [];
  const bar = (value: number): string =>
    BARS[Math.round(Math.max(0, Math.min(1, value)) * (BARS.length - 1))]!;
  const columns = Math.min(COURSE_WIDTH, left.length);
  const last = left.length - 1;
  return Array.from({ length: columns }, (_, i) => bar(left[Math.round((last * (i + 1)) / columns)]!)).join(
    '',
  );
}

/** The rule that burns fastest for its threshold, as `20.1× over 60 min, 5 min (14.4×)`. */
function burnText({ burnRates }: SloState): string {
  const [first] = burnRates
    .filter(({ longRate }) => Number.isFinite(longRate))
    .sort((a, b) => b.longRate / b.threshold - a.longRate / a.threshold);
  if (!first) return 'no data';
  const { longRate, longWindow, shortWindow, threshold, firing } = first;
  return `${longRate.toFixed(1)}× over ${duration(longWindow)}, ${duration(shortWindow)} (${threshold}×${firing ? ', firing' : ''})`;
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
              [
                'HEALTH',
                'APPLICATION',
                'OBJECTIVE',
                'GOOD',
                'REQUESTS',
                'BAD',
                'BUDGET LEFT',
                'OF THE PERIOD',
                'COURSE',
                'BURN RATE',
              ],
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
                budgetText(slo),
                courseText(slo),
                burnText(slo),
              ]),
            ),
          );
      }
      const isBroken = ({ health, burnRates }: (typeof slos)[number]): boolean =>
        health === 'critical' || burnRates.some(({ firing }) => firing);
      return slos.some(isBroken) ? EXIT.wrong : EXIT.healthy;
    },
  );

import { formatValue } from '@gumshoe/base/units';
import { latencyQuantileColumn, sumOf } from '@gumshoe/model/columns';
import { DNS_METRICS } from '@gumshoe/schema/metrics/container';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { judgedCells, sustainRule } from './sustained.ts';

/** Fewer questions within the judged points prove nothing. */
const LEAST_QUESTIONS = 20;

export const dnsLatency = defineInspection({
  id: 'dns-latency',
  title: 'DNS latency',
  area: 'DNS',
  threshold: { default: 0.1, unit: 'seconds', description: '95th percentile of DNS answers' },
  needs: ['dns'],
  inspect: (subject, threshold) => {
    const { grid, window, select, rateWindow, application } = subject;
    const latency = subject.dns?.latency;
    if (!latency) return undefined;
    const questions = latency.counts.at(-1)!;
    const cells = judgedCells(questions, window, sustainRule(threshold, grid));
    const asked = sumOf(questions, cells) * (grid.step / 1000);
    if (asked < LEAST_QUESTIONS) return undefined;
    const values = latencyQuantileColumn(latency, 0.95);
    return levelVerdict(subject, [{ name: application.name, values }], {
      threshold,
      unit: 'seconds',
      says: ({ state }) => `One DNS answer in twenty takes ${formatValue(state.value, 'seconds')} or longer`,
      formula: '95th percentile of DNS latency',
      explain: () => [
        `${Math.round(asked)} questions within these points, at least ${LEAST_QUESTIONS} needed`,
      ],
      query: () =>
        `histogram_quantile(0.95, sum by (le) (rate(${select(`${DNS_METRICS.duration.name}_bucket`)}${rateWindow})))`,
    });
  },
});

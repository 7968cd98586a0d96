import { formatValue } from '@gumshoe/base/units';
import { selectScraped } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { known } from './measured.ts';

export const clockOffset = defineInspection({
  id: 'clock-offset',
  title: 'Clock skew',
  area: 'Time',
  threshold: {
    default: 0.05,
    unit: 'seconds',
    description: 'offset of the clock of a node from its reference',
  },
  needs: ['nodes'],
  inspect: (subject, threshold) => {
    const measured = subject.nodes.flatMap(({ clock, hostname }) =>
      clock?.offset && known(clock.offset.values)
        ? [{ name: hostname, series: clock.offset, values: clock.offset.values.map(Math.abs) }]
        : [],
    );
    return levelVerdict(subject, measured, {
      threshold,
      unit: 'seconds',
      says: ({ name, state }) => `The clock of node ${name} is off by ${formatValue(state.value, 'seconds')}`,
      formula: '|offset of the clock|',
      query: ({ series }) => `abs(${selectScraped(series.metric, series.labels)})`,
    });
  },
});

import { formatValue } from '@gumshoe/base/units';
import { selectScraped } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { known } from './measured.ts';

export const clockSpans = defineInspection({
  id: 'clock-spans',
  title: 'Clock skew between spans',
  area: 'Time',
  threshold: {
    default: 0.05,
    unit: 'seconds',
    description: 'least difference of two clocks by which spans of a call contradict each other',
  },
  needs: ['upstreams', 'downstreams'],
  inspect: (subject, threshold) => {
    const edges = [...new Set([...subject.upstreams, ...subject.downstreams])];
    const measured = edges.flatMap(({ client, server, clockSkew }) =>
      clockSkew && known(clockSkew.values)
        ? [
            {
              name: `${subject.nameOf(server)} as ${subject.nameOf(client)} calls it`,
              of: { client: subject.nameOf(client), server: subject.nameOf(server) },
              series: clockSkew,
              values: clockSkew.values.map(Math.abs),
            },
          ]
        : [],
    );
    return levelVerdict(subject, measured, {
      threshold,
      unit: 'seconds',
      says: ({ of, state }) =>
        `By the spans of their calls, the clocks of ${of.server} and ${of.client} differ by at least ${formatValue(state.value, 'seconds')}`,
      calm: 'Spans of calls agree about the time.',
      formula: '|least difference of the clocks that nine in ten calls of a minute agree on|',
      query: ({ series }) => `abs(${selectScraped(series.metric, series.labels)})`,
    });
  },
});

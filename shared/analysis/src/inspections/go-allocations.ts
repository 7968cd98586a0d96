import { formatValue } from '@gumshoe/base/units';
import { GO_METRICS as G } from '@gumshoe/schema/metrics/go';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { measuredSignal } from './measured.ts';
import { riseVerdict } from './rise.ts';

/** What a Go program allocates drives its collector; only more than usual counts. */
export const goAllocations = defineInspection({
  id: 'go-allocations',
  title: 'Go allocations',
  area: 'Go',
  threshold: { default: 100 * 1024 * 1024, unit: 'bytes/second', description: 'bytes allocated on the heap' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    riseVerdict(subject, measuredSignal(subject.instances, G.allocatedBytes), {
      threshold,
      unit: 'bytes/second',
      says: ({ name, state }) => `${name} allocates ${formatValue(state.value, 'bytes/second')}`,
      calm: 'Nothing is allocated.',
      alike: true,
      formula: 'bytes allocated per second',
      query: ({ of }) => `sum(rate(${selectInstance(of, G.allocatedBytes.name)}${subject.rateWindow}))`,
    }),
});

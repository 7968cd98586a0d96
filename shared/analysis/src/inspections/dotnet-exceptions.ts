import { formatValue } from '@gumshoe/base/units';
import { DOTNET_METRICS as D } from '@gumshoe/schema/metrics/dotnet';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { measuredSignal } from './measured.ts';
import { riseVerdict } from './rise.ts';

/** Many programs throw all the time, so only more than usual counts. */
export const dotnetExceptions = defineInspection({
  id: 'dotnet-exceptions',
  title: '.NET exceptions',
  area: '.NET',
  threshold: { default: 1, unit: 'per-second', description: 'exceptions thrown' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    riseVerdict(subject, measuredSignal(subject.instances, D.exceptions), {
      threshold,
      unit: 'per-second',
      says: ({ name, state }) => `${name} throws ${formatValue(state.value, 'none')} exceptions per second`,
      calm: 'No exception is thrown.',
      alike: true,
      formula: 'exceptions per second',
      query: ({ of }) => `sum(rate(${selectInstance(of, D.exceptions.name)}${subject.rateWindow}))`,
    }),
});

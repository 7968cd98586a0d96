import { selectScraped } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { known } from './measured.ts';

/** The kernel gives this and more for a clock that nothing keeps right, seconds (NTP_PHASE_LIMIT, timex.h). */
const UNKNOWN_ERROR = 16;

export const clockSync = defineInspection({
  id: 'clock-sync',
  title: 'Clock synchronisation',
  area: 'Time',
  threshold: { default: 0, unit: 'none', description: '1 when the clock of a node follows no reference' },
  needs: ['nodes'],
  inspect: (subject, threshold) => {
    const measured = subject.nodes.flatMap(({ clock, hostname }) => {
      const sync = clock?.synchronised;
      if (!sync || !known(sync.values)) return [];
      const error = clock.maxError?.values;
      // a loss is bridged for a while: the error that may have come together tells when it matters
      const lost = (ok: number, i: number): number =>
        Number(!(ok > 0) && !((error?.[i] ?? NaN) < UNKNOWN_ERROR));
      return [
        { name: hostname, series: sync, values: sync.values.map((ok, i) => (ok === ok ? lost(ok, i) : NaN)) },
      ];
    });
    return levelVerdict(subject, measured, {
      threshold,
      unit: 'none',
      says: ({ name, state }) =>
        state.firing
          ? `The clock of node ${name} follows no reference: times of its spans and logs drift away from the others`
          : `The clock of node ${name} follows its reference`,
      formula: `1 - status of synchronisation, where the error may be ${UNKNOWN_ERROR} s and more`,
      query: ({ series }) => `1 - ${selectScraped(series.metric, series.labels)}`,
    });
  },
});

import { formatValue } from '@gumshoe/base/units';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.8;

export const trafficSurge = defineCandidate({
  kind: 'traffic-surge',
  title: 'More requests than usual',
  examine: ({ application, inspected, frame }) => {
    const level = inspected.byId.get(application.id)?.serviceLevel;
    if (!level || level.indicators.source === 'none') return undefined;
    const passedOn = application.downstreams.some(
      ({ client }) => (inspected.world.byId.get(client)?.inbound.length ?? 0) > 0,
    );
    if (passedOn) return undefined;
    const shift = shiftOf(level.indicators.rate, frame);
    const protocol = application.inbound[0]?.protocol ?? 'http';
    const signal = requestMetrics(protocol).inbound.name;
    // what got no requests before is new, or was out of order
    if (shift.before === 0) return undefined;
    const ratio = shift.during / shift.before;
    const magnitude = MOST * ramp(ratio, 1.5, 3.5);
    const rates = `${formatValue(shift.before, 'requests/second')} → ${formatValue(shift.during, 'requests/second')}`;
    if (magnitude === 0) return clear(signal, `requests did not surge: ${rates}`);
    const query = `sum(rate(${selectApplication(application, signal)}${rateWindow(frame.world)}))`;
    return suspect({
      title: `${application.name} gets ${ratio.toFixed(1)} times its usual requests`,
      signal,
      magnitude,
      onset: shift.onset,
      column: level.indicators.rate,
      floods: [application.id],
      surge: ratio,
      evidence: [
        measured(frame, query, `Requests: ${rates}.`, {
          value: shift.during,
          before: shift.before,
          unit: 'requests/second',
          onset: shift.onset,
        }),
      ],
      remediation: `Find out who sends them, limit the rate at the edge, or add replicas on the path.`,
    });
  },
});

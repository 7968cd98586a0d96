import { formatValue } from '@gumshoe/base/units';
import { meanOf } from '@gumshoe/model/columns';
import type { Application } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { rateWindow, selectDependency, selectRoundTrips } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame, type Shift } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';
import { lateForOneClient } from './network-client.ts';
import { lateNetwork } from './network-late.ts';

const SIGNAL = CONTAINER_METRICS.tcpRetransmits.name;
/** Retransmits alone also come from busy receivers. */
const ALONE = 0.75;
/** Fewer ways than these make no usual. */
const LEAST_PEERS = 4;

export const networkLoss = defineCandidate({
  kind: 'network-loss',
  title: 'Packets are lost or late',
  examine: ({ application, frame, inspected }) => {
    const bothSides = lateNetwork(application, frame);
    if (bothSides !== undefined && bothSides !== 'fine') return suspect(bothSides);
    const byClient = lateForOneClient(application, frame);
    if (byClient) return suspect(byClient);
    const judged = application.downstreams
      .map((dependency) => {
        const lost = shiftOf(zeroed(dependency.tcp.retransmits), frame);
        const late = shiftOf(dependency.tcp.rtt, frame);
        const loss =
          lost.during > 3 * (lost.before || 0) ? ramp(lost.during - (lost.before || 0), 0.3, 3) : 0;
        const delay = late.during > 5 * usualRtt(late, frame) ? ramp(late.during, 0.01, 0.1) : 0;
        return { dependency, lost, late, loss, delay, weight: Math.max(loss, delay) };
      })
      .sort((a, b) => b.weight - a.weight);
    const worst = judged[0];
    if (!worst) return undefined;
    if (worst.weight === 0) return clear(SIGNAL, 'no more segments were sent again than before');
    const nameOf = (id: Application['id']) => inspected.world.byId.get(id)?.name ?? id;
    const { dependency, lost, late } = worst;
    const way = `from ${nameOf(dependency.client)} to ${application.name}`;
    const byLoss = worst.loss >= worst.delay;
    const summary = byLoss
      ? `Segments sent again ${way}: ${formatValue(lost.before || 0, 'per-second')} → ${formatValue(lost.during, 'per-second')}.`
      : `Round trip ${way}: ${formatValue(late.before, 'seconds')} → ${formatValue(late.during, 'seconds')}.`;
    const query = `sum(rate(${selectDependency(dependency, SIGNAL)}${rateWindow(frame.world)}))`;
    return suspect({
      title: byLoss ? `Packets ${way} are lost` : `Packets ${way} are late`,
      signal: byLoss ? SIGNAL : CONTAINER_METRICS.netLatency.name,
      magnitude: ALONE * worst.weight,
      onset: byLoss ? lost.onset : late.onset,
      column: byLoss ? zeroed(dependency.tcp.retransmits) : dependency.tcp.rtt,
      evidence: [
        measured(
          frame,
          byLoss ? query : `max(${selectRoundTrips(dependency)})`,
          summary,
          byLoss
            ? { value: lost.during, before: lost.before || 0, unit: 'per-second', onset: lost.onset }
            : { value: late.during, before: late.before, unit: 'seconds', onset: late.onset },
        ),
      ],
      remediation: `Check the path ${way}: interface errors and drops (ip -s link), firewall rules that drop, and saturated links.`,
    });
  },
});

/** Without a time before, others' round trips have to do: half of them are shorter. */
function usualRtt({ before }: Shift, frame: Frame): number {
  if (before === before || frame.hasBaseline) return before;
  const all = frame.world.dependencies
    .map(({ tcp }) => meanOf(tcp.rtt, frame.incident))
    .filter((value) => value === value)
    .sort((a, b) => a - b);
  return all.length >= LEAST_PEERS ? all[all.length >> 1]! : NaN;
}

const zeroed = (column: Float64Array): Float64Array => column.map((value) => (value === value ? value : 0));

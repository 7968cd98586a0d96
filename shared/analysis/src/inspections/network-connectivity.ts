import { sumOf } from '@gumshoe/model/columns';
import type { Column, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { promqlEvidence, selectDependency } from '../evidence.ts';
import { defineInspection, type Subject } from './define.ts';
import { levelsOf } from './level.ts';
import { known } from './measured.ts';

/** Segments sent again in a row without a byte in return. */
const LEAST_RETRANSMITS = 3;

export const networkConnectivity = defineInspection({
  id: 'network-connectivity',
  title: 'Network connectivity',
  area: 'Network',
  threshold: { default: 0, unit: 'count', description: 'peers that do not answer on open connections' },
  needs: ['upstreams'],
  inspect: (subject, threshold) => {
    const measured = subject.upstreams
      .filter(({ tcp }) => known(tcp.rtt) || known(tcp.active))
      .map((of) => ({ of, name: subject.nameOf(of.server), values: silentColumn(of, subject) }));
    const levels = levelsOf(subject, measured, 0);
    const first = levels[0];
    if (!first) return undefined;
    const silent = levels.filter(({ state }) => state.firing);
    const message =
      silent.length === 0
        ? 'Every peer answers on its open connections.'
        : `No answer from ${silent.map(({ name }) => name).join(', ')} although connections are open.`;
    const { range, rateWindow, grid, window } = subject;
    const again = sumOf(first.of.tcp.retransmits, window) * (grid.step / 1000);
    const active = `sum(${selectDependency(first.of, C.tcpActive.name)})`;
    const resent = `sum(rate(${selectDependency(first.of, C.tcpRetransmits.name)}${rateWindow}))`;
    return {
      health: silent.length > threshold ? 'warning' : 'ok',
      message,
      value: silent.length,
      threshold,
      unit: 'count',
      instances: [],
      evidence: [promqlEvidence(`${resent} or ${active}`, range, message)],
      explanation: [
        'a peer is silent when its round-trip time is no longer measured while connections to it are open, or when at least 3 segments in a row were sent again and nothing was received',
        `${first.name}: ${Math.round(again)} segments sent again in the window; ${first.state.above} of the last ${first.state.known} points without an answer`,
      ],
      columns: [],
    };
  },
});

/**
 * 1 where the peer does not answer although there is an open connection; NaN where nobody says. Where received bytes
 * are not counted, the round trip alone tells.
 */
function silentColumn({ tcp }: Dependency, { grid, window }: Subject): Column {
  const out = new Float64Array(tcp.active.length).fill(NaN);
  const seconds = grid.step / 1000;
  let measured = false;
  let again = 0;
  for (let i = 0; i < window.hi; i++) {
    const open = tcp.active[i]! > 0;
    const received = tcp.bytesReceived[i]!;
    measured ||= tcp.rtt[i] === tcp.rtt[i];
    if (received !== 0 || !open) again = 0;
    else if (tcp.retransmits[i]! > 0) again += tcp.retransmits[i]! * seconds;
    const unmeasured = measured && tcp.rtt[i] !== tcp.rtt[i] && !(received > 0);
    if (tcp.active[i] === tcp.active[i])
      out[i] = open && (again >= LEAST_RETRANSMITS - 0.5 || unmeasured) ? 1 : 0;
  }
  return out;
}

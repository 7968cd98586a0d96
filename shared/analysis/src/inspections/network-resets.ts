import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import type { Column, TcpColumns } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { selectDependency } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { riseVerdict } from './rise.ts';

/** Some clients end every connection with a reset, so only more than usual counts. */
export const networkResets = defineInspection({
  id: 'network-resets',
  title: 'Connection resets',
  area: 'Network',
  threshold: { default: 0.1, unit: 'per-second', description: 'open connections to a peer that are reset' },
  needs: ['upstreams'],
  inspect: (subject, threshold) => {
    const measured = subject.upstreams
      .filter(({ tcp }) => tcp.resetsReceived ?? tcp.resetsSent)
      .map((of) => ({
        of,
        name: subject.nameOf(of.server),
        values: resetsOf(of.tcp, subject.grid.points),
      }));
    return riseVerdict(subject, measured, {
      threshold,
      unit: 'per-second',
      says: ({ name, state }) =>
        `${formatValue(state.value, 'none')} open connections to ${name} are reset per second`,
      calm: 'No open connection is reset.',
      formula: 'connections reset by the peer + by this side, per second',
      query: ({ of }) =>
        [C.tcpResetsReceived, C.tcpResetsSent]
          .map(({ name }) => `sum(rate(${selectDependency(of, name)}${subject.rateWindow}))`)
          .join(' or '),
    });
  },
});

const resetsOf = (tcp: TcpColumns, points: number): Column =>
  sumColumns(
    [tcp.resetsReceived, tcp.resetsSent].filter((column) => column !== undefined),
    points,
  );

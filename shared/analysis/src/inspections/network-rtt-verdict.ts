import { formatValue } from '@gumshoe/base/units';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Dependency } from '@gumshoe/model/world';
import { selectRoundTrips } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { known } from './measured.ts';

/** Where a peer is: each place has its own threshold. */
export type Place = 'inside' | 'outside' | 'other cluster';

const isExternal = (id: ApplicationId): boolean => id.includes(':ExternalService:');

const placeOf = ({ server, crossesClusters }: Dependency): Place =>
  isExternal(server) ? 'outside' : crossesClusters ? 'other cluster' : 'inside';

/** The verdict on round-trip times to the peers in one kind of place. */
export function rttVerdict(
  subject: Subject,
  upstreams: readonly Dependency[],
  place: Place,
  threshold: number,
): Verdict | undefined {
  const measured = upstreams
    .filter((dependency) => placeOf(dependency) === place && known(dependency.tcp.rtt))
    .map((of) => ({ of, name: subject.nameOf(of.server), values: of.tcp.rtt }));
  return levelVerdict(subject, measured, {
    threshold,
    unit: 'seconds',
    says: ({ name, state }) => `The round trip to ${name} takes ${formatValue(state.value, 'seconds')}`,
    formula: 'smoothed round-trip time as TCP measures it, worst link',
    query: ({ of }) => selectRoundTrips(of),
  });
}

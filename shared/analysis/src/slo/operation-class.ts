import { sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency, RequestColumns, World } from '@gumshoe/model/world';
import { waitingMode } from './waiting-mode.ts';
import type { RequestSource } from '@gumshoe/schema/metrics/requests';

/**
 * Protocols whose latency is the time until there is something to say, not the time the server takes. Their
 * requests count for availability and never as slow.
 */
export const WAITING_PROTOCOLS: ReadonlyMap<RequestSource, string> = new Map([
  ['kafka', 'a fetch waits for records'],
  ['nats', 'messages are pushed when there are some'],
  ['amqp', 'deliveries are pushed when there are some'],
]);

/** Redis commands that wait for something to happen (redis.io: blocking commands); XREAD only does with BLOCK. */
const BLOCKING_COMMANDS: ReadonlySet<string> = new Set(
  'blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop xread xreadgroup wait waitaof'.split(' '),
);

export const isTimed = ({ protocol }: Pick<RequestColumns, 'protocol'>): boolean =>
  !WAITING_PROTOCOLS.has(protocol);

/** Blocking commands per second that a Redis server has carried out, as its probe counts them. */
export function blockingRate(application: Pick<Application, 'redis'>, points: number): Column | undefined {
  const columns = application.redis.flatMap((target) =>
    target.commands
      .filter(({ command }) => BLOCKING_COMMANDS.has(command.toLowerCase()))
      .map(({ rate }) => rate),
  );
  return columns.length > 0 ? sumColumns(columns, points) : undefined;
}

/**
 * Ages of the oldest open request of each kind to an application, but for those that wait by design: nothing is
 * known of requests to a Redis server while clients block on it.
 */
export function waitingAges(world: World, { server, requests }: Dependency): readonly Column[] {
  const waits = new Map(requests.map((one) => [one.protocol, waitingMode(world.grid, one)?.most]));
  const blocked = world.byId.get(server)?.redis.map((target) => target.blockedClients) ?? [];
  return requests.filter(isTimed).flatMap(({ protocol, inFlightAge }) => {
    if (!inFlightAge) return [];
    const longest = waits.get(protocol);
    if (longest !== undefined) return [inFlightAge.map((age) => (age > longest ? age : NaN))];
    if (protocol !== 'redis' || blocked.length === 0) return [inFlightAge];
    return [inFlightAge.map((age, i) => (blocked.some((clients) => clients[i]! > 0) ? NaN : age))];
  });
}

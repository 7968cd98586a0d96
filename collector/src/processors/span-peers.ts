import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { endpointText } from '../receivers/ebpf/address.ts';

/** Who answers on the connection from `client` to `destination` (`ip:port`); `destination` without translation. */
export type ResolveConnection = (client: string, destination: string) => string;

/**
 * Spans of clients whose destination is translated name who answered (network.peer.address and .port); the address
 * that was dialled stays in server.address.
 */
export function withActualPeers(rows: readonly TraceRow[], resolve: ResolveConnection): readonly TraceRow[] {
  return rows.map((row) => (row.SpanKind === 'Server' ? row : withActualPeer(row, resolve)));
}

function withActualPeer(row: TraceRow, resolve: ResolveConnection): TraceRow {
  const { SpanAttributes: attributes } = row;
  const endpoint = (address: string, port: string): string =>
    endpointText(attributes[address] ?? '', Number(attributes[port]));
  const dialled = endpoint(SPAN_ATTRIBUTES.serverAddress, SPAN_ATTRIBUTES.serverPort);
  const actual = resolve(endpoint(SPAN_ATTRIBUTES.clientAddress, SPAN_ATTRIBUTES.clientPort), dialled);
  if (actual === dialled) return row;
  const [, address, port] = /^\[?(.+?)\]?:(\d+)$/.exec(actual) ?? [];
  if (address === undefined || port === undefined) return row;
  const peer = { [SPAN_ATTRIBUTES.peerAddress]: address, [SPAN_ATTRIBUTES.peerPort]: port };
  return { ...row, SpanAttributes: { ...attributes, ...peer } };
}

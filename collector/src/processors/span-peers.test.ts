import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { withActualPeers } from './span-peers.ts';

const span = (kind: TraceRow['SpanKind'], server: string): TraceRow =>
  ({
    SpanKind: kind,
    SpanAttributes: {
      'client.address': '10.0.0.2',
      'client.port': '40000',
      'server.address': server,
      'server.port': '80',
    },
  }) as unknown as TraceRow;

test("a client's span names who answered behind the address it dialled", () => {
  const resolve = (client: string, destination: string): string =>
    client === '10.0.0.2:40000' && destination === '10.96.0.1:80' ? '[fd00::7]:8080' : destination;
  const rows = [span('Client', '10.96.0.1'), span('Client', '10.0.0.9'), span('Server', '10.96.0.1')];
  const peers = withActualPeers(rows, resolve).map(({ SpanAttributes: attributes }) => [
    attributes['server.address'],
    attributes['network.peer.address'],
    attributes['network.peer.port'],
  ]);
  assert.deepEqual(peers, [
    ['10.96.0.1', 'fd00::7', '8080'],
    ['10.0.0.9', undefined, undefined],
    ['10.96.0.1', undefined, undefined],
  ]);
  assert.equal(rows[0]?.SpanAttributes['network.peer.address'], undefined, 'rows are not changed');
});

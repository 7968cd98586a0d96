import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { recogniseOpenssl } from '../../collector/src/receivers/tls/openssl.ts';
import { ElfFile } from '../../collector/src/symbols/elf.ts';
import type { Struct } from './decode.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed } from './observed.ts';
import { TlsPrograms } from './servers/tls.ts';

const { GS_INBOUND, GS_PARENT_WIRE, GS_COUNTER_TLS_UNBOUND } = constants;
const EVERYTHING = { span_rate_per_second: 100_000, slow_threshold_ns: 3_600_000_000_000n };

/** Attaches everything that is known of a file. */
function attach(observed: Observed, path: string): () => void {
  const file = new ElfFile(path);
  try {
    const found = recogniseOpenssl(file, path);
    assert.equal(found.kind, 'recognised', JSON.stringify(found));
    return observed.attachProbes(path, found.kind === 'recognised' ? found.probes : []);
  } finally {
    file.close();
  }
}

/** `inbound 8443 http 200 x 40`, one a line. */
function counts(observed: Observed): readonly string[] {
  const sums = new Map<string, number>();
  for (const [key, stats] of observed.entries('request_stats', 'gs_request_key', 'gs_request_stats')) {
    const direction = key['direction'] === GS_INBOUND ? 'inbound' : 'outbound';
    const line = `${direction} ${String(key['port'])} ${String(key['protocol'])} ${String(key['status'])}`;
    sums.set(line, (sums.get(line) ?? 0) + Number(stats['count']));
  }
  return [...sums].map(([line, count]) => `${line} x ${count}`).sort();
}

/** Server spans whose parent is a client span that was seen, and how many server spans there are. */
function joined(observed: Observed): { readonly joined: number; readonly of: number } {
  const clients = new Set(
    observed.events.filter((event) => event['direction'] !== GS_INBOUND).map((event) => event['span_id']),
  );
  const servers = observed.events.filter((event) => event['direction'] === GS_INBOUND);
  const withParent = (event: Struct) =>
    event['parent_link'] === GS_PARENT_WIRE && clients.has(event['parent_span_id']);
  return { joined: servers.filter(withParent).length, of: servers.length };
}

describe('TLS', { skip: skipReason('nginx') }, () => {
  let namespace: NetworkNamespace;
  let programs: TlsPrograms;
  let observed: Observed;
  before(() => {
    namespace = new NetworkNamespace();
    programs = new TlsPrograms(namespace);
  });
  after(() => namespace.close());
  beforeEach(() => {
    observed = observe('requests', { netns: [namespace.inode] }, EVERYTHING);
  });
  afterEach(() => observed.close());

  test('curl and nginx: counts equal, both ends agree on every request', async () => {
    attach(observed, programs.library);
    await programs.nginx(8443, 'location / { return 200 "hello"; } location /no { return 404; }');
    const urls = Array.from({ length: 50 }, (_, i) => `https://127.0.0.1:8443/${i % 5 ? 'item' : 'no'}/${i}`);
    const options = ['--http1.1', '-s', '-o', '/dev/null', '--cacert', programs.certificate];
    await namespace.run(
      programs.withLibrary('curl', ...urls.flatMap((url, i) => [...(i ? ['--next'] : []), ...options, url])),
    );
    await namespace.run(programs.withLibrary('curl', ...options, '--no-keepalive', urls[1]!));
    await observed.settle();
    assert.deepEqual(counts(observed), [
      'inbound 8443 1 200 x 41',
      'inbound 8443 1 404 x 10',
      'outbound 8443 1 200 x 41',
      'outbound 8443 1 404 x 10',
    ]);
    assert.deepEqual(joined(observed), { joined: 51, of: 51 });
    assert.equal(observed.counter(GS_COUNTER_TLS_UNBOUND), 0);
  });
});

import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { ProbeContext } from '../define.ts';

/** What a replica says of its master, and a master of each of its replicas. */
export function emitReplication(context: ProbeContext, info: ReadonlyMap<string, string>): void {
  const number = (name: string): number => Number(info.get(name) ?? NaN);
  const link = info.get('master_link_status');
  if (link !== undefined) {
    const master = { master_host: info.get('master_host') ?? '', master_port: info.get('master_port') ?? '' };
    context.emit(R.masterLinkUp, link === 'up' ? 1 : 0, master);
    context.emit(R.masterLastIo, number('master_last_io_seconds_ago'), master);
    context.emit(R.masterSyncInProgress, number('master_sync_in_progress'), master);
    context.emit(R.replicaOffset, number('slave_repl_offset'), master);
  }
  for (const [name, value] of info) {
    if (!/^slave\d+$/.test(name)) continue;
    const fields = new Map(value.split(',').map((part) => splitOnce(part)));
    const replica = {
      slave_ip: fields.get('ip') ?? '',
      slave_port: fields.get('port') ?? '',
      slave_state: fields.get('state') ?? '',
    };
    context.emit(R.replicaLag, Number(fields.get('lag') ?? NaN), replica);
    context.emit(R.connectedReplicaOffset, Number(fields.get('offset') ?? NaN), replica);
  }
}

/** `ip=127.0.0.1` → name and value; the value may hold further signs. */
function splitOnce(part: string): readonly [string, string] {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
}

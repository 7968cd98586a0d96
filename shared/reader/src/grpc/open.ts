import { FailureError } from '@gumshoe/base/failure';
import type { GrpcConnection, Reader, Secrets, SourcePart } from '@gumshoe/engine/ports';
import { StoreReader } from '../store/reader.ts';
import { GatewayChannel } from './channel.ts';
import { checked, GatewayPrometheusTransport, GatewaySqlTransport } from './transports.ts';

const STATUS_TIMEOUT = 10_000;

interface StatusAnswer {
  readonly version: string;
  readonly statusJson: Buffer;
}

/** Reads the stores through a collector's gateway. Rejects with FailureError when the gateway does not answer. */
export async function openGrpc(spec: GrpcConnection, secrets: Secrets): Promise<Reader> {
  const channel = new GatewayChannel(spec, await token(spec, secrets));
  try {
    await readStatus(channel, 'connect to the gateway');
  } catch (error) {
    channel.close();
    throw error;
  }
  return new StoreReader({
    name: spec.address,
    kind: 'grpc',
    sql: new GatewaySqlTransport(channel),
    prometheus: new GatewayPrometheusTransport(channel),
    hops: async (signal) => [await gatewayPart(channel, signal)],
    onClose: async () => channel.close(),
  });
}

async function token({ address, tokenRef }: GrpcConnection, secrets: Secrets): Promise<string | undefined> {
  if (tokenRef === undefined) return undefined;
  const value = await secrets.get(tokenRef);
  if (value !== undefined) return value;
  throw new FailureError({
    code: 'unauthorized',
    tried: 'read the token of the gateway',
    target: address,
    reason: 'it is not in the key store',
    remedy: 'Enter it again in the connection.',
  });
}

function readStatus(channel: GatewayChannel, tried: string, signal?: AbortSignal): Promise<StatusAnswer> {
  return channel.unary<StatusAnswer>('Status', {}, { tried, timeoutMs: STATUS_TIMEOUT, signal });
}

async function gatewayPart(channel: GatewayChannel, signal?: AbortSignal): Promise<SourcePart> {
  let notes: readonly string[] = [];
  const part = await checked({ name: 'gateway', target: channel.address }, async () => {
    const { version, statusJson } = await readStatus(channel, 'check the gateway', signal);
    notes = refusedPrograms(statusJson);
    return version;
  });
  return { ...part, notes };
}

/** eBPF programs that the collector's kernel refused: what they would have measured is missing. */
function refusedPrograms(statusJson: Buffer): readonly string[] {
  const status = JSON.parse(statusJson.toString('utf8')) as {
    readonly programs?: readonly {
      readonly program: string;
      readonly attached: boolean;
      readonly reason?: string;
    }[];
  };
  return (status.programs ?? [])
    .filter((one) => !one.attached)
    .map((one) => `eBPF program ${one.program} refused: ${(one.reason ?? '').split('\n')[0]}`);
}

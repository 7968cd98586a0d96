import { FailureError } from '@gumshoe/base/failure';
import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import { readConfigured, readSecret } from '../../secret-file.ts';
import { isLoopback } from '../../loopback.ts';
import type { ReceiverContext, ReceiverDefinition } from '../define.ts';
import type { OtlpGrpcServer } from './grpc.ts';

/** What applications and other collectors send: OTLP, remote write, profiles. */
export const OTLP: ReceiverDefinition = {
  name: 'otlp',
  gives: 'traces, logs, metrics and profiles that others send',
  wanted: (config) => config['otlp-http-listen'] !== undefined || config['otlp-grpc-listen'] !== undefined,
  async open(context) {
    const { config, rows, forwardSamples, overloaded } = context;
    const apiKey = readSecret(config['otlp-key-file'], 'otlp-key-file');
    const tls = { certFile: config['otlp-cert-file'], keyFile: config['otlp-private-key-file'] };
    for (const name of ['otlp-cert-file', 'otlp-private-key-file'] as const)
      if (config[name] !== undefined) readConfigured(config[name], name);
    guard(context, apiKey !== undefined);
    const { Ingest } = await import('./ingest.ts');
    const ingest = new Ingest({ rows, forwardSamples, overloaded, now: Date.now });
    const addresses: Record<string, string> = {};
    const stops: (() => Promise<void>)[] = [];
    if (config['otlp-http-listen'] !== undefined) {
      const { OtlpHttpServer } = await import('./http.ts');
      const server = new OtlpHttpServer({ listen: config['otlp-http-listen'], ...tls, apiKey, ingest, rows });
      addresses['otlpHttp'] = await server.start();
      stops.push(() => server.stop());
    }
    if (config['otlp-grpc-listen'] !== undefined) {
      const { OtlpGrpcServer: Grpc } = await import('./grpc.ts');
      const server: OtlpGrpcServer = new Grpc({ listen: config['otlp-grpc-listen'], ...tls, apiKey, ingest });
      addresses['otlpGrpc'] = await server.start();
      stops.push(() => server.stop());
    }
    return {
      addresses: () => addresses,
      status: () => ({ ...addresses, ...ingest.counts, overloads: ingest.overloads }),
      collectSelf(sink) {
        for (const [signal, { accepted, rejected }] of Object.entries(ingest.counts)) {
          sink.self(SELF_METRICS.received, { receiver: 'otlp', signal }, accepted);
          sink.self(SELF_METRICS.dropped, { queue: `otlp ${signal}`, cause: 'rejected' }, rejected);
        }
      },
      stop: async () => {
        for (const stop of stops) await stop();
      },
    };
  },
};

/** Beyond loopback anybody could write: TLS is needed, or the word that something in front of us does it. */
function guard({ config, logger }: ReceiverContext, hasKey: boolean): void {
  const open = [config['otlp-http-listen'], config['otlp-grpc-listen']].filter(
    (listen) => listen !== undefined && !isLoopback(listen),
  );
  if (open.length === 0) return;
  if (config['otlp-cert-file'] === undefined && !config['otlp-insecure'])
    throw new FailureError({
      code: 'invalid-input',
      tried: 'listen for OTLP',
      target: open.join(', '),
      reason: 'beyond loopback it needs otlp-cert-file and otlp-private-key-file',
      remedy: 'Give both, or --otlp-insecure when something in front of it speaks TLS.',
    });
  if (!hasKey)
    logger.log('warn', 'OTLP is taken from anybody who reaches this port', { listen: open.join(', ') });
}

import { join } from 'node:path';
import type { Logger } from '@gumshoe/base/logger';
import type { CollectorConfig } from '../config.ts';
import { readSecret } from '../secret-file.ts';
import { ClickHouseWriter } from './clickhouse/writer.ts';
import type { Exporter } from './define.ts';
import { RemoteWriteExporter } from './remote-write/remote-write.ts';
import { Spool } from './spool/spool.ts';

/** The setting that each exporter is switched on with. */
const EXPORTERS = ['clickhouse-url', 'remote-write-url', 'otlp-export-url'] as const;
const MAX_ROWS = 20_000;
const MAX_INTERVALS_WAITING = 240;
const MAX_OTLP_WAITING = 64;

/**
 * The exporters that the configuration asks for. `instance` names this machine in the label of that name.
 * @throws ConfigError when a file with a secret cannot be read.
 */
export async function openExporters(
  config: CollectorConfig,
  instance: string,
  logger: Logger,
): Promise<Exporter[]> {
  const exporters: Exporter[] = [];
  if (config['clickhouse-url']) exporters.push(openClickHouse(config, config['clickhouse-url'], logger));
  if (config['remote-write-url'])
    exporters.push(openRemoteWrite(config, config['remote-write-url'], instance, logger));
  if (config['otlp-export-url']) exporters.push(await openOtlp(config, config['otlp-export-url'], logger));
  return exporters;
}

function openClickHouse(config: CollectorConfig, url: string, logger: Logger): Exporter {
  return new ClickHouseWriter(
    {
      url,
      user: config['clickhouse-user'],
      password: readSecret(config['clickhouse-password-file'], 'clickhouse-password-file'),
      ttlDays: { traces: config['ttl-traces'], logs: config['ttl-logs'], profiles: config['ttl-profiles'] },
      maxRows: MAX_ROWS,
      spool: spoolOf(config, 'rows', logger),
    },
    logger,
  );
}

function openRemoteWrite(config: CollectorConfig, url: string, instance: string, logger: Logger): Exporter {
  return new RemoteWriteExporter(
    {
      url,
      token: readSecret(config['remote-write-token-file'], 'remote-write-token-file'),
      labels: { job: 'gumshoe-collector', instance },
      maxWaiting: MAX_INTERVALS_WAITING,
      spool: spoolOf(config, 'metrics', logger),
    },
    logger,
  );
}

/** `grpc://` and `grpcs://` speak OTLP/gRPC, `http://` and `https://` OTLP/HTTP. */
async function openOtlp(config: CollectorConfig, url: string, logger: Logger): Promise<Exporter> {
  const { OtlpExporter } = await import('./otlp/exporter.ts');
  const key = readSecret(config['otlp-export-key-file'], 'otlp-export-key-file');
  const { protocol, host } = new URL(url);
  return new OtlpExporter(
    {
      target: url,
      transport: protocol.startsWith('grpc')
        ? new (await import('./otlp/grpc.ts')).GrpcTransport({
            address: host,
            key,
            caFile: config['otlp-export-ca-file'],
            insecure: protocol === 'grpc:',
          })
        : new (await import('./otlp/transport.ts')).HttpTransport(url, key),
      maxWaiting: MAX_OTLP_WAITING,
      spool: spoolOf(config, 'otlp', logger),
    },
    logger,
  );
}

/** Every exporter that is on has the same share of the allowance. */
function spoolOf(config: CollectorConfig, name: string, logger: Logger): Spool | undefined {
  const { 'spool-dir': folder, 'spool-limit': limit } = config;
  if (folder === undefined) return undefined;
  const on = EXPORTERS.filter((exporter) => config[exporter] !== undefined).length;
  const spool = new Spool(join(folder, name), limit / on);
  if (spool.problem !== '')
    logger.log('error', 'nothing can wait on disk for a store', { folder, reason: spool.problem });
  return spool;
}

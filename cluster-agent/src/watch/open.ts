import { formatMistake } from '@gumshoe/analysis/configuration/mistake';
import {
  NO_CONFIGURATION,
  parseConfiguration,
  type Configuration,
} from '@gumshoe/analysis/configuration/parse-configuration';
import type { Logger } from '@gumshoe/base/logger';
import { milliseconds } from '@gumshoe/base/time';
import { createEngine } from '@gumshoe/engine/engine';
import { openConnection } from '@gumshoe/reader/open';
import { ConfigError, readSecret, readText, type ClusterAgentConfig } from '../config.ts';
import { Outbox } from '../notify/outbox.ts';
import { webhook } from '../notify/webhook.ts';
import { Watch } from './watch.ts';

type WatchConfig = NonNullable<ClusterAgentConfig['watch']>;

export interface OpenWatch {
  readonly watch: Watch;
  readonly outbox: Outbox;
  close(): Promise<void>;
}

const CLICKHOUSE_PASSWORD = 'clickhouse-password';
const PROMETHEUS_TOKEN = 'prometheus-token';

/** Objectives, thresholds and groups; what is built in without a file. Throws ConfigError with every mistake. */
function readAnalysis(file: string | undefined): Configuration {
  const text = readText(file, 'watch.analysisFile');
  if (text === undefined) return NO_CONFIGURATION;
  const parsed = parseConfiguration(text);
  if (parsed.ok) return parsed.value;
  throw new ConfigError(parsed.error.map((mistake) => `${file}:${formatMistake(mistake)}`));
}

/** Opens the stores and builds the watch on them. Secrets come from files and stay in memory. */
export async function openWatch(config: WatchConfig, logger: Logger): Promise<OpenWatch> {
  const secrets = new Map<string, string | undefined>([
    [CLICKHOUSE_PASSWORD, readSecret(config.clickhousePasswordFile, 'watch.clickhousePasswordFile')],
    [PROMETHEUS_TOKEN, readSecret(config.prometheusTokenFile, 'watch.prometheusTokenFile')],
  ]);
  const configuration = readAnalysis(config.analysisFile);
  const reader = await openConnection(
    {
      kind: 'direct',
      clickhouseUrl: config.clickhouseUrl,
      prometheusUrl: config.prometheusUrl,
      ...(config.clickhouseUser === undefined ? {} : { clickhouseUser: config.clickhouseUser }),
      ...(config.clickhousePasswordFile === undefined ? {} : { clickhousePasswordRef: CLICKHOUSE_PASSWORD }),
      ...(config.prometheusTokenFile === undefined ? {} : { prometheusTokenRef: PROMETHEUS_TOKEN }),
    },
    {
      secrets: { get: async (reference: string) => secrets.get(reference) },
      ...(config.cacheDirectory === undefined ? {} : { cacheDirectory: config.cacheDirectory }),
    },
  );
  const channels = config.webhooks.map((hook) =>
    webhook({
      url: hook.url,
      authorization: readSecret(hook.authorizationFile, 'watch.webhooks.authorizationFile'),
    }),
  );
  const outbox = new Outbox(channels, logger);
  const watch = new Watch(
    createEngine({ reader, clock: { now: () => milliseconds(Date.now()) }, configuration }),
    outbox,
    logger,
    config,
  );
  return {
    watch,
    outbox,
    async close() {
      outbox.close();
      await reader.close();
    },
  };
}

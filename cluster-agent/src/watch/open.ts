import type { Logger } from '@gumshoe/base/logger';
import { milliseconds } from '@gumshoe/base/time';
import { createEngine } from '@gumshoe/engine/engine';
import { openConnection } from '@gumshoe/reader/open';
import { readSecret, type ClusterAgentConfig } from '../config.ts';
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

/** Opens the stores and builds the watch on them. Secrets come from files and stay in memory. */
export async function openWatch(config: WatchConfig, logger: Logger): Promise<OpenWatch> {
  const secrets = new Map<string, string | undefined>([
    [CLICKHOUSE_PASSWORD, readSecret(config.clickhousePasswordFile, 'watch.clickhousePasswordFile')],
    [PROMETHEUS_TOKEN, readSecret(config.prometheusTokenFile, 'watch.prometheusTokenFile')],
  ]);
  const reader = await openConnection(
    {
      kind: 'direct',
      clickhouseUrl: config.clickhouseUrl,
      prometheusUrl: config.prometheusUrl,
      ...(config.clickhouseUser === undefined ? {} : { clickhouseUser: config.clickhouseUser }),
      ...(config.clickhousePasswordFile === undefined ? {} : { clickhousePasswordRef: CLICKHOUSE_PASSWORD }),
      ...(config.prometheusTokenFile === undefined ? {} : { prometheusTokenRef: PROMETHEUS_TOKEN }),
    },
    { secrets: { get: async (reference: string) => secrets.get(reference) } },
  );
  const channels = config.webhooks.map((hook) =>
    webhook({
      url: hook.url,
      authorization: readSecret(hook.authorizationFile, 'watch.webhooks.authorizationFile'),
    }),
  );
  const outbox = new Outbox(channels, logger);
  const watch = new Watch(
    createEngine({ reader, clock: { now: () => milliseconds(Date.now()) } }),
    outbox,
    logger,
    config.window,
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

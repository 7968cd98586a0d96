import { readFileSync } from 'node:fs';
import type { Logger } from '@gumshoe/base/logger';
import { Command } from 'commander';
import { ClusterAgent, VERSION } from './agent.ts';
import { ConfigError, parseConfig } from './config.ts';

const HELP = `
The configuration is YAML:

  listen: 127.0.0.1:10301            # /healthz /status /metrics
  interval: 15s
  remoteWriteUrl: http://prometheus:9090/api/v1/write
  targets:
    - type: postgres                 # postgres, mysql (and MariaDB), redis (and its kin), memcached
      address: 10.0.0.5:5432
      user: gumshoe                  # PostgreSQL: a role in pg_monitor (bloat: pg_read_all_data as well);
                                     # MySQL: PROCESS, REPLICATION CLIENT (MariaDB: REPLICA MONITOR) and SELECT
      passwordFile: /etc/gumshoe/postgres-password
      database: postgres
      tls: verify-full               # disable, require, verify-full (default off loopback)
  watch:                             # optional: analysis on a timer
    interval: 30s
    window: 1h
    clickhouseUrl: http://clickhouse:8123
    prometheusUrl: http://prometheus:9090
    analysisFile: gumshoe.yaml     # objectives, thresholds, groups (docs/configuration.md)
    resolveAfter: 2m               # how long all must be good before an incident is told to be over
    cacheDirectory: /var/cache/gumshoe   # keeps metrics, so that a look reads what is new only
    webhooks:
      - url: https://example.org/hook
        authorizationFile: /etc/gumshoe/hook-authorization

Exit codes: 0 stopped by a signal, 2 bad configuration, 70 it could not start.
`;

const logger: Logger = {
  log(level, message, attributes) {
    process.stderr.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, message, ...attributes })}\n`,
    );
  },
};

async function main(): Promise<void> {
  const program = new Command('gumshoe-cluster-agent')
    .description('Probes databases, watches objectives and tells people when an incident opens.')
    .version(VERSION)
    .requiredOption('--config <file>', 'configuration file (YAML)')
    .option('--check', 'check the configuration and exit')
    .addHelpText('after', HELP)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const options = program.parse().opts<{ config: string; check?: boolean }>();
  const agent = build(options.config);
  if (options.check) return void process.stdout.write(`${options.config}: ok\n`);
  const listen = await agent.start();
  process.stdout.write(`${JSON.stringify({ ready: true, listen })}\n`);
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void agent.stop().then(() => process.exit(0));
    });
}

function build(file: string): ClusterAgent {
  try {
    return new ClusterAgent(parseConfig(readFileSync(file, 'utf8'), file), logger);
  } catch (error) {
    const lines =
      error instanceof ConfigError
        ? error.mistakes
        : [`${file}: ${error instanceof Error ? error.message : String(error)}`];
    for (const line of lines) process.stderr.write(`${line}\n`);
    process.exit(2);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`gumshoe-cluster-agent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(70);
});

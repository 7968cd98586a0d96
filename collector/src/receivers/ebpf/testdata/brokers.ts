import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, freePort, until } from './sandbox.ts';
import type { Sandbox } from './sandbox.ts';

/** nats-server with its monitoring port, where its own counters are. */
export async function startNats(sandbox: Sandbox, unit: string): Promise<{ port: number; monitoring: number }> {
  const [port, monitoring] = [await freePort(), await freePort()];
  const options = ['-a', '127.0.0.1', '-p', String(port), '-m', String(monitoring)];
  sandbox.start(unit, ['nats-server', ...options], { unprivileged: true }).stdout?.resume();
  await until('NATS', () => accepts(port));
  return { port, monitoring };
}

/** RabbitMQ with its data in the sandbox's folder, alone: its distribution listens on loopback only. */
export async function startRabbit(sandbox: Sandbox, unit: string): Promise<{ port: number; environment: readonly string[] }> {
  const [port, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
  const folder = join(sandbox.folder, 'rabbit');
  mkdirSync(folder, { mode: 0o777 });
  const configuration = join(sandbox.folder, 'rabbitmq.conf');
  writeFileSync(configuration, `listeners.tcp.1 = 127.0.0.1:${port}\nvm_memory_high_watermark.absolute = 256MB\ndisk_free_limit.absolute = 1MB\n`);
  const environment = [
    'env',
    `HOME=${folder}`,
    `RABBITMQ_NODENAME=gumshoe${port}@localhost`,
    `RABBITMQ_CONFIG_FILE=${configuration}`,
    `RABBITMQ_MNESIA_BASE=${folder}`,
    `RABBITMQ_LOG_BASE=${folder}`,
    `RABBITMQ_DIST_PORT=${distribution}`,
    `ERL_EPMD_PORT=${epmd}`,
    'ERL_EPMD_ADDRESS=127.0.0.1',
    `RABBITMQ_ENABLED_PLUGINS_FILE=${join(folder, 'plugins')}`,
    'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none',
  ];
  sandbox.start(unit, [...environment, '/usr/lib/rabbitmq/bin/rabbitmq-server']).stdout?.resume();
  await until('RabbitMQ', () => accepts(port));
  return { port, environment };
}

import { setFlagsFromString } from 'node:v8';
import type { Logger, LogLevel } from '@gumshoe/base/logger';

// Before anything else is loaded: small young generations cost the collector little time and save tens of MB.
setFlagsFromString('--max-semi-space-size=2');

const { FailureError } = await import('@gumshoe/base/failure');
const { ConfigError, readConfig } = await import('./config.ts');

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

function loggerFrom(threshold: LogLevel): Logger {
  return {
    log(level, message, attributes) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold)) return;
      process.stderr.write(
        `${JSON.stringify({ time: new Date().toISOString(), level, message, ...attributes })}\n`,
      );
    },
  };
}

function fail(code: number, lines: readonly string[]): never {
  for (const line of lines) process.stderr.write(`gumshoe-collector: ${line}\n`);
  process.exit(code);
}

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2));
  if (!config) return;
  const { Collector } = await import('./collector.ts');
  const collector = new Collector(config, loggerFrom(config['log-level']));
  const listen = await collector.start();
  process.stdout.write(`${JSON.stringify({ ready: true, listen, ...collector.addresses() })}\n`);
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void collector.stop().then(() => process.exit(0));
    });
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) fail(2, error.mistakes);
  const usage = error instanceof FailureError && error.failure.code === 'invalid-input';
  fail(usage ? 2 : 70, [error instanceof Error ? error.message : String(error)]);
});

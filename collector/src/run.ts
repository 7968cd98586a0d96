import { FailureError } from '@gumshoe/base/failure';
import type { Logger, LogLevel } from '@gumshoe/base/logger';
import { readConfigApart } from './config-apart.ts';
import { ConfigError } from './config-error.ts';
import { claimFolder } from './folders.ts';

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

/** Beside collecting itself; each loaded only when it is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<(argv: readonly string[]) => Promise<number>>>> = {
  doctor: async () => (await import('./doctor/command.ts')).doctor,
  'memory-profile': async () => (await import('./receivers/profiles/heap/command.ts')).memoryProfile,
};

async function start(argv: readonly string[]): Promise<void> {
  const config = readConfigApart(argv);
  if (!config) return;
  const { 'spool-dir': spool } = config;
  if (spool !== undefined) claimFolder(spool, 'spool-dir');
  const { Collector } = await import('./collector.ts');
  const collector = new Collector(config, loggerFrom(config['log-level']));
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      // also while it is still starting: what has been attached by then must come off
      void started.then(() => collector.stop()).then(() => process.exit(0));
    });
  const started = collector.start();
  const listen = await started;
  process.stdout.write(`${JSON.stringify({ ready: true, listen, ...collector.addresses() })}\n`);
}

/** The `gumshoe-collector` command. Prints one line of JSON when it is ready; ends by a signal. */
export async function run(argv: readonly string[]): Promise<void> {
  // a reader that has seen enough (`--help | head`) is no error
  process.stdout.on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' && process.exit(0));
  try {
    const [name = '', ...rest] = argv;
    const command = COMMANDS[name];
    if (command) process.exitCode = await (await command())(rest);
    else await start(argv);
  } catch (error) {
    if (error instanceof ConfigError) fail(2, error.mistakes);
    const usage = error instanceof FailureError && error.failure.code === 'invalid-input';
    fail(usage ? 2 : 70, [error instanceof Error ? error.message : String(error)]);
  }
}

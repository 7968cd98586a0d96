import type { Logger } from '@gumshoe/base/logger';
import { parseOptions, USAGE } from './options.ts';
import { openStore } from './store.ts';
import type { StoreOptions } from './options.ts';

const logger: Logger = {
  log: (level, message, attributes = {}) => {
    process.stderr.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, message, ...attributes })}\n`,
    );
  },
};

async function run(options: StoreOptions): Promise<void> {
  const opening = openStore(options, logger);
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    try {
      await (await opening).close();
    } catch (error) {
      logger.log('error', 'stopping failed', { reason: String(error) });
      // An orderly exit would wait inside chDB for the statement that hangs. What was acknowledged is on disk.
      process.kill(process.pid, 'SIGKILL');
    }
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  const { clickhouse, prometheus } = await opening;
  if (!stopping) process.stdout.write(`${JSON.stringify({ ready: true, clickhouse, prometheus })}\n`);
}

const parsed = parseOptions(process.argv.slice(2));
if (parsed.kind === 'help') process.stdout.write(USAGE);
else if (parsed.kind === 'mistakes') {
  for (const mistake of parsed.mistakes) process.stderr.write(`${mistake}\n`);
  process.exitCode = 2;
} else {
  run(parsed.options).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

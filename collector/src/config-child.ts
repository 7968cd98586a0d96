// Run by config-apart.ts: one line of JSON on standard output.
import { ConfigError } from './config-error.ts';
import { readConfig } from './config.ts';
import type { ConfigAnswer } from './config-apart.ts';

function answer(): ConfigAnswer {
  let printed = '';
  try {
    const config = readConfig(process.argv.slice(2), (text) => (printed += text));
    return config ? { config } : { printed };
  } catch (error) {
    if (error instanceof ConfigError) return { mistakes: error.mistakes };
    throw error;
  }
}

process.stdout.write(JSON.stringify(answer()));

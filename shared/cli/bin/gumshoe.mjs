#!/usr/bin/env node
// The sources are TypeScript that Node 24 runs as they are; an older one hands over to the Node of the project.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const OLDEST = 24;
const PINNED = at('../../../node_modules/.bin/node');

if (Number(process.versions.node.split('.')[0]) >= OLDEST) await import('../src/main.ts');
else if (existsSync(PINNED)) {
  const child = spawn(PINNED, [at('../src/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // a terminal interrupts both, somebody else this one only
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => {
    process.exitCode = status ?? 128 + (signal === 'SIGINT' ? 2 : 15);
  });
} else {
  process.stderr.write(
    `gumshoe: needs Node.js ${OLDEST} or newer, this is ${process.version}; or run npm run bootstrap\n`,
  );
  process.exitCode = 70;
}

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One line to stderr. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a program; its output is shown only when it fails (last 40 lines), so that a step stays one line. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let tail = [];
    let head = '';
    const keep = (chunk) => {
      if (head.length < 4000) head += chunk;
      tail.push(...String(chunk).split('\n').filter(Boolean));
      tail = tail.slice(-40);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const progress = setInterval(() => say(`    … ${tail.at(-1)?.slice(0, 100) ?? 'working'}`), 15_000);
    child.on('error', (error) => {
      clearInterval(progress);
      reject(new Error(`${command} could not be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      clearInterval(progress);
      if (code === 0) return resolve();
      const ending = signal ?? `exit code ${code}`;
      const error = new Error(`${command} ${args.join(' ')} ended with ${ending}\n${tail.join('\n')}`);
      reject(Object.assign(error, { head }));
    });
  });
}

/** Newest modification time (ms) among the files below `paths` whose name matches; 0 when there is none. */
export function newestChange(paths, pattern = /./) {
  let newest = 0;
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const facts = statSync(path);
    if (!facts.isDirectory()) {
      newest = Math.max(newest, facts.mtimeMs);
      continue;
    }
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name === 'build' || entry.name === 'out') continue;
      if (entry.isDirectory()) newest = Math.max(newest, newestChange([join(path, entry.name)], pattern));
      else if (pattern.test(entry.name)) newest = Math.max(newest, statSync(join(path, entry.name)).mtimeMs);
    }
  }
  return newest;
}

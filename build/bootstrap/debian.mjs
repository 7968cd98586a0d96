import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { run } from './steps.mjs';

/** Names of `wanted` that dpkg does not have installed. An alternative `name:t64` of newer releases counts. */
export function missingPackages(wanted) {
  const listed = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Abbrev} ${Package}\n'], {
    encoding: 'utf8',
  });
  const installed = new Set(
    listed.stdout
      .split('\n')
      .filter((line) => line.startsWith('ii'))
      .map((line) => line.slice(3).trim()),
  );
  return wanted.filter((name) => !installed.has(name) && !installed.has(`${name}t64`));
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Installs without starting the services the packages bring (the demo runs its own copies). */
export async function installPackages(names) {
  const root = process.getuid?.() === 0;
  if (!root && spawnSync('sudo', ['-n', 'true']).status !== 0)
    throw new Error(`needs root to install: sudo apt-get install -y ${names.join(' ')}`);
  const as = (args) => (root ? ['env', args] : ['sudo', ['env', ...args]]);
  const quiet = ['DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120'];
  const policy = root && !existsSync(POLICY);
  if (policy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await run(...as([...quiet, 'update']));
    await run(...as([...quiet, 'install', '-y', '--no-install-recommends', ...names]));
  } finally {
    if (policy) rmSync(POLICY, { force: true });
  }
}

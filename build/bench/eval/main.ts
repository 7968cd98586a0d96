// npm run eval -- rca | datasets
const EVALUATIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  rca: () => import('./rca/main.ts'),
  datasets: () => import('./datasets/main.ts'),
};

const run = EVALUATIONS[process.argv[2] ?? ''];
if (run) await run();
else {
  process.stderr.write(`npm run eval -- ${Object.keys(EVALUATIONS).join(' | ')}: --help tells more\n`);
  process.exitCode = 2;
}

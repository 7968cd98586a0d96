import { readConfig } from '../config.ts';

const HELP = `Usage: gumshoe-collector doctor [--json] [options of gumshoe-collector]

Says what this machine allows and what each refusal costs: everything that the options ask for is opened, looked
at and closed again. Exit codes: 0 nothing is lost, 1 something is, 2 bad options.
`;

/** `gumshoe-collector doctor`. Resolves with the exit code. */
export async function doctor(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const config = readConfig(argv.filter((one) => one !== '--json'));
  if (!config) return 0;
  const { examine, findingsText } = await import('./doctor.ts');
  const findings = await examine(config);
  const json = argv.includes('--json');
  process.stdout.write(
    json ? `${JSON.stringify({ schema: 'gumshoe.doctor/1', findings })}\n` : `${findingsText(findings)}\n`,
  );
  return findings.some(({ state }) => state === 'lost') ? 1 : 0;
}

import { Command } from 'commander';
import type { TimeRange } from '@gumshoe/base/time';
import type { EngineApi } from '@gumshoe/engine/api';
import { engineFor, withEngineFlags, type EngineFlags } from '../engine-flags.ts';
import { alertsText, costsText, deploymentsText, incidentsText, risksText } from '../format/posture.ts';
import { windowText } from '../format/window.ts';
import { timeRange, withTimeFlags, type TimeFlags } from '../time-flags.ts';
import { EXIT, jsonText, print, readingCommand } from './define.ts';

interface Flags extends TimeFlags, EngineFlags {
  readonly json?: boolean;
}

interface Question<T> {
  readonly name: string;
  readonly description: string;
  readonly ask: (engine: EngineApi, range: TimeRange) => Promise<T>;
  readonly text: (answer: T) => string;
  /** Whether a script should stop at it. */
  readonly isWrong: (answer: T) => boolean;
}

/** A verb that asks one thing of a window; its JSON is `gumshoe.<name>/1` with the answer under that name. */
const command =
  <T>({ name, description, ask, text, isWrong }: Question<T>) =>
  (): Command =>
    readingCommand<Flags>(
      withEngineFlags(
        withTimeFlags(
          new Command(name)
            .description(description)
            .argument('[snapshot]', 'a .gumshoe file, instead of connection flags'),
        ),
      ).option('--json', `print gumshoe.${name}/1`),
      async (reader, flags) => {
        const range = await timeRange(flags, reader);
        const answer = await ask(engineFor(reader, flags), range);
        if (flags.json) print(jsonText({ schema: `gumshoe.${name}/1`, window: range, [name]: answer }));
        else print(`${windowText(range)}\n\n${text(answer)}`);
        return isWrong(answer) ? EXIT.wrong : EXIT.healthy;
      },
    );

export const incidentsCommand = command({
  name: 'incidents',
  description: 'troubles with everything they hit; exit code 1 when one goes on',
  ask: async (engine, range) => (await engine.overview(range)).incidents,
  text: incidentsText,
  isWrong: (incidents) => incidents.some(({ resolvedAt, silent }) => resolvedAt === undefined || silent),
});

export const deploymentsCommand = command({
  name: 'deployments',
  description: 'rollouts and what they changed; exit code 1 when one made something worse or is stuck',
  ask: (engine, range) => engine.deployments(range),
  text: deploymentsText,
  isWrong: (reports) =>
    reports.some(
      ({ deployment, comparison }) => deployment.state === 'stuck' || comparison.outcome === 'worse',
    ),
});

export const risksCommand = command({
  name: 'risks',
  description:
    'what is not wrong yet: single instances, single nodes, exposed stores; exit code 1 for a critical one',
  ask: (engine, range) => engine.risks(range),
  text: risksText,
  isWrong: (risks) =>
    risks.some(({ severity, dismissed }) => severity === 'critical' && dismissed === undefined),
});

export const costsCommand = command({
  name: 'costs',
  description:
    'what applications use and leave unused, and what that costs a month at list prices or those of --config',
  ask: (engine, range) => engine.costs(range),
  text: costsText,
  isWrong: () => false,
});

export const alertsCommand = command({
  name: 'alerts',
  description:
    'rules of --config and burn rates that are or were active in the window; exit code 1 when one fires',
  ask: (engine, range) => engine.alerts(range),
  text: alertsText,
  isWrong: ({ rules, objectives }) => [...rules, ...objectives].some(({ state }) => state.phase === 'firing'),
});

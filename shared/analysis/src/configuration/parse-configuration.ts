import { isMap, isScalar, LineCounter, parseAllDocuments, type Document, type Pair, type Scalar } from 'yaml';
import { err, ok, type Result } from '@gumshoe/base/result';
import type { ModelSettings } from '@gumshoe/model/settings';
import type { AlertRule } from '../alerts/alert-rules.ts';
import type { PriceSettings } from '../costs/prices.ts';
import { INSPECTIONS } from '../inspections/index.ts';
import type { ThresholdOverride } from '../inspections/thresholds.ts';
import type { RiskDismissal } from '../risks/find-risks.ts';
import { NO_OBJECTIVE_SETTINGS, type ObjectiveSettings } from '../slo/objectives.ts';
import { Cursor, type Origin } from './cursor.ts';
import type { Mistake } from './mistake.ts';
import { readAlerts } from './read-alerts.ts';
import { readDismissals, readPrices } from './read-costs.ts';
import { readCategories, readCustomApplications, readExternalServices } from './read-grouping.ts';
import { readInspections, type KnownInspection } from './read-inspections.ts';
import { readSlo } from './read-slo.ts';

/** Everything a user may set, in one file. Empty sections mean what is built in. */
export interface Configuration {
  readonly objectives: ObjectiveSettings;
  readonly alerts: readonly AlertRule[];
  readonly thresholds: readonly ThresholdOverride[];
  readonly model: ModelSettings;
  readonly prices?: PriceSettings;
  readonly dismissedRisks: readonly RiskDismissal[];
}

export const NO_CONFIGURATION: Configuration = {
  objectives: NO_OBJECTIVE_SETTINGS,
  alerts: [],
  thresholds: [],
  model: {},
  dismissedRisks: [],
};

/** Characters. */
const MAX_LENGTH = 1_000_000;

/**
 * Reads a configuration file (YAML 1.2; several documents are read as one, and a Kubernetes ConfigMap as the files
 * it holds). Either all of it can be used, or every mistake is returned, in the order of the file.
 */
export function parseConfiguration(
  text: string,
  inspections: readonly KnownInspection[] = INSPECTIONS,
): Result<Configuration, readonly Mistake[]> {
  if (text.length > MAX_LENGTH) return err([tooLong(text.length)]);
  const reading = new Reading(inspections);
  reading.read(text, 0, 0);
  const mistakes = [...reading.mistakes].sort((a, b) => a.line - b.line || a.column - b.column);
  return mistakes.length > 0 ? err(mistakes) : ok(reading.configuration);
}

type Section = (
  value: Cursor,
  before: Configuration,
  inspections: readonly KnownInspection[],
) => Configuration;

const SECTIONS: Readonly<Record<string, Section>> = {
  slo: (value, before) => {
    const slo = readSlo(value);
    const rules = [...before.objectives.rules, ...slo.rules];
    return { ...before, objectives: { ...before.objectives, ...slo, rules } };
  },
  alerts: (value, before) => ({ ...before, alerts: [...before.alerts, ...readAlerts(value)] }),
  inspections: (value, before, inspections) => ({
    ...before,
    thresholds: [...before.thresholds, ...readInspections(value, inspections)],
  }),
  categories: (value, before) => ({
    ...before,
    model: { ...before.model, categories: readCategories(value) },
  }),
  custom_applications: (value, before) => ({
    ...before,
    model: { ...before.model, customApplications: readCustomApplications(value) },
  }),
  external_services: (value, before) => ({
    ...before,
    model: { ...before.model, ...readExternalServices(value) },
  }),
  costs: (value, before) => {
    const prices = readPrices(value);
    return prices ? { ...before, prices } : before;
  },
  risks: (value, before) => ({
    ...before,
    dismissedRisks: [...before.dismissedRisks, ...readDismissals(value)],
  }),
};

class Reading {
  readonly mistakes: Mistake[] = [];
  configuration: Configuration = NO_CONFIGURATION;
  readonly #inspections: readonly KnownInspection[];

  constructor(inspections: readonly KnownInspection[]) {
    this.#inspections = inspections;
  }

  read(text: string, lineOffset: number, columnOffset: number): void {
    const lines = new LineCounter();
    const origin: Origin = { lines, lineOffset, columnOffset };
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
    for (const document of Array.isArray(documents) ? documents : []) {
      this.mistakes.push(...syntaxMistakes(document, origin));
      const files = lineOffset === 0 ? filesOf(document) : undefined;
      if (files) for (const file of files) this.read(file.text, ...placeOf(file.scalar, text, lines));
      else this.#readSections(new Cursor(document, origin, this.mistakes));
    }
  }

  #readSections(root: Cursor): void {
    for (const [section, value] of root.entries(Object.keys(SECTIONS)))
      this.configuration = SECTIONS[section]!(value, this.configuration, this.#inspections);
  }
}

interface HeldFile {
  readonly scalar: Scalar;
  readonly text: string;
}

/** The files that a ConfigMap holds; undefined for any other document. */
function filesOf({ contents }: Document): readonly HeldFile[] | undefined {
  if (!isMap(contents) || contents.get('kind') !== 'ConfigMap') return undefined;
  const files = contents.get('data');
  if (!isMap(files)) return [];
  return (files.items as Pair[]).flatMap(({ value }) =>
    isScalar(value) && typeof value.value === 'string' ? [{ scalar: value, text: value.value }] : [],
  );
}

/** Lines above a block scalar's text, and characters left of it. */
function placeOf({ range }: Scalar, text: string, lines: LineCounter): readonly [number, number] {
  const start = range?.[0] ?? 0;
  const { line } = lines.linePos(start);
  const body = text.slice(text.indexOf('\n', start) + 1);
  const indent = /^(?:[ \t]*\n)*( *)/.exec(body)?.[1]?.length ?? 0;
  return [line, indent];
}

function syntaxMistakes(document: Document, origin: Origin): readonly Mistake[] {
  return document.errors.map(({ message, pos }) => {
    const { line, col } = origin.lines.linePos(pos[0]);
    return {
      line: line + origin.lineOffset,
      column: col + origin.columnOffset,
      path: '',
      found: '',
      message: `not valid YAML: ${message}`,
      allowed: [],
    };
  });
}

const tooLong = (length: number): Mistake => ({
  line: 1,
  column: 1,
  path: '',
  found: `${length} characters`,
  message: 'the file is too long for a configuration',
  allowed: [`at most ${MAX_LENGTH} characters`],
});

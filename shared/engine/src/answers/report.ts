import type { Investigation } from '@gumshoe/analysis/rca/report';
import type { Report } from '../api.ts';

/** The investigation in the printed format; field order is part of it. */
export function reportOf(investigation: Investigation): Report {
  return {
    schema: 'gumshoe.report/1',
    window: investigation.window,
    impacted: investigation.impacted,
    causes: investigation.causes,
    cleared: investigation.cleared,
    notExamined: investigation.notExamined,
    summary: investigation.summary,
    conclusion: investigation.conclusion,
    claims: investigation.claims,
    examined: investigation.examined,
  };
}

import { formatValue } from '@gumshoe/base/units';
import type { Cause } from '../../../contract/engine.ts';
import { nameOfApplication } from '../../widgets/application-name.tsx';
import { ClaimText } from '../../widgets/evidence-link.tsx';

type Falsifier = NonNullable<Cause['falsifier']>;

const verdict = ({ checked, held }: Falsifier): string =>
  !checked ? 'Not checked' : held === false ? 'Disproved' : 'Withstands';

/** How far a cause can be trusted: what would be gone without it, what would disprove it, what was not seen. */
export function CauseChecks({ cause }: { readonly cause: Cause }) {
  const { confidence, counterfactual, falsifier, placebo } = cause;
  return (
    <dl className="facts small" data-testid="cause-checks">
      {confidence === undefined ? null : (
        <>
          <dt>Confidence</dt>
          <dd>{formatValue(100 * confidence, 'percent')}</dd>
        </>
      )}
      {counterfactual ? (
        <>
          <dt>Without it</dt>
          <dd>
            <ClaimText text={counterfactual.statement} evidence={counterfactual.evidence[0]} />
          </dd>
        </>
      ) : null}
      {falsifier ? (
        <>
          <dt>Disproof</dt>
          <dd>
            <b>{verdict(falsifier)}.</b> {falsifier.statement}
          </dd>
        </>
      ) : null}
      {placebo ? (
        <>
          <dt>Placebo</dt>
          <dd>{placebo.statement}</dd>
        </>
      ) : null}
    </dl>
  );
}

/** What the applications on the path do not let us see, and what to turn on; closed until asked for. */
export function CauseBlindSpots({ cause }: { readonly cause: Cause }) {
  const spots = (cause.blindSpots ?? []).flatMap(({ application, blind }) =>
    blind.map((one) => ({ application, ...one })),
  );
  if (spots.length === 0) return null;
  return (
    <details data-testid="cause-blind-spots">
      <summary className="muted small">
        {spots.length} {spots.length === 1 ? 'blind spot' : 'blind spots'} on the path lower the confidence
      </summary>
      <ul className="plain-list small">
        {spots.map(({ application, signal, state, reason, enable }) => (
          <li key={`${application} ${signal}`}>
            <b>{nameOfApplication(application)}</b> {signal} {state}: {reason}{' '}
            <span className="muted">To see it: {enable}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

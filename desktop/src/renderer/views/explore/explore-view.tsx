import { Button, ButtonGroup, HTMLSelect } from '@blueprintjs/core';
import { CodeBlock, Play } from '@blueprintjs/icons';
import { toFailure, type Failure } from '@gumshoe/base/failure';
import { gridOver, type TimeRange } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { useCallback, useEffect, useRef, useState } from 'react';
import { defineView } from '../../app/define-view.ts';
import { useSession } from '../../client/session.tsx';
import { isRecorded } from '../../../contract/connection-spec.ts';
import type { AnnotatedMatrix, EngineApi, Table } from '../../../contract/engine.ts';
import { QueryEditor } from '../../editor/query-editor.tsx';
import { setParams, useLink } from '../../state/link.ts';
import { Empty, Failed, Loading } from '../../widgets/states.tsx';
import { firstQuery, type Language } from './first-query.ts';
import { chooseStep, STEP_SECONDS } from './step.ts';
import { MatrixResult } from './matrix-result.tsx';
import { TableResult } from './table-result.tsx';

type Result =
  | {
      readonly kind: 'matrix';
      readonly matrix: AnnotatedMatrix;
      readonly query: string;
      readonly took: number;
    }
  | { readonly kind: 'table'; readonly table: Table; readonly took: number };

interface Run {
  readonly running: boolean;
  readonly cancelled?: true;
  readonly result?: Result;
  readonly failure?: Failure;
}

function ExploreView() {
  const { params } = useLink();
  const { connection } = useSession();
  const language: Language = params['language'] === 'sql' ? 'sql' : 'promql';
  // What another source answered is no answer of this one.
  return <Exploring key={`${connection.id} ${language}`} language={language} />;
}

function Exploring({ language }: { readonly language: Language }) {
  const { params, range: choice } = useLink();
  const { range, connection } = useSession();
  const recorded = isRecorded(connection.spec);
  const query = params['query'] ?? firstQuery(language, choice, range, recorded);
  const [step, setStep] = useState(0);
  const { run, start, cancel } = useRun();
  const go = useCallback(() => start(language, query, range, step), [start, language, query, range, step]);
  useRunFromLink(params['run'] === '1', go);
  return (
    <div className="view-fill" data-testid="view-explore">
      <div className="filters">
        <LanguageChoice language={language} />
        {language === 'promql' ? <StepChoice range={range} step={step} onChange={setStep} /> : null}
        <span className="grow" />
        <span className="muted small">
          {language === 'sql' && recorded ? "a part of ClickHouse's SQL: SHOW TABLES, SHOW FUNCTIONS; " : ''}
          read-only; Ctrl+Enter runs
        </span>
        {run.running ? <Button text="Cancel" onClick={cancel} /> : null}
        <Button
          intent="primary"
          icon={<Play />}
          text="Run"
          loading={run.running}
          onClick={go}
          data-testid="run-query"
        />
      </div>
      <QueryEditor
        language={language === 'promql' ? 'promql' : recorded ? 'snapshot-sql' : 'clickhouse'}
        value={query}
        onChange={(text) => setParams({ language, query: text, run: undefined })}
        onRun={go}
      />
      <div className="grow" style={{ minHeight: 0, overflow: 'auto' }} data-testid="query-result">
        <RunResult run={run} retry={go} />
      </div>
    </div>
  );
}

function useRun() {
  const { engine } = useSession();
  const [run, setRun] = useState<Run>({ running: false });
  const controller = useRef<AbortController>(undefined);
  const cancel = useCallback(() => {
    controller.current?.abort();
    setRun({ running: false, cancelled: true });
  }, []);
  const start = useCallback(
    (language: Language, query: string, range: TimeRange, step: number): void => {
      controller.current?.abort();
      const mine = (controller.current = new AbortController());
      setRun((current) => ({ ...current, running: true }));
      ask(engine, language, query, range, step, mine.signal).then(
        (result) => mine.signal.aborted || setRun({ running: false, result }),
        (thrown: unknown) => {
          if (!mine.signal.aborted)
            setRun({ running: false, failure: toFailure(thrown, 'run the query', language) });
        },
      );
    },
    [engine],
  );
  useEffect(() => () => controller.current?.abort(), []);
  return { run, start, cancel };
}

async function ask(
  engine: EngineApi,
  language: Language,
  query: string,
  range: TimeRange,
  step: number,
  signal: AbortSignal,
): Promise<Result> {
  const began = performance.now();
  if (language === 'sql') {
    const table = await engine.sql(query, signal);
    return { kind: 'table', table, took: performance.now() - began };
  }
  const grid = gridOver(range, chooseStep(range, step));
  const matrix = await engine.promql(query, grid, signal);
  return { kind: 'matrix', matrix, query, took: performance.now() - began };
}

/** A link from evidence runs its query once, when it is opened. */
function useRunFromLink(wanted: boolean, go: () => void): void {
  const latest = useRef(go);
  latest.current = go;
  useEffect(() => {
    if (wanted) latest.current();
  }, [wanted]);
}

function LanguageChoice({ language }: { readonly language: Language }) {
  const choose = (next: Language): void => {
    if (next !== language) setParams({ language: next, query: undefined, run: undefined });
  };
  return (
    <ButtonGroup>
      <Button
        {...chosen(language === 'promql')}
        text="PromQL"
        data-testid="language-promql"
        onClick={() => choose('promql')}
      />
      <Button
        {...chosen(language === 'sql')}
        text="SQL"
        data-testid="language-sql"
        onClick={() => choose('sql')}
      />
    </ButtonGroup>
  );
}

const chosen = (active: boolean) =>
  ({ 'aria-pressed': active, intent: active ? 'primary' : 'none' }) as const;

interface StepChoiceProps {
  readonly range: TimeRange;
  readonly step: number;
  readonly onChange: (seconds: number) => void;
}

function StepChoice({ range, step, onChange }: StepChoiceProps) {
  return (
    <HTMLSelect
      aria-label="Step"
      value={step}
      onChange={(event) => onChange(Number(event.currentTarget.value))}
    >
      <option value={0}>step {formatValue(chooseStep(range, 0), 'milliseconds')} (automatic)</option>
      {STEP_SECONDS.map((seconds) => (
        <option key={seconds} value={seconds}>
          step {formatValue(seconds, 'seconds')}
        </option>
      ))}
    </HTMLSelect>
  );
}

function RunResult({ run, retry }: { readonly run: Run; readonly retry: () => void }) {
  const { result, failure, running, cancelled } = run;
  if (failure) return <Failed failure={failure} retry={retry} />;
  if (result?.kind === 'matrix')
    return <MatrixResult matrix={result.matrix} query={result.query} took={result.took} />;
  if (result?.kind === 'table') return <TableResult table={result.table} took={result.took} />;
  if (running) return <Loading what="result" />;
  if (cancelled) return <Empty title="Cancelled">The source was told to stop working on it.</Empty>;
  return (
    <Empty title="Nothing has run yet">
      Write a query and press Ctrl+Enter. Nothing here can change what is stored.
    </Empty>
  );
}

export const exploreView = defineView({
  id: 'explore',
  title: 'Explore',
  icon: CodeBlock,
  key: '6',
  component: ExploreView,
});

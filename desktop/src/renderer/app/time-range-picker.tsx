import { Button, HTMLSelect, InputGroup, PopoverNext } from '@blueprintjs/core';
import { Calendar, ChevronLeft, ChevronRight, Pause, Play } from '@blueprintjs/icons';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { useState } from 'react';
import { navigate, useLink, type RangeChoice } from '../state/link.ts';
import { clockText, dateText, inputText, instantOf } from '../widgets/time-text.ts';

export const PRESET_MINUTES = [5, 15, 30, 60, 180, 720, 1440, 10_080] as const;

export function presetText(minutes: number): string {
  if (minutes % 1440 === 0) return `Last ${minutes / 1440} d`;
  if (minutes % 60 === 0) return `Last ${minutes / 60} h`;
  return `Last ${minutes} min`;
}

export interface TimeRangePickerProps {
  readonly range: TimeRange;
  /** A recording has no "now" to follow. */
  readonly recorded: boolean;
}

export function TimeRangePicker({ range, recorded }: TimeRangePickerProps) {
  const { range: choice } = useLink();
  const width = range.to - range.from;
  const shift = (by: number): void =>
    choose({ kind: 'fixed', from: milliseconds(range.from + by), to: milliseconds(range.to + by) });
  return (
    <div className="row" data-testid="time-range">
      <Button variant="minimal" icon={<ChevronLeft />} title="Earlier" onClick={() => shift(-width / 2)} />
      <PopoverNext placement="bottom" content={<RangeForm range={range} choice={choice} />}>
        <Button
          variant="outlined"
          icon={<Calendar />}
          text={choice.kind === 'last' ? presetText(choice.minutes) : fixedText(range)}
          title={`${dateText(range.from)} – ${dateText(range.to)}`}
        />
      </PopoverNext>
      <Button variant="minimal" icon={<ChevronRight />} title="Later" onClick={() => shift(width / 2)} />
      {recorded ? null : <FollowButton choice={choice} width={width} range={range} />}
    </div>
  );
}

const choose = (range: RangeChoice): void => navigate({ range });
const fixedText = (range: TimeRange): string => `${clockText(range.from)} – ${clockText(range.to)}`;

function FollowButton(props: {
  readonly choice: RangeChoice;
  readonly width: number;
  readonly range: TimeRange;
}) {
  const live = props.choice.kind === 'last';
  const minutes = Math.max(1, Math.round(props.width / 60_000));
  return (
    <Button
      variant="minimal"
      icon={live ? <Pause /> : <Play />}
      text={live ? 'Live' : 'Follow'}
      style={live ? { color: 'var(--g-ok)' } : {}}
      title={live ? 'Following live data; press to hold this window' : 'Follow live data'}
      data-testid="follow-live"
      onClick={() => choose(live ? { kind: 'fixed', ...props.range } : { kind: 'last', minutes })}
    />
  );
}

function RangeForm({ range, choice }: { readonly range: TimeRange; readonly choice: RangeChoice }) {
  const [from, setFrom] = useState(inputText(range.from));
  const [to, setTo] = useState(inputText(range.to));
  const [start, end] = [instantOf(from), instantOf(to)];
  const valid = start < end;
  return (
    <div className="stack" style={{ padding: 14, width: 290 }}>
      <HTMLSelect
        fill
        aria-label="Preset"
        value={choice.kind === 'last' ? choice.minutes : ''}
        onChange={(event) => choose({ kind: 'last', minutes: Number(event.currentTarget.value) })}
      >
        <option value="" disabled>
          Two instants
        </option>
        {PRESET_MINUTES.map((minutes) => (
          <option key={minutes} value={minutes}>
            {presetText(minutes)}
          </option>
        ))}
      </HTMLSelect>
      <InputGroup type="datetime-local" step={1} aria-label="From" value={from} onValueChange={setFrom} />
      <InputGroup type="datetime-local" step={1} aria-label="To" value={to} onValueChange={setTo} />
      <Button
        intent="primary"
        text="Show this window"
        disabled={!valid}
        title={valid ? '' : 'The end must be after the start'}
        onClick={() => choose({ kind: 'fixed', from: milliseconds(start), to: milliseconds(end) })}
      />
    </div>
  );
}

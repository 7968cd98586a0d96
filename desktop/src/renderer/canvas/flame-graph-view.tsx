import { Button, InputGroup } from '@blueprintjs/core';
import { Reset, Search } from '@blueprintjs/icons';
import { formatValue, type Unit } from '@gumshoe/base/units';
import { useEffect, useMemo, useRef, useState, type MouseEvent } from 'react';
import type { FlameGraph } from '../../contract/engine.ts';
import { usePalette, type Palette } from '../theme/theme.ts';
import { flameColour } from './flame-colour.ts';
import { flameBoxes, flameOffsets, flameRows, searchFrames, type FlameBox } from './flame-layout.ts';
import { fitText, prepareCanvas } from './surface.ts';
import { useSize } from './use-size.ts';

const ROW = 19;
const FONT = "11px ui-monospace, 'DejaVu Sans Mono', monospace";
const MIN_TEXT_WIDTH = 26;

const UNITS: Readonly<Record<FlameGraph['unit'], Unit>> = {
  nanoseconds: 'seconds',
  bytes: 'bytes',
  count: 'count',
};

/** A value of the graph with its unit. */
export const flameValue = (graph: FlameGraph, value: number): string =>
  formatValue(graph.unit === 'nanoseconds' ? value / 1e9 : value, UNITS[graph.unit]);

const share = (graph: FlameGraph, value: number): string =>
  formatValue(value / (graph.total[0] || 1), 'ratio');

export interface FlameGraphViewProps {
  readonly graph: FlameGraph;
  readonly height?: number;
  /** Text to search for at first. */
  readonly search?: string;
}

/** Icicle of merged stacks: search, zoom into a frame, totals under the pointer. */
export function FlameGraphView({ graph, height = 380, search = '' }: FlameGraphViewProps) {
  const [text, setText] = useState(search);
  const [root, setRoot] = useState(0);
  const shown = root < graph.name.length ? root : 0;
  const found = useMemo(() => searchFrames(graph, text), [graph, text]);
  return (
    <div data-testid="flame-graph" data-frames={graph.name.length}>
      <div className="row wrap" style={{ padding: '8px 12px' }}>
        <InputGroup
          size="small"
          leftIcon={<Search className="bp6-icon" />}
          placeholder="Search functions"
          aria-label="Search functions"
          value={text}
          onValueChange={setText}
        />
        {text.trim() === '' ? null : (
          <span className="muted">{formatValue(found.share, 'ratio')} of the samples</span>
        )}
        <span className="grow" />
        <span className="muted ellipsis">
          {shown === 0 ? '' : `${graph.names[graph.name[shown]!]}: `}
          {flameValue(graph, graph.total[shown] ?? 0)}, {share(graph, graph.total[shown] ?? 0)} of all
        </span>
        <Button
          size="small"
          icon={<Reset />}
          text="Whole"
          disabled={shown === 0}
          onClick={() => setRoot(0)}
        />
      </div>
      <FlameCanvas
        {...{ graph, height, setRoot }}
        root={shown}
        matches={text.trim() === '' ? undefined : found.names}
      />
    </div>
  );
}

interface FlameCanvasProps {
  readonly graph: FlameGraph;
  readonly height: number;
  readonly root: number;
  readonly setRoot: (frame: number) => void;
  readonly matches: Uint8Array | undefined;
}

function FlameCanvas({ graph, height, root, setRoot, matches }: FlameCanvasProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width } = useSize(scroll);
  const palette = usePalette();
  const [top, setTop] = useState(0);
  const [hover, setHover] = useState<{ readonly frame: number; readonly x: number; readonly y: number }>();
  const offsets = useMemo(() => flameOffsets(graph), [graph]);
  const rows = useMemo(() => flameRows(graph), [graph]);
  const boxHeight = Math.min(height, rows * ROW + 2);
  const boxes = useMemo(
    () =>
      flameBoxes({
        ...{ graph, offsets, root, width },
        firstRow: Math.floor(top / ROW),
        endRow: Math.ceil((top + boxHeight) / ROW),
      }),
    [graph, offsets, root, width, top, boxHeight],
  );
  useEffect(() => {
    const context = canvas.current && prepareCanvas(canvas.current, width, boxHeight);
    if (context)
      drawFlame(context, {
        graph,
        boxes,
        matches,
        top,
        width,
        height: boxHeight,
        palette,
        hover: hover?.frame,
      });
  }, [graph, boxes, matches, top, width, boxHeight, palette, hover?.frame]);
  const under = (event: MouseEvent): FlameBox | undefined => {
    const box = canvas.current!.getBoundingClientRect();
    const [x, row] = [event.clientX - box.left, Math.floor((event.clientY - box.top + top) / ROW)];
    return boxes.findLast((entry) => entry.row === row && x >= entry.left && x < entry.left + entry.width);
  };
  return (
    <div
      ref={scroll}
      className="flame"
      style={{ height: boxHeight }}
      tabIndex={0}
      role="img"
      aria-label="Flame graph; the table beside it lists the functions"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onMouseMove={(event) => {
        const box = under(event);
        setHover(box && { frame: box.frame, x: event.clientX, y: event.clientY });
      }}
      onMouseLeave={() => setHover(undefined)}
      onClick={(event) => {
        const box = under(event);
        if (box) setRoot(box.frame);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape' || event.key === 'Backspace')
          setRoot(Math.max(0, graph.parent[root] ?? 0));
      }}
    >
      <canvas ref={canvas} aria-hidden />
      <div style={{ height: Math.max(0, rows * ROW - boxHeight), width: 1 }} />
      {hover ? <FlameTip graph={graph} {...hover} /> : null}
    </div>
  );
}

interface Drawing {
  readonly graph: FlameGraph;
  readonly boxes: readonly FlameBox[];
  readonly matches: Uint8Array | undefined;
  readonly hover: number | undefined;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
}

function drawFlame(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { graph, boxes, matches, hover, top, width, height, palette } = drawing;
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';
  for (const { frame, row, left, width: size } of boxes) {
    const name = graph.names[graph.name[frame]!]!;
    const y = row * ROW - top;
    const dimmed = matches !== undefined && matches[graph.name[frame]!] !== 1;
    context.globalAlpha = dimmed ? 0.28 : 1;
    context.fillStyle = frame === 0 ? palette.line : flameColour(name, palette.name === 'dark');
    context.fillRect(left, y, Math.max(0.5, size - 0.6), ROW - 1);
    if (frame === hover) {
      context.strokeStyle = palette.text;
      context.strokeRect(left + 0.5, y + 0.5, Math.max(1, size - 1.6), ROW - 2);
    }
    if (size < MIN_TEXT_WIDTH) continue;
    context.fillStyle = palette.text;
    context.fillText(fitText(context, frame === 0 ? 'all samples' : name, size - 8), left + 4, y + ROW / 2);
  }
  context.globalAlpha = 1;
}

interface FlameTipProps {
  readonly graph: FlameGraph;
  readonly frame: number;
  readonly x: number;
  readonly y: number;
}

function FlameTip({ graph, frame, x, y }: FlameTipProps) {
  const total = graph.total[frame]!;
  const self = graph.self[frame]!;
  const right = x > window.innerWidth - 480;
  return (
    <div
      className="tip"
      style={{ top: y + 16, ...(right ? { right: window.innerWidth - x + 8 } : { left: x + 12 }) }}
    >
      <div className="mono">{frame === 0 ? 'all samples' : graph.names[graph.name[frame]!]}</div>
      <div>
        total {flameValue(graph, total)} ({share(graph, total)}), self {flameValue(graph, self)} (
        {share(graph, self)})
      </div>
    </div>
  );
}

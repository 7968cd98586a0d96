import { Button } from '@blueprintjs/core';
import { Minus, Plus, ZoomToFit } from '@blueprintjs/icons';
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type PointerEvent,
  type RefObject,
} from 'react';
import type { ServiceMap, ServiceMapNode } from '../../contract/engine.ts';
import { NODE, type MapLayout } from '../layout/map-layout.ts';
import { usePalette } from '../theme/theme.ts';
import { healthWord } from '../widgets/health-badge.tsx';
import { drawMap } from './map-drawing.ts';
import { prepareCanvas } from './surface.ts';
import { useSize } from './use-size.ts';
import { MAP_MARGIN } from './map-fit.ts';
import { fit, pan, zoomAt, type Viewport } from './viewport.ts';

export interface ServiceMapCanvasProps {
  readonly map: ServiceMap;
  readonly layout: MapLayout;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly onOpen: (id: string) => void;
  /** What the pointer is over. */
  readonly hovered: string | undefined;
  readonly onHover: (id: string | undefined) => void;
}

const ZOOM_STEP = 1.25;
/** A press that moves less than this is a click. */
const CLICK_SLOP = 4;

/**
 * Lines and boxes on a canvas, and over it one transparent button per node, so that the map can be clicked,
 * tabbed through and read out.
 */
export function ServiceMapCanvas(props: ServiceMapCanvasProps) {
  const { map, layout, selected, onSelect, hovered } = props;
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(stage);
  const palette = usePalette();
  const { view, setView, fitNow } = useViewport(layout, size);
  useWheelZoom(stage, setView);
  const drag = useDrag(setView, () => onSelect(undefined));
  useEffect(() => {
    const context = canvas.current && prepareCanvas(canvas.current, size.width, size.height);
    if (context) drawMap(context, { map, layout, focus: hovered ?? selected }, view, size, palette);
  }, [map, layout, hovered, selected, view, size, palette]);
  const zoom = (factor: number): void =>
    setView((current) => zoomAt(current, factor, size.width / 2, size.height / 2));
  return (
    <div ref={stage} className={`map-stage${drag.panning ? ' panning' : ''}`} {...drag.handlers}>
      <canvas ref={canvas} aria-hidden />
      <Overlay {...props} view={view} />
      <div className="map-tools">
        <Button icon={<Plus />} title="Zoom in" onClick={() => zoom(ZOOM_STEP)} />
        <Button icon={<Minus />} title="Zoom out" onClick={() => zoom(1 / ZOOM_STEP)} />
        <Button icon={<ZoomToFit />} title="Fit" data-testid="map-fit" onClick={fitNow} />
      </div>
    </div>
  );
}

function useViewport(layout: MapLayout, size: { readonly width: number; readonly height: number }) {
  const [view, setView] = useState<Viewport>({ x: 0, y: 0, zoom: 1 });
  const fitted = useRef<MapLayout>(undefined);
  const fitNow = useCallback(() => setView(fit(layout, size, MAP_MARGIN)), [layout, size]);
  useLayoutEffect(() => {
    if (size.width === 0 || fitted.current === layout) return;
    fitted.current = layout;
    fitNow();
  }, [layout, size, fitNow]);
  return { view, setView, fitNow };
}

type SetView = (change: (view: Viewport) => Viewport) => void;

function useWheelZoom(stage: RefObject<HTMLDivElement | null>, setView: SetView): void {
  useEffect(() => {
    const host = stage.current;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = host!.getBoundingClientRect();
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018));
      setView((view) => zoomAt(view, factor, event.clientX - box.left, event.clientY - box.top));
    };
    host?.addEventListener('wheel', onWheel, { passive: false });
    return () => host?.removeEventListener('wheel', onWheel);
  }, [stage, setView]);
}

function useDrag(setView: SetView, onClickEmpty: () => void) {
  const [panning, setPanning] = useState(false);
  const moved = useRef(0);
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0 || (event.target as HTMLElement).closest('button')) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    moved.current = 0;
    setPanning(true);
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (!panning) return;
    moved.current += Math.abs(event.movementX) + Math.abs(event.movementY);
    setView((view) => pan(view, event.movementX, event.movementY));
  };
  const onPointerUp = (): void => {
    if (panning && moved.current < CLICK_SLOP) onClickEmpty();
    setPanning(false);
  };
  return { panning, handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp } };
}

interface OverlayProps extends ServiceMapCanvasProps {
  readonly view: Viewport;
}

function Overlay({ map, layout, selected, onSelect, onOpen, view, onHover }: OverlayProps) {
  return (
    <div
      className="map-overlay"
      role="group"
      aria-label="Applications on the map"
      style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` }}
    >
      {map.nodes.map((node) => {
        const at = layout.nodes.get(node.id);
        if (!at) return null;
        return (
          <button
            key={node.id}
            type="button"
            aria-label={describeNode(node)}
            aria-pressed={node.id === selected}
            title={[node.name, ...node.reasons].join('\n')}
            data-testid={`map-node-${node.name}`}
            data-health={node.health}
            style={{ left: at.x, top: at.y, ...NODE }}
            onMouseEnter={() => onHover(node.id)}
            onMouseLeave={() => onHover(undefined)}
            onFocus={(event) => {
              if (event.currentTarget.matches(':focus-visible')) onSelect(node.id);
            }}
            onClick={() => onOpen(node.id)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') onSelect(undefined);
            }}
          />
        );
      })}
    </div>
  );
}

const describeNode = (node: ServiceMapNode): string =>
  `${node.name}${node.cluster === undefined ? '' : ` in ${node.cluster}`}, ${healthWord(node.health)}${node.reasons.length > 0 ? `: ${node.reasons.join('; ')}` : ''}`;

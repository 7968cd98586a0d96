import { useEffect, useRef } from 'react';
import type { ECharts, EChartsCoreOption } from './echarts.ts';

export interface PlotProps {
  /** Draws again when it is another object. */
  readonly option: EChartsCoreOption;
  readonly height: number;
  /** The drawing in words, for those who do not see it. */
  readonly label: string;
  /** Shares its crosshair with the other charts of the window. */
  readonly linked?: boolean;
}

/** Where echarts draws. */
export function Plot({ option, height, label, linked = false }: PlotProps) {
  const element = useRef<HTMLDivElement>(null);
  const instance = useRef<ECharts>(undefined);
  const latest = useRef(option);
  latest.current = option;
  useEffect(() => {
    const host = element.current!;
    let gone = false;
    // echarts is large; it comes when the first chart is in sight.
    void import('./echarts.ts').then(({ createChart }) => {
      if (gone) return;
      instance.current = createChart(host, linked);
      draw(instance.current, latest.current);
    });
    const observer = new ResizeObserver(() => instance.current?.resize());
    observer.observe(host);
    return () => {
      gone = true;
      observer.disconnect();
      instance.current?.dispose();
      instance.current = undefined;
    };
  }, [linked]);
  useEffect(() => {
    if (instance.current) draw(instance.current, option);
  }, [option]);
  return <div ref={element} style={{ height }} role="img" aria-label={label} />;
}

const draw = (chart: ECharts, option: EChartsCoreOption): void =>
  chart.setOption(option, { notMerge: true, lazyUpdate: true });

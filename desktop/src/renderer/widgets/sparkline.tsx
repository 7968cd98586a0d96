/** Path of a line over `width` × `height`; gaps stay gaps. Empty when there are fewer than two points. */
export function sparklinePath(values: ArrayLike<number>, width: number, height: number): string {
  let top = 0;
  let known = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    known++;
    if (value > top) top = value;
  }
  if (known < 2) return '';
  const step = width / (values.length - 1);
  let path = '';
  let drawing = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      drawing = false;
      continue;
    }
    const y = top === 0 ? height - 1 : height - 1 - (value / top) * (height - 2);
    path += `${drawing ? 'L' : 'M'}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    drawing = true;
  }
  return path;
}

export interface SparklineProps {
  readonly values: Float64Array;
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

/** A small line without axes, from zero. */
export function Sparkline({ values, label, width = 120, height = 22 }: SparklineProps) {
  const path = sparklinePath(values, width, height);
  if (path === '') return <span className="muted small">–</span>;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      style={{ width: '100%', maxWidth: width, height }}
      role="img"
      aria-label={label}
    >
      <path
        d={path}
        fill="none"
        stroke="var(--g-accent)"
        strokeWidth={1.25}
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

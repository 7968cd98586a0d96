import { Button, ButtonGroup } from '@blueprintjs/core';

export type Shape = 'chart' | 'table';

const SHAPES: Readonly<Record<Shape, string>> = { chart: 'Chart', table: 'Table' };

export interface ShapeChoiceProps {
  readonly shape: Shape;
  readonly onChange: (shape: Shape) => void;
}

/** A result as lines or as rows. */
export function ShapeChoice({ shape, onChange }: ShapeChoiceProps) {
  return (
    <ButtonGroup>
      {(Object.keys(SHAPES) as Shape[]).map((one) => (
        <Button
          key={one}
          size="small"
          text={SHAPES[one]}
          aria-pressed={shape === one}
          intent={shape === one ? 'primary' : 'none'}
          data-testid={`shape-${one}`}
          onClick={() => onChange(one)}
        />
      ))}
    </ButtonGroup>
  );
}

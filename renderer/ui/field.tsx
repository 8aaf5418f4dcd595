import { Field as Base } from '@base-ui/react/field';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from './cn.ts';

export const inputClass =
  'h-[30px] min-w-0 rounded-[7px] border border-line bg-panel px-2.5 text-text disabled:bg-sunk disabled:text-dim data-[invalid]:border-bad';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** The control. */
  children: ReactNode;
}

export function Field({ label, hint, error, children }: FieldProps) {
  return (
    <Base.Root invalid={error !== undefined} className="grid gap-1">
      <Base.Label className="w-fit font-medium">{label}</Base.Label>
      {children}
      <Hints hint={hint} error={error} />
    </Base.Root>
  );
}

/** The same in one line where there is room: words at the left, the control at the right. */
export function FieldRow({ label, hint, error, children }: FieldProps) {
  return (
    <Base.Root
      invalid={error !== undefined}
      className="grid items-center gap-x-6 gap-y-1.5 pair:grid-cols-[minmax(0,1fr)_minmax(0,360px)]"
    >
      <div className="grid min-w-0">
        <Base.Label className="w-fit font-medium">{label}</Base.Label>
        <Hints hint={hint} error={error} />
      </div>
      {children}
    </Base.Root>
  );
}

function Hints({ hint, error }: { hint: ReactNode; error: string | undefined }) {
  return (
    <>
      {hint !== undefined && (
        <Base.Description render={<div />} className="text-dim text-small">
          {hint}
        </Base.Description>
      )}
      <Base.Error match={error !== undefined} className="text-bad text-small">
        {error}
      </Base.Error>
    </>
  );
}

export function TextInput({ className, ...rest }: ComponentProps<typeof Base.Control>) {
  return <Base.Control className={cn(inputClass, 'w-full', className as string | undefined)} {...rest} />;
}

/** Outside a Field: `label` is the accessible name. */
export function FilterInput({ label, className, ...rest }: Omit<ComponentProps<'input'>, 'type'> & { label: string }) {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      data-page-filter
      autoComplete="off"
      spellCheck={false}
      className={cn(inputClass, 'w-60', className)}
      {...rest}
    />
  );
}

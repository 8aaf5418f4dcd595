import { IconPlus, IconTrash } from '@tabler/icons-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/button.tsx';
import { cn } from '../../../ui/cn.ts';
import { inputClass } from '../../../ui/field.tsx';
import type { RuleList as ListName } from './use-rules.ts';

interface Props {
  list: ListName;
  rules: readonly string[];
  /** By the place of the rule. */
  faults: ReadonlyMap<number, string>;
  onChange(rules: string[]): void;
}

/** One of the three lists: each rule a line that can be changed, and a line for the next. */
export function RuleList({ list, rules, faults, onChange }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [next, setNext] = useState('');
  const name = t(`rules.lists.${list}`);
  const add = () => {
    if (next.trim() === '') return;
    onChange([...rules, next.trim()]);
    setNext('');
  };
  const onEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    add();
  };
  return (
    <fieldset className="grid content-start gap-1.5">
      <legend className="pb-1 font-medium">
        {name} <span className="font-normal text-dim text-small">{t(`rules.notes.${list}`)}</span>
      </legend>
      {rules.map((rule, index) => {
        const fault = faults.get(index);
        const faultId = `${id}-${index}`;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule may stand there twice while it is typed.
          <div key={index}>
            <div className="flex gap-1.5">
              <input
                aria-label={t('rules.rule', { list: name, number: index + 1 })}
                aria-invalid={fault !== undefined}
                aria-describedby={fault === undefined ? undefined : faultId}
                value={rule}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => onChange(rules.map((each, at) => (at === index ? event.target.value : each)))}
                className={cn(inputClass, 'mono w-full', fault !== undefined && 'border-bad')}
              />
              <Button
                look="quiet"
                size="icon"
                aria-label={t('rules.remove', { rule })}
                onClick={() => onChange(rules.filter((_, at) => at !== index))}
              >
                <IconTrash size={16} stroke={1.5} aria-hidden />
              </Button>
            </div>
            {fault !== undefined && (
              <p id={faultId} className="text-bad text-small">
                {fault}
              </p>
            )}
          </div>
        );
      })}
      <div className="flex gap-1.5">
        <input
          aria-label={t('rules.new', { list: name })}
          translate="no"
          placeholder="Bash(git log:*)"
          value={next}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setNext(event.target.value)}
          onKeyDown={onEnter}
          className={cn(inputClass, 'mono w-full')}
        />
        <Button size="icon" aria-label={t('rules.add', { list: name })} disabled={next.trim() === ''} onClick={add}>
          <IconPlus size={16} stroke={1.5} aria-hidden />
        </Button>
      </div>
    </fieldset>
  );
}
